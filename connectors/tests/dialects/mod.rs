//! How healthy servers of each kind answer.

mod fhir;
mod hsds;

pub(crate) use fhir::FhirDialect;
pub(crate) use hsds::HsdsDialect;

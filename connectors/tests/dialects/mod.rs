//! How healthy servers of each kind answer.

mod fhir;
mod hsds;
mod mapped;
mod mapped_directory;
mod remote;
mod remote_directory;

pub(crate) use fhir::FhirDialect;
pub(crate) use hsds::HsdsDialect;
pub(crate) use mapped::MappedDialect;
pub(crate) use mapped_directory::MappedDirectoryDialect;
pub(crate) use remote::RemoteDialect;
pub(crate) use remote_directory::RemoteDirectoryDialect;

//! What systems of partners are made of, which run beside the others and join only when somebody registers them: a pharmacy
//! with an API of its own, a food bank with a table, and the authority before an eye clinic's FHIR server.
//!
//! What they know is in no truth of the others; the pharmacy tells in [`PharmacyFile`] what it holds.

mod authority;
mod bearer;
mod credential;
pub(crate) mod food_bank;
pub(crate) mod pharmacy;

pub(crate) use authority::Authority;
pub use credential::Credential;
pub(crate) use food_bank::FoodBank;
pub use pharmacy::{Fill, PharmacyFile, Prescription, ReportedAllergy};
pub(crate) use pharmacy::{Members, Pharmacy};

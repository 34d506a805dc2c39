//! FHIR R4.
use crate::connector::Connector;
use crate::registry::{BuildError, Io, Kind};
use std::sync::Arc;
/// kind
pub const KIND: Kind =
    Kind { name: "fhir-r4", about: "a FHIR R4 server", example: "", settings: &[], build };
fn build(_: toml::Table, _: Io) -> Result<Arc<dyn Connector>, BuildError> {
    Err(BuildError::Settings(String::new()))
}

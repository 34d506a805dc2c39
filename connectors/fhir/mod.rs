//! FHIR R4.
use std::sync::Arc;
use crate::registry::{Kind, Io, BuildError};
use crate::connector::Connector;
/// kind
pub const KIND: Kind = Kind { name: "fhir-r4", about: "a FHIR R4 server", example: "", settings: &[], build };
fn build(_: toml::Table, _: Io) -> Result<Arc<dyn Connector>, BuildError> { Err(BuildError::Settings(String::new())) }

//! Open Referral HSDS 3.0.
use crate::connector::Connector;
use crate::registry::{BuildError, Io, Kind};
use std::sync::Arc;
/// kind
pub const KIND: Kind = Kind {
    name: "hsds-3",
    about: "an Open Referral HSDS 3.0 directory",
    example: "",
    settings: &[],
    build,
};
fn build(_: toml::Table, _: Io) -> Result<Arc<dyn Connector>, BuildError> {
    Err(BuildError::Settings(String::new()))
}
/// A searchable copy of a directory.
#[derive(Debug, Default)]
pub struct Catalogue {}

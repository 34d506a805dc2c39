//! Anything that has an id, found again by it.

use std::borrow::Cow;

use async_graphql::registry::Registry;

use super::connection::Connection;
use super::connector::Connector;
use super::gate::{AnyObject, Object, Output, Shape, Writer, register_node};
use super::id::{RecordHash, record_hash};
use super::links::PatientLink;
use super::patient::Patient;
use super::provenance::Provenance;
use super::services::CommunityService;
use super::source::Source;

/// The interface `Node`. It has no values of its own: whatever has an id is written as what it is.
pub(crate) enum AnyNode {}

impl Output for AnyNode {
    fn type_name() -> Cow<'static, str> {
        "Node".into()
    }

    fn register(registry: &mut Registry) {
        register_node(registry);
        <Patient as Output>::register(registry);
        <Source as Output>::register(registry);
        <Connector as Output>::register(registry);
        <CommunityService as Output>::register(registry);
        <PatientLink as Output>::register(registry);
    }

    fn write(&self, _: &Shape, _: &mut Writer) {
        match *self {}
    }
}

/// A merged thing that remembers its contributors, by any of whom it can be named.
pub(crate) trait Thing {
    /// Its contributors.
    fn provenance(&self) -> &Provenance;

    /// True when one of its contributors has that name.
    fn is_named(&self, hash: &RecordHash) -> bool {
        let records = &self.provenance().records;
        records.iter().any(|record| record_hash(&record.source.0.id, &record.reference) == *hash)
    }
}

/// Implements [`Thing`] for a type with a field `provenance`.
macro_rules! thing {
    ($type:ident) => {
        impl $crate::view::node::Thing for $type {
            fn provenance(&self) -> &$crate::view::provenance::Provenance {
                &self.provenance
            }
        }
    };
}
pub(crate) use thing;

/// The thing of that name in a list.
pub(crate) fn find<'l, T: Thing + Object>(
    list: &'l Connection<T>,
    hash: &RecordHash,
) -> Option<&'l dyn AnyObject> {
    list.nodes().find(|thing| thing.is_named(hash)).map(|thing| thing as &dyn AnyObject)
}

//! Whose record it is. Servers ignore parameters that they do not know, and some answer for the wrong patient:
//! every resource is checked here before it is believed.

use std::collections::HashMap;

use url::Url;

use super::bundle::within;
use super::search::Resource;
use super::wire::Reference;
use crate::connector::LocalId;

/// Whose a resource turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// One of the asked patients.
    Asked(&'a LocalId),
    /// Somebody else, or nobody whom it names in a way that can be checked.
    Other,
}

/// The patients that were asked about, ready to be compared with.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    by_id: HashMap<&'a str, &'a LocalId>,
    base: &'a Url,
}

impl<'a> Asked<'a> {
    pub(super) fn new(patients: &'a [LocalId], base: &'a Url) -> Self {
        Self { by_id: patients.iter().map(|patient| (patient.as_str(), patient)).collect(), base }
    }

    /// Whose the resource is.
    pub(super) fn whose(&self, resource: &Resource) -> Whose<'a> {
        let owner = if resource.head.resource_type == "Patient" {
            resource.head.id.as_deref().and_then(|id| self.by_id.get(id).copied())
        } else {
            let home = resource.home.as_deref();
            resource.head.owners().find_map(|reference| self.patient(reference, home))
        };
        owner.map_or(Whose::Other, Whose::Asked)
    }

    /// The asked patient that a reference names. A reference to another server never does, whatever its id.
    ///
    /// Many servers write absolute references under the name by which they know themselves. That name is believed
    /// when the resource itself stands under it (`home`).
    fn patient(&self, reference: &Reference, home: Option<&str>) -> Option<&'a LocalId> {
        let (kind, id) = reference.target()?;
        let text = reference.reference.as_deref()?;
        let foreign = !text.starts_with("Patient/")
            && !home.is_some_and(|home| text.starts_with(home))
            && !Url::parse(text).is_ok_and(|url| within(&url, self.base));
        if kind != "Patient" || foreign { None } else { self.by_id.get(id).copied() }
    }
}

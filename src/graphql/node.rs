//! `node` and `nodes`: anything that has an id.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Error};

use super::lookup::{Gateway, at};
use super::query::in_resolver;
use crate::access::{AccessMask, FieldClass};
use crate::identity::{Identity, PersonId};
use crate::view::gate::{Compiler, Object, Output, Writer};
use crate::view::id::GlobalId;
use crate::view::patient::{Part, Patient, at_least_one};
use crate::view::services;
use crate::view::source::{Connector, Source};
use caregraph_connectors::record::Section;

/// What stands behind each id, written as what it is, in the order of the ids.
pub(super) async fn find(
    context: &Context<'_>,
    ids: &[String],
    root: &'static str,
) -> Result<Vec<Option<String>>, Error> {
    let (gateway, _) = at(context);
    let wanted: Vec<Option<GlobalId>> = ids.iter().map(|id| GlobalId::decode(id)).collect();
    let charts = charts(context, &wanted, root).await?;
    let mut found = Vec::with_capacity(wanted.len());
    for id in &wanted {
        let writer = Nodes { context, gateway, root };
        found.push(match id {
            None => None,
            Some(GlobalId::Patient(person)) => match charts.get(person) {
                Some((patient, mask)) => Some(writer.write(patient, mask)?),
                None => None,
            },
            Some(GlobalId::Thing(section, person, hash)) => match charts.get(person) {
                Some((patient, mask)) => {
                    patient.part(*section, hash).map(|part| writer.part(&part, mask)).transpose()?
                }
                None => None,
            },
            Some(id @ GlobalId::Link(person, _)) => match charts.get(person) {
                Some((patient, mask)) if mask.allows(FieldClass::Links) => {
                    patient.link(id).map(|link| writer.write(link, mask)).transpose()?
                }
                _ => None,
            },
            Some(other) => writer.public(other)?,
        });
    }
    Ok(found)
}

/// The patients whom the ids are about, as far as the viewer may see them, with the sections that are needed.
async fn charts(
    context: &Context<'_>,
    wanted: &[Option<GlobalId>],
    root: &'static str,
) -> Result<BTreeMap<PersonId, (Patient, AccessMask)>, Error> {
    let (gateway, call) = at(context);
    let mut needs: BTreeMap<PersonId, BTreeSet<Section>> = BTreeMap::new();
    for id in wanted.iter().flatten() {
        match id {
            GlobalId::Patient(person) | GlobalId::Link(person, _) => {
                needs.entry(*person).or_default();
            }
            GlobalId::Thing(section, person, _) => {
                needs.entry(*person).or_default().insert(*section);
            }
            _ => {}
        }
    }
    if needs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people: Vec<PersonId> = needs.keys().copied().collect();
    let resolved = gateway.resolve(&people).await?;
    let mut admitted: Vec<(PersonId, Identity, AccessMask)> = Vec::new();
    let mut sections: BTreeSet<Section> = needs.into_values().flatten().collect();
    for (asked, identity) in people.into_iter().zip(resolved) {
        let Ok((identity, mask)) = gateway.admit(call, identity) else { continue };
        let plan = Compiler::plan::<Patient>(context, &mask, &[root]).map_err(in_resolver)?;
        sections.extend(plan.sections);
        call.touch(&mask, plan.redactions);
        admitted.push((asked, identity, mask));
    }
    at_least_one(&mut sections);
    let distinct: Vec<&Identity> = admitted.iter().map(|(_, identity, _)| identity).collect();
    let gathered = gateway.gather(call, &distinct, &sections).await;
    let charts = admitted.into_iter().zip(gathered).map(|((asked, identity, mask), gathered)| {
        let patient = gateway.view(identity, gathered, &mask);
        (asked, (patient, mask))
    });
    Ok(charts.collect())
}

struct Nodes<'c> {
    context: &'c Context<'c>,
    gateway: &'c Gateway,
    root: &'static str,
}

impl Nodes<'_> {
    fn write<T: Object>(&self, value: &T, mask: &AccessMask) -> Result<String, Error> {
        let (_, call) = at(self.context);
        let plan = Compiler::plan::<T>(self.context, mask, &[self.root]).map_err(in_resolver)?;
        if !mask_is_public::<T>() {
            call.touch(mask, plan.redactions);
        }
        let mut out = Writer::new();
        value.write(&plan.shape, &mut out);
        Ok(out.into_json())
    }

    fn part(&self, part: &Part<'_>, mask: &AccessMask) -> Result<String, Error> {
        match part {
            Part::Condition(it) => self.write(*it, mask),
            Part::Allergy(it) => self.write(*it, mask),
            Part::Medication(it) => self.write(*it, mask),
            Part::Observation(it) => self.write(*it, mask),
            Part::Immunization(it) => self.write(*it, mask),
            Part::Procedure(it) => self.write(*it, mask),
            Part::Encounter(it) => self.write(*it, mask),
            Part::Appointment(it) => self.write(*it, mask),
            Part::Document(it) => self.write(*it, mask),
            Part::CarePlan(it) => self.write(*it, mask),
            Part::Goal(it) => self.write(*it, mask),
            Part::CareTeamMember(it) => self.write(*it, mask),
            Part::Referral(it) => self.write(*it, mask),
            Part::Coverage(it) => self.write(*it, mask),
        }
    }

    /// What is not about a patient.
    fn public(&self, id: &GlobalId) -> Result<Option<String>, Error> {
        let (_, call) = at(self.context);
        let mask = AccessMask::of_role(&call.viewer);
        match id {
            GlobalId::Source(id) => self
                .gateway
                .fleet
                .get(id)
                .map(|source| self.write(&Source(source.clone()), &mask))
                .transpose(),
            GlobalId::Connector(id) => self
                .gateway
                .fleet
                .get(id)
                .map(|source| self.write(&Connector::of(source.clone()), &mask))
                .transpose(),
            GlobalId::Service(source, id) => services::find(&self.gateway.fleet, source, id)
                .map(|service| self.write(&service, &mask))
                .transpose(),
            GlobalId::Patient(_) | GlobalId::Thing(..) | GlobalId::Link(..) => Ok(None),
        }
    }
}

/// Sources, connectors and services say nothing about a patient, so writing them is no access to one.
fn mask_is_public<T: Object>() -> bool {
    matches!(T::meta().name, "Source" | "Connector" | "CommunityService")
}

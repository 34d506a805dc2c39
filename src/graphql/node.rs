//! `node` and `nodes`: anything that has an id.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Error};
use bytes::Bytes;

use super::error::ErrorCode;
use super::gateway::Gateway;
use super::lookup::at;
use super::roots::in_resolver;
use crate::access::{AccessMask, FieldClass, Redaction};
use crate::identity::{Identity, PersonId};
use crate::view::access_log::LogPage;
use crate::view::connector::Connector;
use crate::view::gate::{AnyObject, Compiler};
use crate::view::id::GlobalId;
use crate::view::patient::Patient;
use crate::view::services;
use crate::view::snapshot::incomplete;
use crate::view::source::Source;
use caregraph_connectors::record::Section;

/// A patient whom the viewer may see, with what was asked about them.
struct Chart {
    person: PersonId,
    patient: Patient,
    mask: AccessMask,
    /// The sections that were not read in full.
    incomplete: BTreeSet<Section>,
}

/// What the ids want of one person.
#[derive(Default)]
struct Wanted {
    /// The person themselves, with whatever the query selects of a patient.
    patient: bool,
    /// Links to their records.
    links: bool,
    /// Things of these sections.
    sections: BTreeSet<Section>,
}

/// What is asked for under a mask, and what the mask hides of it.
#[derive(Default)]
struct Planned {
    sections: BTreeSet<Section>,
    redactions: BTreeSet<Redaction>,
    log: Vec<LogPage>,
}

impl Wanted {
    /// What of it a viewer with that mask is shown.
    fn plan(
        self,
        context: &Context<'_>,
        mask: &AccessMask,
        root: &'static str,
    ) -> Result<Planned, Error> {
        let mut planned = Planned::default();
        if self.patient {
            let plan = Compiler::plan::<Patient>(context, mask, &[root]).map_err(in_resolver)?;
            planned =
                Planned { sections: plan.sections, redactions: plan.redactions, log: plan.log };
        }
        if self.links && !mask.allows(FieldClass::Links) {
            planned.redactions.insert(mask.redaction(FieldClass::Links, root.to_owned()));
        }
        for section in self.sections {
            if Patient::shows(section, mask) {
                planned.sections.insert(section);
            } else {
                let class = Patient::class_of(section);
                planned.redactions.insert(mask.redaction(class, root.to_owned()));
            }
        }
        Ok(planned)
    }
}

/// What stands behind each id, written as what it is, in the order of the ids.
///
/// An id that names nothing is null. When nobody can say that it names nothing, because sources are missing, an error
/// says so beside the null.
pub(super) async fn find(
    context: &Context<'_>,
    ids: &[String],
    root: &'static str,
) -> Result<Vec<Option<Bytes>>, Error> {
    let (gateway, _) = at(context);
    let ids: Vec<Option<GlobalId>> = ids.iter().map(|id| GlobalId::decode(id)).collect();
    let charts = charts(context, &ids, root).await?;
    let nodes = Nodes { context, gateway, root };
    ids.iter().flatten().for_each(|id| nodes.say_what_is_missing(id, &charts));
    ids.iter().map(|id| id.as_ref().map_or(Ok(None), |id| nodes.find(id, &charts))).collect()
}

/// The patients whom the ids are about, as far as the viewer may see them.
async fn charts(
    context: &Context<'_>,
    ids: &[Option<GlobalId>],
    root: &'static str,
) -> Result<BTreeMap<PersonId, Chart>, Error> {
    let (gateway, call) = at(context);
    let wanted = wanted(ids);
    let people: Vec<PersonId> = wanted.keys().copied().collect();
    let resolved = gateway.resolve(&people).await?;
    let mut admitted: Vec<(PersonId, Identity, AccessMask)> = Vec::new();
    let mut logs = Vec::new();
    let mut sections = BTreeSet::new();
    let known = gateway.admit_asked(call, resolved).await?;
    let mut plans = Vec::new();
    // A mistake in what is selected comes before a refusal, whoever of them is looked at first.
    for ((asked, wanted), known) in wanted.into_iter().zip(known) {
        let Some((identity, mask)) = known else { continue };
        let planned = wanted.plan(context, &mask, root)?;
        plans.push((asked, identity, mask, planned));
    }
    for (asked, identity, mask, planned) in plans {
        sections.extend(planned.sections);
        call.trail.shows(identity.id, &BTreeSet::new(), &planned.redactions);
        call.touch(&mask, planned.redactions)?;
        logs.push(gateway.log_pages(call, identity.id, &mask, planned.log).await?);
        admitted.push((asked, identity, mask));
    }
    if admitted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let distinct: Vec<(&Identity, &AccessMask)> =
        admitted.iter().map(|(_, identity, mask)| (identity, mask)).collect();
    let gathered = gateway.gather(call, &distinct, &sections).await;
    gateway.veil(admitted.iter_mut().map(|(_, identity, mask)| (identity, &*mask))).await?;
    let read = admitted.into_iter().zip(gathered).zip(logs);
    let charts = read.map(|(((asked, identity, mask), gathered), log)| {
        let (person, incomplete) = (identity.id, incomplete(&gathered));
        let patient = gateway.view(identity, gathered, &mask).with_log(log);
        (asked, Chart { person, patient, mask, incomplete })
    });
    Ok(charts.collect())
}

fn wanted(ids: &[Option<GlobalId>]) -> BTreeMap<PersonId, Wanted> {
    let mut wanted: BTreeMap<PersonId, Wanted> = BTreeMap::new();
    for id in ids.iter().flatten() {
        match id {
            GlobalId::Patient(person) => wanted.entry(*person).or_default().patient = true,
            GlobalId::Link(person, _) => wanted.entry(*person).or_default().links = true,
            GlobalId::Thing(section, person, _) => {
                wanted.entry(*person).or_default().sections.insert(*section);
            }
            GlobalId::Service(..)
            | GlobalId::Source(_)
            | GlobalId::Connector(_)
            | GlobalId::Consent(..)
            | GlobalId::Lookup(..)
            | GlobalId::Relation(..)
            | GlobalId::BreakGlass(..) => {}
        }
    }
    wanted
}

struct Nodes<'c> {
    context: &'c Context<'c>,
    gateway: &'c Gateway,
    root: &'static str,
}

impl Nodes<'_> {
    fn find(
        &self,
        id: &GlobalId,
        charts: &BTreeMap<PersonId, Chart>,
    ) -> Result<Option<Bytes>, Error> {
        match id {
            GlobalId::Patient(person) => {
                let chart = charts.get(person);
                chart.map(|chart| self.write(&chart.patient, chart, None)).transpose()
            }
            GlobalId::Thing(section, person, hash) => {
                let chart = charts.get(person);
                let part =
                    chart.and_then(|chart| Some((chart.patient.part(*section, hash)?, chart)));
                let class = Some(Patient::class_of(*section));
                part.map(|(part, chart)| self.write(part, chart, class)).transpose()
            }
            GlobalId::Link(person, _) => {
                let chart = charts.get(person).filter(|chart| chart.mask.allows(FieldClass::Links));
                let link = chart.and_then(|chart| Some((chart.patient.link(id)?, chart)));
                let class = Some(FieldClass::Links);
                link.map(|(link, chart)| self.write(link, chart, class)).transpose()
            }
            GlobalId::Service(..) | GlobalId::Source(_) | GlobalId::Connector(_) => self.public(id),
            GlobalId::Consent(..)
            | GlobalId::Lookup(..)
            | GlobalId::Relation(..)
            | GlobalId::BreakGlass(..) => Ok(None),
        }
    }

    /// Notes an error for an id of which nobody can say whether it names something.
    fn say_what_is_missing(&self, id: &GlobalId, charts: &BTreeMap<PersonId, Chart>) {
        let unknown = match id {
            GlobalId::Patient(person) | GlobalId::Link(person, _) => !charts.contains_key(person),
            GlobalId::Thing(section, person, hash) => match charts.get(person) {
                None => true,
                Some(chart) => {
                    let missing = chart.incomplete.contains(section)
                        && chart.patient.part(*section, hash).is_none();
                    if missing && Patient::shows(*section, &chart.mask) {
                        let error = ErrorCode::SourceUnavailable
                            .of_request("Whether there is such a thing cannot be told, because sources are missing.");
                        self.context.add_error(self.context.set_error_path(error));
                    }
                    false
                }
            },
            GlobalId::Service(..)
            | GlobalId::Source(_)
            | GlobalId::Connector(_)
            | GlobalId::Consent(..)
            | GlobalId::Lookup(..)
            | GlobalId::Relation(..)
            | GlobalId::BreakGlass(..) => false,
        };
        if unknown && !self.gateway.unread().is_empty() {
            let error = self.gateway.nobody().into_server_error(self.context.item.pos);
            self.context.add_error(self.context.set_error_path(error));
        }
    }

    /// Writes something of a chart; `class` is its own, when it is a part that has one.
    fn write(
        &self,
        value: &dyn AnyObject,
        chart: &Chart,
        class: Option<FieldClass>,
    ) -> Result<Bytes, Error> {
        let (_, call) = at(self.context);
        let (json, mut disclosure) =
            value.render(self.context, &chart.mask, self.root).map_err(in_resolver)?;
        disclosure.classes.extend(class);
        call.trail.shows(chart.person, &disclosure.classes, &disclosure.redactions);
        call.touch(&chart.mask, disclosure.redactions)?;
        Ok(json)
    }

    /// Sources, connectors and services say nothing about a patient, so showing them is no access to one.
    fn write_public(&self, value: &dyn AnyObject) -> Result<Bytes, Error> {
        let (_, call) = at(self.context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let (json, hidden) = value.render(self.context, &mask, self.root).map_err(in_resolver)?;
        call.touch_public(&mask, hidden.redactions)?;
        Ok(json)
    }

    /// What is not about a patient.
    fn public(&self, id: &GlobalId) -> Result<Option<Bytes>, Error> {
        let fleet = &self.gateway.fleet;
        match id {
            GlobalId::Source(id) => {
                fleet.get(id).map(|source| self.write_public(&Source(source.clone()))).transpose()
            }
            GlobalId::Connector(id) => {
                fleet.get(id).map(|source| self.write_public(&Connector::of(source))).transpose()
            }
            GlobalId::Service(source, id) => services::find(fleet, source, id)
                .map(|service| self.write_public(&service))
                .transpose(),
            GlobalId::Patient(_)
            | GlobalId::Thing(..)
            | GlobalId::Link(..)
            | GlobalId::Consent(..)
            | GlobalId::Lookup(..)
            | GlobalId::Relation(..)
            | GlobalId::BreakGlass(..) => Ok(None),
        }
    }
}

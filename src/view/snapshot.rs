//! A patient's data before and after the mask.

use std::collections::BTreeSet;

use crate::access::{AccessMask, ClassSet};
use crate::gather::{Fetched, Gathered};
use crate::identity::{Identity, PersonId};
use caregraph_connectors::record::Section;

use super::blank::blank;
use super::completeness::{Completeness, SourceStatus, instant, summary};
use super::labelling::Labelling;
use super::merge::Member;
use super::patient::Patient;
use super::provenance::Freshness;
use super::sift::sift;
use super::source::Source;

/// All that was gathered on one patient, unmasked. It has no output and no reader but [`View::new`].
#[derive(Clone)]
pub(crate) struct Snapshot {
    identity: Identity,
    gathered: Gathered,
}

impl Snapshot {
    /// Takes what was gathered on a patient.
    pub(crate) fn new(identity: Identity, gathered: Gathered) -> Self {
        Self { identity, gathered }
    }

    /// Whose it is.
    pub(super) fn person(&self) -> PersonId {
        self.identity.id
    }

    /// What was asked for.
    pub(super) fn sections(&self) -> impl Iterator<Item = Section> + '_ {
        self.gathered.keys().copied()
    }

    /// True when no source forbids to keep what it said.
    pub(super) fn may_be_kept(&self) -> bool {
        let said =
            self.gathered.iter().flat_map(|(section, said)| said.iter().map(|it| (*section, it)));
        let mut outcomes = said.map(|(section, fetched)| (section, &fetched.outcome));
        outcomes
            .all(|(section, it)| it.latency.is_none() || it.source.keeping.of(section).is_some())
    }

    /// True when nobody could tell the two apart: the same copies of the same person, standing in the same way.
    pub(super) fn is(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.gathered, &other.gathered);
        self.identity == other.identity
            && mine.len() == theirs.len()
            && mine.iter().zip(theirs).all(|((section, mine), (other, theirs))| {
                section == other
                    && mine.len() == theirs.len()
                    && mine.iter().zip(theirs).all(|(mine, theirs)| is_alike(mine, theirs))
            })
    }

    /// About how many bytes its records take.
    pub(super) fn weight(&self) -> usize {
        let records = self.gathered.values().flatten().flat_map(|fetched| &fetched.records);
        records.map(|said| said.weight()).sum()
    }
}

/// True when both say the same and stand in the same way; how the answer was come by is not shown.
fn is_alike(one: &Fetched, other: &Fetched) -> bool {
    let (a, b) = (&one.outcome, &other.outcome);
    a.source == b.source
        && a.state == b.state
        && a.message == b.message
        && a.fetched_at == b.fetched_at
        && a.latency == b.latency
        && a.withdrawn == b.withdrawn
        && one.records == other.records
}

/// A snapshot seen through a mask. Output, derived facts and events are made of this and of nothing else.
pub(crate) struct View {
    identity: Identity,
    hidden: ClassSet,
    sections: Vec<(Section, SectionView)>,
    summary: Vec<SourceStatus>,
}

/// One section of a view.
#[derive(Default)]
pub(crate) struct SectionView {
    members: Vec<Member>,
    completeness: Option<Completeness>,
}

impl View {
    /// The only way from a snapshot to what may be shown: sections whose class the mask hides, sources that it closes,
    /// and records whose labels it does not let through are left out here, as if they had never been.
    pub(crate) fn new(snapshot: Snapshot, mask: &AccessMask, labelling: &Labelling) -> Self {
        let Snapshot { mut identity, gathered } = snapshot;
        identity.links.retain(|link| labelling.knows(mask, &link.source));
        let visible: Gathered = gathered
            .into_iter()
            .filter(|(section, _)| Patient::shows(*section, mask))
            .map(|(section, fetched)| (section, sift(section, fetched, mask, labelling)))
            .map(|(section, fetched)| (section, blanked(fetched, mask)))
            .collect();
        let summary = summary(visible.values().flatten());
        let sections = visible
            .into_iter()
            .map(|(section, fetched)| (section, SectionView::of(fetched)))
            .collect();
        Self { identity, hidden: mask.hidden(), sections, summary }
    }

    /// Whose view it is.
    pub(crate) fn person(&self) -> PersonId {
        self.identity.id
    }

    /// What the viewer may not see of them.
    pub(crate) fn hidden(&self) -> ClassSet {
        self.hidden
    }

    /// Who the patient is in each source.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How each source stands over all sections.
    pub(crate) fn summary(&self) -> &[SourceStatus] {
        &self.summary
    }

    /// All sections that were asked for, with how each source stands in them.
    pub(crate) fn sections(&self) -> &[(Section, SectionView)] {
        &self.sections
    }

    /// The sources that have not answered yet.
    pub(crate) fn pending(&self) -> Vec<Source> {
        let statuses = self.summary.iter().filter(|it| it.pending);
        statuses.map(|status| status.source.clone()).collect()
    }

    /// One section; one that was not asked for is empty and unavailable.
    pub(crate) fn section(&self, section: Section) -> &SectionView {
        static NOTHING: SectionView = SectionView { members: Vec::new(), completeness: None };
        self.sections.iter().find(|(known, _)| *known == section).map_or(&NOTHING, |(_, view)| view)
    }
}

fn blanked(mut fetched: Vec<Fetched>, mask: &AccessMask) -> Vec<Fetched> {
    fetched.iter_mut().flat_map(|it| &mut it.records).for_each(|said| blank(said, mask));
    fetched
}

impl SectionView {
    fn of(fetched: Vec<Fetched>) -> Self {
        let completeness = Completeness::of(fetched.iter().map(|fetched| &fetched.outcome));
        let mut members =
            Vec::with_capacity(fetched.iter().map(|fetched| fetched.records.len()).sum());
        for Fetched { outcome, records } in fetched {
            let Some(fetched_at) = outcome.fetched_at.map(instant) else { continue };
            let freshness = Freshness::of(outcome.state);
            members.extend(records.into_iter().map(|record| Member {
                record,
                source: outcome.source.clone(),
                fetched_at: fetched_at.clone(),
                freshness,
            }));
        }
        Self { members, completeness: Some(completeness) }
    }

    /// What was said, unmerged.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// What is missing.
    pub(crate) fn completeness(&self) -> Completeness {
        self.completeness.clone().unwrap_or_else(Completeness::withheld)
    }

    /// True when at least one source answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.completeness.as_ref().is_some_and(Completeness::is_answered)
    }
}

/// The sections from which something is missing.
pub(crate) fn incomplete(gathered: &Gathered) -> BTreeSet<Section> {
    let complete = |fetched: &Vec<Fetched>| {
        Completeness::of(fetched.iter().map(|fetched| &fetched.outcome)).is_complete()
    };
    gathered.iter().filter(|(_, fetched)| !complete(fetched)).map(|(section, _)| *section).collect()
}

//! From an id to a view: who the patient is, what this viewer may see of them, and what the sources say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, ID};
use tokio::time::Instant;

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use crate::access::{AccessMask, Viewer};
use crate::gather::{self, Gathered, SourceId, Wish, gather};
use crate::identity::{Identity, IndexError, PersonId, SourceState};
use crate::ledger::LedgerError;
use crate::telemetry::trace::{self, Side};
use crate::view::completeness::summary;
use crate::view::id::GlobalId;
use crate::view::{Patient, Snapshot, View, source};
use caregraph_connectors::record::Section;

/// What is kept of a request's time for merging and writing.
pub(super) const RESERVE: Duration = Duration::from_millis(50);

/// The gateway and the call that a resolver runs in.
pub(crate) fn at<'c>(context: &'c Context<'_>) -> (&'c Gateway, &'c Arc<Call>) {
    (context.data_unchecked::<Arc<Gateway>>(), context.data_unchecked::<Arc<Call>>())
}

impl Gateway {
    /// The patient of that id, as far as the viewer may know of them.
    pub(crate) async fn patient(
        &self,
        call: &Call,
        id: &ID,
    ) -> Result<(Identity, AccessMask), Error> {
        let (identity, mask) = self.admit(call, self.bearer(id).await?).await?;
        call.touch(&mask, BTreeSet::new())?;
        Ok((identity, mask))
    }

    /// Whom that id names, whether or not the viewer may know of them.
    pub(crate) async fn bearer(&self, id: &ID) -> Result<Option<Identity>, Error> {
        match GlobalId::decode(&id.0) {
            Some(GlobalId::Patient(person)) => Ok(self.resolve(&[person]).await?.pop().flatten()),
            _ => Ok(None),
        }
    }

    /// The viewer, with the patient of their token under the id of today: an id that was absorbed by another still
    /// means the same person. When the index cannot tell, the token's own word stands.
    pub(crate) async fn recognise(&self, mut viewer: Viewer) -> Viewer {
        let named = viewer.patient.as_deref().and_then(GlobalId::decode);
        let Some(GlobalId::Patient(person)) = named else { return viewer };
        if let Ok(found) = self.resolve(&[person]).await
            && let Some(identity) = found.into_iter().next().flatten()
        {
            viewer.patient = Some(GlobalId::Patient(identity.id).encode().0);
        }
        viewer
    }

    /// There is no such patient, or none that the viewer may know of: the answer is the same. While rosters are
    /// still being read, nobody can say that there is none.
    pub(crate) fn nobody(&self) -> Error {
        let unread: Vec<&str> = self
            .unread()
            .iter()
            .filter_map(|id| self.fleet.get(id))
            .map(|source| source.name.as_str())
            .collect();
        if unread.is_empty() {
            return ErrorCode::NotFound
                .error("There is no such patient, or none that you may see.");
        }
        ErrorCode::SourceUnavailable.error(format!(
            "No such patient is known yet, but the patients of {} are not all indexed; ask again later.",
            unread.join(", ")
        ))
    }

    /// The sources whose patients are not all known yet.
    pub(crate) fn unread(&self) -> BTreeSet<SourceId> {
        let progress = self.index.progress();
        progress
            .into_iter()
            .filter(|source| !source.is_first_pass_done())
            .map(|source| source.source)
            .collect()
    }

    /// What the sources say of these people, in their order.
    pub(crate) async fn gather(
        &self,
        call: &Call,
        people: &[(&Identity, &AccessMask)],
        sections: &BTreeSet<Section>,
    ) -> Vec<Gathered> {
        let unread = self.unread();
        // Two ids may mean one person, who is asked about once.
        let distinct: BTreeMap<PersonId, (&Identity, &AccessMask)> =
            people.iter().map(|person| (person.0.id, *person)).collect();
        let asked: Vec<gather::Person> = distinct
            .values()
            .map(|(identity, mask)| self.asked(identity, mask, sections, unread.clone()))
            .collect();
        let mut purposes = distinct.values().map(|(_, mask)| mask.purpose().code());
        // One question may be about several people: it bears a purpose if that is the one of all.
        let first = purposes.next();
        let purpose = first.filter(|first| purposes.all(|other| other == *first));
        let wish = Wish { deadline: call.deadline - RESERVE, since: call.since, purpose };
        let mut span = trace::child("gather", Side::Internal);
        if let Some(span) = &mut span {
            span.set("caregraph.sections", sections.len() as u64);
            span.set("caregraph.patients", asked.len() as u64);
        }
        let gathering = gather(&self.fleet, &asked, sections, wish);
        let gathered = call.pulse.wait(trace::within(span.as_ref(), gathering)).await;
        drop(span);
        if let Some(waterfall) = &call.waterfall {
            let began = Instant::from_std(call.pulse.began());
            for (gathered, (_, mask)) in gathered.iter().zip(distinct.values()) {
                waterfall.note(began, gathered, mask);
            }
        }
        let of_person: BTreeMap<PersonId, Gathered> = distinct.into_keys().zip(gathered).collect();
        for (person, gathered) in &of_person {
            call.trail.asked(*person, asked_sources(gathered));
        }
        give_out(of_person, people)
    }

    /// One person, as far as gathering needs to know.
    pub(super) fn asked(
        &self,
        identity: &Identity,
        mask: &AccessMask,
        sections: &BTreeSet<Section>,
        unread: BTreeSet<SourceId>,
    ) -> gather::Person {
        let links = identity.links.iter();
        gather::Person {
            closed: self.closed(mask, sections),
            links: links.map(|link| (link.source.clone(), link.local.clone())).collect(),
            unread,
        }
    }

    /// What the mask forbids to ask: to ask a source is to tell it that somebody is interested, and how long it takes
    /// to answer tells that it knows the patient.
    fn closed(
        &self,
        mask: &AccessMask,
        sections: &BTreeSet<Section>,
    ) -> BTreeSet<(SourceId, Section)> {
        let mut closed = BTreeSet::new();
        for source in self.fleet.with_patients() {
            let floor = self.labelling.floor(&source.id);
            let is_closed = |section: &&Section| {
                let is_medicine = **section == Section::Medications;
                !Patient::shows(**section, mask)
                    || mask.closes(source.id.as_str())
                    || !mask.lets_through(floor, is_medicine)
            };
            closed.extend(sections.iter().filter(is_closed).map(|it| (source.id.clone(), *it)));
        }
        closed
    }

    /// Gives the links that each viewer may know of the reasons that they have among themselves. That depends on what
    /// the mask closes, never on who has records there.
    pub(crate) async fn veil<'p>(
        &self,
        people: impl IntoIterator<Item = (&'p mut Identity, &'p AccessMask)>,
    ) -> Result<(), Error> {
        let mut veiled = Vec::new();
        for (identity, mask) in people {
            let is_known = |source: &SourceId| self.labelling.knows(mask, source);
            if !self.fleet.with_patients().all(|source| is_known(&source.id)) {
                identity.links.retain(|link| is_known(&link.source));
                veiled.push(identity);
            }
        }
        if veiled.is_empty() {
            return Ok(());
        }
        self.index.reason_anew(&mut veiled).await.map_err(|error| broken(&error))
    }

    /// A patient as the mask lets them be seen.
    pub(crate) fn view(
        &self,
        identity: Identity,
        gathered: Gathered,
        mask: &AccessMask,
    ) -> Patient {
        self.see(Snapshot::new(identity, gathered), mask)
    }

    /// A snapshot as the mask lets it be seen.
    pub(crate) fn see(&self, snapshot: Snapshot, mask: &AccessMask) -> Patient {
        let see = |snapshot| self.costs.gate.time(|| View::new(snapshot, mask, &self.labelling));
        self.merged.patient(snapshot, mask, &self.fleet, see)
    }

    /// The identities of these ids, in their order.
    pub(crate) async fn resolve(&self, ids: &[PersonId]) -> Result<Vec<Option<Identity>>, Error> {
        let found = self.costs.lookup.wait(self.index.resolve(ids)).await;
        found.map_err(|error| broken(&error))
    }

    /// How each source with patients stands in a list of people.
    pub(crate) fn roster_outcomes(&self) -> Vec<gather::Outcome> {
        let progress = self.index.progress();
        let sources = self.fleet.with_patients().filter_map(|source| {
            let state = &progress.iter().find(|known| known.source == source.id)?.state;
            Some(roster_outcome(source, state))
        });
        sources.collect()
    }
}

/// The sources that were asked about a person, and how the worst of their answers stands.
pub(super) fn asked_sources(gathered: &Gathered) -> impl Iterator<Item = (String, &'static str)> {
    let is_asked =
        |fetched: &&gather::Fetched| source::SourceState::from(fetched.outcome.state).is_asked();
    let asked = summary(gathered.values().flatten().filter(is_asked)).into_iter();
    asked.map(|status| (status.source.0.id.as_str().to_owned(), status.state.name()))
}

/// Each person's share, in the order of `people`; only a person who comes again gets a copy.
fn give_out(
    mut of_person: BTreeMap<PersonId, Gathered>,
    people: &[(&Identity, &AccessMask)],
) -> Vec<Gathered> {
    let shares = people.iter().enumerate().map(|(place, (identity, _))| {
        let comes_again = people.iter().skip(place + 1).any(|(later, _)| later.id == identity.id);
        let share = if comes_again {
            of_person.get(&identity.id).cloned()
        } else {
            of_person.remove(&identity.id)
        };
        share.unwrap_or_default()
    });
    shares.collect()
}

fn roster_outcome(source: &Arc<gather::Source>, state: &SourceState) -> gather::Outcome {
    use gather::SourceState as Stands;
    let at =
        |ms: i64| std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    let (stands, message, fetched_at) = match state {
        SourceState::Ready { as_of_ms, .. } => (Stands::Cached, None, Some(at(*as_of_ms))),
        SourceState::Waiting => (
            Stands::Error,
            Some(format!("The patients of {} have not been read yet.", source.name)),
            None,
        ),
        SourceState::Reading { read, total } => {
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            (
                Stands::Error,
                Some(format!("The patients of {} are being read: {read}{of} so far.", source.name)),
                None,
            )
        }
        SourceState::Failed { problem, had_pass: true } => (
            Stands::Stale,
            Some(format!(
                "Changes among the patients of {} could not be read: {problem}",
                source.name
            )),
            None,
        ),
        SourceState::Failed { problem, had_pass: false } => (
            Stands::Error,
            Some(format!("The patients of {} could not be read: {problem}", source.name)),
            None,
        ),
    };
    gather::Outcome {
        source: source.clone(),
        state: stands,
        message: message.map(Into::into),
        fetched_at,
        latency: None,
        timing: None,
        withdrawn: 0,
    }
}

/// The ledger could not be read: the reason goes to the log.
pub(crate) fn unreadable(error: &LedgerError) -> Error {
    tracing::error!(%error, "the ledger failed");
    unknowable()
}

fn unknowable() -> Error {
    ErrorCode::Internal
        .error("What was recorded about who may see the patient could not be looked up, so nothing is shown.")
}

/// An entry could not be recorded or revoked: the reason goes to the log.
pub(crate) fn unwritten(error: &LedgerError) -> Error {
    tracing::error!(%error, "the ledger could not be written");
    ErrorCode::Internal.error("It could not be recorded; ask again, and look up what holds.")
}

/// The index could not answer: the reason goes to the log, the client learns that it was not their fault.
pub(crate) fn broken(error: &IndexError) -> Error {
    if matches!(error, IndexError::BadCursor) {
        return ErrorCode::BadUserInput.error("\"after\" is not a cursor of this list.");
    }
    if matches!(error, IndexError::Blind) {
        return unknowable();
    }
    tracing::error!(%error, "the person index could not answer");
    ErrorCode::Internal.error("The index of patients could not be read.")
}

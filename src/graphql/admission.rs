//! Whom a viewer may see at all, and with which mask.

use std::collections::BTreeSet;

use async_graphql::Error;
use tokio::time::Instant;

use super::call::Call;
use super::gateway::Gateway;
use super::lookup::{RESERVE, unreadable};
use super::rates::too_many_patients;
use super::stated;
use crate::access::{AccessMask, Born, Policy, Standing, Viewer};
use crate::identity::{Identity, Link, now_ms};
use crate::view::id::GlobalId;

impl Gateway {
    /// A person whom `call`'s viewer may see, with the mask that decides what of them.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        found: Option<Identity>,
    ) -> Result<(Identity, AccessMask), Error> {
        let admitted = self.admit_asked(call, vec![found]).await?.pop().flatten();
        admitted.ok_or_else(|| self.nobody())
    }

    /// Of these people, who were asked for by what names them, those whom `call`'s viewer may see. Where nothing else
    /// lets the viewer in, a relation does that a source states.
    pub(crate) async fn admit_asked(
        &self,
        call: &Call,
        found: Vec<Option<Identity>>,
    ) -> Result<Vec<Option<(Identity, AccessMask)>>, Error> {
        let patience = (Instant::now() + stated::PATIENCE).min(call.deadline - RESERVE);
        let mut admitted = self.admissible(call, found.clone()).await?;
        if stated::count(call) && !admitted.iter().all(Option::is_some) {
            self.admit_stated(call, &found, &mut admitted, patience).await?;
        }
        call.trail.answered(&found, &admitted);
        self.spend(call, &admitted)?;
        Ok(admitted)
    }

    /// Lets in those of whom a source states a relation to the viewer. If anybody is refused, that takes as long as it
    /// may take.
    async fn admit_stated(
        &self,
        call: &Call,
        found: &[Option<Identity>],
        admitted: &mut [Option<(Identity, AccessMask)>],
        patience: Instant,
    ) -> Result<(), Error> {
        let refused: Vec<&Identity> = found
            .iter()
            .zip(&*admitted)
            .filter_map(|(found, known)| if known.is_none() { found.as_ref() } else { None })
            .collect();
        let relations = stated::relations(self, call, &refused, patience).await;
        let mut standings = self.standings(&call.policy, &call.viewer, &refused).await?.into_iter();
        for (found, admitted) in found.iter().zip(&mut *admitted) {
            let (Some(identity), None) = (found, &admitted) else { continue };
            let Some(mut standing) = standings.next() else { continue };
            standing.stated = relations.get(&identity.id).cloned().unwrap_or_default();
            let mask = self.decide(&call.policy, &call.viewer, identity, &standing);
            *admitted = mask.map(|mask| (identity.clone(), mask));
        }
        if !admitted.iter().all(Option::is_some) {
            tokio::time::sleep_until(patience).await;
        }
        Ok(())
    }

    /// Of these people, in their order, those whom `call`'s viewer may see by what is on record.
    pub(crate) async fn admit_all(
        &self,
        call: &Call,
        found: Vec<Option<Identity>>,
    ) -> Result<Vec<Option<(Identity, AccessMask)>>, Error> {
        let admitted = self.admissible(call, found.clone()).await?;
        call.trail.answered(&found, &admitted);
        self.spend(call, &admitted)?;
        Ok(admitted)
    }

    /// The same without a trace in the audit log: for those whom a search passes by. When the ledger cannot be read,
    /// nobody is shown.
    pub(crate) async fn admissible(
        &self,
        call: &Call,
        found: Vec<Option<Identity>>,
    ) -> Result<Vec<Option<(Identity, AccessMask)>>, Error> {
        let decided = async {
            let people: Vec<&Identity> = found.iter().flatten().collect();
            let mut standings =
                self.standings(&call.policy, &call.viewer, &people).await?.into_iter();
            let admitted = found.into_iter().map(|found| {
                let (identity, standing) = (found?, standings.next()?);
                let mask = self.decide(&call.policy, &call.viewer, &identity, &standing)?;
                Some((identity, mask))
            });
            Ok(admitted.collect())
        };
        self.costs.decision.wait(decided).await
    }

    /// Counts whom a viewer opens; too many, and the request is refused as a whole.
    fn spend(&self, call: &Call, admitted: &[Option<(Identity, AccessMask)>]) -> Result<(), Error> {
        let opened = admitted.iter().flatten().map(|(identity, _)| identity.id);
        let unknown = admitted.iter().any(Option::is_none);
        if self.rates.patients(&call.viewer, opened, unknown, Instant::now().into_std()) {
            return Ok(());
        }
        tracing::warn!("a viewer asked for more patients than the limit lets them open in an hour");
        call.go_over_its_rate();
        Err(too_many_patients())
    }

    /// What the viewer may see of that person, if they may know of them.
    pub(super) fn decide(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        identity: &Identity,
        standing: &Standing,
    ) -> Option<AccessMask> {
        let id = GlobalId::Patient(identity.id).encode();
        let mask = AccessMask::decide(policy, viewer, &id.0, standing, now_ms())?;
        // Whom only sources know of which the viewer may not know is unknown to the viewer.
        let is_known = |link: &Link| self.labelling.hears(&mask, &link.source);
        identity.links.iter().any(is_known).then_some(mask)
    }

    /// What is known of these people when it is decided whether `viewer` may see them, in their order. When they were
    /// born is told by the sources of which anybody in the viewer's role may know.
    pub(crate) async fn standings(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        people: &[&Identity],
    ) -> Result<Vec<Standing>, Error> {
        let mut standings =
            self.ledger.standings(people).await.map_err(|error| unreadable(&error))?;
        for (person, standing) in people.iter().zip(&mut standings) {
            self.complete(policy, viewer, person, standing);
        }
        Ok(standings)
    }

    /// Adds to what is on record about a person what their links tell `viewer`.
    pub(super) fn complete(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        person: &Identity,
        standing: &mut Standing,
    ) {
        let mask = AccessMask::of_role(policy, viewer);
        let sources = person.links.iter().filter_map(|link| self.fleet.get(&link.source));
        // Many sources may be run by one.
        let organizations: BTreeSet<&str> = sources.flat_map(|source| source.run_by()).collect();
        standing.organizations = organizations.into_iter().map(str::to_owned).collect();
        let known = person.links.iter().filter(|it| self.labelling.knows(&mask, &it.source));
        let births = known.filter_map(|link| Born::parse(link.born.as_ref()?.as_str()));
        standing.born = births.reduce(Born::or);
    }
}

//! How one ask becomes questions, each to as many patients as its source takes at once.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;

use super::gathered::Gathered;
use super::plan::Fetch;
use super::revalidation::Brought;
use super::site::Site;
use crate::connector::{Answer, Ask, LocalId, Share};
use crate::parts::Part as Asked;

/// One part of a section, and what its source has taught us.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) plan: Fetch,
    /// It is known to answer for several patients in one question.
    takes_lists: AtomicBool,
}

impl Asker {
    pub(super) fn new(plan: Fetch) -> Self {
        Self { plan, takes_lists: AtomicBool::new(false) }
    }

    /// What this part holds on the patients; of one patient, unless all that it brought `before` still holds.
    pub(super) async fn fetch(
        &self,
        site: &Site,
        ask: Ask<'_>,
        before: Option<&[Asked]>,
    ) -> Brought {
        if let [_] = ask.patients {
            return self.ask(site, ask.patients, before, ask).await;
        }
        let groups = join_all(ask.patients.chunks(self.plan.batch).map(|patients| async move {
            let mut answer = self.ask(site, patients, None, ask).await.answer;
            // A list may be taken for one strange id and answered with nothing, which would read as "no allergies". It is
            // believed only for whom it brought something, until it has brought something of two patients.
            if patients.len() > 1 && self.plan.exchange.is_for_many() {
                let doubtful = self.doubtful(&answer);
                let singles =
                    doubtful.iter().map(|it| self.ask(site, std::slice::from_ref(it), None, ask));
                for single in join_all(singles).await {
                    answer.extend(single.answer);
                }
            }
            answer
        }));
        Brought { answer: groups.await.into_iter().flatten().collect(), pages: None }
    }

    fn doubtful(&self, answer: &Answer) -> Vec<LocalId> {
        if answer.values().filter(|share| !share.records.is_empty()).count() > 1 {
            self.takes_lists.store(true, Ordering::Relaxed);
        }
        let is_proven = self.takes_lists.load(Ordering::Relaxed);
        let is_doubtful =
            |share: &Share| !is_proven && share.problem.is_none() && share.records.is_empty();
        let doubtful = answer.iter().filter(|(_, share)| is_doubtful(share));
        doubtful.map(|(patient, _)| patient.clone()).collect()
    }

    async fn ask(
        &self,
        site: &Site,
        patients: &[LocalId],
        before: Option<&[Asked]>,
        ask: Ask<'_>,
    ) -> Brought {
        let mut gathered = Gathered::of(patients);
        let pages = site.pages(&self.plan.exchange, patients, before, ask.deadline, |page| {
            gathered.take(&self.plan, page)
        });
        let (problem, pages) = pages.await;
        Brought { answer: gathered.into_answer(problem), pages }
    }
}

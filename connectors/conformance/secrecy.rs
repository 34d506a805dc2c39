//! Whether a source shows its patients to whoever asks.

use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::Trial;
use super::cast::Roster;
use super::reading::Reading;
use super::report::{Finding, Topic};
use crate::connector::{Ask, RosterCursor};
use crate::egress::Credentials;

const CHECK: &str = "credentials";

impl Trial<'_> {
    /// Asks once without showing who we are.
    pub(super) async fn secrecy(&mut self, roster: &Roster, readings: &[&Reading]) {
        if roster.people.is_empty() && readings.is_empty() {
            return;
        }
        if matches!(self.subject.io.credentials, Credentials::None) {
            if !self.subject.is_known_by_certificate {
                let message = "The source is asked without credentials, so whoever reaches its address reads of its patients.";
                let remedy = "Let the server want credentials, and write them into `auth`.";
                self.report.add(Finding::warned(Topic::Privacy, CHECK, message, remedy).at("auth"));
            }
            return;
        }
        let finding = if self.is_open(readings).await {
            let message =
                "Asked without credentials, the source tells of its patients all the same.";
            let remedy = "Let the server answer 401 to whoever shows no credentials.";
            Finding::failed(Topic::Privacy, CHECK, message, remedy).at("auth")
        } else {
            let message = "Asked without credentials, the source tells nothing.";
            Finding::passed(Topic::Privacy, CHECK, message)
        };
        self.report.add(finding);
    }

    async fn is_open(&self, readings: &[&Reading]) -> bool {
        let Ok(stranger) = self.subject.built(&self.stage, Credentials::None) else { return false };
        let deadline = Instant::now() + self.timeout();
        let lists = stranger.roster(&RosterCursor::Start, deadline).await;
        let lists = lists.is_ok_and(|page| !page.people.is_empty());
        let finds = match &self.subject.identifier {
            Some(identifier) => {
                let deadline = Instant::now() + self.timeout();
                let found = stranger.find(identifier.expose_secret(), deadline).await;
                found.is_ok_and(|found| !found.is_empty())
            }
            None => false,
        };
        let tells = match readings.iter().find(|it| it.is_full()) {
            None => false,
            Some(full) => {
                let patients = std::slice::from_ref(&full.patient);
                let (section, deadline) = (full.section, Instant::now() + self.timeout());
                let ask = Ask { patients, section, deadline, since: None };
                stranger.fetch(ask).await.values().any(|share| !share.records.is_empty())
            }
        };
        self.stage.takes();
        // What this connector did not understand is not held against the other.
        self.stage.refusals();
        lists || finds || tells
    }
}

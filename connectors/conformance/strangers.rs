//! Whether records of one patient could be shown as another's.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic, Verdict};
use super::stage::Take;
use crate::connector::{LocalId, Problem};
use crate::witness::{Asked, Played};

/// An id that no source has given anybody.
pub(super) const NOBODY: &str = "caregraph-nobody-0";

const REMEDY: &str = "Pick as `subject` what the item itself says of whom it is, and not what was asked for; a server names the patient in each record.";

const FEED: &str = "Leave out feed = true where each patient has an answer of their own: it means that items of others are expected.";

impl Trial<'_> {
    /// Asks for one patient and plays what was said of another; asks for somebody who does not exist.
    pub(super) async fn wrong_patient(&mut self, readings: &[Reading]) {
        let swapped = self.swapped(readings).await;
        let nobody = self.nobody(readings).await;
        let Some(section) = readings.first().map(|it| it.section) else { return };
        for finding in swapped.into_iter().chain(nobody) {
            let is_status = finding.verdict == Verdict::Warned;
            let key = if is_status { "none_when" } else { "subject" };
            let finding = self.placed(finding, section, key);
            self.report.add(finding);
        }
    }

    async fn swapped(&self, readings: &[Reading]) -> Option<Finding> {
        let about = readings.iter().find(|it| it.is_full())?;
        let check = format!("{}.subject", about.section.name());
        let others = readings.iter().map(|it| &it.patient).chain(&self.cast);
        let other = others.into_iter().find(|patient| **patient != about.patient)?.clone();
        let asked_alike = readings.iter().any(|it| {
            it.patient != about.patient && questions(&it.takes) == questions(&about.takes)
        });
        if asked_alike {
            let message = "One answer holds everybody's records; each was read for whom it is.";
            return Some(Finding::passed(Topic::Privacy, &check, message));
        }
        let (from, to, takes) = (other.clone(), about.patient.clone(), about.takes.clone());
        let turn = AtomicUsize::new(0);
        let script = move |asked: &Asked| {
            let turn = turn.fetch_add(1, Ordering::Relaxed);
            let wanted = question(asked, &from);
            let same = takes.iter().find(|take| question(&take.asked, &to) == wanted);
            let answer = same.or(takes.get(turn)).and_then(Take::answer).cloned();
            Played::Whole(answer.unwrap_or_default())
        };
        self.stage.play(script);
        let share = self.share(about.section, &other).await;
        self.stage.takes();
        Some(match (share.records.len(), share.problem) {
            (0, Some(_)) => {
                let message = "An answer about another patient is dropped, and told.";
                Finding::passed(Topic::Privacy, &check, message)
            }
            (0, None) => {
                let message = "An answer about another patient is taken for an empty list.";
                let remedy = if self.has_on(about.section, "feed") { FEED } else { REMEDY };
                Finding::failed(Topic::Privacy, &check, message, remedy)
            }
            (count, _) => {
                let message = format!(
                    "Of an answer about another patient {count} records would be shown as those of the patient who was asked about."
                );
                Finding::failed(Topic::Privacy, &check, message, REMEDY)
            }
        })
    }

    async fn nobody(&self, readings: &[Reading]) -> Option<Finding> {
        let section = readings.first()?.section;
        let check = format!("{}.nobody", section.name());
        let reading = self.read(section, &LocalId::new(NOBODY)).await;
        let count = reading.share.records.len();
        Some(match reading.share.problem {
            _ if count > 0 => {
                let message =
                    format!("Asked for a patient who does not exist, it gave {count} records.");
                Finding::failed(Topic::Privacy, &check, message, REMEDY)
            }
            Some(Problem::WrongPatient(count)) => {
                let message = format!(
                    "Asked for a patient who does not exist, the source gave {count} records of somebody, which were dropped."
                );
                let remedy = "Let the server answer for whom it was asked, and with nothing or 404 for who is unknown.";
                Finding::failed(Topic::Privacy, &check, message, remedy)
            }
            Some(Problem::Status(500..=599)) => {
                let message = "Asked for a patient who does not exist, the source fails.";
                let remedy = "Answer with 404 for who is unknown, and write none_when = [404].";
                Finding::warned(Topic::Resilience, &check, message, remedy)
            }
            _ => {
                let message = "Asked for a patient who does not exist, the source gave no records.";
                Finding::passed(Topic::Privacy, &check, message)
            }
        })
    }
}

fn questions(takes: &[Take]) -> Vec<(&str, &[u8])> {
    takes.iter().map(|take| (take.asked.url.as_str(), &*take.asked.body)).collect()
}

/// A question without the id of the patient.
fn question(asked: &Asked, patient: &LocalId) -> Vec<String> {
    let body = String::from_utf8_lossy(&asked.body);
    let url = asked.url.as_str();
    let encoded = format!("{url} {body}");
    let parts = encoded.split(['/', '?', '&', '=', ',', '"', ' ', '|']);
    let plain = |part: &str| {
        let text: String = url::form_urlencoded::parse(format!("x={part}").as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect();
        if text == patient.as_str() { String::new() } else { text }
    };
    parts.map(plain).collect()
}

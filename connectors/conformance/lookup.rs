//! Whether a source that lists nobody finds the one whom it is asked for, and nobody else.

use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::Trial;
use super::cast::Roster;
use super::remedy::remedy;
use super::report::{Finding, Topic};
use super::strangers::NOBODY;
use crate::connector::{Problem, RosterEntry};

const CHECK: &str = "lookup";

impl Trial<'_> {
    /// Asks for nobody, and for the one whose identifier was given; they are asked about from then on.
    pub(super) async fn lookup(&mut self) -> Roster {
        self.finds_nobody().await;
        let Some(identifier) = &self.subject.identifier else {
            let message = "Without an identifier of a patient of the source it could not be tried whether it finds anybody, nor what it says of them.";
            let remedy = "Give one of somebody who is made up, or who has agreed: caregraph connector check --identifier env:NAME.";
            self.report.add(Finding::warned(Topic::Shape, CHECK, message, remedy).at(CHECK));
            return Roster::default();
        };
        self.stage.takes();
        let deadline = Instant::now() + self.timeout();
        let found = self.connector.find(identifier.expose_secret(), deadline).await;
        let takes = self.stage.takes();
        let found = match found {
            Ok(found) => found,
            Err(problem) => {
                if !self.refusals(CHECK) {
                    let finding = unfound(&problem);
                    self.report.add(finding);
                }
                return Roster::of(Vec::new(), takes);
            }
        };
        self.report.add(one(&found));
        self.report.findings.extend(matching(&found));
        self.cast = found.iter().filter(|it| it.active).take(1).map(|it| it.id.clone()).collect();
        Roster::of(found, takes)
    }

    /// Somebody who does not exist is nobody, and no failure.
    async fn finds_nobody(&mut self) {
        const CHECK: &str = "lookup.nobody";
        let found = self.connector.find(NOBODY, Instant::now() + self.timeout()).await;
        self.stage.takes();
        let finding = match found {
            Ok(found) if found.is_empty() => {
                let message = "Asked for an identifier that nobody has, the source finds nobody.";
                Finding::passed(Topic::Semantics, CHECK, message)
            }
            Ok(_) | Err(Problem::WrongPatient(_)) => {
                self.stage.refusals();
                let message =
                    "Asked for an identifier that nobody has, the source tells of somebody.";
                let remedy = "Let the server find by the whole identifier, and answer with an empty list or 404 for one that is unknown.";
                Finding::failed(Topic::Privacy, CHECK, message, remedy)
            }
            Err(Problem::Status(status @ (400 | 422))) => {
                let message = format!(
                    "Asked for an identifier that nobody has, the source answers {status}; it may want another form of it."
                );
                let remedy = "See that it does not say so of one that has the right form; write none_when for what means that there is nobody.";
                Finding::warned(Topic::Semantics, CHECK, message, remedy).at("lookup.none_when")
            }
            Err(_) if self.refusals(CHECK) => return,
            Err(problem) => {
                let message = format!(
                    "Asked for an identifier that nobody has, the source does not say that there is nobody. {problem}"
                );
                Finding::failed(Topic::Semantics, CHECK, message, remedy(&problem))
                    .at("lookup.none_when")
            }
        };
        self.report.add(finding);
    }
}

fn unfound(problem: &Problem) -> Finding {
    let message = format!("The one whose identifier was given could not be looked up. {problem}");
    let remedy = match problem {
        Problem::NotSupported => {
            "Give an identifier that can be written where the request has its place: in a path none with a slash."
        }
        problem => remedy(problem),
    };
    Finding::failed(Topic::Shape, CHECK, message, remedy).at(CHECK)
}

fn one(found: &[RosterEntry]) -> Finding {
    let failed = |message: &str, remedy: &str| {
        Finding::failed(Topic::Semantics, CHECK, message, remedy).at(CHECK)
    };
    match (found.len(), found.iter().filter(|it| it.active).count()) {
        (0, _) => failed(
            "The source finds nobody under the identifier that was given.",
            "Give the identifier of one of its patients, of the system that `system` names; and see that `items` picks whom it finds.",
        ),
        (_, 0) => failed(
            "Whom the source finds is marked as no longer in use.",
            "See that `active` means true for those who are in use.",
        ),
        (_, 1) => {
            let message = "Asked for an identifier, the source finds the one who bears it.";
            Finding::passed(Topic::Semantics, CHECK, message)
        }
        (_, _) => failed(
            "The source finds several people under one identifier, so that nobody is linked.",
            "Answer with the one record that is in use; let `active` tell it from the others.",
        ),
    }
}

/// Whom it found is compared by name and birth date too.
fn matching(found: &[RosterEntry]) -> Option<Finding> {
    let lacks = |it: &RosterEntry| it.person.names.is_empty() || it.person.birth_date.is_none();
    found.iter().any(lacks).then(|| {
        let message = "Whom the source finds has no name or no birth date.";
        let remedy = "Pick names and birthDate where they stand: by them it is seen that an identifier does not lead to somebody else.";
        Finding::warned(Topic::Shape, "lookup.matching", message, remedy).at("lookup.fields")
    })
}

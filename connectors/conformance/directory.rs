//! A directory of services: whether it can be read, all of it, and whether the copy stays when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Trial;
use super::fault::Fault;
use super::more::{self, sign};
use super::remedy::remedy;
use super::report::{Finding, Topic};
use super::resilience::struck_by;
use super::stage::Take;
use crate::connector::Directory;

const CHECK: &str = "directory";

impl Trial<'_> {
    /// All that is about a directory, if the source keeps one.
    pub(super) async fn directory(&mut self) {
        let connector = self.connector.clone();
        let Some(directory) = connector.directory() else { return };
        self.stage.takes();
        let problem = directory.refresh().await.err();
        let takes = self.stage.takes();
        let refused = self.refusals(CHECK);
        let catalogue = directory.catalogue();
        let count = catalogue.services().len();
        let (topic, at) = (Topic::Shape, "directory");
        self.report.add(match problem.or_else(|| catalogue.problem().cloned()) {
            Some(_) if refused => return,
            Some(problem) => {
                let message = format!("The directory was not read as it should be. {problem}");
                Finding::failed(topic, CHECK, message, remedy(&problem)).at(at)
            }
            None if count == 0 => {
                let message = "The directory was read, and holds no service.";
                let remedy =
                    "See that the list is where the manifest says, and that its items are picked.";
                Finding::failed(topic, CHECK, message, remedy).at(at)
            }
            None => Finding::passed(topic, CHECK, format!("{count} services were read.")),
        });
        if count == 0 {
            return;
        }
        let check = "directory.complete";
        self.report.add(if let Some(sign) = sign(&takes, count) {
            let message = format!("{count} services were read, but {}.", sign.words());
            Finding::failed(Topic::Semantics, check, message, more::REMEDY)
        } else {
            let message = "Nothing says that there are more services.";
            Finding::passed(Topic::Semantics, check, message)
        });
        self.directory_under_faults(directory, &takes).await;
    }

    /// Whatever goes wrong, the copy that there is stays, and the problem is told.
    async fn directory_under_faults(&mut self, directory: &dyn Directory, takes: &[Take]) {
        let check = "directory.faults";
        let before = directory.catalogue().services().len();
        let (mut count, mut hidden) = (0, Vec::new());
        // How long it waits for an answer that never comes is its own affair: nobody waits with it.
        let faults =
            Fault::ALL.into_iter().filter(|it| !matches!(it, Fault::Silent | Fault::LastPage));
        for fault in faults {
            self.stage.play(struck_by(fault, takes.to_vec(), Arc::default()));
            let failed = directory.refresh().await.is_err();
            count += 1;
            let after = directory.catalogue();
            let is_told = failed || after.problem().is_some();
            if !is_told || (failed && after.services().len() != before) {
                hidden.push(fault);
            }
        }
        if takes.len() > 1 {
            count += 1;
            hidden.extend((!self.tells_of_the_end(takes).await).then_some(Fault::LastPage));
        }
        self.stage.takes();
        if hidden.is_empty() {
            let message =
                format!("Under each of {count} faults the copy stays, and the problem is told.");
            self.report.add(Finding::passed(Topic::Resilience, check, message));
        }
        for fault in hidden {
            let message = format!(
                "When the source {}, the directory would be shown as complete.",
                fault.words()
            );
            self.report.add(Finding::failed(Topic::Resilience, check, message, fault.remedy()));
        }
    }

    /// A first reading that fails at its end is told as such. What was read before may not be asked for again, so that another
    /// connector reads.
    async fn tells_of_the_end(&self, takes: &[Take]) -> bool {
        let Ok(connector) = self.subject.connector(&self.stage) else { return true };
        let Some(directory) = connector.directory() else { return true };
        let struck = Arc::new(AtomicBool::new(false));
        self.stage.play(struck_by(Fault::LastPage, takes.to_vec(), struck.clone()));
        let failed = directory.refresh().await.is_err();
        failed || directory.catalogue().problem().is_some() || !struck.load(Ordering::Relaxed)
    }
}

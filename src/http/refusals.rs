//! How often requests are turned away before they reach GraphQL, and why.

use super::problem::Problem;
use crate::telemetry::Counter;

/// How often requests were turned away, by the reason.
#[derive(Debug, Default)]
pub struct Refusals([Counter; Problem::ALL.len()]);

impl Refusals {
    /// Each reason with how often there was one.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Problem::ALL.iter().zip(&self.0).map(|(problem, counter)| (problem.name(), counter.get()))
    }

    pub(super) fn count(&self, problem: Problem) {
        let place = Problem::ALL.iter().position(|known| *known == problem);
        if let Some(counter) = place.and_then(|place| self.0.get(place)) {
            counter.add();
        }
    }
}

//! Searches: who is asked about, what matches, and which page of it is wanted.

use std::sync::Arc;

use axum::response::Response;

use super::{
    FhirServer,
    bundle::{BundleWriter, Mode},
    outcome::{self, Refusal},
    page::Page,
    parameters::{Key, Parameters},
    served::{Resource, Served},
};
use crate::{front::Quirk, person::Person, query, resource_type::ResourceType};

/// One search while it is answered.
pub(super) struct Search<'a> {
    pub(super) server: &'a FhirServer,
    pub(super) parameters: Parameters,
    pub(super) pairs: &'a [(String, String)],
    pub(super) quirk: Option<Quirk>,
}

impl Search<'_> {
    pub(super) fn answer(&self) -> Result<Response, Refusal> {
        let asked = &self.parameters;
        let whole = asked.ids.is_none() && asked.identifiers.is_none();
        if asked.kind == ResourceType::Patient && whole {
            return Ok(self.roster());
        }
        let charts = self.charts()?;
        let mut matches: Vec<(&Served, &Resource)> = charts
            .iter()
            .flat_map(|chart| {
                chart.of(asked.kind).iter().map(|resource| (chart.as_ref(), resource))
            })
            .filter(|(_, resource)| {
                self.quirk == Some(Quirk::WrongPatient) || asked.accept(resource)
            })
            .collect();
        self.sort(&mut matches);
        Ok(self.page(&matches))
    }

    /// The charts that can hold matches.
    fn charts(&self) -> Result<Vec<Arc<Served>>, Refusal> {
        let (server, asked) = (self.server, &self.parameters);
        let mut people: Vec<u64> = match (&asked.patients, &asked.ids, &asked.identifiers) {
            (Some(patients), ..) => {
                patients.iter().filter_map(|id| server.patient_number(id)).collect()
            }
            (None, _, Some(identifiers)) => identifiers
                .iter()
                .filter_map(|(system, value)| server.owner(system.as_deref(), value))
                .collect(),
            (None, Some(ids), None) => {
                ids.iter().filter_map(|id| server.resource_owner(asked.kind, id)).collect()
            }
            (None, None, None) if asked.kind.of_staff() => vec![crate::ids::STAFF],
            (None, None, None) => return Err(Refusal::TooCostly),
        };
        people.sort_unstable();
        people.dedup();
        let wrong = self.quirk == Some(Quirk::WrongPatient);
        Ok(people.into_iter().filter_map(|person| server.chart(person, wrong)).collect())
    }

    fn sort(&self, matches: &mut [(&Served, &Resource)]) {
        let Some((key, falling)) = self.parameters.sort else { return };
        let value = |resource: &Resource| match key {
            Key::Updated => Some(resource.updated),
            Key::Date(place) => resource.dates[place].map(|(start, _)| start),
        };
        matches.sort_by_key(|(_, resource)| value(resource));
        if falling {
            matches.reverse();
        }
    }

    fn page(&self, matches: &[(&Served, &Resource)]) -> Response {
        let asked = &self.parameters;
        let total = asked.total.then_some(matches.len() as u64);
        let mut bundle = BundleWriter::new();
        if asked.summary {
            return bundle.finish(Some(matches.len() as u64), &self.url(None), None);
        }
        let page = asked.page.unwrap_or_default();
        let start = usize::try_from(page.offset).unwrap_or(usize::MAX).min(matches.len());
        let end = start.saturating_add(asked.count).min(matches.len());
        for (chart, resource) in &matches[start..end] {
            bundle.add(chart.entry(resource), Mode::Match);
        }
        if asked.include {
            include(&mut bundle, &matches[start..end]);
        }
        let next = (end < matches.len()).then_some(Page { offset: end as u64, turn: 0 });
        self.finish(bundle, total, next, page)
    }

    /// All patients, in the order of the population. Nothing is kept of those who are passed by.
    fn roster(&self) -> Response {
        let (server, asked) = (self.server, &self.parameters);
        let changed = |person: &Person| asked.changed(server.patient_updated(person));
        let mut bundle = BundleWriter::new();
        if asked.summary {
            let total = server.people(0).filter(changed).count() as u64;
            return bundle.finish(Some(total), &self.url(None), None);
        }
        let page = asked.page.unwrap_or_default();
        let mut people = server.people(page.offset).filter(changed);
        for person in people.by_ref().take(asked.count) {
            let chart = server.patient(&person);
            for resource in chart.of(ResourceType::Patient) {
                bundle.add(chart.entry(resource), Mode::Match);
            }
        }
        let next = people.next().map(|person| Page { offset: person.number, turn: 0 });
        let total = (asked.unfiltered() && asked.total).then(|| server.patient_count());
        self.finish(bundle, total, next, page)
    }

    fn finish(
        &self,
        mut bundle: BundleWriter,
        total: Option<u64>,
        next: Option<Page>,
        page: Page,
    ) -> Response {
        for name in &self.parameters.ignored {
            bundle.remark(&outcome::ignored(name));
        }
        let endless = self.quirk == Some(Quirk::EndlessPaging);
        let next = if endless { Some(Page { turn: page.turn + 1, ..page }) } else { next };
        let next =
            next.filter(|_| endless || self.parameters.count > 0).map(|page| self.url(Some(page)));
        bundle.finish(total, &self.url(self.parameters.page), next.as_deref())
    }

    /// The address of this search, or of another page of it.
    fn url(&self, page: Option<Page>) -> String {
        let token = page.map(|page| self.server.page_token(page));
        let own = self.pairs.iter().filter(|(name, _)| name != "_page");
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        let query = query::encode(own.chain(token.as_deref().map(|token| ("_page", token))));
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{}{mark}{query}", self.server.base(), self.parameters.kind.as_str())
    }
}

/// Adds the drugs that the matches refer to, each once.
fn include(bundle: &mut BundleWriter, matches: &[(&Served, &Resource)]) {
    let mut included: Vec<&str> = Vec::new();
    for (chart, resource) in matches {
        let Some(id) = resource.medication.as_deref().filter(|id| !included.contains(id)) else {
            continue;
        };
        if let Some(medication) = chart.find(ResourceType::Medication, id) {
            bundle.add(chart.entry(medication), Mode::Include);
            included.push(id);
        }
    }
}

//! The parameters of a search, read and checked.

use super::{
    comparison::{self, Comparison},
    outcome::Refusal,
    page::{Page, PageTokens},
    served::{Resource, Token},
};
use crate::{query::list, resource_type::ResourceType};

/// What a client asks of one type.
pub(super) struct Parameters {
    pub(super) kind: ResourceType,
    pub(super) ids: Option<Vec<String>>,
    /// Patient ids, from whatever form of reference.
    pub(super) patients: Option<Vec<String>>,
    pub(super) identifiers: Option<Vec<(Option<String>, String)>>,
    tokens: Vec<(usize, Vec<Wanted>)>,
    dates: Vec<(usize, Vec<Comparison>)>,
    updated: Vec<Vec<Comparison>>,
    pub(super) sort: Option<(Key, bool)>,
    pub(super) count: usize,
    pub(super) page: Option<Page>,
    pub(super) include: bool,
    pub(super) summary: bool,
    pub(super) total: bool,
    /// Parameters that this server does not know.
    pub(super) ignored: Vec<String>,
}

/// What matches are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Updated,
    Date(usize),
}

/// A code that is wanted; an absent part may be anything.
struct Wanted {
    system: Option<String>,
    code: Option<String>,
}

pub(super) const DEFAULT_COUNT: usize = 20;
pub(super) const MAXIMAL_COUNT: usize = 100;

impl Parameters {
    pub(super) fn read(
        kind: ResourceType,
        pairs: &[(String, String)],
        base: &str,
        pages: &PageTokens,
    ) -> Result<Self, Refusal> {
        let mut parameters = Self::none(kind);
        for (name, value) in pairs {
            if name == "_format" && !value.contains("json") {
                return Err(Refusal::Format);
            }
            let read = match name.as_str() {
                _ if value.is_empty() => None,
                name if name.starts_with('_') => parameters.read_common(name, value, pages),
                name => parameters.read_own(name, value, base),
            };
            read.ok_or_else(|| Refusal::Value(name.clone()))?;
        }
        Ok(parameters)
    }

    /// Reads a parameter that every type has; none when its value cannot be read.
    fn read_common(&mut self, name: &str, value: &str, pages: &PageTokens) -> Option<()> {
        match name {
            "_id" => self.ids = Some(list(value).collect()),
            "_count" => self.count = value.parse::<usize>().ok()?.min(MAXIMAL_COUNT),
            "_page" => self.page = Some(pages.read(value)?),
            "_lastUpdated" => self.updated.push(comparison::all(value)?),
            "_summary" if matches!(value, "count" | "false") => self.summary = value == "count",
            "_total" if matches!(value, "none" | "estimate" | "accurate") => {
                self.total = value != "none";
            }
            "_format" => {}
            "_sort" => self.sort = sort_key(self.kind, value),
            "_include" if self.kind.names_medication() && self.includes(value) => {
                self.include = true;
            }
            _ => self.ignored.push(name.to_owned()),
        }
        Some(())
    }

    fn includes(&self, value: &str) -> bool {
        value.split_once(':') == Some((self.kind.as_str(), "medication"))
    }

    fn none(kind: ResourceType) -> Self {
        Self {
            kind,
            ids: None,
            patients: None,
            identifiers: None,
            tokens: Vec::new(),
            dates: Vec::new(),
            updated: Vec::new(),
            sort: None,
            count: DEFAULT_COUNT,
            page: None,
            include: false,
            summary: false,
            total: true,
            ignored: Vec::new(),
        }
    }

    /// Reads a parameter of the type's own; none when its value cannot be read.
    fn read_own(&mut self, name: &str, value: &str, base: &str) -> Option<()> {
        let form = self.kind.search_form();
        if form.patient.contains(&name) {
            self.patients = Some(list(value).map(|item| patient_id(&item, base)).collect());
        } else if self.kind == ResourceType::Patient && name == "identifier" {
            self.identifiers = Some(list(value).map(|item| identifier(&item)).collect());
        } else if let Some(place) = form.tokens.iter().position(|(known, _)| *known == name) {
            self.tokens.push((place, list(value).map(|token| wanted(&token)).collect()));
        } else if let Some(place) = form.dates.iter().position(|(known, _)| *known == name) {
            self.dates.push((place, comparison::all(value)?));
        } else {
            self.ignored.push(name.to_owned());
        }
        Some(())
    }

    /// True when a resource of the type has all that is asked for.
    pub(super) fn accept(&self, resource: &Resource) -> bool {
        let has = |place: usize, wanted: &[Wanted]| {
            resource.tokens[place].iter().any(|token| wanted.iter().any(|wanted| wanted.is(token)))
        };
        let lies = |place: usize, comparisons: &[Comparison]| {
            resource.dates[place].is_some_and(|span| comparison::any(comparisons, span))
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&resource.id))
            && self.tokens.iter().all(|(place, wanted)| has(*place, wanted))
            && self.dates.iter().all(|(place, comparisons)| lies(*place, comparisons))
            && self.changed(resource.updated)
    }

    /// True when something that changed at this time is asked for.
    pub(super) fn changed(&self, updated: i64) -> bool {
        self.updated.iter().all(|comparisons| comparison::any(comparisons, (updated, updated + 1)))
    }

    /// True when nothing but a patient and a type is asked for.
    pub(super) fn unfiltered(&self) -> bool {
        self.ids.is_none()
            && self.tokens.is_empty()
            && self.dates.is_empty()
            && self.updated.is_empty()
    }
}

impl Wanted {
    fn is(&self, token: &Token) -> bool {
        self.system.as_ref().is_none_or(|system| *system == token.system)
            && self.code.as_ref().is_none_or(|code| *code == token.code)
    }
}

fn wanted(token: &str) -> Wanted {
    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match token.split_once('|') {
        // `|code` asks for a code without a system.
        Some(("", code)) => Wanted { system: Some(String::new()), code: part(code) },
        Some((system, code)) => Wanted { system: part(system), code: part(code) },
        None => Wanted { system: None, code: part(token) },
    }
}

fn identifier(token: &str) -> (Option<String>, String) {
    match token.split_once('|') {
        Some((system, value)) => (Some(system.to_owned()), value.to_owned()),
        None => (None, token.to_owned()),
    }
}

/// The id in `id`, `Patient/id` or the whole address; a reference to elsewhere is nobody's here.
fn patient_id(reference: &str, base: &str) -> String {
    let local = reference.strip_prefix(base).map_or(reference, |rest| rest.trim_start_matches('/'));
    local.strip_prefix("Patient/").unwrap_or(local).to_owned()
}

fn sort_key(kind: ResourceType, value: &str) -> Option<(Key, bool)> {
    let first = value.split(',').next()?;
    let (name, falling) = first.strip_prefix('-').map_or((first, false), |name| (name, true));
    let date =
        || kind.search_form().dates.iter().position(|(known, _)| *known == name).map(Key::Date);
    let key = if name == "_lastUpdated" { Some(Key::Updated) } else { date() };
    key.map(|key| (key, falling))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ResourceType, query: &str) -> Result<Parameters, Refusal> {
        let pages = PageTokens::new("here");
        Parameters::read(kind, &crate::query::pairs(query), "http://127.0.0.1:1/fhir", &pages)
    }

    #[test]
    fn references_are_read_in_every_form() {
        let query =
            "patient=a,Patient/b,http://127.0.0.1:1/fhir/Patient/c,http://elsewhere/Patient/d";
        let parameters =
            read(ResourceType::Condition, query).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(parameters.patients.unwrap(), ["a", "b", "c", "http://elsewhere/Patient/d"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_what_is_not_known_is_listed() {
        let refusal = |query: &str| read(ResourceType::Observation, query).err();
        assert_eq!(refusal("_count=many"), Some(Refusal::Value("_count".into())));
        assert_eq!(refusal("date=gt20x"), Some(Refusal::Value("date".into())));
        assert_eq!(refusal("_page=000000000000"), Some(Refusal::Value("_page".into())));
        assert_eq!(refusal("patient="), Some(Refusal::Value("patient".into())));
        assert_eq!(refusal("_format=xml"), Some(Refusal::Format));
        let query =
            "_count=1000&colour=red&_include=Observation:subject&onset-date=2020&code=a,b|c";
        let parameters =
            read(ResourceType::Observation, query).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(parameters.count, MAXIMAL_COUNT);
        assert_eq!(parameters.ignored, ["colour", "_include", "onset-date"]);
    }
}

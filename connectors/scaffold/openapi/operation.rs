//! One GET of a description: what it is asked with, what it answers, and what it is good for.

use super::super::guess::{OF_PEOPLE, Target, is_many};
use super::super::manifest::{OPEN, Question};
use super::super::outline::Outline;
use super::super::tree::Tree;
use super::super::whose::is_patients_name;
use super::super::words::plain;
use super::schema::Document;

const PAGE: [&str; 4] = ["page", "pageno", "pagenumber", "p"];
const OFFSET: [&str; 4] = ["offset", "skip", "startindex", "start"];
const LIMIT: [&str; 7] = ["limit", "size", "pagesize", "perpage", "count", "top", "maxresults"];
const CURSOR: [&str; 6] =
    ["cursor", "after", "pagetoken", "token", "continuationtoken", "nexttoken"];

/// What an operation is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Roster,
    Other,
}

/// One GET.
pub(super) struct Operation {
    /// As the description has it.
    pub(super) path: String,
    outline: Option<(Outline, Option<Target>)>,
    question: Question,
    /// It asks for one patient by a parameter of the query.
    asks_patient: bool,
}

impl Operation {
    /// Reads an operation; nothing when the path has no GET.
    pub(super) fn of<'d>(document: &Document<'d>, path: &str, item: &'d Tree) -> Option<Self> {
        let item = document.resolved(item)?;
        let get = item.get("get")?;
        let parameters = [item, get]
            .into_iter()
            .flat_map(|it| it.get("parameters").map(Tree::items).unwrap_or_default());
        let mut query = Vec::new();
        for parameter in parameters.filter_map(|it| document.resolved(it)) {
            let text = |key: &str| parameter.get(key).and_then(Tree::text);
            if let (Some(name), Some("query")) = (text("name"), text("in")) {
                let is_needed = parameter.get("required") == Some(&Tree::Bool(true));
                query.extend(
                    value_of(name, is_needed).map(|value| (name.to_owned(), value.to_owned())),
                );
            }
        }
        let asks_patient = query.iter().any(|(_, value)| value == "{patient}");
        let segments = path.rsplit('/').map(plain);
        let hint = segments
            .filter(|it| !it.is_empty())
            .find(|it| !path.contains(&format!("{{{it}}}")))
            .unwrap_or_default();
        let outline = answer(document, get)
            .and_then(|schema| Outline::of_shape(&document.shape(schema), &hint, None));
        let asked = in_places(path.trim_start_matches('/'));
        let question = Question { path: Some(asked), query, is_guessed: true };
        Some(Self { path: path.to_owned(), outline, question, asks_patient })
    }

    /// What it is good for, looked at alone.
    pub(super) fn judged(&self) -> Option<Use> {
        let (_, target) = self.outline.as_ref()?;
        let is_for_all = !self.path.contains('{') && !self.asks_patient;
        Some(if is_for_all && matches!(target, Some(Target::Roster)) {
            Use::Roster
        } else {
            Use::Other
        })
    }

    /// The block that it becomes; else why none.
    pub(super) fn target(&self, home: Option<&str>) -> Result<Target, &'static str> {
        let Some((_, target)) = &self.outline else {
            return Err("it answers with no list and no item in JSON");
        };
        let Some(target) = *target else { return Err("nobody can tell what its items are") };
        match (self.path.matches('{').count(), self.asks_patient) {
            (0, false) => match target {
                Target::Roster | Target::Directory => Ok(target),
                _ => Err(
                    "it asks for nobody in particular; if it answers with everybody's items, see `feed` in docs/mapping.md",
                ),
            },
            (0, true) | (1, false) if self.asks_patient || self.is_of_patient(home) => match target
            {
                Target::Roster => Ok(Target::Person),
                Target::Directory => Err("services are not about one patient"),
                other => Ok(other),
            },
            _ => Err("it is asked by something else than one patient"),
        }
    }

    /// The one parameter of the path is the id of a patient: by its name, or by what stands before it.
    fn is_of_patient(&self, home: Option<&str>) -> bool {
        let Some((before, rest)) = self.path.split_once('{') else { return false };
        let name = plain(rest.split('}').next().unwrap_or_default());
        let above = plain(before.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
        let is_home =
            home.is_some_and(|home| home.trim_end_matches('/') == before.trim_end_matches('/'));
        is_patients_name(&name) || is_home || OF_PEOPLE.iter().any(|word| is_many(&above, word))
    }

    /// What a block is made of.
    pub(super) fn into_parts(self) -> Option<(Outline, Question)> {
        let (outline, _) = self.outline?;
        Some((outline, self.question))
    }
}

/// The path with the place of the patient.
fn in_places(path: &str) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) if from < to => {
            let before = path.get(..from).unwrap_or_default();
            let after = path.get(to + 1..).unwrap_or_default();
            format!("{before}{{patient}}{after}")
        }
        _ => path.to_owned(),
    }
}

/// What is filled in for a parameter; nothing for one that can be left out.
fn value_of(name: &str, is_needed: bool) -> Option<&'static str> {
    let word = plain(name);
    let is = |names: &[&str]| names.contains(&word.as_str());
    match () {
        () if is_patients_name(&word) => Some("{patient}"),
        () if is(&PAGE) => Some("{page}"),
        () if is(&OFFSET) => Some("{offset}"),
        () if is(&LIMIT) => Some("{limit}"),
        () if is(&CURSOR) => Some("{cursor}"),
        () => is_needed.then_some(OPEN),
    }
}

/// The schema of a good answer in JSON.
fn answer<'d>(document: &Document<'d>, get: &'d Tree) -> Option<&'d Tree> {
    let responses = get.get("responses")?.fields();
    let good = ["200", "2XX", "2xx", "default"];
    let response =
        good.iter().find_map(|code| responses.iter().find(|(known, _)| known == code))?;
    let content = document.resolved(&response.1)?.get("content")?.fields();
    let is_json = |kind: &str| {
        kind.starts_with("application/")
            && kind.split(';').next().is_some_and(|it| it.ends_with("json"))
    };
    content.iter().find(|(kind, _)| is_json(kind) || kind == "*/*")?.1.get("schema")
}

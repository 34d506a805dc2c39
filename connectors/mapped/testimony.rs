//! What a witness is told of the rules of a manifest: which found something, which found nothing, and what did not fit.

use super::exchange::Exchange;
use super::hint::{self, Objection};
use super::node::{Node, Scalar};
use super::path::{Path, Segment, Step};
use super::rule::{Around, Fields, Making, Rule, Stop};
use super::single::{Pick, Source};
use super::value::Kind;
use super::walk::{Walk, below};
use crate::mistake::{ALIKE_KEYS, nearest_by};
use crate::witness::{Outcome, Ruling, Witness};

impl Pick {
    /// Tells what came of this rule.
    pub(super) fn testify(&self, witness: &dyn Witness, made: &Making<'_>, around: Around<'_>) {
        if self.is_constant() {
            return;
        }
        let outcome = match made {
            Ok(Some(made)) if made.is_said => Outcome::Found,
            Ok(_) => Outcome::Missing,
            Err(Stop::Unfit(_)) if self.is_optional => Outcome::LeftOut,
            Err(Stop::Unfit(_)) => Outcome::Unfit,
            Err(Stop::Spent) => return,
        };
        let is_unfit = matches!(outcome, Outcome::LeftOut | Outcome::Unfit);
        let alike = match &self.source {
            _ if outcome != Outcome::Missing => None,
            Source::Here(path) => alike(path, around.here),
            Source::Item(path) => alike(path, around.item),
            Source::Answer(path) => alike(path, around.walk.root),
            Source::Header(_) | Source::Constant(_) | Source::Join(..) | Source::First(_) => None,
        };
        let said = is_unfit.then(|| self.whole_text(around)).flatten();
        let needed = is_unfit.then(|| self.needed(said));
        let is_counted =
            matches!(self.kind, Kind::Date | Kind::Death | Kind::Decimal | Kind::Number);
        let written = said.filter(|_| is_counted).and_then(hint::form);
        witness.ruled(&Ruling { at: &self.at, outcome, alike, needed, written, said });
    }

    /// What a path of this rule leads to, if it is one value.
    fn whole_text<'e>(&self, around: Around<'e>) -> Option<&'e str> {
        let (path, from) = match &self.source {
            Source::Here(path) => (path, around.here),
            Source::Item(path) => (path, around.item),
            Source::Answer(path) => (path, around.walk.root),
            _ => return None,
        };
        match around.walk.one(path, from).ok()??.scalar() {
            Scalar::Text(text) => Some(text.trim()),
            Scalar::Missing | Scalar::Many => None,
        }
    }

    /// What would fit, in words.
    fn needed(&self, said: Option<&str>) -> String {
        let treatment = self.treatment.as_deref();
        if let Some(begin) = treatment.and_then(|it| it.without.as_ref()) {
            return format!("a text that begins with {begin:?}");
        }
        if let Some(table) = treatment.and_then(|it| it.table.as_ref()) {
            let is_meant =
                |row: &&String| said.is_some_and(|it| it.to_lowercase() == row.to_lowercase());
            if let Some(row) = table.keys().find(is_meant) {
                return format!(
                    "one value that the table has, in upper and lower case as in `{row}`"
                );
            }
            let rows: Vec<&str> = table.keys().map(String::as_str).take(12).collect();
            return format!("one value that the table has, such as `{}`", rows.join("`, `"));
        }
        self.kind.needed(treatment.is_some_and(|it| it.date.is_some() || it.number.is_some()))
    }
}

impl Exchange {
    /// Tells that an answer is not what one of the settings says.
    pub(super) fn refuse(
        &self,
        witness: Option<&dyn Witness>,
        key: &str,
        why: impl FnOnce() -> Objection,
    ) {
        if let Some(witness) = witness {
            let Objection { why, remedy } = why();
            witness.refused(self.at.key(key).as_str(), &why, &remedy);
        }
    }

    /// Tells whether an item has the parts that become records.
    pub(super) fn testify_each(&self, each: &Path, is_there: bool, around: Around<'_>) {
        let Some(witness) = around.walk.budget.witness() else { return };
        let outcome = if is_there { Outcome::Found } else { Outcome::Missing };
        let alike = if is_there { None } else { alike(each, around.item) };
        let at = self.at.key("each");
        let (needed, written, said) = (None, None, None);
        witness.ruled(&Ruling { at: at.as_str(), outcome, alike, needed, written, said });
    }

    /// Tells which paths of the paging lead somewhere in this answer.
    pub(super) fn testify_paging(&self, walk: Walk<'_, '_>) {
        let Some(witness) = walk.budget.witness() else { return };
        for (keys, path) in self.paging.paths() {
            let is_there = walk.select(&path.segments, walk.root).is_ok_and(|it| !it.is_empty());
            let outcome = if is_there { Outcome::Found } else { Outcome::Missing };
            let at = keys.iter().fold(self.at.clone(), |at, key| at.key(key));
            let alike = if is_there { None } else { alike(path, walk.root) };
            let (needed, written, said) = (None, None, None);
            witness.ruled(&Ruling { at: at.as_str(), outcome, alike, needed, written, said });
        }
    }
}

/// Why there are no items where a path leads.
pub(super) fn astray(path: &Path, sure: usize, root: &Node<'_>) -> Objection {
    const REMEDY: &str = "write the path to the list as the answer has it; `caregraph connector try` shows the answer";
    let segments = path.segments.get(..sure).unwrap_or_default().to_vec();
    let path = Path { segments };
    if let Some((name, found)) = alike(&path, root) {
        let why = format!("an answer has nothing under `{name}`; did you mean `{found}`?");
        return Objection::new(why, format!("write `{found}`, if that is the list of the items"));
    }
    match end(&path, root) {
        Some(Node::Fields(_)) => {
            let remedy =
                "let the server send a list even of one item; in XML, name the element in `lists`";
            return Objection::new("in place of the list stands a single object", remedy);
        }
        Some(Node::Null) => {
            let remedy = "let the server send an empty list, or say in `none_when` what the answer holds when there is nothing";
            return Objection::new("in place of the list stands null", remedy);
        }
        _ => {}
    }
    let told = ["errors", "error", "Error", "Errors", "fault"]
        .into_iter()
        .find(|it| root.member(it).is_some());
    if let Some(name) = told {
        let why = format!("an answer holds `{name}` in place of the list, with status 200");
        let remedy = "where that means that there is nothing, say so in `none_when` by its code, as in '@.error.code == \"E404\"'; else let `errors` say what it means";
        return Objection::new(why, remedy);
    }
    let lists = hint::lists(root);
    let why = "an answer has no list at this path";
    match lists.as_slice() {
        [] => Objection::new(
            format!("{why}, and none elsewhere"),
            format!(
                "{REMEDY}; where the list is left out when nothing is in it, let the server send an empty one, or say in `none_when` what the answer holds then"
            ),
        ),
        [one] => Objection::new(
            format!("{why}, but one at `{one}`"),
            format!("write items = \"{one}[*]\", if that is meant"),
        ),
        several => Objection::new(format!("{why}, but some at `{}`", several.join("`, `")), REMEDY),
    }
}

/// What stands at the end of a path, if it leads there.
fn end<'n, 'a>(path: &Path, root: &'n Node<'a>) -> Option<&'n Node<'a>> {
    path.segments.iter().try_fold(root, |at, segment| match segment {
        Segment::Step(step) => below(at, step),
        _ => None,
    })
}

/// Why an item is none of those who were asked about, though it names somebody.
pub(super) fn stranger(owner: &str, item: &Node<'_>, asked: &[&str]) -> Objection {
    if let Some(what) = asked.iter().find_map(|id| hint::differs_in(owner, id)) {
        return Objection::new(
            format!(
                "items are taken for those of another patient: what names the patient differs from the id that was asked for in {what}"
            ),
            "let the server write an id everywhere as its list of patients does; or change it in the manifest by `without`, `case` or `table`",
        );
    }
    match hint::place_of(item, asked) {
        Some(place) => Objection::new(
            format!(
                "items are of another patient by this path, and of the one who was asked about by `{place}`"
            ),
            format!("write subject = \"{place}\", if that names the patient"),
        ),
        None => Objection::new(
            "items are of another patient than the one who was asked about, and were dropped",
            "let the server answer with items of that patient alone, and pick as `subject` whose an item is; where the answer holds everybody's items, write feed = true",
        ),
    }
}

/// The member that ends a path, and one beside it whose name is alike.
fn alike<'p, 'n>(path: &'p Path, from: &'n Node<'_>) -> Option<(&'p str, &'n str)> {
    let mut at = from;
    for segment in &path.segments {
        let Segment::Step(step) = segment else { return None };
        if let Some(next) = below(at, step) {
            at = next;
            continue;
        }
        let (Step::Name(name), Node::Fields(fields)) = (step, at) else { return None };
        return nearest_by(name, fields.names(), ALIKE_KEYS).map(|found| (&**name, found));
    }
    None
}

/// Tells which rule is to blame when nothing was made of an item, though each value fits.
pub(super) fn blame(rule: &Rule, around: Around<'_>) {
    let Some(witness) = around.walk.budget.witness() else { return };
    let Some(at) = lacking(rule, around).or_else(|| rule.at()) else { return };
    let needed = Some("a value: without it there is no such record".to_owned());
    let (outcome, alike, written, said) = (Outcome::Unfit, None, None, None);
    witness.ruled(&Ruling { at, outcome, alike, needed, written, said });
}

/// Where the rule stands that found nothing and was needed.
fn lacking<'r>(rule: &'r Rule, around: Around<'_>) -> Option<&'r str> {
    let Rule::Fields(Fields { rules, needed }) = rule else { return None };
    let is_lacking = |rule: &Rule| matches!(rule.make(around), Ok(None));
    let mut needed = rules.iter().filter(|(name, _)| needed.contains(name));
    needed.find(|(_, rule)| is_lacking(rule)).and_then(|(_, rule)| rule.at())
}

impl Rule {
    /// Where the first of its values stands in the manifest.
    fn at(&self) -> Option<&str> {
        match self {
            Self::Pick(pick) | Self::Split(pick, ..) => Some(&pick.at),
            Self::Fields(fields) => fields.rules.iter().find_map(|(_, rule)| rule.at()),
            Self::Tagged(_, rule) | Self::Each(_, rule) => rule.at(),
            Self::List(rules) | Self::First(rules) => rules.iter().find_map(Self::at),
        }
    }
}

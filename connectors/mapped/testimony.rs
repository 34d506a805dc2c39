//! What a witness is told of the rules of a manifest: which found something, which found nothing, and what did not fit.

use super::exchange::Exchange;
use super::node::Node;
use super::path::{Path, Segment, Step};
use super::rule::{Around, Fields, Making, Rule, Stop};
use super::single::{Pick, Source};
use super::walk::below;
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
        let needed = is_unfit.then(|| self.needed());
        witness.ruled(&Ruling { at: &self.at, outcome, alike, needed });
    }

    /// What would fit, in words.
    fn needed(&self) -> String {
        let treatment = self.treatment.as_deref();
        if let Some(begin) = treatment.and_then(|it| it.without.as_ref()) {
            return format!("a text that begins with {begin:?}");
        }
        if let Some(table) = treatment.and_then(|it| it.table.as_ref()) {
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
        why: impl FnOnce() -> String,
    ) {
        if let Some(witness) = witness {
            witness.refused(self.at.key(key).as_str(), &why());
        }
    }
}

/// Why there are no items where a path leads.
pub(super) fn astray(path: &Path, sure: usize, root: &Node<'_>) -> String {
    let segments = path.segments.get(..sure).unwrap_or_default().to_vec();
    match alike(&Path { segments }, root) {
        Some((name, found)) => {
            format!("an answer has nothing under `{name}`; did you mean `{found}`?")
        }
        None => "an answer has no list at this path".to_owned(),
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
    witness.ruled(&Ruling { at, outcome: Outcome::Unfit, alike: None, needed });
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

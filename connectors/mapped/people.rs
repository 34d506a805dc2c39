//! Reads the blocks that say who a partner's patients are: `[roster]`, which lists them, and `[lookup]`, which asks for one.

use super::block::{fields, needed_pick, of_use, pick};
use super::compile::Compiler;
use super::exchange::Exchange;
use super::part::Part;
use super::plan::{Listed, Lookup, Roster};
use super::rule::Rule;
use super::shape::MODEL;
use super::single::{Pick, Source};
use super::template::Variable;
use super::value::Kind;
use crate::record::systems;

const OF_ID: &str = "write the path to the id by which the source is asked for a patient";

const OF_SYSTEM: &str = "write the system of the identifiers that this source understands, such as system = \"https://partner.example/member-no\"";

/// `[roster]`.
pub(super) fn roster(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Roster> {
    let exchange = Exchange::read(part, compiler);
    for_nobody(part, exchange.as_ref());
    let listed = listed(part, compiler);
    part.close();
    let (exchange, listed) = (exchange?, listed?);
    Some(Roster { exchange: exchange.needing(&listed), listed })
}

/// `[lookup]`.
pub(super) fn lookup(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Lookup> {
    let exchange = Exchange::read(part, compiler);
    if let Some(exchange) = &exchange {
        for_one(part, exchange);
    }
    if part.has("paging") {
        part.wrong("paging", "one patient is asked for, who needs no pages", "leave it out");
    }
    let system = system(part);
    let listed = listed(part, compiler);
    if let (Some(system), Some(listed)) = (&system, &listed) {
        bearing(part, system, listed);
    }
    part.close();
    let (exchange, listed) = (exchange?, listed?);
    Some(Lookup { exchange: exchange.needing(&listed), system: system?, listed })
}

/// How one who is listed is read.
fn listed(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Listed> {
    let id = needed_pick(part, compiler, "id", OF_ID);
    let active = pick(part, compiler, "active", &Kind::Bool);
    let fields = fields(part, compiler, &MODEL.person);
    of_use(part, "person");
    Some(Listed { id: id?, active, fields: fields? })
}

impl Exchange {
    /// The same, of a table that has what these rules read.
    fn needing(mut self, listed: &Listed) -> Self {
        self.need(&[&listed.id], &[&listed.fields]);
        self
    }
}

/// Nobody in particular is asked for.
pub(super) fn for_nobody(part: &Part<'_>, exchange: Option<&Exchange>) {
    let Some(exchange) = exchange else { return };
    without_identifier(part, exchange);
    if names_patients(exchange) {
        part.notes.add(
            &part.at,
            "nobody in particular is asked for here",
            "leave {patient} out of the request",
        );
    }
}

/// An identifier is told by a lookup alone.
pub(super) fn without_identifier(part: &Part<'_>, exchange: &Exchange) {
    if exchange.request.variables().contains(&Variable::Identifier) {
        part.notes.add(
            &part.at,
            "nobody is asked for by an identifier here",
            "leave {identifier} out of the request; it belongs into [lookup]",
        );
    }
}

/// One patient is asked for by an identifier, of whom the source's own id is not known yet.
fn for_one(part: &Part<'_>, exchange: &Exchange) {
    if names_patients(exchange) {
        part.notes.add(
            &part.at,
            "the source's own id of the patient is not known yet",
            "write {identifier} in place of {patient}",
        );
    } else if !exchange.request.variables().contains(&Variable::Identifier) {
        part.notes.add(
            &part.at,
            "the request has no place for {identifier}",
            "write it into path, query or body, as in query = { memberNo = \"{identifier}\" }",
        );
    }
}

fn names_patients(exchange: &Exchange) -> bool {
    let variables = exchange.request.variables();
    variables.iter().any(|it| matches!(it, Variable::Patient | Variable::Patients))
}

/// The URI of the system, of which there may be a short name.
fn system(part: &Part<'_>) -> Option<String> {
    if !part.has("system") {
        part.get("system");
        part.missing("system", OF_SYSTEM);
    }
    let text = part.text("system")?;
    if let Some((why, _)) = Kind::System.objection(text) {
        part.wrong("system", why, OF_SYSTEM);
        return None;
    }
    Some(uri(text).to_owned())
}

fn uri(text: &str) -> &str {
    systems::named(text).unwrap_or(text)
}

/// What comes back must bear the identifier that was asked for: by it is checked whom the source found.
fn bearing(part: &Part<'_>, system: &str, listed: &Listed) {
    let Rule::Fields(fields) = &listed.fields else { return };
    let rule = fields.rules.iter().find(|(name, _)| name == "identifiers").map(|(_, rule)| rule);
    let why = match rule {
        None => "is missing".to_owned(),
        Some(rule) if may_be_of(rule, system) => return,
        Some(_) => format!("none of these is of the system {system}"),
    };
    let at = part.at.key("fields").key("identifiers");
    let remedy = format!(
        "write the identifier that the source was asked for as it answers it: by it is checked whom it found. As in identifiers = [{{ system = {system:?}, value = \"$.memberNo\" }}]"
    );
    part.notes.add(&at, why, remedy);
}

/// True when an identifier that such a rule makes may be of that system.
fn may_be_of(rule: &Rule, system: &str) -> bool {
    match rule {
        Rule::List(rules) | Rule::First(rules) => rules.iter().any(|it| may_be_of(it, system)),
        Rule::Each(_, rule) | Rule::Tagged(_, rule) => may_be_of(rule, system),
        Rule::Fields(fields) => fields.rules.iter().any(|(name, rule)| match rule {
            Rule::Pick(pick) if name == "system" => may_say(pick, system),
            _ => false,
        }),
        Rule::Pick(_) | Rule::Split(..) => false,
    }
}

fn may_say(pick: &Pick, system: &str) -> bool {
    match &pick.source {
        Source::Constant(text) => uri(text) == system,
        Source::First(picks) => picks.iter().any(|it| may_say(it, system)),
        _ => true,
    }
}

//! Puts a manifest together: its head, and a block for each question.

use super::block::{Block, Entry};
use super::guess::Target;
use super::leaf::Leaves;
use super::outline::Outline;
use super::paging::{self, Query};
use super::targets::KINDS;
use super::toml_text::{quoted, table};
use super::whose::{self, Known};
use super::{Draft, Head, Refused, Sample, fact, head, person, read, sensitive, service};

const UPDATED: &[&str] = &[
    "updated",
    "updatedat",
    "updatedon",
    "lastupdated",
    "lastupdate",
    "modified",
    "modifiedat",
    "lastmodified",
    "changed",
    "changedat",
    "changedon",
    "lastchanged",
    "meta/lastupdated",
    "geandert",
    "geaendert",
    "actualizado",
];
const RECORDED: &[&str] = &[
    "recorded",
    "recordedat",
    "recordedon",
    "recordeddate",
    "created",
    "createdat",
    "createdon",
    "createddate",
    "enteredon",
    "enteredat",
];
const WITHDRAWN: &[&str] = &[
    "voided",
    "isvoided",
    "deleted",
    "isdeleted",
    "void",
    "enteredinerror",
    "storniert",
    "anulado",
];

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// Below the base URL; nobody may know it.
    pub(super) path: Option<String>,
    pub(super) query: Query,
    /// What its answers are about was guessed.
    pub(super) is_guessed: bool,
}

impl Question {
    /// Reads `members/{patient}/fills?page={page}`.
    pub(super) fn read(text: &str) -> Self {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        let query = query.split('&').filter(|it| !it.is_empty()).map(pair).collect();
        Self { path: Some(path.trim_start_matches('/').to_owned()), query, is_guessed: false }
    }
}

/// Writes a manifest from samples of answers.
pub(super) fn of_samples(about: &Head, samples: &[Sample<'_>]) -> Result<Draft, Refused> {
    let mut remarks = Vec::new();
    let mut parts = Vec::new();
    for sample in samples {
        let (target, outline) = taken(sample)?;
        if sample.target.is_none() {
            remarks.push(format!(
                "{}: taken for {}, as its fields suggest",
                sample.label,
                target.words()
            ));
        }
        let mut question = sample.path.map(Question::read).unwrap_or_default();
        question.is_guessed = sample.target.is_none();
        parts.push((target, outline, question));
    }
    once(&parts)?;
    let mut blocks = blocks(parts);
    if samples.is_empty() {
        return Err(Refused("there is no sample; give at least one file".to_owned()));
    }
    remarks.extend(incomplete(&mut blocks));
    Ok(Draft { manifest: head::written(about, None, &blocks, &[]), remarks })
}

/// What a sample is taken for where nobody says so.
pub(super) fn target_of(sample: &Sample<'_>) -> Option<Target> {
    taken(sample).ok().map(|(target, _)| target)
}

fn taken(sample: &Sample<'_>) -> Result<(Target, Outline), Refused> {
    let of = |words: String| Refused(format!("{}: {words}", sample.label));
    let (tree, format) = read::read(sample.text).map_err(|why| of(why.0))?;
    let stem = sample.label.rsplit(['/', '\\']).next().unwrap_or_default();
    let hint = super::words::plain(stem.split('.').next().unwrap_or_default());
    let found = Outline::of_sample(&tree, format, &hint, sample.target);
    let (outline, target) =
        found.ok_or_else(|| of("holds no list of items and no item with fields".to_owned()))?;
    let target = target.ok_or_else(|| {
        of(format!("nobody can tell what its items are; say so, as in SECTION=FILE, where SECTION is one of {}", Target::names().join(", ")))
    })?;
    // A first row that names nothing may be one of values, which must not get into a manifest.
    let is_strange = super::guess::is_strange(&outline.leaves);
    if is_strange && matches!(outline.format, read::Format::Csv(_)) {
        return Err(of(
            "has no column with a name that is known here; does its first row name the columns?"
                .to_owned(),
        ));
    }
    Ok((target, outline))
}

/// Patients and services are listed once.
fn once(parts: &[(Target, Outline, Question)]) -> Result<(), Refused> {
    let count = |is: fn(&Target) -> bool| parts.iter().filter(|(target, ..)| is(target)).count();
    for (name, count) in [
        ("[roster]", count(|it| matches!(it, Target::Roster))),
        ("[directory]", count(|it| matches!(it, Target::Directory))),
    ] {
        if count > 1 {
            return Err(Refused(format!(
                "{count} samples are for {name}, and there is one; name the sections of the others as in MEDICATIONS:fill=FILE"
            )));
        }
    }
    Ok(())
}

/// A block for each question: the list of patients first.
pub(super) fn blocks(mut parts: Vec<(Target, Outline, Question)>) -> Vec<Block> {
    parts.sort_by_key(|(target, ..)| match target {
        Target::Roster => 0,
        Target::Directory => 1,
        Target::Person | Target::Record(_) => 2,
    });
    let others =
        parts.iter().filter(|(target, ..)| matches!(target, Target::Record(_) | Target::Person));
    let called = others.clone().find_map(|(_, outline, _)| whose::called(outline));
    let mut known = Known::default();
    let mut blocks = Vec::new();
    for (target, outline, question) in parts {
        if matches!(target, Target::Roster) {
            let id = whose::id(&outline, called.as_deref());
            if let Some(leaf) = outline.leaves.all.iter().find(|leaf| leaf.is_used.get()) {
                known.name = Some(leaf.name.clone());
                known.ids = outline.column(&leaf.keys).into_iter().flatten().collect();
            }
            blocks.push(roster(&outline, question, id));
        } else {
            blocks.push(match target {
                Target::Directory => directory(&outline, question),
                _ => fetch(target, &outline, question, &known),
            });
        }
    }
    blocks
}

fn roster(outline: &Outline, question: Question, id: Entry) -> Block {
    let mut block = Block { name: "roster", about: vec!["Who its patients are. People are matched at home, so that nobody's name is ever sent out.".to_owned()], ..Block::default() };
    asked(outline, question, &mut block);
    block.entries.push(id);
    block.fields = person::fields(&outline.leaves);
    block.entries.extend(person::active(&outline.leaves));
    left(outline, &mut block);
    block
}

fn directory(outline: &Outline, question: Question) -> Block {
    let mut block = Block {
        name: "directory",
        about: vec!["Which services there are.".to_owned()],
        ..Block::default()
    };
    asked(outline, question, &mut block);
    block.fields = service::fields(&outline.leaves);
    left(outline, &mut block);
    block
}

fn fetch(target: Target, outline: &Outline, question: Question, known: &Known) -> Block {
    let mut block = Block { name: "fetch", ..Block::default() };
    let kind = match target {
        Target::Record(place) => KINDS.get(place),
        _ => None,
    };
    let section = kind.map_or("DEMOGRAPHICS", |kind| kind.section);
    block.entries.push(Entry::of("section", quoted(section)));
    if section == "MEDICATIONS" {
        block.entries.extend(kind.map(|kind| Entry::of("fact", quoted(kind.fact))));
    }
    asked(outline, question, &mut block);
    let subject = match kind {
        Some(_) => whose::subject(outline, known),
        None => whose::own_id(outline, known),
    };
    let leaves = &outline.leaves;
    let reference = match (kind, leaves.all.iter().find(|leaf| leaf.is_used.get())) {
        (None, Some(leaf)) => Entry::of("reference", quoted(&leaf.path)),
        _ => whose::reference(outline),
    };
    block.entries.extend([subject, reference]);
    block.entries.extend(dated("recorded", RECORDED, leaves));
    block.entries.extend(dated("updated", UPDATED, leaves));
    block.entries.extend(withdrawn(leaves));
    block.fields = kind.map_or_else(|| person::fields(leaves), |kind| fact::fields(kind, leaves));
    block.entries.extend(sensitive::labels(outline));
    left(outline, &mut block);
    block
}

/// The keys of the question.
fn asked(outline: &Outline, question: Question, block: &mut Block) {
    let Question { path, mut query, is_guessed } = question;
    if is_guessed {
        block.about.push("guessed from its fields: is this what its items are?".to_owned());
    }
    let example = if block.name == "fetch" { "members/{patient}/fills" } else { "members" };
    let paging = paging::entries(outline, &mut query);
    block.entries.push(match path {
        Some(path) => Entry::of("get", quoted(&path)),
        None => Entry::of("get", quoted(OPEN))
            .noted(&format!("OPEN: what is asked for below base_url, such as {example}")),
    });
    if !query.is_empty() {
        let is_open = query.iter().any(|(_, value)| value == OPEN);
        let rule = table(query.iter().map(|(name, value)| (name.as_str(), quoted(value))));
        let entry = Entry::of("query", rule);
        block.entries.push(if is_open {
            entry.noted("OPEN: the API wants to be told what stands for {?}")
        } else {
            entry
        });
    }
    block.entries.extend(outline.format.rule().map(|rule| Entry::of("format", rule)));
    let is_usual = outline.items == "$[*]"
        && !matches!(outline.format, read::Format::Json | read::Format::Xml(_));
    if !is_usual {
        block.entries.push(Entry::of("items", quoted(&outline.items)));
    }
    block.entries.extend(paging);
}

/// What stands for the value of a parameter that nobody here knows.
pub(super) const OPEN: &str = "{?}";

fn dated(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) =
        leaves.named_if(names, |it| it.each.is_none() && super::dates::is_dated(&it.facts))?;
    let (rule, remark) = super::rules::date(leaf)?;
    Some(Entry::of(field, rule).noted_if(remark.as_deref()).sure(sure))
}

fn withdrawn(leaves: &Leaves) -> Option<Entry> {
    let (leaf, _) = leaves.named_if(WITHDRAWN, |it| it.each.is_none())?;
    let words =
        [("Y", "N"), ("y", "n"), ("Yes", "No"), ("yes", "no"), ("true", "false"), ("1", "0")];
    let text = words.iter().find(|(yes, no)| leaf.facts.all(|it| it == *yes || it == *no));
    let value = match text {
        _ if leaf.facts.is_bool => "true".to_owned(),
        Some((yes, _)) => quoted(yes),
        None => {
            leaf.why.set(Some(
                "it may say that the item is taken back; see `withdrawn` in docs/mapping.md",
            ));
            return None;
        }
    };
    let condition = format!("@{} == {value}", leaf.read().trim_start_matches('$'));
    let entry = Entry::of("withdrawn", quoted(&condition));
    Some(entry.noted("guessed from its name: the item is taken back"))
}

/// What no rule reads.
fn left(outline: &Outline, block: &mut Block) {
    for (leaves, whose) in [(&outline.leaves, ""), (&outline.beside, "beside the items: ")] {
        for leaf in leaves.all.iter().filter(|leaf| !leaf.is_used.get()) {
            let why = leaf.why.get().map(|why| format!(": {why}")).unwrap_or_default();
            block.left.push(format!("{whose}{} ({}{why})", leaf.path, leaf.facts.word()));
        }
        for (path, why) in &leaves.apart {
            block.left.push(format!("{whose}{path} ({why})"));
        }
    }
}

/// What is to be said when patients are asked for and nobody lists them, or the other way round.
pub(super) fn incomplete(blocks: &mut [Block]) -> Option<String> {
    let has = |name: &str| blocks.iter().any(|block| block.name == name);
    if has("roster") && !has("fetch") {
        if let Some(roster) = blocks.first_mut() {
            roster.about.insert(0, "OPEN: [[fetch]] is missing: what do you know of a patient? Give a sample of it too, such as fill=FILE.".to_owned());
        }
        return Some(
            "nothing says what you know of a patient: give a sample of that too, such as fill=FILE"
                .to_owned(),
        );
    }
    if has("roster") || !has("fetch") {
        return None;
    }
    if let Some(first) = blocks.iter_mut().find(|block| block.name == "fetch") {
        first.about.insert(0, "OPEN: [roster] is missing: what lists your patients? Give a sample of it too, as roster=FILE.".to_owned());
    }
    Some("nothing lists your patients: give a sample of such a list too, as roster=FILE".to_owned())
}

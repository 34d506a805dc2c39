//! What a list of fields is about, where nobody says so.

use super::leaf::Leaves;
use super::targets::{Form, KINDS, Kind};
use super::words::Sure;
use super::{codes, person, service};

/// The block that a sample becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `[roster]`: the list of patients.
    Roster,
    /// `[directory]`: the list of services.
    Directory,
    /// `[[fetch]]` of section `DEMOGRAPHICS`: who one patient is.
    Person,
    /// `[[fetch]]` of another section; by its place among the kinds of records.
    Record(usize),
}

/// The least worth at which one is believed.
const ENOUGH: usize = 6;

pub(super) const OF_PEOPLE: &[&str] = &[
    "patient",
    "member",
    "client",
    "person",
    "people",
    "participant",
    "subscriber",
    "resident",
    "roster",
    "patienten",
    "paciente",
];
const OF_SERVICES: &[&str] = &[
    "site",
    "service",
    "location",
    "agency",
    "program",
    "resource",
    "directory",
    "pantry",
    "pantrie",
];

impl Target {
    /// Reads what a person calls it: `roster`, `MEDICATIONS:fill`, `fills`, `allergies`, …
    pub fn named(name: &str) -> Option<Self> {
        let plain = super::words::plain(name);
        match plain.as_str() {
            "roster" | "patients" | "members" => return Some(Self::Roster),
            "directory" | "services" => return Some(Self::Directory),
            "demographics" | "person" | "demographicsperson" => return Some(Self::Person),
            _ => {}
        }
        let section = |kind: &Kind| super::words::plain(kind.section);
        let only = |kind: &Kind| KINDS.iter().filter(|it| it.section == kind.section).count() == 1;
        let is = |kind: &Kind| {
            let fact = super::words::plain(kind.fact);
            let long = format!("{}{fact}", section(kind));
            plain == long || is_many(&plain, &fact) || (only(kind) && plain == section(kind))
        };
        KINDS.iter().position(is).map(Self::Record)
    }

    /// Every name that can be given, for messages.
    pub fn names() -> Vec<String> {
        let records = KINDS.iter().map(|kind| {
            let only = KINDS.iter().filter(|it| it.section == kind.section).count() == 1;
            if only { kind.section.to_owned() } else { format!("{}:{}", kind.section, kind.fact) }
        });
        ["roster", "directory", "DEMOGRAPHICS"]
            .into_iter()
            .map(str::to_owned)
            .chain(records)
            .collect()
    }

    /// The block in words.
    pub fn words(self) -> String {
        match self {
            Self::Roster => "[roster]".to_owned(),
            Self::Directory => "[directory]".to_owned(),
            Self::Person => "[[fetch]] of DEMOGRAPHICS".to_owned(),
            Self::Record(place) => KINDS.get(place).map_or_else(String::new, |kind| {
                format!("[[fetch]] of {} ({})", kind.section, kind.fact)
            }),
        }
    }
}

/// One or several of something.
pub(super) fn is_many(name: &str, one: &str) -> bool {
    let stem = one.strip_suffix('y').map(|stem| format!("{stem}ies"));
    name == one
        || name == format!("{one}s")
        || name == format!("{one}es")
        || stem.is_some_and(|it| it == name)
}

/// How well these fields fit what is wanted, else what they fit best.
pub(super) fn judge(
    leaves: &Leaves,
    names: &[&str],
    wanted: Option<Target>,
) -> (usize, Option<Target>) {
    if let Some(target) = wanted {
        return (worth(leaves, names, target), Some(target));
    }
    let records = (0..KINDS.len()).map(Target::Record);
    let all = [Target::Roster, Target::Directory].into_iter().chain(records);
    let judged = all.map(|target| (worth(leaves, names, target), target));
    // Of several that fit equally well the first, since that is the narrower one.
    let best = judged.fold(
        (0, None),
        |best, (worth, target)| if worth > best.0 { (worth, Some(target)) } else { best },
    );
    (best.0, best.1.filter(|_| best.0 >= ENOUGH))
}

fn worth(leaves: &Leaves, names: &[&str], target: Target) -> usize {
    let called = |words: &[&str]| {
        let is = |name: &str| {
            words.iter().any(|word| {
                is_many(name, word) || (word.len() > 3 && name.ends_with(&format!("{word}s")))
            })
        };
        usize::from(names.iter().any(|name| is(name))) * 8
    };
    match target {
        Target::Roster | Target::Person => match person::likeness(leaves) {
            0 => 0,
            likeness => likeness * 3 + called(OF_PEOPLE),
        },
        Target::Directory => service::likeness(leaves) * 2 + called(OF_SERVICES) / 2,
        Target::Record(place) => {
            KINDS.get(place).map_or(0, |kind| fitting(kind, leaves) + called(kind.words))
        }
    }
}

fn fitting(kind: &Kind, leaves: &Leaves) -> usize {
    let each = kind.targets.iter().map(|target| {
        let named = leaves.named(target.names).map(|(_, sure)| sure);
        let systems = match target.form {
            Form::Concept(systems) => systems,
            Form::Medicine => super::targets::DRUGS,
            _ => &[],
        };
        let coded = leaves.all.iter().any(|leaf| {
            codes::system_of(leaf, systems).is_some_and(|(_, sure)| sure == Sure::Plain)
        });
        match (coded, named) {
            (true, _) => 3,
            (false, Some(Sure::Plain)) => 2,
            (false, Some(Sure::Guessed)) => 1,
            (false, None) => 0,
        }
    });
    let worths: Vec<usize> = each.collect();
    // The first is what a record is about.
    if worths.first().is_none_or(|worth| *worth == 0) { 0 } else { worths.into_iter().sum() }
}

/// True when no field is called as anybody calls theirs.
pub(super) fn is_strange(leaves: &Leaves) -> bool {
    let is_none =
        |kind: &Kind| kind.targets.iter().all(|target| leaves.named(target.names).is_none());
    person::likeness(leaves) == 0 && service::likeness(leaves) == 0 && KINDS.iter().all(is_none)
}

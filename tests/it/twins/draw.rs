//! Random questions, drawn from the schema: roots, arguments, selections, aliases, fragments, directives.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::topic::Topic;
use crate::sdl::{Field, Sdl};

/// What a question may name: variables that stand for other ids on the other side, and words.
pub(crate) struct Known<'k> {
    /// How many variables `$i0`, `$i1`, … are there; the first are patients.
    pub(crate) ids: usize,
    pub(crate) patients: usize,
    pub(crate) identifiers: &'k [(String, String)],
    pub(crate) words: &'k [String],
    /// Roots and fields that this role may not be compared by.
    pub(crate) left_out: &'k [&'k str],
}

/// Draws one document.
pub(crate) struct Draw<'d> {
    sdl: &'d Sdl,
    random: &'d mut StdRng,
    known: &'d Known<'d>,
    fragments: Vec<String>,
    serial: usize,
    /// How many fields may still be selected.
    budget: usize,
    /// Set below `patients`, whose cursors are sealed, and below `accessLog`, whose cursors are times of this run.
    is_sealed: bool,
}

impl<'d> Draw<'d> {
    fn new(sdl: &'d Sdl, random: &'d mut StdRng, known: &'d Known<'d>, budget: usize) -> Self {
        let (fragments, serial, is_sealed) = (Vec::new(), 0, false);
        Self { sdl, random, known, fragments, serial, budget, is_sealed }
    }

    /// What is selected of a patient, and the fragments that it needs. Of the variables, it may name `$no`.
    pub(crate) fn of_patient(
        sdl: &'d Sdl,
        random: &'d mut StdRng,
        known: &'d Known<'d>,
    ) -> (String, String) {
        let mut draw = Self::new(sdl, random, known, 30);
        let selection = draw.selection("Patient", 5);
        (selection, draw.fragments.concat())
    }

    pub(crate) fn document(sdl: &'d Sdl, random: &'d mut StdRng, known: &'d Known<'d>) -> String {
        let mut draw = Self::new(sdl, random, known, 70);
        let roots = draw.random.random_range(1..3);
        let roots: String = (0..roots).map(|_| draw.root()).collect();
        let text = format!("{{ {roots}}} {}", draw.fragments.concat());
        // A variable that is declared and not used is a mistake.
        let is_used = |name: &str| {
            text.split(&format!("${name}"))
                .skip(1)
                .any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let mut variables: Vec<String> = (0..known.ids)
            .map(|at| format!("i{at}"))
            .filter(|name| is_used(name))
            .map(|name| format!("${name}: ID!"))
            .collect();
        variables.extend(is_used("no").then(|| "$no: Boolean = false".to_owned()));
        let variables = if variables.is_empty() {
            String::new()
        } else {
            format!("({})", variables.join(", "))
        };
        format!("query Q{variables} {text}")
    }

    fn name(&mut self, of: &str) -> String {
        self.serial += 1;
        format!("a{}_{of}", self.serial)
    }

    fn root(&mut self) -> String {
        let roots = [
            "patient",
            "patient",
            "patient",
            "patient",
            "identified",
            "node",
            "node",
            "nodes",
            "patients",
            "patients",
            "consents",
            "sources",
            "me",
            "patientLinks",
            "removedLinks",
        ];
        let root = *roots.choose(self.random).expect("there are roots");
        if self.known.left_out.contains(&root) {
            return "__typename ".to_owned();
        }
        let alias = self.name(root);
        let patient = self.random.random_range(0..self.known.patients);
        let any = self.random.random_range(0..self.known.ids);
        let (field, below) = match root {
            "patient" => (format!("patient(id: $i{patient})"), "Patient"),
            "identified" => {
                let (system, value) =
                    self.known.identifiers.choose(self.random).expect("there are identifiers");
                (
                    format!("patient(identifier: {{ system: {system:?}, value: {value:?} }})"),
                    "Patient",
                )
            }
            "node" => (format!("node(id: $i{any})"), "Node"),
            "nodes" => {
                let ids: Vec<String> = (0..self.random.random_range(1..6))
                    .map(|_| format!("$i{}", self.random.random_range(0..self.known.ids)))
                    .collect();
                (format!("nodes(ids: [{}])", ids.join(", ")), "Node")
            }
            "patients" => {
                let words = self.known.words.choose(self.random).expect("there are words");
                (
                    format!(
                        "patients(search: {words:?}, first: {})",
                        self.random.random_range(1..5)
                    ),
                    "PatientConnection",
                )
            }
            "consents" => (format!("consents(patient: $i{patient})"), "Consent"),
            "sources" => ("sources".to_owned(), "Source"),
            "me" => ("me".to_owned(), "Viewer"),
            "patientLinks" => ("patientLinks".to_owned(), "LinkEntryConnection"),
            _ => ("removedLinks".to_owned(), "RemovedLinkEntry"),
        };
        self.is_sealed = root == "patients";
        let selection = if below == "Node" { self.node() } else { self.selection(below, 6) };
        self.is_sealed = false;
        format!("{alias}: {field} {{ {selection}}} ")
    }

    /// What is selected of anything that has an id.
    fn node(&mut self) -> String {
        let mut kinds: Vec<&str> = self
            .sdl
            .types()
            .filter(|(_, declared)| declared.implements.iter().any(|name| name == "Node"))
            .map(|(name, _)| name)
            .collect();
        kinds.shuffle(self.random);
        let parts = kinds.into_iter().take(6).map(|kind| {
            let below = self.selection(kind, 3);
            format!("... on {kind} {{ {below}}} ")
        });
        let parts: String = parts.collect();
        format!("__typename id {parts}")
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        if !self.sdl.members(of).is_empty() {
            let members: Vec<String> =
                self.sdl.members(of).iter().map(|member| member.name.clone()).collect();
            let parts = members.iter().map(|member| {
                let below = self.selection(member, depth);
                format!("... on {member} {{ {below}}} ")
            });
            return format!("__typename {}", parts.collect::<String>());
        }
        let sdl = self.sdl;
        let is_leaf = |field: &Field| {
            sdl.fields(field.type_name()).is_empty() && sdl.members(field.type_name()).is_empty()
        };
        let fields = sdl.fields(of).iter().filter(|field| {
            let is_left_out =
                self.known.left_out.contains(&format!("{of}.{}", field.name).as_str());
            !is_left_out && (depth > 0 || is_leaf(field))
        });
        let mut fields: Vec<&Field> = fields.collect();
        fields.shuffle(self.random);
        fields.truncate(self.random.random_range(1..6));
        let mut text = String::new();
        for field in fields {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            text += &self.field(of, field, depth);
        }
        if text.is_empty() {
            text = "__typename ".to_owned();
        }
        self.wrapped(of, text)
    }

    fn field(&mut self, of: &str, field: &Field, depth: usize) -> String {
        let name = &field.name;
        let arguments = self.arguments(field);
        let is_sealed =
            self.is_sealed && matches!(name.as_str(), "cursor" | "startCursor" | "endCursor");
        let is_of_directive = of == "Consent" && name == "recordedAt";
        let is_of_log = of == "PatientAccess" && name == "at";
        let alias = if is_sealed {
            format!("{}_sealedCursor: ", self.name(name))
        } else if is_of_directive {
            format!("{}_directiveRecordedAt: ", self.name(name))
        } else if is_of_log {
            format!("{}_accessedAt: ", self.name(name))
        } else if !arguments.is_empty() || self.random.random_ratio(1, 8) {
            format!("{}: ", self.name(name))
        } else {
            String::new()
        };
        let directive = match self.random.random_range(0..40) {
            0 => " @include(if: true)",
            1 => " @skip(if: $no)",
            2 => " @include(if: $no)",
            _ => "",
        };
        // Sections of a patient have cursors of their own, whatever the list is in which the patient stands.
        let outer = self.is_sealed;
        self.is_sealed = name == "accessLog" || (self.is_sealed && of != "Patient");
        let below = if self.sdl.fields(field.type_name()).is_empty()
            && self.sdl.members(field.type_name()).is_empty()
        {
            String::new()
        } else {
            format!(" {{ {}}}", self.selection(field.type_name(), depth - 1))
        };
        self.is_sealed = outer;
        format!("{alias}{name}{arguments}{directive}{below} ")
    }

    fn arguments(&mut self, field: &Field) -> String {
        let mut given = Vec::new();
        for (name, ..) in &field.arguments {
            let value = match name.as_str() {
                "first" => self.random.random_range(0..8).to_string(),
                "category" => (*["LABORATORY", "VITAL_SIGNS", "OTHER"]
                    .choose(self.random)
                    .expect("there are some"))
                .to_owned(),
                "codes" => format!(
                    "[{:?}]",
                    Topic::some_codes().choose(self.random).expect("there are codes")
                ),
                "since" => "\"2024-03-02\"".to_owned(),
                _ => continue,
            };
            if self.random.random_bool(0.4) {
                given.push(format!("{name}: {value}"));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// The same selection, now and then within a fragment.
    fn wrapped(&mut self, of: &str, text: String) -> String {
        match self.random.random_range(0..12) {
            0 => format!("... on {of} {{ {text}}} "),
            1 => {
                let name = self.name("Fragment");
                self.fragments.push(format!("fragment {name} on {of} {{ {text}}} "));
                format!("...{name} ")
            }
            2 => format!("... @include(if: true) {{ {text}}} "),
            _ => text,
        }
    }
}

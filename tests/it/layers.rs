//! The arrows of the house: which module may name which.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One module, and what it may name of the others; no names mean all of it.
type Arrows = &'static [(&'static str, &'static [&'static str])];

/// Arrows only point down. `app`, `cli` and the crate's roots name every layer.
const ARROWS: [(&str, Arrows); 15] = [
    ("access", &[]),
    (
        "audit",
        &[
            ("identity", &["PersonId", "StoreError", "StoreKey", "now_ms"]),
            ("telemetry", &["Clock"]),
        ],
    ),
    (
        "config",
        &[
            (
                "access",
                &["ApproverKey", "Approvers", "Enforced", "Label", "LabelSet", "Role", "token"],
            ),
            ("events", &["Events", "Method", "Proof"]),
            ("gather", &["Category", "Keeping", "Knobs", "SourceId", "Windows"]),
        ],
    ),
    (
        "events",
        &[("gather", &["Cache", "Source", "SourceId"]), ("telemetry", &["Complaint", "Counter"])],
    ),
    (
        "gather",
        &[
            ("identity", &["PersonIndex", "SourceId", "SourceState"]),
            ("telemetry", &["Complaint", "Counter", "Histogram", "trace"]),
        ],
    ),
    (
        "graphql",
        &[
            ("view", &[]),
            ("access", &[]),
            ("audit", &[]),
            ("gather", &[]),
            ("identity", &[]),
            ("ledger", &[]),
            ("register", &[]),
            ("telemetry", &["Clock", "Counter", "Histogram", "trace"]),
        ],
    ),
    (
        "http",
        &[
            ("graphql", &[]),
            ("events", &["Inbox", "Letter", "Receipt"]),
            ("access", &[]),
            ("identity", &["PersonIndex", "SourceState"]),
            ("telemetry", &["Complaint", "Counter", "Histogram", "trace"]),
        ],
    ),
    ("identity", &[]),
    (
        "ledger",
        &[
            ("access", &["Attested", "BreakGlass", "Directive", "Relation", "Standing", "Verdict"]),
            ("identity", &[]),
        ],
    ),
    (
        "metrics",
        &[
            ("access", &["PolicyFile", "RevocationFile"]),
            ("events", &["Inbox", "Lines"]),
            (
                "gather",
                &[
                    "BreakerState",
                    "Ending",
                    "Figures",
                    "Fleet",
                    "Shadow",
                    "ShadowedSection",
                    "Source",
                ],
            ),
            ("graphql", &["Engine", "TrustedDocuments"]),
            ("http", &["Authenticator", "Gate", "Health", "Lane", "LaneFigures", "Refusals"]),
            ("identity", &["PersonIndex", "SourceProgress", "SourceState"]),
            ("shared_cache", &["SharedCache"]),
            ("store", &["Store"]),
            ("telemetry", &[]),
        ],
    ),
    (
        "shared_cache",
        &[
            (
                "gather",
                &[
                    "CacheKey",
                    "Forgotten",
                    "Generation",
                    "Kept",
                    "SharedTier",
                    "SourceId",
                    "System",
                    "Systems",
                ],
            ),
            ("identity", &["StoreKey"]),
            ("telemetry", &["Complaint"]),
        ],
    ),
    (
        "register",
        &[("identity", &["SealError", "Sealer", "SourceId", "StoreError", "StoreKey", "now_ms"])],
    ),
    ("store", &[("audit", &[]), ("identity", &[]), ("ledger", &[]), ("register", &[])]),
    ("telemetry", &[]),
    (
        "view",
        &[
            ("gather", &[]),
            ("access", &[]),
            ("audit", &["self", "Entry", "Place", "instant"]),
            ("identity", &[]),
            ("register", &[]),
            ("telemetry", &["Counter"]),
        ],
    ),
];

const EVERYTHING: [&str; 4] = ["app", "cli", "lib", "main"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of ours below a folder, but for tests, which may put together what they need.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("sources can be listed").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("tests") || name.ends_with("_tests.rs") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The top-level module that a file belongs to.
fn module(file: &Path) -> String {
    let inner = file.strip_prefix(source()).expect("a source stands below src");
    let first = inner.components().next().expect("a path has parts").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The text without comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path below `crate::`, with the lists of `use` taken apart.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        tree(
            code[place + "crate::".len()..].chars().collect::<Vec<_>>().as_slice(),
            &mut vec![],
            &mut found,
        );
    }
    found
}

/// Reads one tree of a path; answers how many characters it took.
fn tree(text: &[char], above: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let mut place = text.iter().take_while(|c| c.is_whitespace()).count();
    if text.get(place) == Some(&'{') {
        place += 1;
        while place < text.len() && text[place] != '}' {
            place += tree(&text[place..], above, found);
            place += text[place..].iter().take_while(|c| c.is_whitespace() || **c == ',').count();
        }
        return place + 1;
    }
    let name: String = text[place..]
        .iter()
        .take_while(|c| c.is_alphanumeric() || **c == '_' || **c == '*')
        .collect();
    place += name.chars().count().max(1);
    above.push(name);
    if text[place..].starts_with(&[':', ':']) {
        place += 2 + tree(&text[place + 2..], above, found);
    } else {
        found.push(above.clone());
        // The new name of `as` is no path.
        let rest: String = text[place..].iter().take(4).collect();
        if rest == " as " {
            place += 4 + text[place + 4..]
                .iter()
                .take_while(|c| c.is_alphanumeric() || **c == '_')
                .count();
        }
    }
    above.pop();
    place
}

/// Why a module may not name a path.
fn objection(from: &str, path: &[String]) -> Option<String> {
    let to = path[0].as_str();
    let known = ARROWS.iter().any(|(module, _)| *module == to) || EVERYTHING.contains(&to);
    if to == from || EVERYTHING.contains(&from) || !known {
        return None;
    }
    let (_, arrows) = ARROWS.iter().find(|(module, _)| *module == from)?;
    match arrows.iter().find(|(module, _)| *module == to) {
        None => Some(format!("{from} names {}", path.join("::"))),
        Some((_, names)) => {
            let second = path.get(1).map(String::as_str);
            let allowed = names.is_empty() || second.is_some_and(|name| names.contains(&name));
            (!allowed).then(|| format!("{from} names {}", path.join("::")))
        }
    }
}

#[test]
fn arrows_only_point_down() {
    let mut objections = BTreeSet::new();
    let mut count = 0;
    for file in files(&source()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let (from, code) = (module(&file), code(&text));
        let here =
            file.strip_prefix(source()).expect("a source stands below src").display().to_string();
        for path in paths(&code) {
            count += 1;
            objections.extend(objection(&from, &path).map(|what| format!("{here}: {what}")));
        }
        // `super` may climb within a module, not out of it.
        let depth = here.matches('/').count();
        let climb = code.match_indices("super::").map(|(place, _)| steps(&code[place..])).max();
        // The submodule of a test stands one deeper than its file.
        if climb.unwrap_or(0) > depth + 1 {
            objections.insert(format!("{here}: climbs out of {from}"));
        }
    }
    assert!(count > 200, "only {count} paths were found");
    assert!(objections.is_empty(), "{objections:#?}");
}

fn steps(text: &str) -> usize {
    let mut rest = text;
    let mut steps = 0;
    while let Some(next) = rest.strip_prefix("super::") {
        (rest, steps) = (next, steps + 1);
    }
    steps
}

#[test]
fn every_module_stands_in_the_table() {
    let known: BTreeSet<&str> =
        ARROWS.iter().map(|(module, _)| *module).chain(EVERYTHING).collect();
    let found: BTreeSet<String> = files(&source()).iter().map(|file| module(file)).collect();
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn paths_are_taken_apart() {
    let code = "use crate::{a::{self, B as C}, d::*}; crate::e::f(crate::g); pub(crate) fn x() {}";
    let found: Vec<String> = paths(code).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::self", "a::B", "d::*", "e::f", "g"]);
    assert!(objection("view", &["graphql".to_owned()]).is_some());
    assert!(objection("gather", &["identity".to_owned(), "RosterKeeper".to_owned()]).is_some());
    assert!(objection("gather", &["identity".to_owned(), "SourceId".to_owned()]).is_none());
    assert!(objection("app", &["store".to_owned()]).is_none());
}

#[test]
fn connectors_know_no_viewer_and_no_graph() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let tests = manifest.find("[dev-dependencies]").unwrap_or(manifest.len());
    for name in [
        "axum",
        "async-graphql",
        "redis",
        "jsonwebtoken",
        "caregraph.",
        "caregraph =",
        "caregraph-sandbox",
    ] {
        let line = manifest[..tests]
            .lines()
            .find(|line| line.starts_with(name) && !line.contains("optional"));
        assert_eq!(line, None, "the connectors' manifest names {name}");
    }
}

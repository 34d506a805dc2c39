//! Whatever a sample is, it is read or refused in words, and nothing that stands in it gets into a manifest but names of fields
//! and codes of closed lists.

use caregraph_connectors::scaffold::{Head, Sample, Target, from_openapi, from_samples};
use caregraph_connectors::{manifest, testkit::CANARY};

use super::{fixture, head};

/// A xorshift: the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }
}

const SIGNS: [&str; 14] =
    ["\"", "{", "}", "[", "]", "\\", "<", ">", ";", ",", "\n", "0", "é", "\u{0}"];

/// The text cut off, or with a sign more, less or in place of another.
fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut signs: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(signs.len());
        let sign = SIGNS[dice.below(SIGNS.len())].chars();
        match dice.below(4) {
            0 => signs.truncate(at),
            1 => drop(signs.splice(at..at, sign)),
            2 => drop(signs.splice(at..(at + 1).min(signs.len()), sign)),
            _ => drop(signs.splice(at..(at + dice.below(40)).min(signs.len()), "".chars())),
        }
    }
    signs.into_iter().collect()
}

fn taken(label: &str, target: Option<Target>, text: &str) -> Option<String> {
    let sample = Sample { label, target, path: None, text };
    from_samples(&head(), &[sample]).ok().map(|draft| draft.manifest)
}

#[test]
fn no_sample_breaks_anything() {
    let xml = "<results pid='7'><result no='1'><test>x</test></result><result no='2'/></results>"
        .to_owned();
    let names = [
        "greenleaf-members.json",
        "greenleaf-fills.json",
        "harvest-sites.csv",
        "greenleaf-allergies.json",
    ];
    let mut samples: Vec<String> = names.into_iter().map(fixture).collect();
    samples.push(xml);
    let descriptions = [fixture("openapi-cornerstone.yaml"), fixture("openapi-northgate.json")];
    let targets = [
        None,
        Target::named("roster"),
        Target::named("fill"),
        Target::named("directory"),
        Target::named("OBSERVATIONS"),
    ];
    let (mut dice, mut read, mut refused) = (Dice(0x2545_f491_4f6c_dd1d), 0, 0);
    for round in 0..800 {
        let text = mutated(&samples[round % samples.len()], &mut dice);
        match taken("sample.json", targets[dice.below(targets.len())], &text) {
            Some(text) => {
                assert!(manifest::read(&text).is_ok(), "{text}");
                read += 1;
            }
            None => refused += 1,
        }
    }
    for round in 0..200 {
        let text = mutated(&descriptions[round % 2], &mut dice);
        match from_openapi(&Head::default(), &text) {
            Ok(draft) => {
                assert!(manifest::read(&draft.manifest).is_ok(), "{}", draft.manifest);
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 100 && refused > 100, "{read} {refused}");
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_in_words() {
    let refused = |text: &str| {
        from_samples(
            &head(),
            &[Sample { label: "it", target: Target::named("fill"), path: None, text }],
        )
        .unwrap_err()
        .0
    };
    let many = format!("[{}]", vec!["1"; 600_000].join(","));
    for (text, part) in [
        ("x".repeat(9 * 1024 * 1024), "it: is larger than 8 MiB"),
        (many, "it: holds more than 500,000 values"),
        ("[".repeat(5_000), "it: is nested more than 32 deep"),
        ("<a>".repeat(5_000), "it: is nested more than 32 deep"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".to_owned(), "it: has a DTD"),
        (String::new(), "it: is empty"),
        ("{\"a\": 1,\n \"a\": 2}".to_owned(), "it: cannot be read as JSON at line 2"),
        ("1970-01-31,Ada\n1970-01-30,Ben\n".to_owned(), "does not name its columns"),
        (
            "Ada,Example,Springfield\nBen,Example,Springfield\n".to_owned(),
            "does its first row name the columns?",
        ),
        ("[1, 2]".to_owned(), "it: holds no list of items"),
        ("some words".to_owned(), "it: is neither JSON"),
    ] {
        let said = refused(&text);
        assert!(said.contains(part) && said.len() < 300, "{said}");
    }
}

#[test]
fn no_value_of_a_sample_gets_into_a_manifest() {
    // Keys that are values, words in fields of codes, names in fields of everything.
    let item = |at: usize| {
        format!(
            r#"{{"memberNo": "{CANARY}{at}", "{CANARY}-99-1234567": 1, "status": "{CANARY} {at}", "state": "{CANARY} said at length that {at}", "gender": "{CANARY}{at}",
            "first": "{CANARY}", "last": "{CANARY}", "dob": "{CANARY}", "byId": {{"77{CANARY}": {{"a": 1}}, "78{CANARY}": {{"a": 1}}, "79{CANARY}": {{"a": 1}}, "80{CANARY}": {{"a": 2}}}},
            "note\nid = 'x'": "{CANARY}", "drug": {{"label": "{CANARY}", "ndc": "{CANARY}"}}, "qty": "{CANARY}", "reactions": "{CANARY};{CANARY}", "subject": {{"reference": "{CANARY}{at}/7"}}}}"#
        )
    };
    let items: Vec<String> = (0..20).map(item).collect();
    let text = format!(
        "{{\"result\": \"{CANARY}\", \"next\": \"{CANARY}\", \"items\": [{}]}}",
        items.join(",")
    );
    for target in [
        "roster",
        "fill",
        "order",
        "allergies",
        "directory",
        "observation",
        "demographics",
        "coverage",
    ] {
        let written = taken("members.json", Target::named(target), &text).unwrap();
        assert!(!written.to_lowercase().contains(&CANARY.to_lowercase()), "{target}\n{written}");
        assert!(manifest::read(&written).is_ok(), "{written}");
    }
    let names = r#"[{"id": 1, "drug": "x", "whose": {"Ada Canary": {"a": 1}, "Ben Canary": {"a": 2}}, "Cy Canary": [1], "patient": "Canary/7"}]"#;
    let written = taken("fills", Target::named("fill"), names).unwrap();
    assert!(!written.contains("Canary"), "{written}");
    // One item has no closed lists, nor have three that all differ.
    for text in [
        r#"[{"id": 1, "memberNo": 2, "drug": "x", "status": "Zed"}]"#,
        r#"[{"id": 1, "drug": "x", "status": "Zed"}, {"id": 2, "drug": "x", "status": "Yot"}, {"id": 3, "drug": "x", "status": "Xis"}]"#,
    ] {
        let written = taken("fills", Target::named("fill"), text).unwrap();
        assert!(!written.contains("Zed") && written.contains("\"?\" = \"?\""), "{written}");
    }
}

//! Manifests that are written from samples and from descriptions.

mod hostile;
mod openapi;
mod sensitive;
mod shipped;
mod styles;

use std::path::Path;

use caregraph_connectors::locate::Locator;
use caregraph_connectors::manifest;
use caregraph_connectors::mapped;
use caregraph_connectors::scaffold::{Draft, Head, Sample, Target, from_samples};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scaffold").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn head() -> Head {
    let given = |text: &str| Some(text.to_owned());
    Head {
        id: given("partner"),
        name: given("A Partner"),
        category: given("PHARMACY"),
        base_url: given("https://partner.example/"),
    }
}

/// What is written from a sample, with its section and what is asked for, such as `fill=members/{patient}/fills`.
fn sample<'t>(asked: &'t str, text: &'t str) -> Sample<'t> {
    let (section, path) = asked.split_once('=').unwrap_or(("", asked));
    let target = (!section.is_empty()).then(|| Target::named(section).expect(section));
    Sample { label: "sample", target, path: Some(path), text }
}

fn drafted(samples: &[Sample<'_>]) -> Draft {
    from_samples(&head(), samples).unwrap_or_else(|refused| panic!("{refused}"))
}

/// The lines that a check names; each must be one that stands open and says so.
fn open_lines(text: &str) -> Vec<String> {
    let table = manifest::read(text)
        .unwrap_or_else(|(place, mistake)| panic!("{place:?} {mistake}\n{text}"));
    let mut settings = table.clone();
    settings.retain(|key, _| mapped::KIND.settings.contains(&key));
    let locator = Locator::of(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut open = Vec::new();
    for mistake in (mapped::KIND.check)(&settings) {
        let line = locator.place(&mistake.path).map_or("", |place| lines[place.line - 1]);
        assert!(line.contains("# OPEN: "), "{mistake}\n{line}\n{text}");
        open.push(line.split("  # OPEN").next().unwrap().to_owned());
    }
    open
}

/// Asserts that these lines stand in a manifest.
fn has_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            text.lines().any(|it| it == *line || it.starts_with(&format!("{line}  #"))),
            "{line}\n\n{text}"
        );
    }
}

#[test]
fn what_stands_open_is_written_in_the_form_that_it_must_have() {
    let visits =
        r#"[{"nr": "1", "pid": "A-1", "remark": "x"}, {"nr": "2", "pid": "A-1", "remark": "y"}]"#;
    let people = r#"[{"id": "A-1", "last": "Example", "first": "Ada", "born": "1970-01-31"}]"#;
    let samples =
        [sample("roster=members", people), sample("encounter=members/{patient}/visits", visits)];
    let text = drafted(&samples).manifest;
    assert!(text.contains("types = [{}]  # OPEN: "), "{text}");
    assert_eq!(open_lines(&text), ["types = [{}]"]);
    let mut settings = manifest::read(&text).unwrap();
    settings.retain(|key, _| mapped::KIND.settings.contains(&key));
    let mistakes = (mapped::KIND.check)(&settings);
    assert!(mistakes.iter().all(|it| it.why == "stands open"), "{mistakes:?}");
}

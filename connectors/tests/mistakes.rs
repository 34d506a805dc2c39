//! Mistakes that people make in a manifest: each is told with its line and with what to write instead.

use std::path::Path;

use caregraph_connectors::locate::Locator;
use caregraph_connectors::mapped;

use super::mapped::settings;

/// What stands in the pharmacy's manifest, what somebody wrote in its place, and a part of what they are told.
const SLIPS: [(&str, &str, &str); 44] = [
    ("mapping = 1", "mapping = 2", "write mapping = 1"),
    ("section = \"MEDICATIONS\"", "section = \"MEDICATION\"", "did you mean `MEDICATIONS`?"),
    ("fact = \"fill\"", "fact = \"fills\"", "did you mean `fill`?"),
    (
        "get = \"members/{patient}/fills\"",
        "get = \"/members/{patient}/fills\"",
        "without the scheme",
    ),
    (
        "get = \"members/{patient}/fills\"",
        "get = \"members/{patiant}/fills\"",
        "did you mean `patient`?",
    ),
    ("get = \"members/{patient}/fills\"", "get = \"members/fills\"", "no place for {patient}"),
    ("items = \"$.fills[*]\"", "items = \"fills[*]\"", "begins with `$`"),
    ("items = \"$.fills[*]\"", "items = \"$.fills[\"", "from character 9 on"),
    ("items = \"$.fills[*]\"", "itms = \"$.fills[*]\"", "did you mean `items`?"),
    ("style = \"page\", limit = 50", "style = \"pages\", limit = 50", "did you mean `page`?"),
    (
        "style = \"page\", limit = 50",
        "style = \"cursor\", limit = 50",
        "write the path to the mark of the next page",
    ),
    ("none_when = [404]", "none_when = [\"404\"]", "cannot be read"),
    ("none_when = [404]", "none_when = 404", "write it in [ ]"),
    ("means = \"busy\"", "means = \"bussy\"", "did you mean `busy`?"),
    ("success = '@.result == \"OK\"'", "success = '@.result = \"OK\"'", "cannot be read"),
    ("subject = \"$.memberNo\"", "subject = { const = \"GL-1\" }", "must come from the answer"),
    (
        "updated = \"$.changedAt\"",
        "updated = { path = \"$.changedAt\", date = \"YY-MM-DD\" }",
        "write it with YYYY",
    ),
    ("withdrawn = '@.voided == true'", "withdrawn = true", "write it in quotes"),
    (
        "withdrawn = '@.voided == true'",
        "withdrawn = { itm = '@.voided == true' }",
        "did you mean `item`?",
    ),
    ("date = \"MM/DD/YYYY\"", "date = \"MM/DD/YYYYZ\"", "a part of the date is missing"),
    (
        "status = { path = \"$.status\", table = { D",
        "state = { path = \"$.status\", table = { D",
        "did you mean `status`?",
    ),
    ("D = \"completed\"", "D = \"complete\"", "did you mean `completed`?"),
    ("date = \"MM/DD/YYYY\"", "date = \"mm/dd/yyyy\"", "no sign of a date"),
    ("date = \"MM/DD/YYYY\"", "dates = \"MM/DD/YYYY\"", "did you mean `date`?"),
    ("system = \"ndc\"", "system = \"nbc\"", "did you mean `ndc`?"),
    ("code = \"$.drug.ndc\"", "code = \"drug.ndc\"", "write \"$.drug.ndc\""),
    (
        "dispensed = { path",
        "recorded = \"$.writtenOn\"\ndispensed = { path",
        "write it one level up, beside `fields`: in [[fetch]]",
    ),
    (
        "birthDate = { path",
        "active = \"$.state\"\nbirthDate = { path",
        "write it one level up, beside `fields`: in [roster]",
    ),
    ("value = \"$.qty\"", "valeu = \"$.qty\"", "did you mean `value`?"),
    ("dosage = [{ text = \"$.sig\" }]", "dosage = { text = \"$.sig\" }", "write [ … ]"),
    ("pharmacy = { join", "pharmacy = { path = \"$.x\", join", "it has `path` and `join`"),
    ("medication = { drug", "medication = { drugs", "without it no record of this kind is of use"),
    (
        "sex = { path = \"$.gender\", table = { F = \"female\"",
        "sex = { path = \"$.gender\", table = { F = \"F\"",
        "did you mean `female`?",
    ),
    (
        "active = { path = \"$.state\", table = { A = true",
        "active = { path = \"$.state\", table = { A = \"yes\"",
        "write true or false",
    ),
    (
        "\"$.store.city\"], with = \", \"",
        "\"$.store.city\"], wiht = \", \"",
        "did you mean `with`?",
    ),
    ("date = \"MM/DD/YYYY\"", "date = \"%m/%d/%Y\"", "write \"MM/DD/YYYY\""),
    ("date = \"MM/DD/YYYY\"", "date = \"MM/DD/YYYY or DD/MM/YYYY\"", "leave one of the two"),
    (
        "get = \"members/{patient}/fills\"",
        "get = \"members/{{patient}}/fills\"",
        "in single brackets",
    ),
    ("get = \"members/{patient}/fills\"", "get = \"{?}\"", "stands open"),
    ("updated = \"$.changedAt\"", "updated = {}", "stands open"),
    ("D = \"completed\"", "D = \"?\"", "write one of `preparation`"),
    ("style = \"page\", limit = 50", "limit = 50", "write one of `link-header`"),
    ("limit = 50", "limit = \"50\"", "write it without quotes"),
    ("section = \"MEDICATIONS\"", "section = \"TREATMENTS\"", "known are `DEMOGRAPHICS`"),
];

fn greenleaf() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/greenleaf-pharmacy.toml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn each_slip_is_told_with_its_line_and_its_remedy() {
    let text = greenleaf();
    for (from, to, part) in SLIPS {
        assert!(text.contains(from), "{from}");
        let wrong = text.replacen(from, to, 1);
        let mistakes = (mapped::KIND.check)(&settings(&wrong));
        let (line, _) = text
            .lines()
            .zip(wrong.lines())
            .enumerate()
            .find(|(_, (was, is))| was != is)
            .map(|(place, lines)| (place + 1, lines))
            .unwrap();
        let locator = Locator::of(&wrong);
        let said: Vec<String> = mistakes
            .iter()
            .map(|it| format!("{}: {it}", locator.place(&it.path).map_or(0, |place| place.line)))
            .collect();
        let at = format!("{line}: ");
        let is_told = said.iter().any(|it| it.starts_with(&at) && it.contains(part));
        // What is missing is missing from its block.
        let is_missed = said.iter().any(|it| it.contains(part) && it.contains("is missing"));
        let is_of_block = said.iter().any(|it| it.contains(part) && it.contains("no place for"));
        assert!(is_told || is_missed || is_of_block, "{to}, line {line}, {part}: {said:#?}");
    }
}

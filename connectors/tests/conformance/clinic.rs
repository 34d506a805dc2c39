//! A partner's system that can be broken in many ways, and the manifest that fits it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play};
use serde_json::{Value, json};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Nothing,
    /// Asks nobody who they are.
    Open,
    /// Answers with the problems of the first patient, whoever is asked for.
    Somebodys,
    /// One problem of somebody else stands among the others.
    Stray,
    /// A header tells the name.
    NameInHeader,
    /// So does the answer that there is nothing.
    NameInRefusal,
    /// Numbers are other ones in each answer.
    NewNumbers,
    /// Numbers begin anew for each patient.
    OwnNumbers,
    /// Two different problems have one number.
    SameNumber,
    /// There is a next page, which nobody was told of.
    NextPage,
    /// More problems are announced than come.
    Total,
    Slow,
    Cut,
    Reset,
    WebPage,
    Fails,
    /// Some problems are marked as confidential.
    Confidential,
    /// The list of patients holds one twice.
    TwiceListed,
    EmptyList,
    NoProblems,
    /// Fails when asked for somebody unknown.
    UnknownFails,
    Public,
    /// Its lists bear tags, and it says when one still holds: that is no flaw.
    Tagged,
    /// All lists bear one tag, though words change.
    SameTag,
}

/// How many patients there are.
pub(super) const PATIENTS: usize = 7;
const PAGE: usize = 3;
pub(super) const TOKEN: &str = "quayside-secret";

/// What fits it.
pub(super) const MANIFEST: &str = r#"
mapping = 1

[roster]
get = "people"
query = { page = "{page}" }
paging = { style = "page", pages = "$.pages" }
total = "$.count"
success = '@.ok == true'
items = "$.people[*]"
id = "$.pid"
active = { path = "$.state", table = { IN = true, OUT = false } }

[roster.fields]
names = [{ family = "$.last_name", given = ["$.first_name"] }]
birthDate = { path = "$.born", date = "DD/MM/YYYY" }
sex = { path = "$.sex", table = { F = "female", M = "male" } }

[[fetch]]
section = "CONDITIONS"
get = "people/{patient}/problems"
success = '@.ok == true'
none_when = [404]
items = "$.problems[*]"
subject = "$.person"
reference = "$.number"
recorded = { path = "$.noted", date = "DD/MM/YYYY" }

[fetch.fields]
code = { text = "$.label", codings = [{ system = "icd10cm", code = "$.icd_code" }] }
clinicalStatus = { path = "$.course", table = { current = "active", past = "resolved" } }
"#;

fn tag_of(id: &str) -> String {
    format!("\"{id}-1\"")
}

/// What it answers.
pub(super) struct Clinic {
    pub(super) flaw: Flaw,
    answers: AtomicUsize,
}

impl Clinic {
    pub(super) fn with(flaw: Flaw) -> Self {
        Self { flaw, answers: AtomicUsize::new(0) }
    }

    pub(super) fn answer(&self, request: &HttpRequest) -> Play {
        let is_known = request.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        if !is_known && self.flaw != Flaw::Open {
            return Play::Answer(HttpAnswer::json(&json!({"ok": false})).status(401));
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["api", "people"] => Play::Answer(self.people(request)),
            ["api", "people", id, "problems"] => match request.header("if-none-match") {
                Some(tag) if tag == tag_of(id) => {
                    Play::Answer(HttpAnswer::json(&Value::Null).status(304))
                }
                _ => self.problems(id),
            },
            _ => Play::Answer(HttpAnswer::json(&json!({"ok": false})).status(404)),
        }
    }

    fn people(&self, request: &HttpRequest) -> HttpAnswer {
        let page: usize = request.param("page").and_then(|it| it.parse().ok()).unwrap_or(1);
        let mut people: Vec<Value> = (1..=PATIENTS)
            .map(|n| {
                let (state, sex) = ("IN", if n % 2 == 0 { "F" } else { "M" });
                let last = format!("Quaysider{n}");
                json!({"pid": format!("Q-{n}"), "last_name": last, "first_name": "Pat",
                    "born": format!("{}/0{n}/1980", 12 + n), "sex": sex, "state": state})
            })
            .collect();
        if self.flaw == Flaw::TwiceListed {
            people[1] = people[0].clone();
        }
        if self.flaw == Flaw::EmptyList {
            people.clear();
        }
        let shown: Vec<&Value> = people.iter().skip((page.max(1) - 1) * PAGE).take(PAGE).collect();
        let pages = people.len().div_ceil(PAGE);
        HttpAnswer::json(
            &json!({"ok": true, "people": shown, "pages": pages, "count": people.len()}),
        )
    }

    fn problems(&self, id: &str) -> Play {
        let number: usize = id.strip_prefix("Q-").and_then(|it| it.parse().ok()).unwrap_or(0);
        let turn = self.answers.fetch_add(1, Ordering::Relaxed);
        if number == 0 || number > PATIENTS {
            let status = if self.flaw == Flaw::UnknownFails { 500 } else { 404 };
            return Play::Answer(HttpAnswer::json(&json!({"ok": false})).status(status));
        }
        // Who has none.
        if number == PATIENTS || self.flaw == Flaw::NoProblems {
            let named = self.flaw == Flaw::NameInRefusal;
            let why = if named { format!("nothing on Quaysider{number}") } else { String::new() };
            let body = json!({"ok": false, "why": why});
            return Play::Answer(HttpAnswer::json(&body).status(404));
        }
        let answer = self.dressed(number, &self.list(number, turn));
        match self.flaw {
            Flaw::Slow => Play::Late(Duration::from_secs(2), answer),
            Flaw::Cut => Play::Truncate(answer),
            Flaw::Reset => Play::Reset(answer),
            Flaw::WebPage => Play::Answer(HttpAnswer::of("text/html", "<!DOCTYPE html><p>Sign in")),
            Flaw::Fails => Play::Answer(HttpAnswer::json(&json!({"ok": false})).status(500)),
            _ => Play::Answer(answer),
        }
    }

    fn list(&self, patient: usize, turn: usize) -> Vec<Value> {
        let whose = if self.flaw == Flaw::Somebodys { 1 } else { patient };
        let mut problems: Vec<Value> = (1..=2)
            .map(|n| {
                let number = match self.flaw {
                    Flaw::NewNumbers => 1_000_000 + 10 * turn + n,
                    Flaw::OwnNumbers => n,
                    Flaw::SameNumber => patient,
                    _ => whose * 100 + n,
                };
                let turn = if self.flaw == Flaw::SameTag { turn } else { 0 };
                let label = format!("Problem {}", n + turn);
                json!({"number": number, "person": format!("Q-{whose}"), "label": label,
                    "icd_code": format!("E1{n}.9"), "course": "current", "noted": "24/12/2025"})
            })
            .collect();
        if self.flaw == Flaw::Stray {
            problems[1]["person"] = json!("Q-99");
        }
        if self.flaw == Flaw::Confidential {
            problems[1]["confidential"] = json!(true);
        }
        problems
    }

    fn dressed(&self, patient: usize, problems: &[Value]) -> HttpAnswer {
        let mut body = json!({"ok": true, "problems": problems});
        match self.flaw {
            Flaw::NextPage => {
                body["next"] = json!(format!("/api/people/Q-{patient}/problems?page=2"));
            }
            Flaw::Total => body["total"] = json!(9),
            _ => {}
        }
        let answer = HttpAnswer::json(&body);
        match self.flaw {
            Flaw::NameInHeader => answer.header("x-patient", format!("Quaysider{patient}, Pat")),
            Flaw::Tagged | Flaw::SameTag => answer.header("etag", tag_of(&format!("Q-{patient}"))),
            Flaw::Public => answer.header("cache-control", "public, max-age=600"),
            _ => answer,
        }
    }
}

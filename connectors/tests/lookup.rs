//! Asking a partner for one patient by an identifier.

use std::sync::Mutex;
use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Report, Subject, Verdict, conform};
use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{Connector, Io, Problem, mapped};
use tokio::time::Instant;
use url::Url;

use super::mapped::{settings, with};

const MANIFEST: &str = r#"
id = "walkin"
name = "Walk-in Clinic"
category = "PRIMARY_CARE"
kind = "mapped-http"
base_url = "https://walkin.example/v2/"
mapping = 1

[lookup]
system = "https://payer.example/member"
get = "members"
query = { memberNo = "{identifier}" }
items = "$.members[*]"
total = "$.count"
none_when = [404, '@.code == "NONE"']
success = '@.ok == true'
id = "$.key"
active = { path = "$.state", table = { A = true, C = false } }

[lookup.fields]
names = [{ family = "$.last", given = ["$.first"] }]
birthDate = "$.born"
identifiers = [{ system = "https://payer.example/member", value = "$.memberNo" }]

[[fetch]]
section = "ALLERGIES"
get = "members/{patient}/allergies"
items = "$.allergies[*]"
subject = "$.key"
reference = "$.id"
fields = { substance = "$.to" }
"#;

type Found = Result<Vec<RosterEntry>, Problem>;

async fn find(connector: &dyn Connector, value: &str) -> Found {
    connector.find(value, Instant::now() + Duration::from_secs(5)).await
}

/// What comes of one question, and what was asked.
async fn asked(manifest: &str, value: &str, answer: HttpAnswer) -> (Found, Vec<String>) {
    let asked = Mutex::new(Vec::new());
    let script = |request: &HttpRequest| {
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("?{name}={value}")).collect();
        asked.lock().unwrap().push(format!("{}{}", request.path, query.concat()));
        answer.clone()
    };
    let found = with(settings(manifest), script, async |it| find(&*it, value).await).await;
    (found, asked.into_inner().unwrap())
}

fn json(body: &str) -> HttpAnswer {
    HttpAnswer::of("application/json", body)
}

fn member(no: &str) -> String {
    format!(
        r#"{{"key": "k-{no}", "memberNo": "{no}", "last": "Doe", "first": "Ada", "born": "1950-02-03", "state": "A"}}"#
    )
}

fn members(all: &[&str]) -> HttpAnswer {
    let all: Vec<String> = all.iter().map(|no| member(no)).collect();
    json(&format!(r#"{{"ok": true, "count": {}, "members": [{}]}}"#, all.len(), all.join(",")))
}

#[tokio::test]
async fn one_patient_is_asked_for_by_an_identifier_that_stays_a_value() {
    for (value, path) in [
        ("M 17", "/v2/members?memberNo=M 17"),
        ("M&all=1", "/v2/members?memberNo=M&all=1"),
        ("Ä/17", "/v2/members?memberNo=Ä/17"),
    ] {
        let (found, asked) = asked(MANIFEST, value, members(&[value])).await;
        let found = found.unwrap();
        assert_eq!(asked, [path]);
        assert_eq!((found.len(), found[0].active), (1, true));
        assert_eq!(found[0].id.as_str(), format!("k-{value}"));
        assert_eq!(found[0].person.birth_date.as_ref().unwrap().as_str(), "1950-02-03");
    }
    let connector = with(settings(MANIFEST), |_| members(&[]), async |it| it).await;
    assert_eq!(connector.finds_by(), Some("https://payer.example/member"));
    assert!(!connector.has_roster());
}

#[tokio::test]
async fn an_identifier_that_cannot_be_part_of_a_path_is_told_to_nobody() {
    let in_path = MANIFEST.replace(
        "\"members\"\nquery = { memberNo = \"{identifier}\" }",
        "\"members/{identifier}\"",
    );
    assert_ne!(in_path, MANIFEST);
    for value in ["1/2", "..", "", "a\nb"] {
        let (found, asked) = asked(&in_path, value, members(&[value])).await;
        assert_eq!((found.unwrap_err(), asked.len()), (Problem::NotSupported, 0), "{value:?}");
    }
    let (found, asked) = asked(&in_path, "1 2", members(&["1 2"])).await;
    assert_eq!((found.unwrap().len(), asked), (1, vec!["/v2/members/1%202".to_owned()]));
}

#[tokio::test]
async fn nobody_is_the_sources_own_word_and_never_a_failure() {
    for answer in [members(&[]), json("{}").status(404), json(r#"{"ok": false, "code": "NONE"}"#)] {
        assert_eq!(asked(MANIFEST, "17", answer).await.0.unwrap().len(), 0);
    }
    let without = MANIFEST.replace("none_when = [404, '@.code == \"NONE\"']\n", "");
    for (answer, expected) in [
        (json("{}").status(404), Problem::Status(404)),
        (json(r#"{"ok": false, "members": []}"#), Problem::Garbled),
        (json(r#"{"ok": true}"#), Problem::Garbled),
        (json("").status(401), Problem::Unauthorized),
        (json("").status(500), Problem::Status(500)),
        (json(r#"{"ok": true, "count": 2, "members": []}"#), Problem::Incomplete),
    ] {
        assert_eq!(asked(&without, "17", answer).await.0.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn an_answer_is_believed_only_where_all_of_it_bears_what_was_asked_for() {
    let wrong = |answer: HttpAnswer| async { asked(MANIFEST, "17", answer).await.0.unwrap_err() };
    assert_eq!(wrong(members(&["18"])).await, Problem::WrongPatient(1));
    assert_eq!(wrong(members(&["17", "170", "171"])).await, Problem::WrongPatient(2));
    let of_another_system =
        MANIFEST.replace("[{ system = \"https://payer.example/member\"", "[{ system = \"$.kind\"");
    let body = format!(
        r#"{{"ok": true, "members": [{}]}}"#,
        member("17").replacen('{', r#"{"kind": "https://payer.example/card", "#, 1)
    );
    let (found, _) = asked(&of_another_system, "17", json(&body)).await;
    assert_eq!(found.unwrap_err(), Problem::WrongPatient(1));
    let unreadable = json(r#"{"ok": true, "members": [{"memberNo": "17", "last": "Doe"}]}"#);
    assert_eq!(wrong(unreadable).await, Problem::Unreadable(1));
    assert_eq!(wrong(members(&["17"; 11])).await, Problem::TooMuch);
    // Who of several it is, is not for the connector to say.
    assert_eq!(asked(MANIFEST, "17", members(&["17", "17"])).await.0.unwrap().len(), 2);
}

#[tokio::test]
async fn a_social_security_number_is_the_same_with_and_without_dashes() {
    let social = MANIFEST.replace("\"https://payer.example/member\"", "\"ssn\"");
    let (found, _) = asked(&social, "444-22-1111", members(&["444221111"])).await;
    assert_eq!(found.unwrap().len(), 1);
    let (found, _) = asked(MANIFEST, "444-22-1111", members(&["444221111"])).await;
    assert_eq!(found.unwrap_err(), Problem::WrongPatient(1));
}

/// What stands in the manifest, what somebody wrote in its place, where they are told so and what.
const SLIPS: [(&str, &str, &str, &str); 10] = [
    (
        "[lookup]",
        "[roster]\nget = \"all\"\nitems = \"$[*]\"\nid = \"$.k\"\nfields = { names = [\"$.n\"] }\n[lookup]",
        "lookup",
        "leave out [lookup]",
    ),
    ("system = \"https://payer.example/member\"\nget", "get", "lookup.system", "is missing"),
    (
        "system = \"https://payer.example/member\"\nget",
        "system = \"member\"\nget",
        "lookup.system",
        "such as system =",
    ),
    (
        "query = { memberNo = \"{identifier}\" }",
        "query = { memberNo = \"17\" }",
        "lookup",
        "no place for {identifier}",
    ),
    (
        "query = { memberNo = \"{identifier}\" }",
        "query = { memberNo = \"{patient}\" }",
        "lookup",
        "{identifier} in place of {patient}",
    ),
    (
        "get = \"members/{patient}/allergies\"",
        "get = \"members/{patient}/{identifier}\"",
        "fetch[1]",
        "belongs into [lookup]",
    ),
    (
        "id = \"$.key\"",
        "paging = { style = \"link-header\" }\nid = \"$.key\"",
        "lookup.paging",
        "leave it out",
    ),
    (
        "identifiers = [{ system = \"https://payer.example/member\", value = \"$.memberNo\" }]",
        "",
        "lookup.fields.identifiers",
        "is missing",
    ),
    (
        "identifiers = [{ system = \"https://payer.example/member\"",
        "identifiers = [{ system = \"https://payer.example/card\"",
        "lookup.fields.identifiers",
        "none of these is of the system",
    ),
    (
        "[{ system = \"https://payer.example/member\", value = \"$.memberNo\" }]",
        "[\"$.memberNo\"]",
        "lookup.fields.identifiers",
        "none of these is of the system",
    ),
];

#[test]
fn each_slip_is_told_with_its_place_and_its_remedy() {
    assert_eq!((mapped::KIND.check)(&settings(MANIFEST)).len(), 0);
    for (from, to, at, part) in SLIPS {
        assert!(MANIFEST.contains(from), "{from}");
        let mistakes = (mapped::KIND.check)(&settings(&MANIFEST.replacen(from, to, 1)));
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        let is_told =
            mistakes.iter().zip(&told).any(|(it, told)| it.path == at && told.contains(part));
        assert!(is_told, "{to}: {told:#?}");
    }
}

/// What the suite says of a clinic that finds a member by `finds`.
async fn tried(identifier: Option<&str>, finds: impl Fn(&str) -> HttpAnswer) -> Report {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(&format!("{}/v2/", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(1),
        egress: Egress::new().unwrap(),
    };
    let subject = Subject {
        kind: mapped::KIND,
        settings: settings(&MANIFEST.replace("[404, ", "[").replace("\"C\"", "C")),
        io,
        at_once: 8,
        is_known_by_certificate: true,
        identifier: identifier.map(Into::into),
    };
    let answer = |request: &HttpRequest| match request.path.as_str() {
        "/v2/members" => finds(&request.query[0].1),
        "/v2/members/k-17/allergies" => {
            json(r#"{"allergies": [{"key": "k-17", "id": "a1", "to": "Walnut"}]}"#)
        }
        _ => json(r#"{"allergies": []}"#),
    };
    tokio::select! {
        never = server.serve(|request| Play::Answer(answer(request))) => match never {},
        report = conform(&subject) => report,
    }
}

fn verdict(report: &Report, check: &str) -> Option<Verdict> {
    report.findings.iter().find(|it| it.check == check).map(|it| it.verdict)
}

fn failed(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|it| it.verdict == Verdict::Failed).collect()
}

fn honest(no: &str) -> HttpAnswer {
    if no == "17" { members(&["17"]) } else { members(&[]) }
}

#[tokio::test]
async fn a_source_that_lists_nobody_is_tried_with_an_identifier() {
    let report = tried(Some("17"), honest).await;
    assert!(report.passed(), "{:#?}", failed(&report));
    for check in ["lookup", "lookup.nobody", "ALLERGIES", "ALLERGIES.references"] {
        assert_eq!(verdict(&report, check), Some(Verdict::Passed), "{check}");
    }
    assert_eq!(verdict(&report, "roster"), None);
    let told = format!("{report:?}");
    assert!(!told.contains("Doe") && !told.contains("k-17"), "it names nobody");
}

#[tokio::test]
async fn without_an_identifier_it_is_said_what_could_not_be_tried() {
    let report = tried(None, honest).await;
    assert!(report.passed(), "{:#?}", failed(&report));
    assert_eq!(verdict(&report, "lookup"), Some(Verdict::Warned));
    assert_eq!(verdict(&report, "lookup.nobody"), Some(Verdict::Passed));
    assert_eq!(verdict(&report, "ALLERGIES"), Some(Verdict::Skipped));
}

#[tokio::test]
async fn a_source_that_finds_the_wrong_ones_or_fails_does_not_pass() {
    let everybody = tried(None, |_| members(&["17"])).await;
    assert_eq!(verdict(&everybody, "lookup.nobody"), Some(Verdict::Failed));
    let missing = tried(None, |_| json("{}").status(404)).await;
    assert_eq!(verdict(&missing, "lookup.nobody"), Some(Verdict::Failed));
    let picky = tried(Some("17"), |no| match no {
        "17" => honest(no),
        _ => json("{}").status(422),
    });
    assert_eq!(verdict(&picky.await, "lookup.nobody"), Some(Verdict::Warned));
    let unknown = tried(Some("18"), honest).await;
    assert_eq!(verdict(&unknown, "lookup"), Some(Verdict::Failed));
    let twice = tried(Some("17"), |no| match no {
        "17" => members(&["17", "17"]),
        _ => members(&[]),
    });
    assert_eq!(verdict(&twice.await, "lookup"), Some(Verdict::Failed));
}

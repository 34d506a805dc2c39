//! The suite that tries a connector: it passes one that is as it should be, and finds what is wrong with the others, in the
//! manifest and in the server.

mod clinic;
mod infirmary;
mod marks;
mod office;
mod places;
mod planted;
mod sampling;

use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Report, Subject, Verdict, conform};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::Server;
use caregraph_connectors::{Io, mapped};
use secrecy::SecretString;
use url::Url;

use self::clinic::{Clinic, Flaw, MANIFEST, TOKEN};
use super::mapped::settings;

/// What the suite says of this manifest before a clinic with that flaw.
async fn tried(manifest: &str, flaw: Flaw) -> Report {
    tried_as(manifest, flaw, Credentials::Bearer(SecretString::from(TOKEN))).await
}

async fn tried_as(manifest: &str, flaw: Flaw, credentials: Credentials) -> Report {
    let server = Server::bind().await.unwrap();
    let clinic = Clinic::with(flaw);
    let io = Io {
        base_url: Url::parse(&format!("{}/api/", server.origin())).unwrap(),
        credentials,
        timeout: Duration::from_secs(1),
        egress: Egress::new().unwrap(),
    };
    let subject = Subject {
        kind: mapped::KIND,
        settings: settings(manifest),
        io,
        at_once: 8,
        is_known_by_certificate: false,
        identifier: None,
    };
    tokio::select! {
        never = server.serve(|request| clinic.answer(request)) => match never {},
        report = conform(&subject) => report,
    }
}

fn bad(report: &Report) -> Vec<&Finding> {
    let is_bad = |it: &&Finding| matches!(it.verdict, Verdict::Failed | Verdict::Warned);
    report.findings.iter().filter(is_bad).collect()
}

#[tokio::test]
async fn one_that_is_as_it_should_be_passes() {
    let report = tried(MANIFEST, Flaw::Nothing).await;
    assert!(report.passed() && bad(&report).is_empty(), "{:#?}", bad(&report));
    let names: Vec<&str> = report.findings.iter().map(|it| it.check.as_str()).collect();
    for check in [
        "manifest",
        "roster",
        "roster.complete",
        "roster.ids",
        "CONDITIONS",
        "CONDITIONS.complete",
        "CONDITIONS.own",
        "CONDITIONS.references",
        "CONDITIONS.faults",
        "CONDITIONS.twice",
        "CONDITIONS.subject",
        "CONDITIONS.nobody",
        "credentials",
        "personal",
        "labels",
        "rules",
        "time",
        "at_once",
    ] {
        assert!(names.contains(&check), "{check} was not looked at: {names:?}");
    }
}

#[tokio::test]
async fn one_that_says_when_nothing_has_changed_passes_too() {
    let report = tried(MANIFEST, Flaw::Tagged).await;
    assert!(report.passed() && bad(&report).is_empty(), "{:#?}", bad(&report));
    for (check, words) in [
        ("CONDITIONS.unchanged", "said that it has not"),
        ("CONDITIONS.tags", "the same tag to the same list"),
        ("CONDITIONS.faults", "faults is told from an empty list"),
    ] {
        let has = |it: &Finding| it.check == check && it.message.contains(words);
        assert!(report.findings.iter().any(has), "{check}: {:#?}", report.findings);
    }
}

/// Whether a finding is about this, and says that.
fn tells(report: &Report, verdict: Verdict, check: &str, words: &str) -> bool {
    report.findings.iter().any(|it| {
        it.verdict == verdict
            && it.check == check
            && it.message.contains(words)
            && it.remedy.as_ref().is_some_and(|remedy| !remedy.is_empty())
    })
}

#[tokio::test]
async fn every_flaw_of_a_server_is_found_and_told_with_what_to_do() {
    use Flaw::*;
    use Verdict::{Failed, Warned};
    let mut unseen = Vec::new();
    for (flaw, verdict, check, words) in [
        (Open, Failed, "credentials", "without credentials"),
        (Somebodys, Failed, "CONDITIONS", "of another patient"),
        (Stray, Failed, "CONDITIONS", "of another patient"),
        (NameInHeader, Failed, "personal", "`x-patient`"),
        (NameInRefusal, Failed, "personal", "that refuses holds personal"),
        (NewNumbers, Failed, "CONDITIONS.references", "otherwise"),
        (OwnNumbers, Failed, "CONDITIONS.own", "another patient"),
        (SameNumber, Failed, "CONDITIONS", "could not be read"),
        (NextPage, Failed, "CONDITIONS.complete", "`next`"),
        (Total, Failed, "CONDITIONS.complete", "there are 9"),
        (Slow, Failed, "CONDITIONS", "in time"),
        (Cut, Failed, "CONDITIONS", "could not be reached"),
        (Reset, Failed, "CONDITIONS", "could not be reached"),
        (WebPage, Failed, "CONDITIONS", "web page"),
        (Fails, Failed, "CONDITIONS", "status 500"),
        (Confidential, Failed, "CONDITIONS.labels", "`confidential`"),
        (TwiceListed, Failed, "roster.ids", "1 entries"),
        (EmptyList, Failed, "roster", "empty"),
        (NoProblems, Warned, "CONDITIONS", "has any record"),
        (UnknownFails, Warned, "CONDITIONS.nobody", "fails"),
        (Public, Warned, "kept", "public"),
        (SameTag, Failed, "CONDITIONS.tags", "the same tag to different lists"),
    ] {
        let report = tried(MANIFEST, flaw).await;
        if !tells(&report, verdict, check, words) {
            unseen.push(format!("{flaw:?}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

/// What is written instead of what, where the suite must see it, and some of its words.
const MISTAKES: [(&str, &str, &str, &str); 17] = [
    ("get = \"people\"", "get = \"persons\"", "roster", "404"),
    ("$.people[*]", "$.peopel[*]", "roster.items", "did you mean `people`"),
    ("id = \"$.pid\"", "id = \"$.person_id\"", "roster.id", "leads to nothing"),
    (
        "date = \"DD/MM/YYYY\" }\nsex",
        "date = \"MM/DD/YYYY\" }\nsex",
        "roster.fields.birthDate",
        "a date",
    ),
    ("$.last_name", "$.lastname", "roster.fields.names[1].family", "`last_name`"),
    ("IN = true, OUT = false", "IN = false, OUT = true", "roster.active", "no longer in use"),
    ("F = \"female\", ", "", "roster.fields.sex", "the table has"),
    (
        "query = { page = \"{page}\" }\npaging = { style = \"page\", pages = \"$.pages\" }\ntotal = \"$.count\"\n",
        "",
        "roster.paging",
        "next page",
    ),
    ("people/{patient}/problems", "people/{patient}/problem", "", "nothing of it could be tried"),
    ("none_when = [404]\n", "none_when = [404, 500, 503]\n", "", "(500)"),
    (
        "none_when = [404]\nitems = \"$.problems[*]\"",
        "none_when = [404, '!@.problems']\nitems = \"$.problems[*]\"",
        "",
        "{\"error\"",
    ),
    ("$.problems[*]", "$.problem[*]", "fetch[1].items", "did you mean `problems`"),
    (
        "success = '@.ok == true'\nnone_when",
        "success = '@.result == \"OK\"'\nnone_when",
        "fetch[1].success",
        "does not hold",
    ),
    ("subject = \"$.person\"", "subject = \"$.patient\"", "fetch[1].subject", "leads to nothing"),
    ("reference = \"$.number\"", "reference = \"$.course\"", "", "could not be read"),
    ("subject = \"$.person\"", "subject = \"$.person\"\nfeed = true", "", "empty list"),
    ("$.icd_code", "$.icdcode", "fetch[1].fields.code.codings[1].code", "`icd_code`"),
];

#[tokio::test]
async fn every_mistake_of_a_manifest_is_told_with_its_place_and_what_to_do() {
    let mut unseen = Vec::new();
    for (right, wrong, path, words) in MISTAKES {
        let manifest = MANIFEST.replacen(right, wrong, 1);
        assert_ne!(manifest, MANIFEST, "{right}");
        let report = tried(&manifest, Flaw::Nothing).await;
        let is_told = bad(&report).iter().any(|it| {
            it.message.contains(words)
                && it.remedy.is_some()
                && (path.is_empty() || it.path.as_deref() == Some(path))
        });
        if !is_told {
            unseen.push(format!("{wrong}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn credentials_that_are_refused_are_told() {
    let wrong = Credentials::Bearer(SecretString::from("another"));
    let report = tried_as(MANIFEST, Flaw::Nothing, wrong).await;
    assert!(tells(&report, Verdict::Failed, "roster", "refuses our credentials"), "{report:#?}");
    let report = tried_as(MANIFEST, Flaw::Open, Credentials::None).await;
    assert!(tells(&report, Verdict::Warned, "credentials", "without credentials"), "{report:#?}");
}

#[tokio::test]
async fn a_report_names_nobody_and_repeats_nothing_that_came() {
    for flaw in [Flaw::NameInHeader, Flaw::NameInRefusal, Flaw::Somebodys, Flaw::Confidential] {
        let text = serde_json::to_string(&tried(MANIFEST, flaw).await).unwrap();
        for said in ["Quaysider", "Q-1", "1980", "Problem 1", "E11.9", TOKEN] {
            assert!(!text.contains(said), "{flaw:?} {said}");
        }
    }
}

#[tokio::test]
async fn what_is_left_out_on_purpose_is_not_missed() {
    let manifest = MANIFEST.replace("reference =", "left_out = [\"confidential\"]\nreference =");
    let report = tried(&manifest, Flaw::Confidential).await;
    assert!(report.passed(), "{:#?}", bad(&report));
}

#[tokio::test]
async fn a_report_is_told_in_the_form_of_junit() {
    let report = tried(MANIFEST, Flaw::NextPage).await;
    let text = report.junit("quay<side>");
    assert!(text.contains("<testsuites name=\"quay&lt;side&gt;\""), "{text}");
    assert_eq!(text.matches("<failure ").count(), report.count(Verdict::Failed));
    assert_eq!(text.matches("<testcase ").count(), report.findings.len());
    let mut reader = quick_xml::Reader::from_str(&text);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
}

//! What the suite sees only if it asks about enough patients, and looks at all that they have.

use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Report, Subject, Verdict, conform};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{Play, Server};
use caregraph_connectors::{Io, mapped};
use url::Url;

use super::super::mapped::settings;
use super::bad;
use super::infirmary::{self, Flaw, MANIFEST};

async fn tried(manifest: &str, flaw: Flaw) -> Report {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(&format!("{}/api/", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(5),
        egress: Egress::new().unwrap(),
    };
    let settings = settings(manifest);
    let subject = Subject {
        kind: mapped::KIND,
        settings,
        io,
        at_once: 8,
        is_known_by_certificate: true,
        identifier: None,
    };
    tokio::select! {
        never = server.serve(|request| Play::Answer(infirmary::answer(request, flaw))) => match never {},
        report = conform(&subject) => report,
    }
}

fn finding<'r>(report: &'r Report, check: &str) -> &'r Finding {
    let found = report.findings.iter().find(|it| it.check == check);
    found.unwrap_or_else(|| panic!("{check}: {:#?}", report.findings))
}

#[tokio::test]
async fn others_are_asked_about_until_some_have_something() {
    let report = tried(MANIFEST, Flaw::Nothing).await;
    assert!(report.passed() && bad(&report).is_empty(), "{:#?}", bad(&report));
    let results = &finding(&report, "OBSERVATIONS").message;
    assert!(results.ends_with("; 12 were asked about."), "{results}");
    // Three of all forty-five have orders, and who they are is drawn by lot.
    let orders = &finding(&report, "MEDICATIONS").message;
    assert!(orders.starts_with("6 records of 3 patients"), "{orders}");
    for check in ["MEDICATIONS.faults", "MEDICATIONS.subject", "OBSERVATIONS.faults", "rules"] {
        assert_eq!(finding(&report, check).verdict, Verdict::Passed, "{check}");
    }
    let faults = &finding(&report, "OBSERVATIONS.faults").message;
    assert!(faults.contains("10 faults"), "the last of several pages fails too: {faults}");
}

#[tokio::test]
async fn what_nobody_has_is_never_said_to_be_well() {
    let report = tried(MANIFEST, Flaw::NoOrders).await;
    let orders = finding(&report, "MEDICATIONS");
    assert_eq!(orders.verdict, Verdict::Warned);
    assert!(orders.message.contains("None of the 45 patients"), "{}", orders.message);
    let rules = finding(&report, "rules");
    assert_eq!(rules.verdict, Verdict::Skipped, "{rules:?}");
    assert!(rules.message.contains("MEDICATIONS (fetch[2])"), "{}", rules.message);
}

/// A row: a flaw, what is written instead of what, how it is told, where, and some words of the message and of the remedy.
type Row = (Flaw, (&'static str, &'static str), Verdict, &'static str, &'static str, &'static str);

const STATUS: &str =
    "status = { item = \"$.void\", table = { true = \"entered-in-error\", false = \"final\" } }\n";
const LABELS: &str = "labels = [{ system = { const = \"http://terminology.hl7.org/CodeSystem/v3-ActCode\" }, code = { path = \"$.sens\", table = { P = \"PSY\" } } }]\n";
const EACH: &str = "each = \"$.parts[*]\"\n";
const AS_IT_IS: (&str, &str) = ("", "");

const ROWS: [Row; 14] = [
    (
        Flaw::Twice,
        AS_IT_IS,
        Verdict::Failed,
        "fetch[1].paging",
        "items 1 and 3 of `$.results`",
        "each item once",
    ),
    (
        Flaw::Again,
        AS_IT_IS,
        Verdict::Failed,
        "fetch[1].paging",
        "item 1 of page 1 and item 2 of page 2",
        "each item once",
    ),
    (Flaw::Counts, AS_IT_IS, Verdict::Failed, "roster.total", "there are 54", "correct `total`"),
    (
        Flaw::NoNumber,
        AS_IT_IS,
        Verdict::Failed,
        "roster.id",
        "leads to nothing in 1 of 45",
        "write it in each",
    ),
    (
        Flaw::Fails,
        AS_IT_IS,
        Verdict::Failed,
        "fetch[2].success",
        "of the 12 patients",
        "server to mend",
    ),
    (
        Flaw::Wrong,
        AS_IT_IS,
        Verdict::Failed,
        "fetch[1].subject",
        "of the 12 patients",
        "of that patient alone",
    ),
    (
        Flaw::Marked,
        AS_IT_IS,
        Verdict::Warned,
        "fetch[2].withdrawn",
        "`is_deleted` sounds as if",
        "left_out = [\"is_deleted\"]",
    ),
    (
        Flaw::Nothing,
        (STATUS, ""),
        Verdict::Failed,
        "fetch[1].withdrawn",
        "`void` seems to say",
        "left_out = [\"void\"]",
    ),
    (
        Flaw::Nothing,
        (EACH, "each = \"$.parts[*]\"\nwithdrawn = '@.void == true'\n"),
        Verdict::Failed,
        "fetch[1].withdrawn",
        "there is `$.void` in the item around",
        "{ item = '…' }",
    ),
    (
        Flaw::Nothing,
        ("reference = \"$.no\"\n", "reference = \"$.no\"\nwithdrawn = '@.gone == true'\n"),
        Verdict::Warned,
        "fetch[2].withdrawn",
        "`@.gone` of this condition leads to nothing",
        "as the server has it",
    ),
    (
        Flaw::Nothing,
        (
            "none_when = ['@.why == 4']\nitems = \"$.orders",
            "none_when = ['@.wyh == 4', '@.why == 4']\nitems = \"$.orders",
        ),
        Verdict::Warned,
        "fetch[2].none_when[1]",
        "`@.wyh` of this condition",
        "as the server has it",
    ),
    (
        Flaw::Nothing,
        ("@.more == true", "@.mor == true"),
        Verdict::Warned,
        "fetch[1].paging.more",
        "`@.mor`",
        "as the server has it",
    ),
    (
        Flaw::Nothing,
        (LABELS, ""),
        Verdict::Failed,
        "fetch[2].labels",
        "`sens` seems to say",
        "left_out = [\"sens\"]",
    ),
    (
        Flaw::Nothing,
        (
            "id = \"$.no\"\n",
            "id = \"$.no\"\nactive = { path = \"$.state\", table = { ACT = true, DEC = false } }\n",
        ),
        Verdict::Warned,
        "roster.active",
        "5 of 45 entries are retired by `active`",
        "still a patient",
    ),
];

#[tokio::test]
async fn what_a_hasty_look_would_miss_is_told_with_its_place_and_its_remedy() {
    let mut unseen = Vec::new();
    for (flaw, (right, wrong), verdict, path, words, remedy) in ROWS {
        let manifest = MANIFEST.replacen(right, wrong, 1);
        assert!(right.is_empty() || manifest != MANIFEST, "{right}");
        let report = tried(&manifest, flaw).await;
        let is_told = report.findings.iter().any(|it| {
            it.verdict == verdict
                && it.path.as_deref() == Some(path)
                && it.message.contains(words)
                && it.remedy.as_ref().is_some_and(|it| it.contains(remedy))
        });
        if !is_told {
            unseen.push(format!("{flaw:?} {wrong}: {:#?}", bad(&report)));
        }
        let text = serde_json::to_string(&report).unwrap();
        for said in ["Inmate", "Sertraline", "Amber", "900107"] {
            assert!(!text.contains(said), "{flaw:?} {said}: {text}");
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn what_is_left_out_on_purpose_is_not_taken_for_what_does_not_hold() {
    let manifest = MANIFEST.replacen(STATUS, "", 1).replacen(
        EACH,
        &format!("{EACH}left_out = [\"void\"]\n"),
        1,
    );
    let report = tried(&manifest, Flaw::Nothing).await;
    assert!(bad(&report).is_empty(), "{:#?}", bad(&report));
}

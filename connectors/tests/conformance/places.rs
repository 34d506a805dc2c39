//! Every mistake, of a manifest or of a server, is told with the setting that is to blame and with what to write or mend.

use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Report, Subject, Verdict, conform};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{Play, Server};
use caregraph_connectors::{Io, mapped};
use serde_json::json;
use url::Url;

use super::super::mapped::settings;
use super::office::{self, MANIFEST, Spoil};
use super::planted::{FLAWS, SLIPS, first, whole};

async fn tried(manifest: &str, spoil: Spoil) -> Report {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(&format!("{}/api/v1/", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(1),
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
        never = server.serve(|request| Play::Answer(office::answer(request, spoil))) => match never {},
        report = conform(&subject) => report,
    }
}

fn bad(report: &Report) -> Vec<&Finding> {
    let is_bad = |it: &&Finding| matches!(it.verdict, Verdict::Failed | Verdict::Warned);
    report.findings.iter().filter(is_bad).collect()
}

/// Whether a finding has this place, says this, and has that remedy.
fn tells(report: &Report, path: &str, words: &str, remedy: &str) -> bool {
    bad(report).iter().any(|it| {
        it.path.as_deref() == Some(path)
            && it.message.contains(words)
            && it.remedy.as_ref().is_some_and(|it| it.contains(remedy))
    })
}

#[tokio::test]
async fn the_office_as_it_should_be_passes() {
    let report = tried(MANIFEST, whole).await;
    assert!(bad(&report).is_empty(), "{:#?}", bad(&report));
    // Each note of each visit of those who have some.
    let of_notes = report.findings.iter().find(|it| it.check == "DOCUMENTS").unwrap();
    let read: usize = of_notes.message.split(' ').next().unwrap().parse().unwrap();
    assert!(read > 0 && read.is_multiple_of(4), "{}", of_notes.message);
}

#[tokio::test]
async fn what_is_wrong_with_a_server_has_its_place_and_its_remedy() {
    let mut unseen = Vec::new();
    for (name, spoil, path, words, remedy) in FLAWS {
        let report = tried(MANIFEST, spoil).await;
        let is_told = tells(&report, path, words, remedy)
            || tells(&report, &format!("{path}.labels"), words, remedy);
        if !is_told {
            unseen.push(format!("{name}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_has_its_place_and_its_remedy() {
    let mut unseen = Vec::new();
    for (right, wrong, path, words, remedy) in SLIPS {
        let manifest = MANIFEST.replacen(right, wrong, 1);
        assert_ne!(manifest, MANIFEST, "{right}");
        let report = tried(&manifest, whole).await;
        if !tells(&report, path, words, remedy) {
            unseen.push(format!("{wrong}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn a_report_of_what_does_not_fit_repeats_no_value() {
    for (name, spoil, ..) in FLAWS {
        let text = serde_json::to_string(&tried(MANIFEST, spoil).await).unwrap();
        for said in ["Officer", "00a", "00A", "04.03", "Came on foot", "1970"] {
            assert!(!text.contains(said), "{name} {said}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_filter_leaves_out_is_counted_where_a_total_counts_it() {
    let filtered = MANIFEST.replacen(
        "items = \"$.data[*]\"\nsubject",
        "items = '$.data[?@.attributes.state == \"done\"]'\nsubject",
        1,
    );
    let report =
        tried(&filtered, |it| first(it, |item| item["attributes"]["state"] = json!("draft")));
    let report = report.await;
    assert!(bad(&report).is_empty(), "{:#?}", bad(&report));
}

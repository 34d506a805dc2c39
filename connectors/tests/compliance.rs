//! Every kind against the compliance suite, and every kind's settings.

// Marked as tests, which integration tests are anyway, so that lints take them for what they are.
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod egress;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod lookup;
#[cfg(test)]
mod mapped;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod partners;
#[cfg(test)]
mod published;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod revalidation;
#[cfg(test)]
mod scaffold;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod vendors;

use caregraph_connectors::fhir;
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{Dialect, Verdict, comply};

use dialects::{
    FhirDialect, HsdsDialect, MappedDialect, MappedDirectoryDialect, RemoteDialect,
    RemoteDirectoryDialect,
};

/// Plays the suite; `idle` names the cases that this dialect cannot have.
async fn check(dialect: &dyn Dialect, idle: &[&str]) {
    let report = comply(dialect).await;
    assert!(report.passed(), "\n{report}");
    assert_eq!(report.names(Verdict::DoesNotApply), idle, "\n{report}");
}

#[tokio::test]
async fn hsds_3_keeps_the_contract() {
    let idle = ["all of another patient", "one of another patient", "next page on a foreign host"];
    check(&HsdsDialect, &idle).await;
}

#[tokio::test]
async fn fhir_r4_keeps_the_contract() {
    // One section of one search, one of several at once. The roster is the same in both.
    for (section, roster) in [(Section::Conditions, true), (Section::Medications, false)] {
        let settings = toml::Table::new();
        check(&FhirDialect { kind: fhir::KIND, settings, section, roster }, &[]).await;
    }
}

#[tokio::test]
async fn mapped_http_keeps_the_contract_however_pages_follow_each_other() {
    for style in ["page", "offset", "cursor", "next", "link-header"] {
        let gives_addresses = matches!(style, "next" | "link-header");
        let idle: &[&str] = if gives_addresses { &[] } else { &["next page on a foreign host"] };
        check(&MappedDialect { style }, idle).await;
    }
}

#[tokio::test]
async fn a_directory_by_a_manifest_keeps_the_contract() {
    let idle = ["all of another patient", "one of another patient", "next page on a foreign host"];
    check(&MappedDirectoryDialect, &idle).await;
}

#[tokio::test]
async fn remote_keeps_the_contract() {
    // A section is one answer: it has no pages.
    let idle = [
        "endless pages",
        "pages in a circle",
        "next page on a foreign host",
        "a further page fails",
    ];
    check(&RemoteDialect, &idle).await;
}

#[tokio::test]
async fn a_remote_directory_keeps_the_contract() {
    let idle = ["all of another patient", "one of another patient", "next page on a foreign host"];
    check(&RemoteDirectoryDialect, &idle).await;
}

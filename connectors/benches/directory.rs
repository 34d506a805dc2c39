//! What a directory of 100,000 services costs: building the copy, and searching it.
//!
//! `cargo bench -p caregraph-connectors --bench directory`

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::cast_precision_loss, reason = "figures for reading")]

use std::sync::Arc;
use std::time::Instant;

use caregraph_connectors::hsds::Catalogue;
use caregraph_connectors::record::{ServiceLocation, ServiceRecord};
use time::OffsetDateTime;

const SERVICES: usize = 100_000;
const ROUNDS: usize = 200;

/// Endings make a vocabulary of some ten thousand words out of these.
const WORDS: [&str; 40] = [
    "food",
    "pantry",
    "bank",
    "housing",
    "shelter",
    "counselling",
    "therapy",
    "transport",
    "legal",
    "aid",
    "clinic",
    "dental",
    "child",
    "care",
    "senior",
    "meals",
    "employment",
    "training",
    "language",
    "class",
    "crisis",
    "line",
    "support",
    "group",
    "veteran",
    "benefit",
    "energy",
    "utility",
    "rent",
    "furniture",
    "clothing",
    "library",
    "community",
    "centre",
    "river",
    "north",
    "county",
    "family",
    "health",
    "outreach",
];

fn main() {
    // Without this flag somebody wants to know whether it runs, not how fast.
    let services = if std::env::args().any(|arg| arg == "--bench") { SERVICES } else { 1_000 };
    let records = directory(services);
    let before = resident_mib();
    let started = Instant::now();
    let catalogue = Catalogue::of(records, OffsetDateTime::UNIX_EPOCH);
    println!("build   {services} services   {:>9.1} ms", ms(started, 1));
    println!("memory  index and order   {:>9.1} MiB", resident_mib() - before);
    assert_eq!(catalogue.services().len(), services);
    for text in ["", "f", "food", "food bank", "the crisis line for veterans", "52401", "nowhere"] {
        let started = Instant::now();
        let mut found = 0;
        for _ in 0..ROUNDS {
            found = catalogue.search(text).len();
        }
        println!("search  {text:30} {found:>6} hits {:>9.3} ms", ms(started, ROUNDS));
    }
}

fn ms(started: Instant, rounds: usize) -> f64 {
    started.elapsed().as_secs_f64() * 1e3 / rounds as f64
}

/// The same directory at every run: about 100 words a service, as public directories have.
fn directory(services: usize) -> Vec<Arc<ServiceRecord>> {
    let mut state = 42_u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default()
    };
    let mut words = move |count: usize| -> String {
        let mut text = String::new();
        for _ in 0..count {
            let (word, ending) = (WORDS[next() % WORDS.len()], next() % 500);
            let ending = if ending < 250 { String::new() } else { ending.to_string() };
            text.extend([word, &ending, " "]);
        }
        text
    };
    let service = |number: usize| {
        let location = ServiceLocation {
            city: Some(words(1)),
            postal_code: Some((10_000 + number % 80_000).to_string()),
            ..ServiceLocation::default()
        };
        Arc::new(ServiceRecord {
            id: number.to_string(),
            name: words(4),
            organization: Some(words(3)),
            description: Some(words(70)),
            eligibility: Some(words(15)),
            categories: vec![words(2), words(2)],
            areas: vec![words(3)],
            locations: vec![location],
            status: Some(if number.is_multiple_of(20) { "inactive" } else { "active" }.to_owned()),
            ..ServiceRecord::default()
        })
    };
    (0..services).map(service).collect()
}

/// Memory of the process, where the system tells.
fn resident_mib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|text| text.parse::<f64>().ok());
    pages.unwrap_or_default() * 4096.0 / 1024.0 / 1024.0
}

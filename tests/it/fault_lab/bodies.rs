//! Sources that answer with what cannot be used: F09, F10.

use std::io::Write as _;
use std::time::Duration;

use caregraph::gather::Knobs;
use caregraph_connectors::egress::BODY_CAP;
use caregraph_connectors::testkit::{HttpAnswer, Play};
use caregraph_connectors::{Problem, Rest};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::lab::{Lab, answer, answer_about, fine};
use super::tell;
use crate::gateway::run;

const BUDGET: Duration = Duration::from_secs(10);

/// Every body that does harm, and what is to be said of it.
fn poisons() -> Vec<(&'static str, Play, Problem)> {
    let json = |body: Vec<u8>| HttpAnswer::of("application/fhir+json", body);
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&vec![b' '; 4 * BODY_CAP]).unwrap();
    let bomb = packer.finish().unwrap();
    let open = "[".repeat(100_000);
    let deep = |key: &str| {
        let nested = format!("{open}{}", "]".repeat(100_000));
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"{key}\":{nested}}}")
            .into_bytes()
    };
    vec![
        (
            "a page",
            Play::Answer(HttpAnswer::of("text/html", "<html>sign in</html>")),
            Problem::Garbled,
        ),
        (
            "half a bundle",
            Play::Answer(json(b"{\"resourceType\":\"Bundle\",\"entry\":[".to_vec())),
            Problem::Garbled,
        ),
        ("too large", Play::Chunked(json(vec![b' '; BODY_CAP + 1])), Problem::TooMuch),
        ("a bomb", Play::Answer(json(bomb).header("content-encoding", "gzip")), Problem::TooMuch),
        ("too deep", Play::Answer(json(deep("entry"))), Problem::Garbled),
    ]
}

#[test]
fn f09_a_body_that_does_harm_is_named_and_after_three_of_them_not_asked_for() {
    run(async {
        let (mut seen, mut slowest) = (Vec::new(), Duration::ZERO);
        for (name, play, problem) in poisons() {
            let lab = Lab::start(Knobs::default(), BUDGET).await;
            lab.plays(move |_, _| play.clone());
            for _ in 0..3 {
                let told = lab.ask("p").await;
                assert_eq!(told.share.problem, Some(problem.clone()), "{name}");
                assert!(told.share.records.is_empty(), "{name}");
                slowest = slowest.max(told.took);
            }
            let (told, before) = (lab.ask("p").await, lab.server.requests());
            let is_quarantined =
                matches!(told.share.problem, Some(Problem::NotAsked { why: Rest::Unusable, .. }));
            assert!(is_quarantined && before == 3, "{name}: {:?}", told.share.problem);
            lab.heals();
            assert!(lab.ask("somebody else").await.is_whole(), "{name}");
            seen.push(name);
        }
        // Depth in what nobody reads is passed over without climbing into it.
        let lab = Lab::start(Knobs::default(), BUDGET).await;
        let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let body =
            format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"text\":{nested}}}");
        lab.plays(move |_, _| Play::Answer(HttpAnswer::of("application/fhir+json", body.clone())));
        assert_eq!(lab.ask("p").await.share.problem, None);
        tell(
            "F09",
            "each named, quarantined after 3 for 60 s, others served",
            format!("{} bodies: {}; slowest {slowest:.0?}", seen.len(), seen.join(", ")),
        );
    });
}

#[test]
fn f10_records_of_another_patient_are_dropped_counted_and_no_longer_asked_for() {
    run(async {
        let lab = Lab::start(Knobs::default(), BUDGET).await;
        lab.plays(|request, count| {
            if count % 10 == 3 { Play::Answer(answer_about("stranger")) } else { fine(request) }
        });
        let told = lab.ask_many(200, 4).await;
        let wrong = |told: &&super::lab::Told| told.share.problem == Some(Problem::WrongPatient(1));
        let detected = told.iter().filter(wrong).count();
        let foreign = told
            .iter()
            .flat_map(|told| &told.share.records)
            .filter(|record| record.reference.contains("stranger"))
            .count();
        assert_eq!((detected, foreign, lab.figures().strangers.get()), (20, 0, 20));
        assert!(!lab.is_open(), "it is an alarm of its own, and no outage");
        lab.plays(|_, _| Play::Answer(answer_about("stranger")));
        for _ in 0..3 {
            lab.ask("p").await;
        }
        let before = lab.server.requests();
        let told = lab.ask("p").await;
        assert!(matches!(told.share.problem, Some(Problem::NotAsked { why: Rest::Unusable, .. })));
        lab.plays(|request, _| Play::Answer(answer(request)));
        assert!(lab.ask("q").await.is_whole());
        assert_eq!(lab.server.requests(), before + 1);
        tell(
            "F10",
            "0 foreign records, all 20 noticed, quarantined after 3",
            format!("{foreign} foreign records, {detected} of 20 noticed, quarantined after 3"),
        );
    });
}

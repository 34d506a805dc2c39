//! More requests than can be answered: F22, F23.
//!
//! What holds up answers is a source that takes its time, so that the machine, on which the load runs as well, is not what
//! is measured. Sixteen requests may be under way.

use std::time::Duration;

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::crowd::{End, Outcome, Stream, flood, percentile, request};
use super::outages::percent;
use super::tell;
use crate::config::Shape;
use crate::gateway::run;
use crate::home::Home;
use crate::proof::size;
use crate::served::Served;

const SLOW: Duration = Duration::from_millis(400);
const SLOTS: u32 = 16;
const QUERY: &str = "query($id: ID!) { patient(id: $id) { conditions { totalCount } } }";

/// A gateway that can answer some forty in a second.
struct Bench {
    sandbox: Sandbox,
    process: Served,
    person: String,
    _home: Home,
}

impl Bench {
    async fn start() -> Self {
        let options = Options { patients: 8, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let shape = Shape {
            systems: vec!["lakeside"],
            of_system: [("lakeside", "hedge = false\nretries = 0\nlongest_rest_ms = 0\n")].into(),
            extra: format!(
                "\n[overload]\nmax_concurrent = {SLOTS}\n\n[limits]\nrequests_per_minute = 0\n"
            ),
            ..Shape::default()
        };
        let home = Home::new();
        let process = Served::start(&sandbox, &home, &shape, "").await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let person = process.people(&token).await.remove(0);
        sandbox.system("lakeside").expect("it exists").set_fault(Fault::Delay(SLOW));
        Self { sandbox, process, person, _home: home }
    }

    /// Requests of so many people of an organisation.
    fn stream(&self, of: &str, people: u32, headers: &str, per_second: u32) -> Stream {
        let token = |number| {
            self.sandbox.issuer().token(&TokenSpec {
                subject: Some(format!("{of}-{number}")),
                organization: Some(of.to_owned()),
                ..TokenSpec::new(Role::PrimaryCare)
            })
        };
        let body = json!({ "query": QUERY, "variables": { "id": self.person } }).to_string();
        let requests = (0..people).map(|number| request(&token(number), headers, &body));
        Stream { per_second, requests: requests.collect() }
    }

    /// Two organisations that together ask so many times in a second.
    fn both(&self, per_second: u32) -> Vec<Stream> {
        ["north", "south"].map(|of| self.stream(of, 4, "", per_second / 2)).into()
    }

    fn flood(&self, streams: Vec<Stream>, lasts: Duration) -> Vec<Outcome> {
        flood(self.process.address, streams, lasts)
    }
}

fn with(outcomes: &[Outcome], status: u16) -> Vec<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.is(status)).collect()
}

fn of_kind(outcomes: &[Outcome], kind: usize) -> Vec<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.kind == kind).collect()
}

#[expect(clippy::cast_precision_loss, reason = "figures for reading")]
fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_micros() as f64 / other.as_micros().max(1) as f64
}

/// Whether the machine had time for us, so that figures say something about the gateway.
fn is_calm(outcomes: &[Outcome]) -> bool {
    let answered = with(outcomes, 200);
    answered.len() == outcomes.len() && percentile(&answered, 99) < SLOW * 3 / 2
}

/// What is to be said of figures.
fn busy(has_time: bool) -> &'static str {
    if has_time { "" } else { "; the machine was busy with something else" }
}

/// How many of a hundred were answered.
fn share(outcomes: &[&Outcome]) -> f64 {
    let answered = outcomes.iter().filter(|outcome| outcome.is(200)).count();
    percent(answered as u64, outcomes.len() as u64)
}

#[test]
fn f22_ten_times_as_many_as_can_be_answered_cost_hardly_any_answer_and_no_emergency() {
    run(async {
        let bench = Bench::start().await;
        let lasts = Duration::from_secs(size("CAREGRAPH_OVERLOAD_SECONDS", 3) as u64);
        let peak_rate = SLOTS * 1_000 / u32::try_from(SLOW.as_millis()).unwrap();
        // Tokens are verified once, and connections made.
        bench.flood(bench.both(peak_rate / 2), Duration::from_secs(1));
        let calm = bench.flood(bench.both(peak_rate / 2), lasts);
        let peak = bench.flood(bench.both(peak_rate * 3 / 2), lasts);
        let mut streams = bench.both(peak_rate * 10);
        streams.push(bench.stream("emergency", 20, "X-Purpose-Of-Use: ETREAT\r\n", 8));
        let flooded = bench.flood(streams, lasts);
        let after = bench.flood(bench.both(peak_rate / 2), Duration::from_secs(1));
        let has_time = is_calm(&calm) && is_calm(&after);
        let (calm, peak) = (with(&calm, 200), with(&peak, 200));
        let (accepted, shed) = (with(&flooded, 200), with(&flooded, 503));
        let emergencies = of_kind(&flooded, 2);
        let saved = emergencies.iter().filter(|outcome| outcome.is(200)).count();
        let goodput = percent(accepted.len() as u64, peak.len() as u64);
        let late = ratio(percentile(&accepted, 99), percentile(&calm, 99));
        // A flood is one only after a while: who came before that stood in line until it was told.
        let told = shed.iter().map(|outcome| outcome.began + outcome.took).min();
        let came_later = |outcome: &&Outcome| told.is_some_and(|told| outcome.began > told);
        let (later, before): (Vec<&Outcome>, Vec<&Outcome>) =
            shed.iter().partition(|outcome| came_later(outcome));
        let says_when = |outcome: &&Outcome| matches!(outcome.end, End::Answered { retry_after, .. } if retry_after);
        assert_eq!(accepted.len() + shed.len(), flooded.len(), "each is answered");
        assert!(!shed.is_empty() && shed.iter().all(says_when));
        let others: Vec<&Outcome> = flooded.iter().filter(|outcome| outcome.kind < 2).collect();
        assert!(share(&emergencies) > share(&others), "emergencies go first");
        if has_time {
            assert_eq!(saved, emergencies.len(), "an emergency was turned away");
            assert!(goodput >= 50.0, "{goodput}");
        }
        tell(
            "F22",
            "goodput >= 90 % of the peak, accepted p99 <= 2 x calm, turned away <= 5 ms, emergencies 100 %",
            format!(
                "{} asked in {lasts:?}: {} answered = {goodput:.0} % of the peak of {}, p99 {:.0?} = {late:.2} x calm; \
                 turned away: {} that came before the flood was told (p50 {:.1?}, p99 {:.1?}), {} after (p50 {:.1?}, p99 \
                 {:.1?}); emergencies {saved} of {} (p99 {:.0?}){}",
                flooded.len(),
                accepted.len(),
                peak.len(),
                percentile(&accepted, 99),
                before.len(),
                percentile(&before, 50),
                percentile(&before, 99),
                later.len(),
                percentile(&later, 50),
                percentile(&later, 99),
                emergencies.len(),
                percentile(&emergencies, 99),
                busy(has_time),
            ),
        );
    });
}

#[test]
fn f23_a_tenant_that_floods_harms_no_other() {
    run(async {
        let bench = Bench::start().await;
        let lasts = Duration::from_secs(size("CAREGRAPH_OVERLOAD_SECONDS", 3) as u64);
        let quiet = || bench.stream("quiet", 4, "", 6);
        bench.flood(vec![quiet()], Duration::from_secs(1));
        let alone = bench.flood(vec![quiet()], lasts);
        let crowded = bench.flood(vec![quiet(), bench.stream("loud", 4, "", 300)], lasts);
        let after = bench.flood(vec![quiet()], Duration::from_secs(1));
        let has_time = is_calm(&alone) && is_calm(&after);
        let (alone, beside) = (of_kind(&alone, 0), of_kind(&crowded, 0));
        let served = |all: &[&Outcome]| all.iter().filter(|outcome| outcome.is(200)).count();
        let loud = of_kind(&crowded, 1);
        let late = ratio(percentile(&beside, 99), percentile(&alone, 99));
        // A quarter of the slots is not the flood's.
        let all = served(&beside) + served(&loud);
        assert!(served(&beside) * 8 >= all.min(beside.len() * 4), "{} of {all}", served(&beside));
        assert!(share(&beside) > share(&loud), "the flood has the worse of it");
        if has_time {
            assert!(share(&beside) >= 40.0, "{}", share(&beside));
        }
        tell(
            "F23",
            "others' p99 +20 % at most, all of them served",
            format!(
                "others {:.0?} -> {:.0?} (x {late:.2}), {:.1} % served; of the flood {} of {}{}",
                percentile(&alone, 99),
                percentile(&beside, 99),
                share(&beside),
                served(&loud),
                loud.len(),
                busy(has_time),
            ),
        );
    });
}

//! The sources: how they are asked, and what is shown of what they said before.

use super::Metrics;
use super::exposition::Exposition;
use crate::gather::{BreakerState, Ending, Figures, Source};
use crate::telemetry::Counter;

/// A counter of each source: its name, its help and where it is read.
type OfSource = (&'static str, &'static str, fn(&Figures) -> &Counter);

const COUNTERS: [OfSource; 9] = [
    ("caregraph_source_questions_total", "Questions for a source, before its guard.", |it| {
        &it.requests
    }),
    (
        "caregraph_source_retries_total",
        "Questions that were asked once more because they failed or seemed lost.",
        |it| &it.retries,
    ),
    (
        "caregraph_source_hedges_total",
        "Questions that were asked a second time because they took unusually long.",
        |it| &it.hedges,
    ),
    ("caregraph_source_hedges_won_total", "Times that the second asking answered first.", |it| {
        &it.overtaken
    }),
    (
        "caregraph_source_faults_total",
        "Answers that show a source down, too slow or broken.",
        |it| &it.faults,
    ),
    ("caregraph_source_busy_total", "Answers that asked us to slow down.", |it| &it.busy),
    (
        "caregraph_source_wrong_patient_total",
        "Answers with records of somebody else, which were dropped.",
        |it| &it.strangers,
    ),
    ("caregraph_source_panics_total", "Panics in a connector.", |it| &it.panics),
    (
        "caregraph_source_breaker_opened_total",
        "Times that a source was left alone because it kept failing.",
        |it| &it.opened,
    ),
];

impl Metrics {
    fn each(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.fleet.with_patients().map(|source| (source.id.as_str(), &**source))
    }

    pub(super) fn sources(&self, text: &mut Exposition) {
        for (name, help, read) in COUNTERS {
            let mut family = text.counter(name, help);
            for (id, source) in self.each() {
                family.sample(&[("source", id)], read(source.guard.figures()).get());
            }
        }
        let mut calls = text.counter(
            "caregraph_source_calls_total",
            "Calls to a source that were not called off, by how they ended.",
        );
        for (id, source) in self.each() {
            for ending in Ending::ALL.iter().filter(|ending| **ending != Ending::NotAsked) {
                let count = source.guard.figures().ended(*ending);
                calls.sample(&[("source", id), ("outcome", ending.name())], count);
            }
        }
        self.readings(text);
        self.latencies(text);
        self.not_asked(text);
        self.standings(text);
    }

    fn readings(&self, text: &mut Exposition) {
        let mut readings = text.counter(
            "caregraph_source_readings_total",
            "Pages of a source's roster, and readings of its directory, in the background: answered, failed, or put_off because it is to be left alone.",
        );
        for source in self.fleet.all() {
            let it = &source.guard.figures().readings;
            for (outcome, counter) in
                [("answered", &it.answered), ("failed", &it.failed), ("put_off", &it.put_off)]
            {
                let labels = [("source", source.id.as_str()), ("outcome", outcome)];
                readings.sample(&labels, counter.get());
            }
        }
    }

    fn latencies(&self, text: &mut Exposition) {
        let mut latency = text.histogram(
            "caregraph_source_call_duration_seconds",
            "How long calls to a source took that were not called off.",
        );
        for (id, source) in self.each() {
            latency.spread(&[("source", id)], &source.guard.figures().latency.read());
        }
    }

    fn not_asked(&self, text: &mut Exposition) {
        let mut not_asked = text.counter(
            "caregraph_source_not_asked_total",
            "Questions that were not asked: the source kept failing, had asked us to wait (paused), had no turn (crowded), or kept answering uselessly (quarantined).",
        );
        for (id, source) in self.each() {
            let it = source.guard.figures();
            for (reason, counter) in [
                ("failing", &it.refused),
                ("paused", &it.paused),
                ("crowded", &it.shed),
                ("quarantined", &it.quarantined),
            ] {
                not_asked.sample(&[("source", id), ("reason", reason)], counter.get());
            }
        }
    }

    fn standings(&self, text: &mut Exposition) {
        let standings: Vec<_> = self.each().map(|(id, it)| (id, it.guard.standing())).collect();
        let mut breaker = text.gauge(
            "caregraph_source_breaker_state",
            "1 for the state of a source's breaker: closed (it is asked), open (left alone), looking (one question tells).",
        );
        for (id, standing) in &standings {
            for (name, state) in [
                ("closed", BreakerState::Closed),
                ("open", BreakerState::Open),
                ("looking", BreakerState::Looking),
            ] {
                breaker.is(&[("source", id), ("state", name)], standing.breaker == state);
            }
        }
        let mut limit = text.gauge(
            "caregraph_source_concurrency_limit",
            "How many questions a source is asked at once, at most.",
        );
        for (id, standing) in &standings {
            limit.sample(&[("source", id)], standing.limit);
        }
        let mut in_flight =
            text.gauge("caregraph_source_in_flight", "How many questions are under way.");
        for (id, standing) in &standings {
            in_flight.sample(&[("source", id)], standing.under_way);
        }
        let mut pause = text.gauge(
            "caregraph_source_pause_seconds",
            "For how much longer a source asked us to wait (Retry-After).",
        );
        for (id, standing) in &standings {
            pause.time(&[("source", id)], standing.pause);
        }
    }

    pub(super) fn copies(&self, text: &mut Exposition) {
        let mut lookups = text.counter(
            "caregraph_cache_lookups_total",
            "Answers by where they came from (memory, shared, source) and as what: fresh or aging copies, stale ones in place of a failure, failures of a moment ago, fetches of somebody else, live.",
        );
        for (id, source) in self.each() {
            let it = &source.copies;
            for (tier, freshness, counter) in [
                ("memory", "fresh", &it.fresh),
                ("memory", "aging", &it.aging),
                ("memory", "stale", &it.stale),
                ("memory", "failure", &it.negative),
                ("shared", "fresh", &it.shared),
                ("source", "joined", &it.joined),
                ("source", "live", &it.asked),
            ] {
                let labels = [("source", id), ("tier", tier), ("freshness", freshness)];
                lookups.sample(&labels, counter.get());
            }
        }
        let mut outdated = text.counter(
            "caregraph_cache_outdated_total",
            "Answers that were not kept, because they were forgotten while they were fetched.",
        );
        for (id, source) in self.each() {
            outdated.sample(&[("source", id)], source.copies.outdated.get());
        }
        let mut confirmed = text.counter(
            "caregraph_cache_confirmed_total",
            "Questions to which a source said that what it said before still holds.",
        );
        for (id, source) in self.each() {
            confirmed.sample(&[("source", id)], source.copies.confirmed.get());
        }
        self.cache(text);
    }

    fn cache(&self, text: &mut Exposition) {
        let cache = self.fleet.cache();
        let (bytes, entries) = cache.size();
        text.counter("caregraph_cache_forgotten_total", "How often something was forgotten.")
            .sample(&[], cache.forgotten());
        text.gauge("caregraph_cache_memory_bytes", "How much memory copies take.")
            .sample(&[], bytes);
        text.gauge("caregraph_cache_entries", "How many copies are in memory.")
            .sample(&[], entries);
        let mut shared = text.counter(
            "caregraph_shared_cache_events_total",
            "What happened with the cache that nodes share, if there is one.",
        );
        if let Some(cache) = &self.shared_cache {
            for (event, count) in cache.figures().named() {
                shared.sample(&[("event", event)], count);
            }
        }
    }
}

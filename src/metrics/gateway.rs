//! The gateway itself: requests, access control, the audit log, what it depends on.

use std::sync::atomic::Ordering::Relaxed;

use super::Metrics;
use super::exposition::Exposition;

impl Metrics {
    pub(super) fn gateway(&self, text: &mut Exposition) {
        let version = env!("CARGO_PKG_VERSION");
        text.gauge("caregraph_build_info", "Always 1; the version stands in the label.")
            .sample(&[("version", version)], 1);
        text.gauge("caregraph_draining", "Whether no new work is taken any more.")
            .is(&[], self.health.is_draining());
        let pulses = self.engine.pulses();
        let mut requests = text.counter(
            "caregraph_requests_total",
            "GraphQL requests by kind of operation and outcome; operation=\"none\" was refused before it was known.",
        );
        for (operation, outcome, count) in pulses.requests() {
            requests.sample(&[("operation", operation), ("outcome", outcome)], count);
        }
        text.histogram(
            "caregraph_request_duration_seconds",
            "How long GraphQL requests took, from the verified token to the answer.",
        )
        .spread(&[], &pulses.took.read());
        text.histogram(
            "caregraph_request_own_duration_seconds",
            "How long GraphQL requests took without the time in which sources were waited for.",
        )
        .spread(&[], &pulses.own.read());
        let mut refusals = text.counter(
            "caregraph_http_refusals_total",
            "Requests that were turned away before they reached GraphQL, by reason.",
        );
        for (reason, count) in self.refusals.all() {
            refusals.sample(&[("reason", reason)], count);
        }
    }

    pub(super) fn access(&self, text: &mut Exposition) {
        let costs = self.engine.costs();
        let parts = [
            ("lookup", costs.lookup.read()),
            ("decision", costs.decision.read()),
            ("gate", costs.gate.read()),
            ("audit", costs.audit.read()),
        ];
        let mut times = text.counter(
            "caregraph_part_operations_total",
            "How often a part of the gateway worked: lookup of people, decision on access, gate, waiting for the audit log.",
        );
        for (part, reading) in parts {
            times.sample(&[("part", part)], reading.times);
        }
        let mut elapsed = text.counter(
            "caregraph_part_seconds_total",
            "How long a part of the gateway took, with all waiting, estimated by one time in seventeen.",
        );
        for (part, reading) in parts {
            elapsed.time(&[("part", part)], reading.elapsed);
        }
        let mut busy = text.counter(
            "caregraph_part_cpu_seconds_total",
            "How long a processor ran for a part of the gateway, estimated by one time in seventeen.",
        );
        for (part, reading) in parts {
            busy.time(&[("part", part)], reading.busy);
        }
        let (merged, kept) = self.engine.merges();
        let mut charts = text.counter(
            "caregraph_charts_total",
            "Charts that were shown by how they came about: merged, or kept since nothing had changed.",
        );
        charts.sample(&[("outcome", "merged")], merged);
        charts.sample(&[("outcome", "kept")], kept);
    }

    pub(super) fn audit(&self, text: &mut Exposition) {
        let figures = self.engine.audit_figures();
        text.counter(
            "caregraph_audit_entries_total",
            "Entries that were written to the audit log.",
        )
        .sample(&[], figures.entries.load(Relaxed));
        text.counter(
            "caregraph_audit_groups_total",
            "Groups in which entries were written; each costs one flush to disk.",
        )
        .sample(&[], figures.groups.load(Relaxed));
        text.counter(
            "caregraph_audit_failures_total",
            "Groups of entries that could not be written; their answers were withheld.",
        )
        .sample(&[], figures.failures.load(Relaxed));
        text.counter(
            "caregraph_audit_write_seconds_total",
            "How long it took to write groups of entries.",
        )
        .time(&[], figures.writing.read().elapsed);
    }

    pub(super) fn dependencies(&self, text: &mut Exposition, is_store_up: bool) {
        let is_audit_up = !self.engine.audit_figures().is_failing.load(Relaxed);
        let mut up = text.gauge(
            "caregraph_dependency_up",
            "Whether what the gateway depends on answers: its store, the audit log when it was last written, the shared cache if there is one.",
        );
        up.is(&[("dependency", "store")], is_store_up);
        up.is(&[("dependency", "audit")], is_audit_up);
        if let Some(cache) = &self.shared_cache {
            up.is(&[("dependency", "shared_cache")], cache.is_connected());
        }
        let lookups = self.egress.lookups();
        let mut names = text.counter(
            "caregraph_name_lookups_total",
            "Names of servers that were looked up (begun), and what of it went wrong: failed, or refused for an address that no name may stand for; pinned questions were answered with the addresses of an earlier look.",
        );
        names.sample(&[("outcome", "begun")], lookups.looked());
        names.sample(&[("outcome", "failed")], lookups.failed());
        names.sample(&[("outcome", "refused")], lookups.refused());
        names.sample(&[("outcome", "pinned")], lookups.pinned());
        let keys = self.authenticator.key_states();
        let mut age = text.gauge(
            "caregraph_issuer_keys_age_seconds",
            "How long ago an issuer's keys were read; they are used for six hours. Absent before the first reading.",
        );
        for (state, read) in keys.iter().filter_map(|state| Some((state, state.age?))) {
            age.time(&[("issuer", &state.issuer)], read);
        }
        let mut failing = text.gauge(
            "caregraph_issuer_keys_failing",
            "Whether an issuer's keys could not be read when that was last tried.",
        );
        for state in &keys {
            failing.is(&[("issuer", &state.issuer)], state.is_failing);
        }
        text.gauge(
            "caregraph_file_refused",
            "Whether what stands in a followed file is not in force: it has mistakes, or too few approved it.",
        )
        .is(&[("file", "policy")], self.policy.is_refused())
        .is(&[("file", "revoked")], self.revoked.is_refused())
        .is(&[("file", "documents")], self.documents.is_refused());
    }

    pub(super) fn traces(&self, text: &mut Exposition) {
        let mut spans = text.counter(
            "caregraph_trace_spans_total",
            "Spans by what became of them: sent, crowded_out of a full queue, or failed to be taken by the collector.",
        );
        if let Some(tracer) = &self.tracer {
            let figures = tracer.figures();
            spans.sample(&[("outcome", "sent")], figures.sent.load(Relaxed));
            spans.sample(&[("outcome", "crowded_out")], figures.crowded_out.load(Relaxed));
            spans.sample(&[("outcome", "failed")], figures.failed.load(Relaxed));
        }
    }
}

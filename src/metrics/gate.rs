//! The gate: who was let in, who had to wait, and who was turned away.

use super::Metrics;
use super::exposition::Exposition;
use crate::http::{Lane, LaneFigures};
use crate::telemetry::Counter;

/// A counter of each lane: its name, its help and where it is read.
type OfLane = (&'static str, &'static str, fn(&LaneFigures) -> &Counter);

const COUNTERS: [OfLane; 3] = [
    ("caregraph_gate_accepted_total", "Requests that were let in, by lane.", |it| &it.accepted),
    (
        "caregraph_gate_queued_total",
        "Requests that had to wait for their turn, whether they were let in or not, by lane.",
        |it| &it.queued,
    ),
    (
        "caregraph_gate_shed_total",
        "Requests that were told to come later because there was no room, by lane.",
        |it| &it.shed,
    ),
];

impl Metrics {
    pub(super) fn gate(&self, text: &mut Exposition) {
        let (figures, standing) = (self.gate.figures(), self.gate.standing());
        for (name, help, read) in COUNTERS {
            let mut family = text.counter(name, help);
            for lane in Lane::ALL {
                family.sample(&[("lane", lane.name())], read(figures.lane(lane)).get());
            }
        }
        text.counter(
            "caregraph_gate_disbelieved_total",
            "Requests that asked for the lane of emergencies and did not get it.",
        )
        .sample(&[], figures.disbelieved.get());
        text.histogram(
            "caregraph_gate_wait_duration_seconds",
            "How long those waited for their turn who were let in; hardly at all where there is room.",
        )
        .spread(&[], &figures.wait.read());
        text.gauge(
            "caregraph_gate_concurrency_limit",
            "How many requests may be under way at once, emergencies beyond it not counted.",
        )
        .sample(&[], standing.limit);
        text.gauge("caregraph_gate_in_flight", "How many requests are under way.")
            .sample(&[], standing.under_way);
        text.gauge("caregraph_gate_waiting", "How many requests wait for their turn.")
            .sample(&[], standing.waiting);
    }
}

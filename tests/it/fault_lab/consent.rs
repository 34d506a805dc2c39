//! What a patient takes back while copies of it are kept: F21.

use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role};
use serde_json::json;

use super::stampede::slow_down;
use super::tell;
use crate::consents::{CONDITIONS, REVOKE, record, shows, somebody};
use crate::crowd::{Crowd, Heard, Question};
use crate::gateway::{TestGateway, run, until};
use crate::pair::Shared;

/// Copies that are soon old, and are shown in place of a dead source for as long as the test takes.
const SOON_OLD: &str = "sections = { CONDITIONS = { fresh_s = 1, stale_while_revalidate_s = 1, stale_if_error_s = 3600 } }";
const ROUNDS: usize = 3;
/// How long another node may take to hear of it.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// What was shown too late at the node that was told, and at the other one; and when the other one last showed it.
#[derive(Default)]
struct Late {
    here: usize,
    there: usize,
    last: Duration,
    heard: usize,
    shown: usize,
}

/// Opens, lets many look at both nodes, closes, and sees who still is shown something.
async fn round(nodes: &[TestGateway; 2], id: &str, reference: &str, late: &mut Late) {
    let permit = json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2"], "roles": ["COORDINATOR"] });
    let consent = record(&nodes[0], id, permit).await;
    for node in nodes {
        let open = || async {
            let answer = node.ask(Role::Coordinator, CONDITIONS, json!({ "id": id })).await;
            shows(&answer, reference)
        };
        until("the permit holds", open).await;
    }
    let token = nodes[0].token(Role::Coordinator);
    let addresses = nodes.each_ref().map(|node| node.address.to_string());
    let variables = json!({ "id": id });
    let crowd = Crowd::start(8, move |client, _| {
        Question::new(&addresses[client % 2], &token, CONDITIONS, &variables)
    });
    crowd.hears(40).await;
    let patient = nodes[0].token_for(Role::Patient, id);
    nodes[0].ask_with(&patient, REVOKE, json!({ "id": consent })).await.data();
    let acknowledged = Instant::now();
    // For so long after the moment from which nothing may be shown any more.
    tokio::time::sleep(ELSEWHERE + Duration::from_secs(1)).await;
    crowd.hears(8).await;
    let here = nodes[0].address.to_string();
    for heard in crowd.ends().await {
        assert!(heard.is_fine(), "{heard:?}");
        late.heard += 1;
        late.shown += usize::from(heard.holds(reference));
        let Some(after) = after(&heard, acknowledged, reference) else { continue };
        if heard.url.contains(&here) {
            late.here += 1;
        } else {
            late.last = late.last.max(after);
            late.there += usize::from(after > ELSEWHERE);
        }
    }
}

/// How long after that moment a question was asked that was shown it.
fn after(heard: &Heard, moment: Instant, reference: &str) -> Option<Duration> {
    heard.holds(reference).then(|| heard.began.checked_duration_since(moment)).flatten()
}

#[test]
fn f21_what_is_taken_back_is_shown_by_no_copy() {
    run(async {
        let Some(shared) = Shared::start(120).await else { return };
        let node = || {
            shared.node(|shape| {
                shape.labels = "enforced";
                shape.cache = SOON_OLD;
            })
        };
        let nodes = [node().await, node().await];
        let (id, reference) = somebody(&nodes[0], "ETHUD").await;
        let mut cached = Late::default();
        for _ in 0..ROUNDS {
            round(&nodes, &id, &reference, &mut cached).await;
        }
        let mut stale = Late::default();
        let fault = Fault::Status(500);
        slow_down(&shared.sandbox, fault);
        for _ in 0..ROUNDS {
            round(&nodes, &id, &reference, &mut stale).await;
        }
        for late in [&cached, &stale] {
            assert!(late.shown > 20 * ROUNDS && late.heard > late.shown, "nothing was tried");
            assert_eq!((late.here, late.there), (0, 0));
        }
        let told = |late: &Late| {
            format!(
                "{} at that node, {} at the other later than 1 s (last after {:.0?}), of {} answers",
                late.here, late.there, late.last, late.heard
            )
        };
        tell(
            "F21",
            "0 shown after the acknowledgement, on the other node 0 after 1 s",
            format!("copies: {}; old copies of dead sources: {}", told(&cached), told(&stale)),
        );
        for node in nodes {
            node.stop().await;
        }
    });
}

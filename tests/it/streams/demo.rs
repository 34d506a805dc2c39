//! What the demo says of itself: a record that changes is shown to who watches.

use serde_json::Value;

use super::client::Socket;
use crate::answer::{Answer, text};
use crate::demo::Demo;
use crate::gateway::run;

#[test]
fn the_demo_shows_a_change_long_before_its_copies_age() {
    run(async {
        let demo = Demo::start(5);
        let gateway = text(&demo.ready["gateway"]);
        let address = gateway.trim_start_matches("http://").parse().expect("an address");
        let mut socket = Socket::at(address, &text(&demo.ready["tokens"]["coordinator"])).await;
        socket.subscribe("1", &text(&demo.ready["watch"]), Value::Null).await;
        let view = |event: &Value| event["data"]["patientView"].clone();
        let conditions =
            |it: &Value| view(it)["patient"]["conditions"]["totalCount"].as_u64().unwrap_or(0);
        let first = socket.until(|it| view(it)["complete"] == true).await.pop().unwrap();
        // Copies of conditions are fresh for a minute, and a socket is silent for half of one at most.
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let line = text(&demo.ready["change"]);
        let line = line.replace("add=allergy", "add=condition");
        let changed = client.post(line).send().await.expect("the place answers");
        let changed = Answer::of(changed).await.json();
        assert_eq!(changed["change"], "added");
        // Whatever else makes an event meanwhile says honestly that they are being asked for.
        socket.until(|it| conditions(it) > conditions(&first)).await;
        // Each of the systems does it in its own way.
        let base = text(&demo.ready["change"]).replace("lakeside?add=allergy", "");
        for (system, what, section) in [
            ("stmary", "condition", "CONDITIONS"),
            ("northgate", "medication", "MEDICATIONS"),
            ("cornerstone", "medication", "MEDICATIONS"),
            ("lakeside", "allergy", "ALLERGIES"),
        ] {
            let added = client.post(format!("{base}{system}?add={what}")).send().await;
            assert_eq!(added.expect("the place answers").status(), 200);
            let told = |it: &Value| view(it)["changed"].to_string().contains(section);
            socket.until(told).await;
        }
    });
}

use caregraph_connectors::builtin;

use crate::access::Role;
use crate::config::{Config, load};

fn read(telemetry: &str) -> Result<Config, Vec<String>> {
    let text =
        format!("[auth]\nissuer = \"http://127.0.0.1:9000\"\n\n[telemetry]\n{telemetry}\n\n");
    load(&text, &builtin())
        .map_err(|mistakes| mistakes.0.into_iter().map(|mistake| mistake.path).collect())
}

#[test]
fn nothing_is_to_be_seen_unless_somebody_says_so() {
    let telemetry = read("").unwrap().telemetry;
    assert!(telemetry.metrics.is_none() && telemetry.traces.is_none());
    assert!(telemetry.waterfall.is_empty());
}

#[test]
fn what_is_said_is_read() {
    let text = "metrics = \"127.0.0.1:9464\"\notlp = \"http://127.0.0.1:4318/\"\ntrace_share = 0.5\n\
                waterfall = [\"COORDINATOR\"]";
    let telemetry = read(text).unwrap().telemetry;
    assert_eq!(telemetry.metrics, "127.0.0.1:9464".parse().ok());
    let traces = telemetry.traces.unwrap();
    assert_eq!(traces.collector.as_str(), "http://127.0.0.1:4318/v1/traces");
    assert!((traces.share - 0.5).abs() < f64::EPSILON);
    assert!(telemetry.waterfall.contains(&Role::Coordinator));
    assert!(read("metrics = \"[::1]:9464\"").is_ok());
}

#[test]
fn metrics_are_opened_to_other_machines_on_purpose_alone() {
    for address in ["0.0.0.0:9464", "10.0.0.1:9464", "[::]:9464"] {
        let metrics = format!("metrics = {address:?}");
        assert_eq!(read(&metrics).unwrap_err(), ["telemetry.metrics"], "{address}");
        assert!(read(&format!("{metrics}\nmetrics_on_network = true")).is_ok(), "{address}");
    }
}

#[test]
fn every_mistake_is_named() {
    let text = "metrics = \"9464\"\notlp = \"http://user@collector?x=1\"\notlp_token = \"plain\"\n\
                trace_share = 1.5\nwaterfall = [\"BOSS\"]";
    let mut paths = read(text).unwrap_err();
    paths.sort();
    let names = ["metrics", "otlp", "otlp_token", "trace_share", "waterfall"];
    assert_eq!(paths, names.map(|name| format!("telemetry.{name}")));
    for bad in ["ftp://127.0.0.1", "collector:4318", "http://c#x"] {
        assert_eq!(read(&format!("otlp = {bad:?}")).unwrap_err(), ["telemetry.otlp"], "{bad}");
    }
}

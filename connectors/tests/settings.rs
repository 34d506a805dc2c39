//! The settings of every kind.

use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::{Io, Kind, builtin};
use url::Url;

fn kinds() -> Vec<Kind> {
    builtin().kinds().to_vec()
}

fn build(kind: &Kind, settings: &str) -> Result<(), String> {
    let io = Io {
        base_url: Url::parse("http://127.0.0.1:9/base").unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(1),
        egress: Egress::new().unwrap(),
    };
    (kind.build)(settings.parse().unwrap(), io).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn every_example_is_parsed_and_builds_a_connector() {
    for kind in kinds() {
        assert_eq!(build(&kind, kind.example), Ok(()), "{}", kind.name);
        // Whoever cannot do without settings says which.
        let bare = build(&kind, "");
        assert!(bare.as_ref().err().is_none_or(|it| it.contains("is missing")), "{bare:?}");
    }
}

/// Settings that stand in the place of another one, so that no example has both. `lookup.rs` has one with it.
const IN_PLACE: [(&str, &str); 1] = [("mapped-http", "lookup")];

#[test]
fn every_setting_stands_in_the_example() {
    for kind in kinds() {
        let example: toml::Table = kind.example.parse().unwrap();
        let mut named: Vec<&str> = example.keys().map(String::as_str).collect();
        let mut known = kind.settings.to_vec();
        named.sort_unstable();
        known.sort_unstable();
        known.retain(|setting| !IN_PLACE.contains(&(kind.name, setting)));
        assert_eq!(named, known, "{}", kind.name);
    }
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_valid_one() {
    for kind in kinds() {
        for setting in kind.settings {
            let slip = format!("{setting}x");
            let error = build(&kind, &format!("{slip} = 1")).unwrap_err();
            assert!(error.contains(&format!("`{slip}`")), "{error}");
            assert!(error.contains(&format!("`{setting}`")), "{error}");
        }
        assert!(build(&kind, "zz_no_such_thing = 1").is_err(), "{}", kind.name);
    }
}

#[test]
fn kinds_are_listed_in_order_with_a_word_on_each() {
    let kinds = builtin();
    assert!(kinds.kinds().is_sorted_by_key(|kind| kind.name));
    assert!(kinds.kinds().iter().all(|kind| !kind.about.is_empty()));
}

#[test]
fn values_out_of_range_are_refused() {
    let kind = *builtin().kind("hsds-3").unwrap();
    for wrong in ["refresh_minutes = 0", "page_size = 0", "page_size = 1001", "page_size = 'x'"] {
        assert!(build(&kind, wrong).is_err(), "{wrong}");
    }
}

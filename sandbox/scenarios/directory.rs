//! The community directory speaks HSDS 3.0.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ask, sandbox};

#[tokio::test]
async fn pages_of_services_add_up() {
    let sandbox = sandbox(1).await;
    assert_eq!(ask(&sandbox, "commons", "/").await.json()["version"], "3.0");
    let mut ids = Vec::new();
    for page in 1.. {
        let list =
            ask(&sandbox, "commons", &format!("/services?page={page}&per_page=17")).await.json();
        assert_eq!(
            (list["total_items"].as_u64(), list["total_pages"].as_u64()),
            (Some(60), Some(4))
        );
        assert_eq!(
            (list["page_number"].as_u64(), list["first_page"].as_bool()),
            (Some(page), Some(page == 1))
        );
        let contents = list["contents"].as_array().unwrap();
        assert_eq!(list["size"], contents.len());
        ids.extend(contents.iter().map(|service| service["id"].as_str().unwrap().to_owned()));
        if list["last_page"] == true {
            break;
        }
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 60);
    let beyond = ask(&sandbox, "commons", "/services?page=9").await.json();
    assert_eq!(
        (beyond["empty"].as_bool(), beyond["last_page"].as_bool()),
        (Some(true), Some(true))
    );
    for wrong in ["/services?page=0", "/services?per_page=x", "/services?modified_after=never"] {
        assert_eq!(ask(&sandbox, "commons", wrong).await.status, 400, "{wrong}");
    }
    for missing in ["/nothing", "/services/unknown", "/services/a/b"] {
        assert_eq!(ask(&sandbox, "commons", missing).await.status, 404, "{missing}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn details_hold_what_lists_leave_out() {
    let sandbox = sandbox(1).await;
    let full = ask(&sandbox, "commons", "/services?per_page=100&full=true").await.json();
    let brief = ask(&sandbox, "commons", "/services?per_page=100").await.json();
    let services = full["contents"].as_array().unwrap();
    for (full, brief) in services.iter().zip(brief["contents"].as_array().unwrap()) {
        let detail =
            ask(&sandbox, "commons", &format!("/services/{}", full["id"].as_str().unwrap()))
                .await
                .json();
        assert_eq!(detail, *full);
        assert_eq!(brief["name"], full["name"]);
        assert!(
            brief["attributes"].is_null()
                && full["attributes"][0]["taxonomy_term"]["name"].is_string()
        );
    }
    check_variety(services);
    sandbox.stop().await;
}

/// Entries differ in what they say.
fn check_variety(services: &[Value]) {
    let some = |test: &dyn Fn(&Value) -> bool| services.iter().any(test);
    assert!(some(&|one| one["status"] == "inactive") && some(&|one| one["status"] == "active"));
    assert!(
        some(&|one| one["description"].is_string() && one["phones"].is_null()),
        "some are sparse"
    );
    assert!(some(&|one| one["minimum_age"] == 60) && some(&|one| one["maximum_age"] == 12));
    let parts = [
        "phones",
        "schedules",
        "service_areas",
        "cost_options",
        "languages",
        "contacts",
        "funding",
    ];
    assert!(some(&|one| parts.iter().all(|part| !one[part].as_array().is_none_or(Vec::is_empty))));
    let address = |one: &Value| {
        one["service_at_locations"][0]["location"]["addresses"][0]["postal_code"].is_string()
    };
    assert!(
        some(&address)
            && some(&|one| one["program"].is_object())
            && some(&|one| one["required_documents"][0].is_object())
    );
}

#[tokio::test]
async fn every_list_has_details_and_can_be_narrowed_by_time() {
    let sandbox = sandbox(1).await;
    for name in ["organizations", "service_at_locations", "taxonomies", "taxonomy_terms"] {
        let list = ask(&sandbox, "commons", &format!("/{name}?per_page=5")).await.json();
        let id = list["contents"][0]["id"].as_str().unwrap();
        assert_eq!(ask(&sandbox, "commons", &format!("/{name}/{id}")).await.json()["id"], id);
    }
    let changed =
        ask(&sandbox, "commons", "/services?per_page=100&modified_after=2026-06-01").await.json();
    let changed = changed["contents"].as_array().unwrap();
    assert!(!changed.is_empty() && changed.len() < 60);
    assert!(
        changed.iter().all(|service| service["last_modified"].as_str().unwrap() > "2026-06-01")
    );
    sandbox.stop().await;
}

//! Trusted documents: named by hash, followed while running, required when the configuration says so.

use std::sync::Arc;

use caregraph_sandbox::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, run, until};
use crate::home::Home;

const ME: &str = "{ me { role } }";
/// The SHA-256 of [`ME`].
const ME_HASH: &str = "27c64fc4dd1f1764d7f0412707ec0210beccc5cf7f9af30d35b97345353dc6f0";
const NUMBERS: &str = "{ patients(first: 1) { nodes { identifiers { value } } } }";
/// The SHA-256 of [`NUMBERS`].
const NUMBERS_HASH: &str = "7ef8c58341e2fdb7ec51046723b8f942aefc52ff4f6d889bedd061e144eb4fdc";

async fn gateway(home: &Arc<Home>, manifest: &Value) -> TestGateway {
    let path = home.path().join("documents.json");
    std::fs::write(&path, manifest.to_string()).unwrap();
    let extra =
        format!("\n[documents]\nmanifest = {:?}\nrequired = true\n", path.display().to_string());
    TestGateway::builder()
        .patients(5)
        .at_home(home.clone())
        .shape(|shape| shape.extra = extra)
        .start()
        .await
}

#[test]
fn only_trusted_documents_are_answered_and_access_holds_for_them_too() {
    run(async {
        let home = Arc::new(Home::new());
        let manifest = json!({ format!("sha256:{ME_HASH}"): ME, NUMBERS_HASH: NUMBERS });
        let gateway = gateway(&home, &manifest).await;
        let token = gateway.token(Role::Coordinator);
        let ask = async |body: Value| gateway.send(&token, body.to_string()).await;
        for body in [
            json!({ "documentId": format!("sha256:{ME_HASH}") }),
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": ME_HASH } } }),
            json!({ "query": ME }),
            json!({ "query": ME, "documentId": format!("sha256:{ME_HASH}") }),
        ] {
            assert_eq!(ask(body).await.data()["me"]["role"], "COORDINATOR");
        }
        let masked = ask(json!({ "documentId": format!("sha256:{NUMBERS_HASH}") })).await;
        assert!(masked.data()["patients"]["nodes"][0]["identifiers"].is_null(), "{}", masked.text);
        assert_eq!(masked.redactions(), ["patients.nodes.identifiers"]);
        let unknown = format!("sha256:{}", "0".repeat(64));
        let refused = ask(json!({ "query": "{ me { subject } }" })).await;
        assert_eq!(refused.codes(), ["DOCUMENT_NOT_TRUSTED"]);
        for body in [
            json!({ "documentId": unknown }),
            json!({ "query": "{ __schema { types { name } } }" }),
            json!({ "query": "not a document" }),
        ] {
            assert_eq!(ask(body).await.text, refused.text);
        }
        let mixed =
            ask(json!({ "query": ME, "documentId": format!("sha256:{NUMBERS_HASH}") })).await;
        assert_eq!(mixed.codes(), ["BAD_USER_INPUT"]);
        assert_eq!(ask(json!({ "variables": {} })).await.status, StatusCode::BAD_REQUEST);
        gateway.stop().await;
    });
}

#[test]
fn a_changed_manifest_holds_and_one_with_a_mistake_does_not() {
    run(async {
        let home = Arc::new(Home::new());
        let gateway = gateway(&home, &json!({})).await;
        let token = gateway.token(Role::Coordinator);
        let is_taken = async |query: &str| {
            let answer = gateway.send(&token, json!({ "query": query }).to_string()).await;
            answer.codes().is_empty()
        };
        assert!(!is_taken(ME).await);
        let path = home.path().join("documents.json");
        std::fs::write(&path, json!({ ME_HASH: ME }).to_string()).unwrap();
        until("the new documents hold", || is_taken(ME)).await;
        std::fs::write(&path, json!({ ME_HASH: ME, NUMBERS_HASH: "{ me { role } } " }).to_string())
            .unwrap();
        std::fs::write(home.path().join("other.json"), "{}").unwrap();
        assert!(is_taken(ME).await);
        std::fs::write(&path, json!({ NUMBERS_HASH: NUMBERS }).to_string()).unwrap();
        until("the last documents hold", || is_taken(NUMBERS)).await;
        assert!(!is_taken(ME).await);
        gateway.stop().await;
    });
}

//! Several issuers, each trusted for what it is configured for and for nothing else.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::{TestGateway, run};
use crate::issuer::{Key, TestIssuer};

const ME: &str = "{ me { subject role organization purpose } }";

/// A gateway that believes the sandbox's issuer and those of these blocks.
async fn believing(blocks: &str) -> TestGateway {
    let blocks = blocks.to_owned();
    let builder = TestGateway::builder().patients(1).at_once();
    builder.shape(|shape| shape.extra = blocks).start().await
}

fn block(issuer: &TestIssuer, rest: &str) -> String {
    format!("\n[[auth.issuers]]\nurl = {:?}\n{rest}\n", issuer.url())
}

/// Claims that are good, but for these.
fn claims(issuer: &TestIssuer, other: Value) -> Value {
    let mut claims = issuer.claims();
    let Value::Object(other) = other else { panic!("claims are an object") };
    for (name, value) in other {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(&name);
        } else {
            claims[name] = value;
        }
    }
    claims
}

async fn with(gateway: &TestGateway, key: &Key, claims: &Value) -> Answer {
    let token = key.sign(&key.header().to_string(), &claims.to_string());
    gateway.ask_with(&token, ME, Value::Null).await
}

#[test]
fn each_issuer_is_believed_with_its_own_keys_alone() {
    run(async {
        // Both call their key by the same name.
        let (first, second) = (Key::new("key-1"), Key::new("key-1"));
        let one = TestIssuer::start(&[&first]).await;
        let two = TestIssuer::start(&[&second]).await;
        let gateway = believing(&format!("{}{}", block(&one, ""), block(&two, ""))).await;
        for round in ["cold", "warm"] {
            assert_eq!(with(&gateway, &first, &one.claims()).await.status, 200, "{round}");
            assert_eq!(with(&gateway, &second, &two.claims()).await.status, 200, "{round}");
            assert_eq!(with(&gateway, &first, &two.claims()).await.status, 401, "{round}");
            assert_eq!(with(&gateway, &second, &one.claims()).await.status, 401, "{round}");
        }
        assert_eq!(gateway.ask(Role::Admin, ME, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn an_issuer_that_is_not_ours_is_asked_nothing() {
    run(async {
        let (key, foreign) = (Key::new("key-1"), Key::new("key-1"));
        let ours = TestIssuer::start(&[&key]).await;
        let stranger = TestIssuer::start(&[&foreign]).await;
        let gateway = believing(&block(&ours, "")).await;
        for claims in [
            stranger.claims(),
            claims(&ours, json!({ "iss": format!("{}/", ours.url()) })),
            claims(&ours, json!({ "iss": stranger.url() })),
        ] {
            assert_eq!(with(&gateway, &foreign, &claims).await.status, 401);
            assert_eq!(with(&gateway, &key, &claims).await.status, 401);
        }
        assert_eq!((stranger.reads(), stranger.elsewhere(), ours.reads()), (0, 0, 0));
        gateway.stop().await;
    });
}

#[test]
fn an_issuer_for_patients_makes_no_administrator() {
    run(async {
        let key = Key::new("key-1");
        let portal = TestIssuer::start(&[&key]).await;
        let gateway = believing(&block(&portal, "roles = [\"PATIENT\", \"CAREGIVER\"]")).await;
        for (role, status) in
            [("PATIENT", 200), ("CAREGIVER", 200), ("ADMIN", 401), ("PRIMARY_CARE", 401)]
        {
            let claims = claims(&portal, json!({ "role": role, "purpose": null }));
            assert_eq!(with(&gateway, &key, &claims).await.status, status, "{role}");
        }
        gateway.stop().await;
    });
}

#[test]
fn only_listed_clients_are_taken() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = believing(&block(&issuer, "clients = [\"chart\", \"portal\"]")).await;
        for (named, status) in [
            (json!({ "client_id": "chart" }), 200),
            (json!({ "client_id": null, "azp": "portal" }), 200),
            (json!({ "client_id": "portal", "azp": "portal" }), 200),
            (json!({ "client_id": null }), 401),
            (json!({ "client_id": "charts" }), 401),
            (json!({ "client_id": "chart", "azp": "another" }), 401),
        ] {
            let answer = with(&gateway, &key, &claims(&issuer, named.clone())).await;
            assert_eq!(answer.status, status, "{named}");
        }
        gateway.stop().await;
    });
}

#[test]
fn claims_are_read_where_the_issuer_keeps_them() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let names = r#"claims = { role = "https://clinic.example/role", org = "https://clinic.example/org" }"#;
        let gateway = believing(&block(&issuer, names)).await;
        let stated = json!({
            "role": null, "org": "elsewhere",
            "https://clinic.example/role": "SPECIALIST", "https://clinic.example/org": "northgate",
            "purpose": "TREAT",
        });
        let me = with(&gateway, &key, &claims(&issuer, stated)).await.data()["me"].clone();
        assert_eq!((&me["role"], &me["organization"]), (&json!("SPECIALIST"), &json!("northgate")));
        // What another claim says of a role counts for nothing.
        assert_eq!(with(&gateway, &key, &issuer.claims()).await.status, 401);
        gateway.stop().await;
    });
}

#[test]
fn an_issuer_that_marks_access_tokens_is_held_to_it() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = believing(&block(&issuer, "token_type = \"at+jwt\"")).await;
        let ask = async |typ: Value, claims: Value| {
            let mut header = key.header();
            header["typ"] = typ;
            let token = key.sign(&header.to_string(), &claims.to_string());
            gateway.ask_with(&token, ME, Value::Null).await.status.as_u16()
        };
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            assert_eq!(ask(json!(typ), issuer.claims()).await, 200, "{typ}");
        }
        for typ in [json!("JWT"), json!("jwt"), json!("at"), json!(""), Value::Null] {
            assert_eq!(ask(typ.clone(), issuer.claims()).await, 401, "{typ}");
        }
        for missing in ["client_id", "iat", "jti"] {
            let claims = claims(&issuer, json!({ missing: null }));
            assert_eq!(ask(json!("at+jwt"), claims).await, 401, "{missing}");
        }
        let azp = claims(&issuer, json!({ "client_id": null, "azp": "chart" }));
        assert_eq!(ask(json!("at+jwt"), azp).await, 401);
        gateway.stop().await;
    });
}

#[test]
fn each_issuers_tokens_are_meant_for_its_own_audience() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = believing(&block(&issuer, "audience = \"https://us.example/api\"")).await;
        for (audience, status) in [
            (json!("https://us.example/api"), 200),
            (json!(["another", "https://us.example/api"]), 200),
            (json!("caregraph"), 401),
        ] {
            let claims = claims(&issuer, json!({ "aud": audience }));
            assert_eq!(with(&gateway, &key, &claims).await.status, status, "{audience}");
        }
        gateway.stop().await;
    });
}

#[test]
fn the_same_name_at_two_issuers_is_two_people() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = believing(&block(&issuer, "")).await;
        let same = claims(&issuer, json!({ "sub": "demo-coordinator" }));
        let second = with(&gateway, &key, &same).await.data();
        assert_eq!(second["me"]["subject"], format!("{}#demo-coordinator", issuer.url()));
        let first = gateway.ask(Role::Coordinator, ME, Value::Null).await.data();
        assert_eq!(first["me"]["subject"], "demo-coordinator");
        // Nobody takes the name of somebody of another issuer by spelling it out.
        let spelt = TokenSpec {
            subject: Some(format!("{}#demo-coordinator", issuer.url())),
            ..TokenSpec::new(Role::Coordinator)
        };
        let spelt = gateway.sandbox.issuer().token(&spelt);
        assert_eq!(gateway.ask_with(&spelt, ME, Value::Null).await.status, 401);
        gateway.stop().await;
    });
}

#[test]
fn an_issuer_that_is_down_keeps_nobody_elses_people_out() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        issuer.set_up(false);
        let gateway = believing(&block(&issuer, "")).await;
        assert_eq!(with(&gateway, &key, &issuer.claims()).await.status, 503);
        assert_eq!(gateway.ask(Role::Coordinator, ME, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn keys_are_not_read_from_anywhere_nor_without_end() {
    run(async {
        let key = Key::new("key-1");
        let elsewhere = TestIssuer::start(&[&key]).await;
        // An address that is no machine's (RFC 5737), a scheme that is not for this, and a mere path.
        for uri in ["http://192.0.2.1/jwks", "ftp://127.0.0.1/jwks", "/jwks"] {
            let issuer = TestIssuer::start(&[&key]).await;
            issuer.point_to(uri);
            let gateway = believing(&block(&issuer, "")).await;
            assert_eq!(with(&gateway, &key, &issuer.claims()).await.status, 503, "{uri}");
            assert_eq!(issuer.reads(), 0, "{uri}");
            gateway.stop().await;
        }
        for (padding, status) in [(200 * 1024, 200), (256 * 1024, 503)] {
            let issuer = TestIssuer::start(&[&key]).await;
            issuer.pad(padding);
            let gateway = believing(&block(&issuer, "")).await;
            assert_eq!(with(&gateway, &key, &issuer.claims()).await.status, status, "{padding}");
            gateway.stop().await;
        }
        // On this machine its keys may stand at another port.
        let issuer = TestIssuer::start(&[]).await;
        issuer.point_to(&format!("{}/jwks", elsewhere.url()));
        let gateway = believing(&block(&issuer, "")).await;
        assert_eq!(with(&gateway, &key, &issuer.claims()).await.status, 200);
        assert_eq!((issuer.reads(), elsewhere.reads()), (0, 1));
        gateway.stop().await;
    });
}

//! A FHIR server that gives tokens for a signature, read by a gateway; its tokens are checked by a library that is not ours.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::answer::{Answer, items};
use crate::gateway::{run, until};
use crate::home::Home;
use crate::process::Process;

/// A FHIR server with one patient that answers whoever has the last token that it gave.
struct Clinic<'c> {
    keys: JwkSet,
    tokens: AtomicUsize,
    seen: Mutex<Vec<String>>,
    origin: &'c str,
}

impl Clinic<'_> {
    fn answer(&self, request: &HttpRequest) -> Play {
        Play::Answer(match request.path.as_str() {
            "/fhir/.well-known/smart-configuration" => HttpAnswer::json(&json!({
                "token_endpoint": format!("{}/oauth/token", self.origin),
                "grant_types_supported": ["client_credentials"],
            })),
            "/oauth/token" => self.token(request),
            _ => self.patients(request),
        })
    }

    fn token(&self, request: &HttpRequest) -> HttpAnswer {
        let form: Vec<(String, String)> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let assertion = form.iter().find(|(name, _)| name == "client_assertion");
        let (_, assertion) = assertion.expect("it is asked for with one");
        let head = decode_header(assertion).expect("it is a JWT");
        let jwk = self.keys.find(&head.kid.expect("it names its key")).expect("the key is known");
        let mut validation = Validation::new(Algorithm::ES384);
        validation.set_audience(&[format!("{}/oauth/token", self.origin)]);
        validation.set_issuer(&["caregraph-7"]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let key = DecodingKey::from_jwk(jwk).expect("the key is one");
        let claims = decode::<Value>(assertion, &key, &validation).expect("it holds").claims;
        let number = claims["jti"].as_str().expect("it is for once").to_owned();
        let mut seen = self.seen.lock().expect("nobody panics here");
        assert!(!seen.contains(&number));
        seen.push(number);
        let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        let told = json!({ "access_token": format!("t-{number}"), "token_type": "bearer", "expires_in": 300 });
        HttpAnswer::json(&told)
    }

    /// The first token is taken back before it was ever used.
    fn patients(&self, request: &HttpRequest) -> HttpAnswer {
        let last = format!("Bearer t-{}", self.tokens.load(Ordering::SeqCst));
        if request.header("authorization") != Some(last.as_str()) || last == "Bearer t-1" {
            return HttpAnswer::json(&json!({ "resourceType": "OperationOutcome" })).status(401);
        }
        let patient = json!({ "resourceType": "Patient", "id": "p1", "name": [{ "family": "A", "given": ["B"] }] });
        HttpAnswer::json(&json!({
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 1,
            "entry": [{ "fullUrl": format!("{}/fhir/Patient/p1", self.origin), "resource": patient }],
        }))
    }
}

/// A private key in a file, as `openssl` writes it.
fn key(home: &Home) -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key is made");
    let der = STANDARD.encode(pair.to_pkcs8v1().expect("it can be written"));
    let path = home.path().join("gateway.pem");
    let text = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&path, text).expect("files can be written");
    path.display().to_string()
}

#[test]
fn a_server_that_gives_tokens_for_a_signature_is_read() {
    run(async {
        let (home, server) = (Home::new(), Server::bind().await.unwrap());
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite://{}\"\n[auth]\nissuer = \"http://127.0.0.1:1\"\n\
             [access]\nrelationship = \"not-required\"\n[[connector]]\nid = \"clinic\"\nname = \"Clinic\"\n\
             category = \"PRIMARY_CARE\"\nkind = \"fhir-r4\"\nbase_url = \"{}/fhir\"\n\
             auth = {{ type = \"smart-backend-services\", client_id = \"caregraph-7\", key = \"file:{}\", scope = \"system/*.rs\" }}\n",
            home.path().join("caregraph.db").display(),
            server.origin(),
            key(&home),
        );
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        let told = command.args(["key", "--config"]).arg(&config).output().unwrap();
        assert!(told.status.success(), "{told:?}");
        let clinic = Clinic {
            keys: serde_json::from_slice(&told.stdout).unwrap(),
            tokens: AtomicUsize::new(0),
            seen: Mutex::default(),
            origin: server.origin(),
        };
        let gateway = Process::start(&config.display().to_string());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ready = format!("http://{}/health/ready", gateway.address);
        let is_read = || async {
            let answer = Answer::of(client.get(&ready).send().await.unwrap()).await.json();
            items(&answer["index"]).iter().all(|it| it["state"] == "ready" && it["people"] == 1)
        };
        tokio::select! {
            () = until("the roster is read", is_read) => {}
            never = server.serve(|request| clinic.answer(request)) => match never {},
        }
        assert_eq!(
            clinic.tokens.load(Ordering::SeqCst),
            2,
            "one that was taken back, and the next"
        );
    });
}

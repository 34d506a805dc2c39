//! An authorization server before a FHIR server, as SMART Backend Services has it: a client signs who it is and is given a
//! token for a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::post,
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::Jwk};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{bearer, credential::Credential};
use crate::{front, query};

const CLIENT: &str = "caregraph";
const TOKENS: &str = "/oauth/token";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion may hold, and a token does, in seconds.
const LONGEST_ASSERTION: u64 = 300;
const LIFE: u64 = 60;

/// What may differ between two clocks, in seconds.
const LEEWAY: u64 = 5;

/// The most tokens, and numbers of assertions, that are kept.
const MOST: usize = 10_000;

/// Who may ask a FHIR server.
pub(crate) struct Authority {
    /// Where the FHIR server is, and where tokens are given.
    path: &'static str,
    token_url: String,
    pem: String,
    keys: Vec<Jwk>,
    /// The tokens that were given, and the assertions that were taken, each with its end.
    tokens: Mutex<HashMap<String, u64>>,
    taken: Mutex<HashMap<String, u64>>,
}

/// Why no token is given: a word of RFC 6749, §5.2.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Request,
    Client,
    Grant,
    Scope,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: u64,
    jti: String,
}

impl Authority {
    /// An authority on the host and port of `origin`, before what is below `path`. It knows one client, whose key is made now.
    pub(crate) fn new(origin: &str, path: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING);
        let pair = pair.expect("the machine has randomness");
        let der = pair.to_pkcs8v1().expect("a key that was made here can be written");
        let der = BASE64_STANDARD.encode(der.as_ref());
        Self {
            path,
            token_url: format!("{origin}{TOKENS}"),
            pem: format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n"),
            keys: public(pair.public_key().as_ref()).into_iter().collect(),
            tokens: Mutex::default(),
            taken: Mutex::default(),
        }
    }

    /// What its client has to know.
    pub(crate) fn credential(&self) -> Credential {
        Credential::Key {
            client_id: CLIENT.to_owned(),
            pem: self.pem.clone(),
            token_url: self.token_url.clone(),
        }
    }

    /// Puts it before a router.
    pub(crate) fn before(self: &Arc<Self>, router: Router) -> Router {
        let guarded = router.layer(from_fn_with_state(Arc::clone(self), pass));
        let tokens = post(tokens).with_state(Arc::clone(self));
        Router::new().route(TOKENS, tokens).fallback_service(guarded)
    }

    /// The token that a form is given, if it is any.
    fn token(&self, form: &str, now: u64) -> Result<Value, Refusal> {
        let form = query::pairs(form);
        let said = |name: &str| query::first(&form, name);
        if said("grant_type") != Some("client_credentials") {
            return Err(Refusal::Grant);
        }
        if said("client_assertion_type") != Some(ASSERTION) {
            return Err(Refusal::Request);
        }
        let assertion = said("client_assertion").ok_or(Refusal::Request)?;
        let scope = said("scope").ok_or(Refusal::Request)?;
        self.believes(assertion, now)?;
        if !scope.split(' ').all(|part| part.starts_with("system/")) {
            return Err(Refusal::Scope);
        }
        let token = bearer::unguessable();
        note(&mut held(&self.tokens), token.clone(), now + LIFE, now);
        Ok(json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": LIFE,
            "scope": scope,
        }))
    }

    /// Checks that the client signed this, for this server, for now, and that it was not seen before.
    fn believes(&self, assertion: &str, now: u64) -> Result<(), Refusal> {
        let claims = self.read(assertion).ok_or(Refusal::Client)?;
        let is_for_now =
            claims.exp + LEEWAY > now && claims.exp <= now + LONGEST_ASSERTION + LEEWAY;
        if claims.iss != CLIENT || claims.sub != CLIENT || !is_for_now || claims.jti.is_empty() {
            return Err(Refusal::Client);
        }
        let is_new = note(&mut held(&self.taken), claims.jti, claims.exp + LEEWAY, now);
        if is_new { Ok(()) } else { Err(Refusal::Client) }
    }

    /// What a key of the client has signed for this server.
    fn read(&self, assertion: &str) -> Option<Claims> {
        let head = jsonwebtoken::decode_header(assertion).ok()?;
        if !matches!(head.alg, Algorithm::ES384 | Algorithm::RS384) {
            return None;
        }
        let mut wanted = Validation::new(head.alg);
        wanted.set_audience(&[&self.token_url]);
        wanted.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The clock is looked at by who calls.
        wanted.validate_exp = false;
        let mut fitting = self.keys.iter().filter_map(|key| DecodingKey::from_jwk(key).ok());
        fitting.find_map(|key| Some(decode(assertion, &key, &wanted).ok()?.claims))
    }

    fn holds(&self, token: &str, now: u64) -> bool {
        held(&self.tokens).get(token).is_some_and(|end| now < *end)
    }

    fn configuration(&self) -> Value {
        json!({
            "token_endpoint": self.token_url,
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384"],
            "scopes_supported": ["system/*.rs"],
            "capabilities": ["client-confidential-asymmetric", "permission-v2"],
        })
    }
}

/// The public half of a key on P-384, from its uncompressed point.
fn public(point: &[u8]) -> Option<Jwk> {
    let coordinate = |range| point.get(range).map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let (x, y) = (coordinate(1..49)?, coordinate(49..97)?);
    serde_json::from_value(json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y })).ok()
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a name until its end; false when it is known already, or when there are too many that are not over.
fn note(kept: &mut HashMap<String, u64>, name: String, end: u64, now: u64) -> bool {
    kept.retain(|_, end| *end > now);
    kept.len() < MOST && kept.insert(name, end).is_none()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

async fn tokens(State(authority): State<Arc<Authority>>, request: Request) -> Response {
    let form = to_bytes(request.into_body(), 64 << 10).await.unwrap_or_default();
    let form = std::str::from_utf8(&form).unwrap_or_default();
    let (status, told) = match authority.token(form, now()) {
        Ok(told) => (StatusCode::OK, told),
        Err(refusal) => (StatusCode::BAD_REQUEST, json!({ "error": refusal.word() })),
    };
    let mut answer = json_answer(status, &told);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Lets through what shows a token that holds, and what anybody may know.
async fn pass(State(authority): State<Arc<Authority>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().strip_prefix(authority.path).unwrap_or_default();
    if request.method() == Method::GET && path == "/.well-known/smart-configuration" {
        return json_answer(StatusCode::OK, &authority.configuration());
    }
    let is_open = request.method() == Method::GET && path == "/metadata";
    let shown = bearer::shown(request.headers());
    if is_open || shown.is_some_and(|token| authority.holds(token, now())) {
        return next.run(request).await;
    }
    let issue =
        json!([{ "severity": "error", "code": "login", "diagnostics": "show a token that holds" }]);
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": issue });
    let mut answer = json_answer(StatusCode::UNAUTHORIZED, &outcome);
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

fn json_answer(status: StatusCode, told: &Value) -> Response {
    front::answer(status, "application/json", Bytes::from(told.to_string()))
}

impl Refusal {
    fn word(&self) -> &'static str {
        match self {
            Self::Request => "invalid_request",
            Self::Client => "invalid_client",
            Self::Grant => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
        }
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;

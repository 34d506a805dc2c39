//! A demo `OpenID` provider: discovery, keys, and a token for whoever asks. It knows no passwords.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::get,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    fault::Fault,
    front::{self, Front},
    listener::{FaultyListener, Serving, serve},
    query,
    requests::{RequestCounters, Requests},
    role::Role,
    sandbox::SandboxError,
};

/// Who a token is for, and what it says.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    /// The active role.
    pub role: Role,
    /// The subject; a demo user of the role when none is named.
    pub subject: Option<String>,
    /// The organisation; the role's own when none is named.
    pub organization: Option<String>,
    /// The National Provider Identifier of a clinician.
    pub npi: Option<String>,
    /// How many minutes ago the person signed in; not told when it is not said.
    pub signed_in_ago: Option<i64>,
    /// The client application.
    pub client_id: String,
    /// The purpose of use; the role's default when none is named.
    pub purpose: Option<String>,
    /// The patient; for patients and caregivers, the issuer's default when none is named.
    pub patient: Option<String>,
    /// The scopes; the role's own when none are named.
    pub scope: Option<String>,
    /// Whom the token is meant for.
    pub audience: String,
    /// How long it is good for; a negative number makes one that is over.
    pub minutes: i64,
}

impl TokenSpec {
    /// A token of a role with everything at its default, good for an hour.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            subject: None,
            organization: None,
            npi: None,
            signed_in_ago: None,
            client_id: "caregraph-demo".to_owned(),
            purpose: None,
            patient: None,
            scope: None,
            audience: AUDIENCE.to_owned(),
            minutes: 60,
        }
    }
}

const AUDIENCE: &str = "caregraph";

/// The running provider.
pub struct Issuer {
    signer: Arc<Signer>,
    front: Arc<Front>,
    serving: Serving,
}

impl Issuer {
    pub(crate) async fn start(port: u16) -> Result<Self, SandboxError> {
        let listen = |source: io::Error| SandboxError::Listen { what: "issuer", port, source };
        let (fault, faults) = watch::channel(Fault::None);
        let listener = FaultyListener::bind(port, faults).await.map_err(listen)?;
        let signer = Arc::new(
            Signer::new(front::base_url(listener.address(), "")).ok_or(SandboxError::Key)?,
        );
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(keys))
            .route("/token", get(token).post(token))
            .with_state(Arc::clone(&signer));
        let front = Arc::new(Front {
            fault,
            requests: RequestCounters::default(),
            path: "",
            media_type: "application/json",
            names: vec![".well-known", "jwks", "token"],
            luck: front::luck("issuer"),
        });
        let serving = serve(listener, front::behind(Arc::clone(&front), router));
        Ok(Self { signer, front, serving })
    }

    /// The issuer's name, which is its address.
    pub fn url(&self) -> &str {
        &self.signer.url
    }

    /// A signed token.
    pub fn token(&self, spec: &TokenSpec) -> String {
        self.signer.token(spec)
    }

    /// The patient whom tokens of patients and caregivers name when nobody else is named.
    pub fn set_default_patient(&self, id: &str) {
        *self.signer.default_patient.write().unwrap_or_else(PoisonError::into_inner) =
            Some(id.to_owned());
    }

    /// The public keys, as a JSON web key set.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.signer.public_key] })
    }

    /// Makes the provider misbehave like a system.
    pub fn set_fault(&self, fault: Fault) {
        self.front.fault.send_replace(fault);
    }

    /// What the provider was asked so far: `.well-known/`, `jwks?` and `token?`.
    pub fn requests(&self) -> Requests {
        self.front.requests.snapshot()
    }
}

impl Issuer {
    /// Closes the port and breaks what is still connected.
    pub(crate) async fn close(&mut self) {
        self.set_fault(Fault::Dead);
        self.serving.close().await;
    }
}

/// The key and what is signed with it.
struct Signer {
    url: String,
    key: EncodingKey,
    key_id: String,
    public_key: Value,
    default_patient: RwLock<Option<String>>,
}

impl Signer {
    fn new(url: String) -> Option<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let private = pair.to_pkcs8v1().ok()?;
        // An uncompressed point: one byte for the form, then both coordinates.
        let point = pair.public_key().as_ref();
        let coordinate = |range: std::ops::Range<usize>| {
            point.get(range).map(|part| BASE64_URL_SAFE_NO_PAD.encode(part))
        };
        let (x, y) = (coordinate(1..33)?, coordinate(33..65)?);
        let key_id = format!("sandbox-{}", &x[..8]);
        let public_key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key_id, "x": x, "y": y });
        let key = EncodingKey::from_ec_der(private.as_ref());
        Some(Self { url, key, key_id, public_key, default_patient: RwLock::default() })
    }

    fn token(&self, spec: &TokenSpec) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, &self.claims(spec), &self.key)
            .expect("the key was made for this algorithm")
    }

    fn claims(&self, spec: &TokenSpec) -> Value {
        let role = spec.role;
        let now = i64::try_from(
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        )
        .unwrap_or(0);
        let default_patient =
            || self.default_patient.read().unwrap_or_else(PoisonError::into_inner).clone();
        let patient =
            spec.patient.clone().or_else(|| role.names_patient().then(default_patient).flatten());
        let mut claims = json!({
            "sub": spec.subject.clone().unwrap_or_else(|| format!("demo-{}", role.kebab())),
            "iss": self.url,
            "aud": spec.audience,
            "iat": now.min(now + spec.minutes * 60),
            "exp": now + spec.minutes * 60,
            "jti": token_id(),
            "client_id": spec.client_id,
            "scope": spec.scope.as_deref().unwrap_or(role.scope()),
            "role": role.as_str(),
            "org": spec.organization.as_deref().unwrap_or(role.organization()),
            "purpose": spec.purpose.as_deref().unwrap_or(role.default_purpose()),
        });
        if let Some(patient) = patient {
            claims["patient"] = json!(patient);
        }
        if let Some(npi) = &spec.npi {
            claims["npi"] = json!(npi);
        }
        if let Some(minutes) = spec.signed_in_ago {
            claims["auth_time"] = json!(now - minutes * 60);
        }
        claims
    }
}

/// A number that no other token has.
fn token_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the machine has randomness");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url()).finish_non_exhaustive()
    }
}

async fn configuration(State(signer): State<Arc<Signer>>) -> Json<Value> {
    let url = &signer.url;
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/jwks"),
        "token_endpoint": format!("{url}/token"),
        "authorization_endpoint": format!("{url}/token"),
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "jti", "client_id", "scope", "role", "org", "purpose", "patient"],
    }))
}

async fn keys(State(signer): State<Arc<Signer>>) -> Json<Value> {
    Json(json!({ "keys": [signer.public_key] }))
}

/// `?role=coordinator`, and `patient`, `purpose`, `minutes`, `sub`, `org`, `npi`, `scope`, `client_id` where they differ.
async fn token(
    State(signer): State<Arc<Signer>>,
    RawQuery(query): RawQuery,
) -> (StatusCode, Json<Value>) {
    match read_spec(&query::pairs(query.as_deref().unwrap_or_default())) {
        Ok(spec) => {
            let answer = json!({
                "access_token": signer.token(&spec),
                "token_type": "Bearer",
                "expires_in": spec.minutes * 60,
                "scope": spec.scope.as_deref().unwrap_or(spec.role.scope()),
            });
            (StatusCode::OK, Json(answer))
        }
        Err(text) => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_request", "error_description": text })),
        ),
    }
}

fn read_spec(pairs: &[(String, String)]) -> Result<TokenSpec, String> {
    let text =
        |name: &str| query::first(pairs, name).filter(|value| !value.is_empty()).map(str::to_owned);
    let role: Role = text("role")
        .ok_or("name a role")?
        .parse()
        .map_err(|error: crate::role::RoleError| error.to_string())?;
    let default = TokenSpec::new(role);
    let minutes =
        text("minutes").map(|minutes| minutes.parse().map_err(|_| "minutes is no number"));
    let minutes: i64 = minutes.transpose()?.unwrap_or(default.minutes);
    if !(-525_600..=525_600).contains(&minutes) {
        return Err("minutes are limited to a year".to_owned());
    }
    Ok(TokenSpec {
        subject: text("sub"),
        organization: text("org"),
        npi: text("npi"),
        signed_in_ago: None,
        client_id: text("client_id").unwrap_or(default.client_id),
        purpose: text("purpose"),
        patient: text("patient"),
        scope: text("scope"),
        minutes,
        role,
        audience: default.audience,
    })
}

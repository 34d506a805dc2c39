//! From a bearer token to a viewer.
//!
//! A token is believed when one of the issuer's published keys signed it with the algorithm that belongs to that key,
//! and when every claim that we need is there in the right shape. Whatever else is wrong with it makes no difference
//! that a caller could see: every refusal is the same.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::{Policy, PurposeOfUse, Role, Viewer};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// The longest key id.
const LONGEST_KEY_ID: usize = 128;
/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: u64 = 30;

/// The token is not one that we accept. There is one reason on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not accepted")]
pub struct Refused;

/// The issuer's keys, by key id. Keys that can not sign tokens of ours are left out.
#[derive(Clone, Default)]
pub struct KeySet(HashMap<String, (Algorithm, DecodingKey)>);

impl KeySet {
    /// Reads a JSON Web Key Set. Unusable keys are passed over: an issuer may publish keys for other ends.
    pub fn of_jwks(json: &[u8]) -> Option<Self> {
        let published: JwkSet = serde_json::from_slice(json).ok()?;
        let mut keys = HashMap::new();
        for jwk in &published.keys {
            let (Some(id), Some(algorithm)) = (&jwk.common.key_id, algorithm(jwk)) else {
                continue;
            };
            let signs = jwk
                .common
                .public_key_use
                .as_ref()
                .is_none_or(|usage| *usage == PublicKeyUse::Signature);
            if let (true, Ok(key)) = (signs && is_key_id(id), DecodingKey::from_jwk(jwk)) {
                keys.entry(id.clone()).or_insert((algorithm, key));
            }
        }
        Some(Self(keys))
    }

    /// True when it holds a key of that id.
    pub fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}

/// The one algorithm that belongs to a key. Symmetric keys belong to none.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let named = jwk.common.key_algorithm;
    match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => match named {
            None | Some(KeyAlgorithm::RS256) => Some(Algorithm::RS256),
            Some(KeyAlgorithm::RS384) => Some(Algorithm::RS384),
            Some(KeyAlgorithm::RS512) => Some(Algorithm::RS512),
            Some(KeyAlgorithm::PS256) => Some(Algorithm::PS256),
            Some(KeyAlgorithm::PS384) => Some(Algorithm::PS384),
            Some(KeyAlgorithm::PS512) => Some(Algorithm::PS512),
            Some(_) => None,
        },
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 if matches!(named, None | Some(KeyAlgorithm::ES256)) => {
                Some(Algorithm::ES256)
            }
            EllipticCurve::P384 if matches!(named, None | Some(KeyAlgorithm::ES384)) => {
                Some(Algorithm::ES384)
            }
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) => {
            let ours = key.curve == EllipticCurve::Ed25519
                && matches!(named, None | Some(KeyAlgorithm::EdDSA));
            ours.then_some(Algorithm::EdDSA)
        }
        // Symmetric keys, and whatever is invented next.
        _ => None,
    }
}

/// What a token must say about itself before its signature is looked at.
#[derive(Deserialize)]
struct StrictHeader {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
    #[serde(default)]
    b64: Option<serde_json::Value>,
    #[serde(default)]
    jku: Option<serde_json::Value>,
    #[serde(default)]
    jwk: Option<serde_json::Value>,
    #[serde(default)]
    x5u: Option<serde_json::Value>,
    #[serde(default)]
    x5c: Option<serde_json::Value>,
}

/// The claims, in the only shapes that are accepted.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    exp: u64,
    #[serde(default)]
    iat: Option<u64>,
    #[serde(default)]
    auth_time: Option<u64>,
    role: String,
    #[serde(default)]
    org: Option<String>,
    #[serde(default)]
    npi: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    patient: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    scope: Option<String>,
}

/// The key id of a token that is worth a look, before anything of it is believed.
pub fn key_id(token: &str) -> Result<String, Refused> {
    if token.len() > LONGEST {
        return Err(Refused);
    }
    let header = strict_header(token)?;
    let embedded = [&header.crit, &header.b64, &header.jku, &header.jwk, &header.x5u, &header.x5c];
    let typ = header
        .typ
        .as_deref()
        .map(|typ| typ.trim_start_matches("application/").to_ascii_lowercase());
    let known_type = matches!(typ.as_deref(), None | Some("jwt" | "at+jwt"));
    let sound = known_type
        && is_key_id(&header.kid)
        && embedded.iter().all(|field| field.is_none())
        && !header.alg.is_empty();
    if sound { Ok(header.kid) } else { Err(Refused) }
}

/// Verifies a token and reads who presents it.
pub fn verify(
    token: &str,
    keys: &KeySet,
    issuer: &str,
    audience: &str,
    policy: &Policy,
) -> Result<Viewer, Refused> {
    let id = key_id(token)?;
    let (algorithm, key) = keys.0.get(&id).ok_or(Refused)?;
    if decode_header(token).map_err(|_| Refused)?.alg != *algorithm {
        return Err(Refused);
    }
    let mut rules = Validation::new(*algorithm);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Claims>(token, key, &rules).map_err(|_| Refused)?.claims;
    // The library takes a list of issuers of which one fits; a token has exactly one.
    let early = claims.iat.is_some_and(|issued| issued > now() + LEEWAY);
    if claims.iss != issuer || claims.sub.is_empty() || early {
        return Err(Refused);
    }
    viewer(claims, policy)
}

fn viewer(claims: Claims, policy: &Policy) -> Result<Viewer, Refused> {
    let role = Role::ALL.iter().copied().find(|role| role.name() == claims.role).ok_or(Refused)?;
    let purpose = match claims.purpose.as_deref() {
        Some(code) => PurposeOfUse::of_code(code).ok_or(Refused)?,
        None => *policy.purposes(role).first().ok_or(Refused)?,
    };
    Ok(Viewer {
        subject: claims.sub,
        role,
        organization: claims.org,
        npi: claims.npi,
        client: claims.client_id.or(claims.azp),
        purpose,
        scopes: claims.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        patient: claims.patient,
        expires: claims.exp,
        authenticated: claims.auth_time,
    })
}

fn strict_header(token: &str) -> Result<StrictHeader, Refused> {
    use base64::Engine as _;
    let mut parts = token.split('.');
    let header = parts.next().ok_or(Refused)?;
    if parts.count() != 2 {
        return Err(Refused);
    }
    let json =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).map_err(|_| Refused)?;
    serde_json::from_slice(&json).map_err(|_| Refused)
}

fn is_key_id(id: &str) -> bool {
    (1..=LONGEST_KEY_ID).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'=' | b'-'))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

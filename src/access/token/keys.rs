//! The keys by which one issuer signs.

use std::collections::HashMap;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The longest key id.
const LONGEST_KEY_ID: usize = 128;

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

    /// The key of that id, and the one algorithm for which it is used.
    pub(super) fn get(&self, id: &str) -> Option<&(Algorithm, DecodingKey)> {
        self.0.get(id)
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

/// True for a key id that may be looked up.
pub(super) fn is_key_id(id: &str) -> bool {
    (1..=LONGEST_KEY_ID).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'=' | b'-'))
}

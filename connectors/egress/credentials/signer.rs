//! A private key by which we show who we are, and what others need to know of it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// How long what is signed is good for. Servers take at most five minutes, and clocks differ.
const GOOD_FOR: time::Duration = time::Duration::minutes(4);

/// A private key, and how others call it.
pub struct Signer {
    key: Key,
    id: String,
}

enum Key {
    /// ES384.
    P384(Box<EcdsaKeyPair>),
    /// RS384.
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    /// Reads a private key in PEM: P-384 or RSA of at least 2048 bits. Its id is its thumbprint (RFC 7638), unless another
    /// one is given. Says in a sentence why it cannot be used.
    pub fn of_pem(pem: &SecretString, id: Option<String>) -> Result<Self, &'static str> {
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes())
            .map_err(|_| "is no private key in PEM without a password; write one with -----BEGIN PRIVATE KEY-----")?;
        let unfit =
            "is no key that can sign here; make one of P-384 or of RSA with at least 2048 bits";
        let bytes = der.secret_der();
        let p384 = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, bytes);
        let rsa = || RsaKeyPair::from_pkcs8(bytes).or_else(|_| RsaKeyPair::from_der(bytes));
        let key = match p384 {
            Ok(pair) => Key::P384(Box::new(pair)),
            Err(_) => Key::Rsa(Box::new(rsa().map_err(|_| unfit)?)),
        };
        let id = match id {
            Some(id) => id,
            None => thumbprint(&key).ok_or(unfit)?,
        };
        Ok(Self { key, id })
    }

    /// What others need to know of it, to be told them as one of a JWKS. It holds nothing secret.
    pub fn public(&self) -> Option<Value> {
        let mut jwk = public(&self.key)?;
        let more = json!({ "kid": self.id, "alg": self.key.algorithm(), "use": "sig", "key_ops": ["verify"] });
        jwk.as_object_mut()?.extend(more.as_object()?.clone());
        Some(jwk)
    }

    /// What says that we are that client, to whoever gives tokens at that URL, once and for a few minutes.
    pub(super) fn assertion(&self, client: &str, token_url: &str) -> Option<String> {
        let header = json!({ "alg": self.key.algorithm(), "typ": "JWT", "kid": self.id });
        let mut number = [0; 16];
        rand::fill(&mut number).ok()?;
        let ends = (OffsetDateTime::now_utc() + GOOD_FOR).unix_timestamp();
        let number = URL_SAFE_NO_PAD.encode(number);
        let claims =
            json!({ "iss": client, "sub": client, "aud": token_url, "exp": ends, "jti": number });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::P384(_) => "ES384",
            Self::Rsa(_) => "RS384",
        }
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::P384(pair) => Some(pair.sign(&random, text).ok()?.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA384, &random, text, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

/// The public part alone, its members in the order in which a thumbprint is made.
fn public(key: &Key) -> Option<Value> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match key {
        Key::P384(pair) => {
            // A point that is not compressed: a four, and two numbers of 48 bytes.
            let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(48)?;
            Some(json!({ "crv": "P-384", "kty": "EC", "x": encode(x), "y": encode(y) }))
        }
        Key::Rsa(pair) => {
            let (sequence, _) = element(pair.public_key().as_ref(), 0x30)?;
            let (modulus, rest) = element(sequence, 2)?;
            let (exponent, _) = element(rest, 2)?;
            let number = |bytes: &[u8]| encode(bytes.strip_prefix(&[0]).unwrap_or(bytes));
            Some(json!({ "e": number(exponent), "kty": "RSA", "n": number(modulus) }))
        }
    }
}

fn thumbprint(key: &Key) -> Option<String> {
    // `json!` keeps members in the order of the alphabet, which is that of RFC 7638.
    let text = public(key)?.to_string();
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())))
}

/// Takes an element of that kind off DER: what is in it, and what comes after.
fn element(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (first == kind).then(|| rest.split_at_checked(length)).flatten()
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

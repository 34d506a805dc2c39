//! How a message proves whose it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use moka::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};

use super::Letter;

/// How far the clocks of a source and ours may be apart, and how long a message may take.
const TOLERANCE: Duration = Duration::from_mins(5);

/// For how long a signature is remembered: until it is too old anyway.
pub(super) const REMEMBERED: Duration = Duration::from_secs(2 * TOLERANCE.as_secs() + 60);

/// So many signatures are remembered. More than any limit lets a source send in that time.
const MOST_SIGNATURES: u64 = 1_000_000;

/// What stands before the digits of a signature.
const SCHEME: &str = "sha256=";

/// By what a source proves that a message is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It knows the secret and sends it along: all that a FHIR server can do by itself (`channel.header`).
    Bearer,
    /// It signs time and body with the secret: a message can neither be changed nor sent again.
    Hmac,
}

/// What tells a source's own messages from others.
#[derive(Debug)]
pub struct Proof {
    method: Method,
    secret: SecretString,
    seen: Cache<[u8; 32], ()>,
}

impl Proof {
    /// Proof by a secret that the source and we know.
    pub fn new(method: Method, secret: SecretString) -> Self {
        let seen = Cache::builder().max_capacity(MOST_SIGNATURES).time_to_live(REMEMBERED);
        Self { method, secret, seen: seen.build() }
    }

    /// True when the message knows the secret. How long this takes does not tell how near it came.
    pub(super) fn holds(&self, letter: &Letter<'_>, now: SystemTime) -> bool {
        let secret = self.secret.expose_secret().as_bytes();
        match self.method {
            Method::Bearer => {
                let token = letter.token.unwrap_or_default().as_bytes();
                letter.token.is_some() & is_same(token, secret)
            }
            Method::Hmac => signature(letter, now).is_some_and(|(signed_at, tag)| {
                let mut signed =
                    hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
                signed.update(signed_at.as_bytes());
                signed.update(b".");
                signed.update(letter.body.unwrap_or_default());
                verify_slices_are_equal(signed.sign().as_ref(), &tag).is_ok()
            }),
        }
    }

    /// Whether a message has come here before, if it may come once only.
    pub(super) fn sight(&self, letter: &Letter<'_>, now: SystemTime) -> Sight {
        if self.method == Method::Bearer {
            return Sight::OfNoAccount;
        }
        match signature(letter, now) {
            Some((_, tag)) if self.seen.entry(tag).or_insert(()).is_fresh() => {
                Sight::First(hexadecimal(&tag))
            }
            _ => Sight::Again,
        }
    }
}

/// Whether a message has come before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It may come as often as it likes.
    OfNoAccount,
    /// It came for the first time; the word by which it is known again.
    First(String),
    /// It came before.
    Again,
}

/// What is checked where there is no source, so that nobody can tell by the time that there is none.
pub(super) struct Decoy([Proof; 2]);

impl Default for Decoy {
    fn default() -> Self {
        let proof = |method| Proof::new(method, "a secret that nobody is told".to_owned().into());
        Self([proof(Method::Bearer), proof(Method::Hmac)])
    }
}

impl Decoy {
    /// Checks, whatever it comes to.
    pub(super) fn check(&self, letter: &Letter<'_>) {
        for proof in &self.0 {
            std::hint::black_box(proof.holds(letter, SystemTime::now()));
        }
    }
}

/// Compared by their hashes, so that not even the length of a secret shows.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let hash = |text| digest::digest(&digest::SHA256, text);
    verify_slices_are_equal(hash(one).as_ref(), hash(other).as_ref()).is_ok()
}

/// When it was signed and the signature, if that is a time of now. What its address names is not signed, so it must name
/// nothing.
fn signature<'l>(letter: &Letter<'l>, now: SystemTime) -> Option<(&'l str, [u8; 32])> {
    letter.body.filter(|_| letter.path.is_empty())?;
    let signed_at = letter.signed_at?;
    // One way to write a number, so that the same message is always known again.
    let seconds: u64 = signed_at.parse().ok()?;
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    let apart = now.duration_since(at).unwrap_or_else(|ahead| ahead.duration());
    let tag = letter.signature?.strip_prefix(SCHEME)?;
    (apart <= TOLERANCE).then_some((signed_at, bytes(tag)?))
}

fn bytes(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of the source and ours";

    fn proof(method: Method) -> Proof {
        Proof::new(method, SECRET.to_owned().into())
    }

    fn signed(secret: &str, at: &str, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, &[at.as_bytes(), b".", body].concat());
        format!("sha256={}", hexadecimal(tag.as_ref()))
    }

    #[test]
    fn a_bearer_knows_the_whole_secret() {
        let proof = proof(Method::Bearer);
        let holds = |token| {
            proof.holds(&Letter { token, body: Some(b""), ..Letter::default() }, SystemTime::now())
        };
        assert!(holds(Some(SECRET)));
        for wrong in [None, Some(""), Some("a secret"), Some("A secret of the source and ours")] {
            assert!(!holds(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_signature_is_of_this_time_and_this_body_and_comes_once() {
        let proof = proof(Method::Hmac);
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let body = b"a body";
        let check = |at: &str, secret: &str, sent: &[u8], path: &str| {
            let signature = signed(secret, at, body);
            let (signed_at, signature) = (Some(at), Some(signature.as_str()));
            let letter =
                Letter { signed_at, signature, path, body: Some(sent), token: Some(SECRET) };
            (proof.holds(&letter, now), proof.sight(&letter, now) != Sight::Again)
        };
        assert_eq!(check("1000000", SECRET, body, ""), (true, true));
        assert_eq!(check("1000000", SECRET, body, ""), (true, false), "it came before");
        assert_eq!(check("1000300", SECRET, body, ""), (true, true));
        for (at, secret, sent, path) in [
            ("999699", SECRET, body.as_slice(), ""),
            ("1000301", SECRET, body, ""),
            ("soon", SECRET, body, ""),
            ("1000000", "another secret", body, ""),
            ("1000000", SECRET, b"A body", ""),
            ("1000000", SECRET, body, "Patient/1"),
        ] {
            assert!(!check(at, secret, sent, path).0, "{at} {secret} {path}");
        }
        let nothing = Letter { token: Some(SECRET), body: Some(body), ..Letter::default() };
        assert!(!proof.holds(&nothing, now), "the secret alone signs nothing");
    }
}

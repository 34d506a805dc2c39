//! The keys of the log: who may write it, who can check it, and by which names auditors know patients.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::chain::{Hash, Point};
use super::checkpoint::{Checkpoint, SIGNATURE, hexadecimal, of_hexadecimal};
use super::error::AuditError;
use crate::identity::StoreKey;

/// How many bytes of a keyed hash stand for somebody.
const PSEUDONYM: usize = 12;

/// What is needed to write the log: derived from the store's key, so that there is one secret to keep.
pub struct AuditKey {
    pair: Ed25519KeyPair,
    mac: hmac::Key,
    names: hmac::Key,
}

/// What is needed to check the signatures of the log, and is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl AuditKey {
    /// Derives the keys.
    pub fn new(key: &StoreKey) -> Result<Self, AuditError> {
        let seed = key.derive(b"caregraph audit signature");
        let mac = |purpose: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, &key.derive(purpose));
        Ok(Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| AuditError::Key)?,
            mac: mac(b"caregraph audit entry"),
            names: mac(b"caregraph audit pseudonym"),
        })
    }

    /// By which its signatures are checked.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }

    /// By what auditors know a patient: equal for the same id, and no way to it.
    pub fn pseudonym(&self, of: &[u8]) -> String {
        let tag = hmac::sign(&self.names, of);
        format!("p-{}", hexadecimal(tag.as_ref().get(..PSEUDONYM).unwrap_or_default()))
    }

    /// That we wrote an entry of that hash; also whether it bears a signature, so that none can be taken off.
    pub(super) fn mac(&self, hash: &Hash, is_sealed: bool) -> Hash {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(hash);
        context.update(&[u8::from(is_sealed)]);
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// Vouches for all entries up to a point.
    pub(super) fn sign(&self, point: Point) -> Checkpoint {
        let mut signature = [0; SIGNATURE];
        signature.copy_from_slice(self.pair.sign(&message(&point)).as_ref());
        Checkpoint { point, signature }
    }
}

impl PublicKey {
    /// True when whoever has the secret to this key vouched for it.
    pub fn accepts(&self, checkpoint: &Checkpoint) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(&message(&checkpoint.point), &checkpoint.signature).is_ok()
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        of_hexadecimal(text.trim()).map(Self)
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

/// A secret: a debug print shows the type alone.
impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey")
    }
}

fn message(point: &Point) -> Vec<u8> {
    let mut message = b"caregraph audit checkpoint 1".to_vec();
    message.extend_from_slice(&point.chain.to_be_bytes());
    message.extend_from_slice(&point.seq.to_be_bytes());
    message.extend_from_slice(&point.hash);
    message
}

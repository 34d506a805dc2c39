//! What stands between the store and the people in it: keyed hashes to look up by, sealed boxes to keep.
//!
//! Whoever has the store's file alone can neither read a name nor test a guess.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretBox};

/// How many bytes of a keyed hash are kept: no two of a billion keys meet by chance.
const MAC_LEN: usize = 16;
/// How many bytes name the key that sealed a box.
const KEY_ID_LEN: usize = 4;

/// A keyed hash.
pub type Mac = [u8; MAC_LEN];

/// The secret of a store: 32 bytes that are kept apart from it.
pub struct StoreKey(SecretBox<[u8; 32]>);

impl StoreKey {
    /// Takes the secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(secret)))
    }

    /// A secret for one purpose alone, from which neither this one nor that of another purpose can be had.
    pub(crate) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let master = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret());
        let mut secret = [0; 32];
        secret.copy_from_slice(hmac::sign(&master, purpose).as_ref());
        secret
    }
}

/// A secret: a debug print shows the type alone.
impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

/// What a keyed hash is of. Hashes of different kinds never meet.
#[derive(Clone, Copy)]
pub(crate) enum MacOf {
    Record = 1,
    Identifier = 2,
    NameAndPhone = 3,
    NameAndAddress = 4,
    NameAndEmail = 5,
    NameStart = 6,
    BirthDate = 7,
    Content = 8,
    StoreItself = 9,
    Subject = 10,
    Organization = 11,
}

/// A box could not be opened: it was sealed with another key, for another row, or changed since.
#[derive(Debug, thiserror::Error)]
#[error("a stored entry cannot be opened with this key")]
pub struct SealError;

/// Hashes and seals with the keys of one store.
pub(crate) struct Sealer {
    mac: hmac::Key,
    boxes: RandomizedNonceKey,
    /// For what is handed out and comes back. Apart, because a key may seal only so many boxes, and these are
    /// many; what is stored must not run out of them.
    tickets: RandomizedNonceKey,
    key_id: [u8; KEY_ID_LEN],
}

impl Sealer {
    /// Derives the keys of the two uses, so that neither can be turned against the other.
    pub(crate) fn new(key: &StoreKey) -> Result<Self, SealError> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret());
        let derived = |purpose: &[u8]| hmac::sign(&master, purpose);
        let key_id =
            derived(b"caregraph store key id").as_ref().first_chunk().copied().ok_or(SealError)?;
        let boxes = |purpose: &[u8]| {
            RandomizedNonceKey::new(&AES_256_GCM, derived(purpose).as_ref()).map_err(|_| SealError)
        };
        Ok(Self {
            mac: hmac::Key::new(hmac::HMAC_SHA256, derived(b"caregraph store keyed hash").as_ref()),
            boxes: boxes(b"caregraph store box")?,
            tickets: boxes(b"caregraph ticket")?,
            key_id,
        })
    }

    /// The keyed hash of `parts`, each with its length, so that no two lists of parts look alike.
    pub(crate) fn mac(&self, of: MacOf, parts: &[&[u8]]) -> Mac {
        let mut message = Vec::with_capacity(96);
        message.push(of as u8);
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_le_bytes());
            message.extend_from_slice(part);
        }
        let mut mac = Mac::default();
        for (kept, byte) in mac.iter_mut().zip(hmac::sign(&self.mac, &message).as_ref()) {
            *kept = *byte;
        }
        mac
    }

    /// Seals `plain` for the row `row` alone: key id, nonce, ciphertext and tag.
    pub(crate) fn seal(&self, row: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_with(&self.boxes, row, plain)
    }

    /// Opens what was sealed for `row`.
    pub(crate) fn open(&self, row: &[u8], whole: &[u8]) -> Result<Vec<u8>, SealError> {
        self.open_with(&self.boxes, row, whole)
    }

    /// Seals what a caller is to carry about without reading it.
    pub(crate) fn seal_ticket(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_with(&self.tickets, &[], plain)
    }

    /// Opens what [`Sealer::seal_ticket`] sealed.
    pub(crate) fn open_ticket(&self, whole: &[u8]) -> Result<Vec<u8>, SealError> {
        self.open_with(&self.tickets, &[], whole)
    }

    fn seal_with(
        &self,
        key: &RandomizedNonceKey,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut sealed = plain.to_vec();
        let nonce =
            key.seal_in_place_append_tag(Aad::from(row), &mut sealed).map_err(|_| SealError)?;
        let mut whole = Vec::with_capacity(KEY_ID_LEN + NONCE_LEN + sealed.len());
        whole.extend_from_slice(&self.key_id);
        whole.extend_from_slice(nonce.as_ref());
        whole.append(&mut sealed);
        Ok(whole)
    }

    fn open_with(
        &self,
        key: &RandomizedNonceKey,
        row: &[u8],
        whole: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let sealed = whole.strip_prefix(&self.key_id).ok_or(SealError)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened =
            key.open_in_place(nonce, Aad::from(row), &mut plain).map_err(|_| SealError)?.len();
        plain.truncate(opened);
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_opens_only_for_its_row_and_its_key() {
        let sealer = Sealer::new(&StoreKey::new([7; 32])).unwrap();
        let whole = sealer.seal(b"row", b"Ada Lovelace").unwrap();
        assert_eq!(sealer.open(b"row", &whole).unwrap(), b"Ada Lovelace");
        assert!(sealer.open(b"other", &whole).is_err());
        assert!(Sealer::new(&StoreKey::new([8; 32])).unwrap().open(b"row", &whole).is_err());
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(sealer.open(b"row", &changed).is_err(), "byte {at}");
        }
        assert!(sealer.open(b"row", &whole[..10]).is_err());
        assert_ne!(whole, sealer.seal(b"row", b"Ada Lovelace").unwrap());
    }

    #[test]
    fn hashes_depend_on_key_kind_and_division() {
        let sealer = Sealer::new(&StoreKey::new([7; 32])).unwrap();
        let hash = sealer.mac(MacOf::Identifier, &[b"ab", b"c"]);
        assert_eq!(hash, sealer.mac(MacOf::Identifier, &[b"ab", b"c"]));
        assert_ne!(hash, sealer.mac(MacOf::Identifier, &[b"a", b"bc"]));
        assert_ne!(hash, sealer.mac(MacOf::NameStart, &[b"ab", b"c"]));
        let other = Sealer::new(&StoreKey::new([8; 32])).unwrap();
        assert_ne!(hash, other.mac(MacOf::Identifier, &[b"ab", b"c"]));
    }
}

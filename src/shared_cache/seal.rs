//! Sealing what is handed to Redis: AES-256-GCM, for one place and one purpose alone.
//!
//! A box is: version, model, key, generation, nonce, then the ciphertext with its tag. All that stands before the nonce,
//! and all that the box is about, is part of what the tag vouches for.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use caregraph_connectors::MODEL;

use crate::gather::Generation;
use crate::identity::StoreKey;

/// The form of the box and of what stands in it. Another form is another version.
const VERSION: u8 = 2;
const KEY_ID_LEN: usize = 4;
/// Version, model, key, generation.
const FRONT_LEN: usize = 1 + size_of::<u64>() + KEY_ID_LEN + size_of::<u64>();

/// Why a box is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was sealed by another version of this program, or is none of its boxes.
    Foreign,
    /// It was sealed with a key that is not among ours.
    UnknownKey,
    /// It was sealed before it was last forgotten.
    Forgotten,
    /// It was changed, or was sealed for another place.
    Tampered,
}

/// What a box is of, and about what: each is sealed with a key of its own, so that no key ever seals many.
pub(super) struct About(Vec<u8>);

impl About {
    /// Each part with its length, so that no two lists of parts look alike.
    pub(super) fn new(parts: &[&str]) -> Self {
        let mut about = Vec::with_capacity(128);
        for part in parts {
            about.extend_from_slice(&(part.len() as u64).to_le_bytes());
            about.extend_from_slice(part.as_bytes());
        }
        Self(about)
    }
}

/// The keys that open boxes; the first one also seals.
pub(super) struct Keys(Vec<Key>);

struct Key {
    id: [u8; KEY_ID_LEN],
    secret: hmac::Key,
}

impl Keys {
    /// `keys`, or one of the store's key where there are none.
    pub(super) fn new(store: &StoreKey, keys: &[StoreKey]) -> Self {
        let keys = if keys.is_empty() { std::slice::from_ref(store) } else { keys };
        Self(keys.iter().map(Key::new).collect())
    }

    /// Seals; `None` where there is no key or no randomness.
    pub(super) fn seal(
        &self,
        about: &About,
        generation: Generation,
        plain: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let key = self.0.first()?;
        let front = front(VERSION, MODEL, key.id, generation);
        let mut sealed = plain;
        let aad = Aad::from([front.as_slice(), &about.0].concat());
        let nonce = key.of(about)?.seal_in_place_append_tag(aad, &mut sealed).ok()?;
        let mut whole = Vec::with_capacity(FRONT_LEN + NONCE_LEN + sealed.len());
        whole.extend_from_slice(&front);
        whole.extend_from_slice(nonce.as_ref());
        whole.append(&mut sealed);
        Some(whole)
    }

    /// Opens what was sealed about the same, in the same generation.
    pub(super) fn open(
        &self,
        about: &About,
        generation: Generation,
        whole: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let (front_read, rest) = whole.split_first_chunk::<FRONT_LEN>().ok_or(Refused::Foreign)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Refused::Foreign)?;
        if !front_read.starts_with(&[[VERSION].as_slice(), &MODEL.to_le_bytes()].concat()) {
            return Err(Refused::Foreign);
        }
        let front_of = |key: &Key| front(VERSION, MODEL, key.id, generation);
        let id_ends = FRONT_LEN - size_of::<u64>();
        let key = self.0.iter().find(|key| front_of(key)[..id_ends] == front_read[..id_ends]);
        let key = key.ok_or(Refused::UnknownKey)?;
        if front_of(key) != *front_read {
            return Err(Refused::Forgotten);
        }
        let aad = Aad::from([front_read.as_slice(), &about.0].concat());
        let box_key = key.of(about).ok_or(Refused::Tampered)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened =
            box_key.open_in_place(nonce, aad, &mut plain).map_err(|_| Refused::Tampered)?.len();
        plain.truncate(opened);
        Ok(plain)
    }
}

impl Key {
    fn new(key: &StoreKey) -> Self {
        let mut id = [0; KEY_ID_LEN];
        id.copy_from_slice(&key.derive(b"caregraph cache key id")[..KEY_ID_LEN]);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &key.derive(b"caregraph cache box"));
        Self { id, secret }
    }

    /// The key of one box. Nonces are random, which is safe for four billion boxes of a key: too few for a cache, and
    /// more than enough for one entry of it.
    fn of(&self, about: &About) -> Option<RandomizedNonceKey> {
        let secret = hmac::sign(&self.secret, &about.0);
        RandomizedNonceKey::new(&AES_256_GCM, secret.as_ref()).ok()
    }
}

fn front(
    version: u8,
    model: u64,
    key: [u8; KEY_ID_LEN],
    generation: Generation,
) -> [u8; FRONT_LEN] {
    let mut front = [0; FRONT_LEN];
    let parts = [&[version][..], &model.to_le_bytes(), &key, &generation.0.to_le_bytes()];
    for (place, byte) in front.iter_mut().zip(parts.concat()) {
        *place = byte;
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Generation = Generation(17);

    fn keys(own: &[u8]) -> Keys {
        let own: Vec<StoreKey> = own.iter().map(|byte| StoreKey::new([*byte; 32])).collect();
        Keys::new(&StoreKey::new([7; 32]), &own)
    }

    #[test]
    fn a_box_opens_only_for_its_place_its_generation_and_its_key() {
        let (keys, about) = (keys(&[]), About::new(&["entry", "ab", "c"]));
        let whole = keys.seal(&about, LIFE, b"Ada Lovelace".to_vec()).unwrap();
        assert_eq!(keys.open(&about, LIFE, &whole).unwrap(), b"Ada Lovelace");
        let elsewhere = About::new(&["entry", "a", "bc"]);
        assert_eq!(keys.open(&elsewhere, LIFE, &whole), Err(Refused::Tampered));
        assert_eq!(keys.open(&about, Generation(18), &whole), Err(Refused::Forgotten));
        let other = Keys::new(&StoreKey::new([8; 32]), &[]);
        assert_eq!(other.open(&about, LIFE, &whole), Err(Refused::UnknownKey));
        assert_ne!(whole, keys.seal(&about, LIFE, b"Ada Lovelace".to_vec()).unwrap());
    }

    #[test]
    fn a_box_that_was_changed_anywhere_stays_closed() {
        let (keys, about) = (keys(&[]), About::new(&["entry"]));
        let whole = keys.seal(&about, LIFE, b"Ada Lovelace".to_vec()).unwrap();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                let refused = keys.open(&about, LIFE, &changed).unwrap_err();
                let expected = match at {
                    0..9 => Refused::Foreign,
                    9..13 => Refused::UnknownKey,
                    13..21 => Refused::Forgotten,
                    _ => Refused::Tampered,
                };
                assert_eq!(refused, expected, "byte {at}");
            }
            assert!(keys.open(&about, LIFE, &whole[..at]).is_err());
        }
        // A generation that was changed on both sides is not taken either.
        let mut changed = whole;
        changed[13] ^= 1;
        assert_eq!(keys.open(&about, Generation(16), &changed), Err(Refused::Tampered));
    }

    #[test]
    fn a_former_key_still_opens() {
        let about = About::new(&["entry"]);
        let (old, both, new) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
        let sealed = old.seal(&about, LIFE, b"x".to_vec()).unwrap();
        assert_eq!(both.open(&about, LIFE, &sealed).unwrap(), b"x");
        assert_eq!(new.open(&about, LIFE, &sealed), Err(Refused::UnknownKey));
        let sealed = both.seal(&about, LIFE, b"y".to_vec()).unwrap();
        assert_eq!(new.open(&about, LIFE, &sealed).unwrap(), b"y");
        assert_eq!(old.open(&about, LIFE, &sealed), Err(Refused::UnknownKey));
    }
}

//! What a connector proves itself with: sealed for it alone, and changed together with the entry that says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use caregraph_connectors::egress::Secrets;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Actor, Change, Entry, Register, RegisterError, Registration, registration};
use crate::identity::{SealError, Sealer, SourceId, now_ms};

impl Register {
    /// The secrets that a connector was given, in the form in which they were given.
    pub async fn secrets(&self, id: &SourceId) -> Result<Secrets, RegisterError> {
        let Some(sealed) = self.store.credential(id).await? else { return Ok(Secrets::None) };
        Ok(open(&self.sealer, id, &sealed)?)
    }

    /// Keeps what a connector proves itself with from now on, unless it was changed since it was looked at: that it was changed,
    /// and by whom, is an entry, and there is never one without the other. It is told to nobody but the source.
    pub async fn rotate(
        &self,
        looked_at: &Registration,
        by: Actor,
        secrets: &Secrets,
    ) -> Result<Arc<Registration>, RegisterError> {
        let (id, change) = (&looked_at.id, Change::CredentialRotated);
        let mut read_to = self.read_to.lock().await;
        self.read_on(&mut read_to).await?;
        let now = self.get(id).ok_or(RegisterError::NoSuch)?;
        registration::judge(Some(&now), &by, &change)?;
        if now.entries != looked_at.entries {
            return Err(RegisterError::Overtaken);
        }
        let entry =
            Entry { connector: id.clone(), number: now.entries + 1, at_ms: now_ms(), by, change };
        let (row, sealed) = (entry.seal(&self.sealer)?, seal(&self.sealer, id, secrets)?);
        if !self.store.add_rotation(&row, &sealed).await? {
            return Err(RegisterError::Overtaken);
        }
        self.read_on(&mut read_to).await?;
        self.get(id).ok_or(RegisterError::NoSuch)
    }
}

/// One alone is sealed as earlier releases did, so that they can open it.
fn seal(keys: &Sealer, id: &SourceId, secrets: &Secrets) -> Result<Vec<u8>, RegisterError> {
    let named = match secrets {
        Secrets::None => BTreeMap::new(),
        Secrets::One(secret) => {
            return Ok(keys.seal(&one(id), secret.expose_secret().as_bytes())?);
        }
        Secrets::Named(all) => {
            all.iter().map(|(setting, secret)| (setting, secret.expose_secret())).collect()
        }
    };
    Ok(keys.seal(&several(id), &serde_json::to_vec(&named)?)?)
}

fn open(keys: &Sealer, id: &SourceId, sealed: &[u8]) -> Result<Secrets, SealError> {
    if let Ok(plain) = keys.open(&several(id), sealed) {
        let named: BTreeMap<String, SecretString> =
            serde_json::from_slice(&plain).map_err(|_| SealError)?;
        return Ok(Secrets::Named(named));
    }
    let plain = keys.open(&one(id), sealed)?;
    Ok(Secrets::One(String::from_utf8(plain).map_err(|_| SealError)?.into()))
}

/// For what they are sealed: they open for no other connector, and one alone is never taken for several.
fn one(id: &SourceId) -> Vec<u8> {
    [b"connector credential ", id.as_str().as_bytes()].concat()
}

fn several(id: &SourceId) -> Vec<u8> {
    [b"connector credentials ", id.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::StoreKey;

    #[test]
    fn what_an_earlier_release_sealed_opens_and_what_it_can_open_is_sealed_likewise() {
        let keys = Sealer::new(&StoreKey::new([7; 32])).unwrap();
        let (id, other) = (SourceId::new("greenleaf"), SourceId::new("s greenleaf"));
        // As releases before these wrote it.
        let old = keys.seal(b"connector credential greenleaf", b"open sesame").unwrap();
        let Ok(Secrets::One(secret)) = open(&keys, &id, &old) else { panic!("it opens") };
        assert_eq!(secret.expose_secret(), "open sesame");
        assert!(open(&keys, &other, &old).is_err());
        let new = seal(&keys, &id, &Secrets::One("a".into())).unwrap();
        assert_eq!(keys.open(b"connector credential greenleaf", &new).unwrap(), b"a");
        let named = BTreeMap::from([("tls.key".to_owned(), "open sesame".into())]);
        let sealed = seal(&keys, &id, &Secrets::Named(named)).unwrap();
        let opened = open(&keys, &id, &sealed).unwrap();
        assert_eq!(opened.of("tls.key").unwrap().expose_secret(), "open sesame");
        assert!(opened.of("tls.cert").is_none() && open(&keys, &other, &sealed).is_err());
        assert!(!sealed.windows(6).any(|window| window == b"sesame" || window == b"tls.ke"));
    }
}

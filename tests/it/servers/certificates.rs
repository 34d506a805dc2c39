//! An authority of a test's own, and certificates that it gives.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use time::{Duration, OffsetDateTime};

/// An authority that those trust who are told to.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub(crate) pem: String,
}

/// A certificate with its key, both in PEM.
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = CertificateParams::new(Vec::new()).expect("no name is a wrong one");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("an authority signs for itself").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a name, that was or is good until so long from now.
    pub(crate) fn certifies(&self, name: &str, until: Duration) -> Certificate {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("it is a name");
        let end = OffsetDateTime::now_utc() + until;
        (params.not_before, params.not_after) = (end - Duration::days(30), end);
        let signed = params.signed_by(&key, &self.issuer).expect("an authority signs");
        Certificate { chain: signed.pem(), key: key.serialize_pem() }
    }

    /// Where the authority's certificate is, in that folder.
    pub(crate) fn file(&self, folder: &Path) -> PathBuf {
        write(folder, "authority.pem", &self.pem)
    }
}

impl Certificate {
    /// Where certificate and key are, in that folder.
    pub(crate) fn files(&self, folder: &Path) -> (PathBuf, PathBuf) {
        (write(folder, "chain.pem", &self.chain), write(folder, "key.pem", &self.key))
    }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("files can be written");
    path
}

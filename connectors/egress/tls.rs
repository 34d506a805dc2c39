//! Whom we believe to be who they say they are, and how we say it ourselves, by TLS.

use std::fmt;
use std::io;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::reach::place;

/// What may be spoken within, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why something cannot be used for TLS: a sentence after its name. It never holds any of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificates of an authority cannot be read.
    #[error(
        "holds no certificate of an authority in PEM; write one with -----BEGIN CERTIFICATE-----"
    )]
    Authority,
    /// Our certificate cannot be read.
    #[error(
        "holds no certificate in PEM; write the chain, our own certificate first, with -----BEGIN CERTIFICATE-----"
    )]
    Certificate,
    /// Our key cannot be read, or is not that of the certificate.
    #[error(
        "is not the private key of the certificate, in PEM and without a password; write the one with which the certificate \
         was asked for"
    )]
    Key,
    /// What this machine believes cannot be read.
    #[error(
        "cannot be used: the certificates of this machine cannot be read ({0}); name the authority of the source in ca"
    )]
    Machine(String),
}

/// How one source is met by TLS: what we show it, and whose word we take for who it is. Nobody else is met so, not even
/// who gives us tokens for it. Cheap to clone.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    /// The host and port of the source.
    place: Option<(String, u16)>,
    shows_certificate: bool,
}

impl ClientTls {
    /// Shows the source at `base` a certificate, if there is one, with its key; believes the authorities of `ca` alone if there are any, and
    /// else those of this machine. All are PEM.
    pub fn new(
        base: &Url,
        identity: Option<(&SecretString, &SecretString)>,
        ca: Option<&SecretString>,
    ) -> Result<Self, TlsError> {
        let builder = match ca {
            Some(ca) => builder()?.with_root_certificates(authorities(ca)?),
            None => of_machines_authorities()?,
        };
        let config = match identity {
            Some((chain, key)) => {
                let chain = certificates(chain).ok_or(TlsError::Certificate)?;
                let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes());
                let key = key.map_err(|_| TlsError::Key)?;
                builder.with_client_auth_cert(chain, key).map_err(|_| TlsError::Key)?
            }
            None => builder.with_no_client_auth(),
        };
        let shows_certificate = identity.is_some();
        Ok(Self { config: spoken(config), place: place(base), shows_certificate })
    }

    /// True when the source knows us by a certificate.
    pub fn shows_certificate(&self) -> bool {
        self.shows_certificate
    }
}

/// How everybody is met who may be asked.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    anybody: Arc<ClientConfig>,
    source: Option<ClientTls>,
}

impl Meeting {
    /// Anybody is met alike: we show nothing, and believe whom this machine believes; fails if its certificates cannot be
    /// read.
    pub(super) fn of_machine() -> Result<Self, TlsError> {
        let anybody = spoken(of_machines_authorities()?.with_no_client_auth());
        Ok(Self { anybody, source: None })
    }

    /// The same, but for one source.
    pub(super) fn but(&self, source: &ClientTls) -> Self {
        Self { anybody: self.anybody.clone(), source: Some(source.clone()) }
    }

    /// How who is asked there is met.
    pub(super) fn with(&self, url: &Url) -> Arc<ClientConfig> {
        let own = self.source.as_ref().filter(|own| own.place.is_some() && own.place == place(url));
        own.map_or(&self.anybody, |own| &own.config).clone()
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Machine(error.to_string()))
}

fn of_machines_authorities() -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let builder = builder()?.try_with_platform_verifier();
    builder.map_err(|error| TlsError::Machine(io::Error::other(error).to_string()))
}

fn authorities(pem: &SecretString) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem).ok_or(TlsError::Authority)? {
        store.add(certificate).map_err(|_| TlsError::Authority)?;
    }
    Ok(store)
}

/// At least one certificate.
fn certificates(pem: &SecretString) -> Option<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_slice_iter(pem.expose_secret().as_bytes());
    let all: Vec<_> = all.collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}

fn spoken(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Arc::new(config)
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}

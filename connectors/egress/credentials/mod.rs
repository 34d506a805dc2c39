//! How we show a source who we are. No secret ever comes out of here but in a request.

mod api_key;
mod handle;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::connector::Problem;

pub(super) use api_key::add_to;
pub use api_key::{ApiKey, ApiKeyError, is_ours};
pub use handle::CredentialHandle;

/// How we show a source who we are. Cheap to clone; `Debug` shows no secret.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// Not at all.
    #[default]
    None,
    /// A fixed bearer token.
    Bearer(SecretString),
    /// A user name and a password.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// A key in a header or in the query.
    ApiKey(ApiKey),
    /// Whatever stands in a handle when a request begins.
    Held(CredentialHandle),
}

impl Credentials {
    /// Whether a request can bear them at all; a sentence that says why not.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.shown() {
            Ok(_) => Ok(()),
            Err(_) => Err(
                "holds a character that no header can bear, such as a line break; write it anew",
            ),
        }
    }

    /// Takes a key out of a URL of the source's: some write into their links whatever they were asked with.
    pub(crate) fn remove_from(&self, url: &mut Url) {
        match self {
            Self::ApiKey(key) => key.remove_from(url),
            Self::Held(handle) => handle.now().remove_from(url),
            Self::None | Self::Bearer(_) | Self::Basic { .. } => {}
        }
    }

    /// What a request bears that begins now.
    pub(super) fn shown(&self) -> Result<Shown, Problem> {
        match self {
            Self::None => Ok(Shown::Nothing),
            Self::Bearer(token) => {
                Shown::authorization(&format!("Bearer {}", token.expose_secret()))
            }
            Self::Basic { user, password } => Shown::authorization(&basic(user, password)),
            Self::ApiKey(key) => Ok(key.shown()),
            Self::Held(handle) => handle.now().shown(),
        }
    }
}

/// A name and a password, as an `Authorization`.
fn basic(user: &str, password: &SecretString) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose_secret())))
}

/// What one request bears.
pub(super) enum Shown {
    Nothing,
    Header(HeaderName, HeaderValue),
    Parameter(String, SecretString),
}

impl Shown {
    /// An `Authorization`. One that cannot be written is no reason to go without.
    fn authorization(text: &str) -> Result<Self, Problem> {
        let mut value = HeaderValue::from_str(text).map_err(|_| Problem::Unauthorized)?;
        value.set_sensitive(true);
        Ok(Self::Header(AUTHORIZATION, value))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

//! How we show a source who we are. No secret ever comes out of here but in a request.

mod api_key;
mod discovery;
mod grant;
mod handle;
mod secrets;
mod signer;
mod token;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Egress;
use crate::connector::Problem;

pub(super) use api_key::add_to;
pub use api_key::{ApiKey, ApiKeyError, is_ours};
pub use grant::{Grant, Wishes};
pub use handle::CredentialHandle;
pub use secrets::{SECRET_SETTINGS, Secrets};
pub use signer::Signer;
pub use token::TokenSource;

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
    /// A token that is fetched, and fetched anew in time.
    Token(TokenSource),
    /// Whatever stands in a handle when a request begins.
    Held(CredentialHandle),
}

impl Credentials {
    /// Whether a request can bear them at all; a sentence that says why not.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.now().fixed() {
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
            Self::None | Self::Bearer(_) | Self::Basic { .. } | Self::Token(_) => {}
        }
    }

    /// Where somebody is asked for what is shown, beside the source itself.
    pub fn place(&self) -> Option<Url> {
        match self {
            Self::Token(tokens) => Some(tokens.grant().place().clone()),
            Self::Held(handle) => handle.now().place(),
            Self::None | Self::Bearer(_) | Self::Basic { .. } | Self::ApiKey(_) => None,
        }
    }

    /// What others need to know of the key by which we show who we are, if it is by one: a JWK without anything secret.
    pub fn public_key(&self) -> Option<serde_json::Value> {
        match self {
            Self::Token(tokens) => tokens.grant().signer()?.public(),
            Self::Held(handle) => handle.now().public_key(),
            Self::None | Self::Bearer(_) | Self::Basic { .. } | Self::ApiKey(_) => None,
        }
    }

    /// What they are now: never those of a handle.
    pub(super) fn now(&self) -> Self {
        match self {
            Self::Held(handle) => handle.now(),
            other => other.clone(),
        }
    }

    /// What a request bears that begins now.
    pub(super) async fn shown(&self, egress: &Egress) -> Result<Shown, Problem> {
        match self {
            Self::Token(tokens) => tokens.shown(egress).await,
            fixed => fixed.fixed(),
        }
    }

    /// A source has refused what it was shown. True when it may take what is shown now.
    pub(super) fn refused(&self, token: Option<u64>) -> bool {
        match (self, token) {
            (Self::Token(tokens), Some(number)) => tokens.refused(number),
            _ => false,
        }
    }

    /// What a request bears without anybody being asked for it.
    fn fixed(&self) -> Result<Shown, Problem> {
        match self {
            Self::None | Self::Token(_) | Self::Held(_) => Ok(Shown::Nothing),
            Self::Bearer(token) => {
                Shown::authorization(&format!("Bearer {}", token.expose_secret()))
            }
            Self::Basic { user, password } => Shown::authorization(&basic(user, password)),
            Self::ApiKey(key) => Ok(key.shown()),
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
    /// A token in the `Authorization`, and the how many-th it is.
    Token(HeaderValue, u64),
}

impl Shown {
    /// The how many-th token it is.
    pub(super) fn token(&self) -> Option<u64> {
        match self {
            Self::Token(_, number) => Some(*number),
            Self::Nothing | Self::Header(..) | Self::Parameter(..) => None,
        }
    }

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

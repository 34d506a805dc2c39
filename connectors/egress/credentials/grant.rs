//! By what right a token is asked for: OAuth 2.0 client credentials (RFC 6749, §4.4), with a secret or with a key (RFC 7523).

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{ACCEPT, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use url::{Url, form_urlencoded};

use super::Shown;
use super::signer::Signer;
use crate::connector::Problem;
use crate::egress::question::Question;
use crate::egress::{Egress, REPLY_CAP, Reply};

/// How long a token is waited for. Whoever needs it may have less time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a token is taken to be good for when nothing is said of it.
const USUAL_LIFE: u64 = 300;

/// How long it is believed where a server said that its tokens are given.
pub(super) const FOUND_FOR: Duration = Duration::from_hours(1);

/// What servers say when they give no token (RFC 6749, §5.2). Nothing else of what they say is repeated.
const REFUSALS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// By what right a token is asked for, and where.
pub struct Grant {
    pub(super) endpoint: Endpoint,
    client: Client,
    /// What is asked for beside: scope, audience, resource.
    wishes: Vec<(&'static str, String)>,
}

/// Where tokens are given.
pub(super) enum Endpoint {
    /// There.
    Given(Url, String),
    /// Where the server at this base URL says.
    Discovered { base: Url, found: Mutex<Option<(Url, String, Instant)>> },
}

/// Who asks, and how it is shown.
enum Client {
    Basic { id: String, secret: SecretString },
    Body { id: String, secret: SecretString },
    Key { id: String, signer: Signer },
}

/// What is asked for beside a token as such.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// For what the token is to be good.
    pub scope: Option<String>,
    /// For whom (as Auth0 and others name it).
    pub audience: Option<String>,
    /// For whom (RFC 8707).
    pub resource: Option<String>,
}

impl Grant {
    /// A client that knows a secret and shows it as a password.
    pub fn basic(
        token_url: &str,
        id: String,
        secret: SecretString,
        wishes: Wishes,
    ) -> Option<Self> {
        Self::of(token_url, Client::Basic { id, secret }, wishes)
    }

    /// A client that knows a secret and writes it into its request.
    pub fn body(token_url: &str, id: String, secret: SecretString, wishes: Wishes) -> Option<Self> {
        Self::of(token_url, Client::Body { id, secret }, wishes)
    }

    /// A client that has a key and signs with it who it is (SMART Backend Services). `None` where a token URL is none.
    pub fn signed(token_url: &str, id: String, signer: Signer, scope: String) -> Option<Self> {
        let wishes = Wishes { scope: Some(scope), ..Wishes::default() };
        Self::of(token_url, Client::Key { id, signer }, wishes)
    }

    /// The same, where the FHIR server at `base` says that tokens are given.
    pub fn signed_for(base: Url, id: String, signer: Signer, scope: String) -> Self {
        let endpoint = Endpoint::Discovered { base, found: Mutex::default() };
        Self { endpoint, client: Client::Key { id, signer }, wishes: vec![("scope", scope)] }
    }

    fn of(token_url: &str, client: Client, wishes: Wishes) -> Option<Self> {
        let url = Url::parse(token_url).ok().filter(Url::has_host)?;
        let Wishes { scope, audience, resource } = wishes;
        let wishes = [("scope", scope), ("audience", audience), ("resource", resource)];
        let wishes = wishes.into_iter().filter_map(|(name, wish)| Some((name, wish?))).collect();
        Some(Self { endpoint: Endpoint::Given(url, token_url.to_owned()), client, wishes })
    }

    /// The URL of its own at which somebody is asked.
    pub(super) fn place(&self) -> &Url {
        match &self.endpoint {
            Endpoint::Given(url, _) => url,
            Endpoint::Discovered { base, .. } => base,
        }
    }

    /// The key that it signs with.
    pub(super) fn signer(&self) -> Option<&Signer> {
        match &self.client {
            Client::Key { signer, .. } => Some(signer),
            Client::Basic { .. } | Client::Body { .. } => None,
        }
    }

    /// Whom it asks, for the log.
    pub(super) fn name(&self) -> &str {
        self.place().host_str().unwrap_or_default()
    }

    /// Asks for a token.
    pub(super) async fn fetch(&self, egress: &Egress) -> Result<Given, Failure> {
        let asked_at = Instant::now();
        let fetching = async {
            let (url, written) = self.url(egress).await?;
            let (question, shown) = self.question(url, &written)?;
            egress.send(&question, shown).await.map_err(|problem| Failure::of(&problem))
        };
        let reply = timeout_at(asked_at + PATIENCE, fetching).await;
        let given = reply.unwrap_or_else(|_| Err(Failure::of(&Problem::Timeout)));
        let given = given.and_then(|reply| Given::read(&reply, asked_at));
        if given.is_err() {
            // It may be given elsewhere by now.
            self.forget();
        }
        given
    }

    /// What is sent to a token URL.
    fn question(&self, url: Url, written: &str) -> Result<(Question, Shown), Failure> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        for (name, wish) in &self.wishes {
            form.append_pair(name, wish);
        }
        let shown = match &self.client {
            Client::Basic { id, secret } => Shown::authorization(&basic(id, secret))
                .map_err(|_| Failure::refused("the secret holds what no header can bear"))?,
            Client::Body { id, secret } => {
                form.append_pair("client_id", id)
                    .append_pair("client_secret", secret.expose_secret());
                Shown::Nothing
            }
            Client::Key { id, signer } => {
                let signed = signer.assertion(id, written);
                let signed = signed.ok_or(Failure::refused("our key cannot sign"))?;
                form.append_pair("client_assertion_type", ASSERTION)
                    .append_pair("client_assertion", &signed);
                Shown::Nothing
            }
        };
        let form = form.finish().into_bytes().into();
        let mut question =
            Question::post(url, "application/x-www-form-urlencoded", form, REPLY_CAP);
        question.headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        Ok((question, shown))
    }
}

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client and its secret as a password; both are written as in a form (RFC 6749, §2.3.1).
fn basic(id: &str, secret: &SecretString) -> String {
    let in_form = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", in_form(id), in_form(secret.expose_secret()));
    format!("Basic {}", STANDARD.encode(pair))
}

/// A token that was given.
pub(super) struct Given {
    /// What an `Authorization` says with it.
    pub(super) value: HeaderValue,
    pub(super) life: Duration,
    /// When it was asked for: its life began after that.
    pub(super) asked_at: Instant,
}

impl Given {
    fn read(reply: &Reply, asked_at: Instant) -> Result<Self, Failure> {
        let (status, retry_after) = (reply.status, reply.retry_after);
        match status {
            200 => {}
            429 => return Err(Failure::busy(retry_after)),
            503 if retry_after.is_some() => return Err(Failure::busy(retry_after)),
            400..=499 => return Err(Failure::refused(refusal(&reply.body))),
            _ => return Err(Failure::of(&Problem::Status(status))),
        }
        let unclear = || Failure::refused("the answer is no token that can be used");
        let told: Told = serde_json::from_slice(&reply.body).map_err(|_| unclear())?;
        let kind = told.token_type.as_deref().unwrap_or("bearer");
        let token = told.access_token.expose_secret();
        if token.is_empty() || !kind.eq_ignore_ascii_case("bearer") {
            return Err(unclear());
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| unclear())?;
        value.set_sensitive(true);
        let life = told.expires_in.map_or(USUAL_LIFE, Seconds::whole);
        Ok(Self { value, life: Duration::from_secs(life), asked_at })
    }
}

#[derive(Deserialize)]
struct Told {
    access_token: SecretString,
    token_type: Option<String>,
    expires_in: Option<Seconds>,
}

/// Some write a number of seconds as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Seconds {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    fn whole(self) -> u64 {
        match self {
            Self::Number(seconds) => seconds as u64,
            Self::Text(text) => text.trim().parse().unwrap_or(0),
        }
    }
}

/// What a server says when it gives no token, if that is one of the words for it.
fn refusal(body: &[u8]) -> &'static str {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let told = serde_json::from_slice::<Refusal>(body).ok();
    let known = told.and_then(|told| REFUSALS.into_iter().find(|word| *word == told.error));
    known.unwrap_or("it was refused")
}

/// Why there is no token.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What it means for whoever wanted to ask the source.
    pub(super) problem: Problem,
    pub(super) retry_after: Option<Duration>,
    /// For the log: words of ours alone.
    pub(super) what: &'static str,
}

impl Failure {
    /// The server did not answer as it should.
    pub(super) fn of(problem: &Problem) -> Self {
        let what = match problem {
            Problem::Timeout => "it does not answer in time",
            Problem::Status(300..=399) => {
                "it sends us elsewhere, where nobody goes with a secret; correct its URL"
            }
            Problem::Status(_) => "it answers with an error of its own",
            Problem::Garbled | Problem::TooMuch => "its answer cannot be read",
            _ => "it cannot be reached",
        };
        Self { problem: Problem::Unreachable, retry_after: None, what }
    }

    pub(super) fn refused(what: &'static str) -> Self {
        Self { problem: Problem::Unauthorized, retry_after: None, what }
    }

    pub(super) fn unknown(what: &'static str) -> Self {
        Self { problem: Problem::Unreachable, retry_after: None, what }
    }

    fn busy(retry_after: Option<Duration>) -> Self {
        let what = "it limits our requests";
        Self { problem: Problem::Busy { retry_after }, retry_after, what }
    }

    /// The fetch has not come to its end.
    pub(super) fn broken() -> Self {
        Self::unknown("it was not asked to the end")
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant")
    }
}

//! The only way out of the process: one HTTP client for every connector.
//!
//! It follows no redirect, reads no proxy from the environment, keeps connections open, ends at a deadline or when a body
//! falls silent, and never takes in more than a fixed number of decompressed bytes, nor many times what was sent.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER,
};
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::body::{self, ENCODING};
use crate::connector::Problem;
use crate::registry::BuildError;
use crate::tag::Tag;

/// The most that one answer may hold after decompression: 8 MiB, several times the largest page seen of any
/// server, small enough that fifty of them do not harm the process.
pub const BODY_CAP: usize = 8 * 1024 * 1024;

/// The most that is read of what somebody says to whom we gave something.
const REPLY_CAP: usize = 64 * 1024;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long the next piece of a body is waited for: who falls silent in the middle does not speak again, and a reading in
/// the background, which has much time, is not to hold its connection for all of it.
const IDLE_BODY: Duration = Duration::from_secs(10);

/// By which header a source is told to which trace a question belongs (W3C Trace Context). No other header of traces is
/// ever sent: what a client writes into `tracestate` or `baggage` is none of a source's business.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    /// The `traceparent` of what is asked for by this task.
    static ANNOUNCED: Option<HeaderValue>;
}

/// Does something whose outgoing requests bear this `traceparent`.
pub async fn announced<T>(traceparent: &str, work: impl Future<Output = T>) -> T {
    ANNOUNCED.scope(HeaderValue::from_str(traceparent).ok(), work).await
}

/// How we show a source who we are.
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
}

/// The shared outbound client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Egress {
    client: reqwest::Client,
    idle: Duration,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type, lower case, without parameters.
    pub media_type: String,
    /// By what the server can be asked whether this still holds.
    pub tag: Option<Tag>,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
    /// The decompressed body.
    pub body: Bytes,
}

impl Egress {
    /// Makes the client. The one place where a `reqwest::Client` is built.
    pub fn new() -> Result<Self, BuildError> {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            .user_agent(concat!("caregraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| BuildError::Egress(error.without_url().to_string()))?;
        Ok(Self { client, idle: IDLE_BODY })
    }

    /// The same client, but that it waits at most so long for the next piece of a body.
    #[must_use]
    pub fn with_idle(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// Gets `url` and reads the whole answer, whatever its status, before `deadline`.
    pub async fn get(
        &self,
        url: Url,
        credentials: &Credentials,
        headers: &[(HeaderName, &'static str)],
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        self.get_since(url, credentials, headers, None, deadline).await
    }

    /// The same, but that the server need not answer (304) if what it said when it gave this tag still holds.
    pub async fn get_since(
        &self,
        url: Url,
        credentials: &Credentials,
        headers: &[(HeaderName, &'static str)],
        since: Option<&Tag>,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        let mut request = self.client.get(url);
        if let Some((name, value)) = since.and_then(Tag::header) {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(name, HeaderValue::from_static(value));
        }
        if let Some(value) = credentials.header() {
            request = request.header(AUTHORIZATION, value);
        }
        if let Ok(Some(value)) = ANNOUNCED.try_with(Clone::clone) {
            request = request.header(TRACEPARENT, value);
        }
        timeout_at(deadline, read(request, BODY_CAP, self.idle))
            .await
            .unwrap_or(Err(Problem::Timeout))
    }

    /// Gets JSON, accepting only status 200.
    pub async fn get_json(
        &self,
        url: Url,
        credentials: &Credentials,
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        self.get(url, credentials, &[(ACCEPT, "application/json")], deadline).await?.into_ok()
    }

    /// Posts JSON to somebody of our own, such as a collector of traces, and waits until it is taken. What is said to it
    /// in return is not looked at but for its status.
    pub async fn post_json(
        &self,
        url: Url,
        credentials: &Credentials,
        json: Vec<u8>,
        deadline: Instant,
    ) -> Result<(), Problem> {
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(json);
        if let Some(value) = credentials.header() {
            request = request.header(AUTHORIZATION, value);
        }
        let reply = timeout_at(deadline, read(request, REPLY_CAP, self.idle))
            .await
            .unwrap_or(Err(Problem::Timeout))?;
        match reply.status {
            200..=299 => Ok(()),
            _ => reply.into_ok().map(|_| ()),
        }
    }

    /// Gets JSON of at most `cap` bytes from somebody to whom we show no credentials, accepting only status 200.
    pub async fn get_public_json(
        &self,
        url: Url,
        cap: usize,
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        let request = self.client.get(url).header(ACCEPT, "application/json");
        timeout_at(deadline, read(request, cap, self.idle))
            .await
            .unwrap_or(Err(Problem::Timeout))?
            .into_ok()
    }
}

impl Reply {
    /// The body of a 200, or what any other status means.
    pub fn into_ok(self) -> Result<Bytes, Problem> {
        self.ok().map(|reply| reply.body)
    }

    /// The reply if it is a 200, or what any other status means.
    pub fn ok(self) -> Result<Self, Problem> {
        match self.status {
            200 => Ok(self),
            401 | 403 => Err(Problem::Unauthorized),
            429 => Err(Problem::Busy { retry_after: self.retry_after }),
            503 if self.retry_after.is_some() => {
                Err(Problem::Busy { retry_after: self.retry_after })
            }
            status => Err(Problem::Status(status)),
        }
    }
}

impl Credentials {
    fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::None => return None,
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
            Self::Basic { user, password } => {
                use base64::Engine as _;
                let pair = format!("{user}:{}", password.expose_secret());
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

async fn read(
    request: reqwest::RequestBuilder,
    cap: usize,
    idle: Duration,
) -> Result<Reply, Problem> {
    let request = request.header(ACCEPT_ENCODING, ENCODING);
    let response = request.send().await.map_err(|error| problem(&error))?;
    let status = response.status().as_u16();
    let media_type = media_type(response.headers());
    let retry_after = retry_after(response.headers());
    let tag = Tag::of(response.headers());
    let body = body::read(response, cap, idle).await?;
    Ok(Reply { status, media_type, tag, retry_after, body })
}

/// True when nobody between us and the server can change what it says: by TLS, or because it is this very machine.
pub fn is_guarded(url: &Url) -> bool {
    let is_this_machine = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    (url.scheme() == "https" && url.has_host()) || (url.scheme() == "http" && is_this_machine)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How long a server asks us to wait: in seconds, or until a moment. A moment is counted from the one at which the server
/// says that it answered, so that it does not matter whose clock is wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc2822).ok();
    let answered = headers.get(DATE).and_then(|date| moment(date.to_str().ok()?));
    let wait = moment(text)? - answered.unwrap_or_else(OffsetDateTime::now_utc);
    Some(Duration::try_from(wait).unwrap_or_default())
}

fn problem(error: &reqwest::Error) -> Problem {
    if error.is_timeout() { Problem::Timeout } else { Problem::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_and_this_machine_are_guarded() {
        let is_guarded = |text: &str| is_guarded(&Url::parse(text).unwrap());
        for good in [
            "https://login.example",
            "http://127.0.0.1:9000/x",
            "http://127.7.7.7",
            "http://[::1]:9000",
            "http://localhost",
            "http://LOCALHOST:1",
        ] {
            assert!(is_guarded(good), "{good}");
        }
        for bad in [
            "http://login.example",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "http://127.0.0.1@login.example",
            "http://0.0.0.0",
            "http://[::ffff:127.0.0.1]",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "unix:/run/x",
        ] {
            assert!(!is_guarded(bad), "{bad}");
        }
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_moment() {
        let wait = |pairs: &[(HeaderName, &'static str)]| {
            let pair = |(name, value): &(HeaderName, &'static str)| {
                (name.clone(), HeaderValue::from_static(value))
            };
            retry_after(&pairs.iter().map(pair).collect())
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let date = (DATE, "Sun, 06 Nov 2094 08:49:30 GMT");
        assert_eq!(wait(&[(RETRY_AFTER, " 7 ")]), seconds(7));
        assert_eq!(
            wait(&[(RETRY_AFTER, "Sun, 06 Nov 2094 08:49:37 GMT"), date.clone()]),
            seconds(7)
        );
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT"), date]), seconds(0));
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT")]), seconds(0));
        for nothing in ["", "-7", "soon", "99999999999999999999", "06 Nov"] {
            assert_eq!(wait(&[(RETRY_AFTER, nothing)]), None, "{nothing}");
        }
    }
}

//! The only way out of the process: one HTTP client for every connector.
//!
//! It follows no redirect, reads no proxy from the environment, keeps connections open, ends at a deadline or when a body
//! falls silent, and never takes in more than a fixed number of decompressed bytes, nor many times what was sent.

mod body;
mod complaint;
mod credentials;
mod exchange;
mod flow;
mod keys;
mod line;
mod purpose;
mod question;
mod reply;
mod tls;
mod watched;

use std::sync::{Arc, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use hyper::header::{ACCEPT, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};
use url::Url;

use self::complaint::Complaint;
use self::credentials::Shown;
use self::line::Lines;
use self::question::Question;
use self::tls::Meeting;
use crate::connector::Problem;
use crate::reach::{Checked, Reach, Refusal, judge};
use crate::registry::BuildError;
use crate::resolver::{Lookup, Resolver, ResolverFigures, System};
use crate::tag::Tag;
use crate::witness::Witness;

pub use credentials::{
    ApiKey, ApiKeyError, CredentialHandle, Credentials, Grant, SECRET_SETTINGS, Secrets, Signer,
    TokenSource, Wishes, is_ours,
};
pub use exchange::Outgoing;
pub use flow::{Flow, Flowing};
pub use keys::Keys;
pub use purpose::{purpose, purposed};
pub use reply::Reply;
pub use tls::{ClientTls, TlsError};

/// The most that one answer may hold after decompression: 8 MiB, several times the largest page seen of any
/// server, small enough that fifty of them do not harm the process.
pub const BODY_CAP: usize = 8 * 1024 * 1024;

/// The most that is read of what somebody says to whom we gave something.
const REPLY_CAP: usize = 64 * 1024;

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
pub fn announced<T, W: Future<Output = T>>(
    traceparent: &str,
    work: W,
) -> impl Future<Output = T> + use<T, W> {
    ANNOUNCED.scope(HeaderValue::from_str(traceparent).ok(), work)
}

/// The outbound client. Cheap to clone; clones share their connections, those of another reach never do.
#[derive(Clone, Debug)]
pub struct Egress {
    /// Those that are used from now on.
    lines: Arc<RwLock<Lines>>,
    names: Resolver,
    tls: Meeting,
    idle: Duration,
    complaint: Arc<Complaint>,
    witness: Option<Arc<dyn Witness>>,
}

impl Egress {
    /// Makes the client of the gateway itself. The one place where connections to others are made.
    pub fn new() -> Result<Self, BuildError> {
        Self::looking_up_by(System)
    }

    /// The same, but that names are looked up by that.
    pub fn looking_up_by(lookup: impl Lookup) -> Result<Self, BuildError> {
        let names = Resolver::new(lookup, Reach::of_gateway(Arc::default()));
        let tls = Meeting::of_machine().map_err(|error| BuildError::Egress(error.to_string()))?;
        Ok(Self::of(names, tls, IDLE_BODY))
    }

    /// A client of somebody else, who may be led as far as that. It has connections of its own.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        self.but(self.names.within(reach), self.tls.clone())
    }

    /// The same, but that the source of this is met so by TLS. It has connections of its own.
    #[must_use]
    pub fn meeting(&self, tls: &ClientTls) -> Self {
        self.but(self.names.clone(), self.tls.but(tls))
    }

    fn of(names: Resolver, tls: Meeting, idle: Duration) -> Self {
        let lines = Arc::new(RwLock::new(line::lines(names.clone(), tls.clone())));
        Self { lines, names, tls, idle, complaint: Arc::default(), witness: None }
    }

    fn but(&self, names: Resolver, tls: Meeting) -> Self {
        Self { witness: self.witness.clone(), ..Self::of(names, tls, self.idle) }
    }

    /// The same client, watched.
    #[must_use]
    pub fn watched_by(&self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self.clone() }
    }

    /// Who watches it.
    pub(crate) fn witness(&self) -> Option<&Arc<dyn Witness>> {
        self.witness.as_ref()
    }

    /// Whether a URL that somebody wrote may be asked, and where it leads now: what is judged at registration, and again
    /// whenever a connection is made. No network is used but to look its name up.
    pub async fn judge(&self, url: &str) -> Result<Checked, Refusal> {
        let url = self.reach().origin().parse(url)?;
        judge(&url, &self.names).await
    }

    /// How far it may be led.
    pub fn reach(&self) -> &Reach {
        self.names.reach()
    }

    /// What came of looking up the names of others.
    pub fn lookups(&self) -> &ResolverFigures {
        self.names.figures()
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
        let mut question = Question::get(url, BODY_CAP);
        question.headers.extend(since.and_then(Tag::header));
        let fixed = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), HeaderValue::from_static(value))
        };
        question.headers.extend(headers.iter().map(fixed));
        if let Ok(Some(value)) = ANNOUNCED.try_with(Clone::clone) {
            question.headers.push((TRACEPARENT, value));
        }
        self.ask(&question, credentials, deadline).await
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
        let question = Question::post(url, "application/json", json.into(), REPLY_CAP);
        let reply = self.ask(&question, credentials, deadline).await?;
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
        let mut question = Question::get(url, cap);
        question.headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        self.ask(&question, &Credentials::None, deadline).await?.into_ok()
    }

    /// Asks, showing who we are, and reads the whole answer before `deadline`.
    async fn ask(
        &self,
        question: &Question,
        credentials: &Credentials,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        // A request ends with what it began with.
        let (credentials, lines) = self.now(credentials);
        let asking = async {
            let shown = credentials.shown(self).await?;
            let token = shown.token();
            let reply = self.send_on(&lines, question, shown).await?;
            if reply.status == 401 && credentials.refused(token) {
                return self.send_on(&lines, question, credentials.shown(self).await?).await;
            }
            Ok(reply)
        };
        // Boxed, because what waits for many searches is moved about.
        let asking = asking.boxed();
        match &self.witness {
            None => timeout_at(deadline, asking).await.unwrap_or(Err(Problem::Timeout)),
            Some(witness) => self.watched(&**witness, question, asking, deadline).await,
        }
    }

    /// Sends a request and reads the whole answer.
    async fn send(&self, question: &Question, shown: Shown) -> Result<Reply, Problem> {
        self.send_on(&self.lines(), question, shown).await
    }

    async fn send_on(
        &self,
        lines: &Lines,
        question: &Question,
        shown: Shown,
    ) -> Result<Reply, Problem> {
        // A connection that is open already is not judged anew, so what is asked is.
        self.reach().check(&question.url).map_err(|refusal| self.complain(&refusal))?;
        let sent = lines.request(question.request(shown)?).await;
        let failed = |error| match line::refusal(&error) {
            // Of names that lead where they may not the resolver tells.
            Some(refusal @ Refusal::Plain(_)) => self.complain(refusal),
            Some(_) | None => line::problem(&error),
        };
        let (head, body) = sent.map_err(failed)?.into_parts();
        let body = body::read(&head.headers, body, question.cap, self.idle).await?;
        Ok(Reply::of(head.status.as_u16(), head.headers, body))
    }

    /// Tells operators why somebody is not asked. To whoever asked, it could not be reached.
    fn complain(&self, refusal: &Refusal) -> Problem {
        if self.complaint.is_due() {
            tracing::warn!("a source is not asked: its URL {refusal}");
        }
        Problem::Unreachable
    }
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
}

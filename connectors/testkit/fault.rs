//! What goes wrong, and how it looks on the wire.

use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::CANARY;
use super::dialect::{Dialect, Tamper};
use super::http::{HttpAnswer, HttpRequest};
use super::server::Play;
use crate::egress::BODY_CAP;

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    Healthy,
    /// What only the dialect can do.
    Tampered(Tamper),
    /// Answers late, but in time.
    Slow,
    /// Answers past the deadline.
    TooSlow,
    /// Answers byte by byte, past the deadline.
    Drip,
    /// Falls silent in the middle.
    Stall,
    /// Never answers.
    Hang,
    /// A web page with status 200.
    Html,
    /// Bytes without meaning.
    Noise,
    /// JSON that has nothing to do with the protocol.
    WrongShape,
    /// JSON whose texts are not UTF-8.
    BadUtf8,
    /// JSON nested ten thousand levels deep.
    Deep,
    /// Less than was announced.
    Truncated,
    /// The connection is reset in the middle.
    Reset,
    /// A body over the cap, with its length announced or without.
    Huge {
        /// Whether the length is announced.
        announced: bool,
    },
    /// A small body that unpacks to far more than the cap.
    GzipBomb,
    /// A status, with the seconds to wait if there are any.
    Status(u16, Option<u32>),
    /// A redirect to a foreign host.
    Redirect,
    /// All is well until a page that is not the first, which answers with this status.
    FurtherPage(u16),
}

/// A fault laid over a healthy server.
pub(super) struct Stage<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) fault: &'a Fault,
    /// Where nobody must go.
    pub(super) foreign: &'a str,
    /// How long the connector waits for one answer.
    pub(super) patience: Duration,
    armed: AtomicBool,
    struck: AtomicBool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        dialect: &'a dyn Dialect,
        fault: &'a Fault,
        foreign: &'a str,
        patience: Duration,
    ) -> Self {
        let (armed, struck) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { dialect, fault, foreign, patience, armed, struck }
    }

    /// From now on the fault shows.
    pub(super) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// True when the fault has shown.
    pub(super) fn has_struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    /// The answer to one request.
    pub(super) fn play(&self, request: &HttpRequest) -> Play {
        let healthy = self.dialect.answer(request);
        if !self.armed.load(Ordering::SeqCst) {
            return Play::Answer(healthy);
        }
        let play = self.faulty(request, &healthy);
        if play.is_some() {
            self.struck.store(true, Ordering::SeqCst);
        }
        play.unwrap_or(Play::Answer(healthy))
    }

    fn faulty(&self, request: &HttpRequest, healthy: &HttpAnswer) -> Option<Play> {
        let healthy = || healthy.clone();
        let body = |body: Vec<u8>| Play::Answer(HttpAnswer { body, ..healthy() });
        Some(match self.fault {
            Fault::Healthy => Play::Answer(healthy()),
            Fault::Tampered(tamper) => {
                let tamper = self.addressed(tamper);
                Play::Answer(self.dialect.tampered(request, &tamper)?)
            }
            Fault::Slow => Play::Late(self.patience / 4, healthy()),
            Fault::TooSlow => Play::Late(self.patience * 3, healthy()),
            Fault::Drip => Play::Drip(Duration::from_millis(20), canaried(healthy())),
            Fault::Stall => Play::Stall(canaried(healthy())),
            Fault::Hang => Play::Hang,
            Fault::Html => Play::Answer(HttpAnswer::of("text/html", page())),
            Fault::Noise => body(noise()),
            Fault::WrongShape => body(format!(r#"{{"{CANARY}": ["{CANARY}"]}}"#).into_bytes()),
            Fault::BadUtf8 => body([br#"{"x": "#.as_slice(), b"\"\xc3\x28\xff\"}"].concat()),
            Fault::Deep => body(format!("{}\"{CANARY}\"", "[".repeat(10_000)).into_bytes()),
            Fault::Truncated => Play::Truncate(canaried(healthy())),
            Fault::Reset => Play::Reset(canaried(healthy())),
            Fault::Huge { announced: true } => body(huge()),
            Fault::Huge { announced: false } => {
                Play::Chunked(HttpAnswer { body: huge(), ..healthy() })
            }
            Fault::GzipBomb => Play::Answer(
                HttpAnswer { body: bomb(), ..healthy() }.header("content-encoding", "gzip"),
            ),
            Fault::Status(status, wait) => Play::Answer(refusal(*status, *wait)),
            Fault::Redirect => {
                let target = format!("{}{}", self.foreign, request.path);
                Play::Answer(refusal(302, None).header("location", target))
            }
            Fault::FurtherPage(_) if !self.dialect.is_further_page(request) => return None,
            Fault::FurtherPage(status) => Play::Answer(refusal(*status, None)),
        })
    }

    /// The cases are written before the foreign listener has a port.
    fn addressed(&self, tamper: &Tamper) -> Tamper {
        match tamper {
            Tamper::Astray(_) => Tamper::Astray(self.foreign.to_owned()),
            other => other.clone(),
        }
    }
}

/// White space and all, so that a part of it is no JSON and none of it is done early.
fn canaried(healthy: HttpAnswer) -> HttpAnswer {
    let body = [b"                                ".as_slice(), &healthy.body].concat();
    HttpAnswer { body, ..healthy }
}

fn page() -> String {
    format!("<!doctype html><title>{CANARY}</title><p>Please sign in, {CANARY}.")
}

fn refusal(status: u16, wait: Option<u32>) -> HttpAnswer {
    let body = serde_json::json!({"error": CANARY, "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception", "diagnostics": CANARY}]});
    let answer = HttpAnswer::json(&body).status(status);
    match wait {
        Some(seconds) => answer.header("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// Different bytes at every place and the same at every run.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    });
    bytes.take(512).flatten().chain(CANARY.bytes()).collect()
}

fn huge() -> Vec<u8> {
    let mut body = format!(r#"{{"{CANARY}": ""#).into_bytes();
    body.resize(BODY_CAP + 1024, b'a');
    body.extend(b"\"}");
    body
}

/// Four caps' worth of blanks, packed once. Packing into memory cannot fail; were it to, the body is empty and
/// the case fails for that.
fn bomb() -> Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let pack = || {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        let blanks = vec![b' '; BODY_CAP];
        (0..4).try_for_each(|_| packer.write_all(&blanks)).and_then(|()| packer.finish())
    };
    BOMB.get_or_init(|| pack().unwrap_or_default()).clone()
}

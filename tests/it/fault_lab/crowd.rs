//! Many clients at once, who do not wait for each other: open-loop load over real sockets, from a thread of its own, so
//! that a gateway that is slow does not slow down those who ask it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many connections there are before requests come at a steady pace.
const WARM: usize = 8;

/// What came of one request.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Which of the kinds of requests it was.
    pub(super) kind: usize,
    pub(super) began: Instant,
    pub(super) took: Duration,
    pub(super) end: End,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer of this status; the id that the gateway gave it, whether it said when to come back, and how long its
    /// body is.
    Answered { status: u16, id: String, retry_after: bool, length: usize },
    /// No connection was to be had.
    Refused,
    /// It had been sent, and no whole answer came.
    Broken,
}

impl Outcome {
    pub(super) fn is(&self, wanted: u16) -> bool {
        matches!(self.end, End::Answered { status, .. } if status == wanted)
    }
}

impl Outcome {
    /// How long the body of an answer is that is no refusal.
    pub(super) fn length(&self) -> Option<usize> {
        match self.end {
            End::Answered { status: 200, length, .. } => Some(length),
            End::Answered { .. } | End::Refused | End::Broken => None,
        }
    }
}

/// One sort of requests, and how many of them come in a second.
#[derive(Clone)]
pub(super) struct Stream {
    pub(super) per_second: u32,
    /// Whole requests, of which each is sent in its turn.
    pub(super) requests: Vec<Arc<[u8]>>,
}

/// Connections that are used again, as long as the gateway keeps them.
#[derive(Clone)]
pub(super) struct Clients {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<TcpStream>>>,
}

/// A request to `/graphql` with a token and more headers.
pub(super) fn request(token: &str, headers: &str, body: &str) -> Arc<[u8]> {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    head.into_bytes().into()
}

/// Sends streams of requests for a while, each at its own pace whatever comes of them, and waits for all answers.
pub(super) fn flood(address: SocketAddr, streams: Vec<Stream>, lasts: Duration) -> Vec<Outcome> {
    alone(async move || send_all(address, streams, lasts).await)
        .join()
        .expect("the load does not panic")
}

async fn send_all(address: SocketAddr, streams: Vec<Stream>, lasts: Duration) -> Vec<Outcome> {
    let clients = Clients::new(address);
    let start = tokio::time::Instant::now();
    let mut due: Vec<(Duration, usize, Arc<[u8]>)> = Vec::new();
    for (kind, stream) in streams.iter().enumerate() {
        let count = stream.per_second * u32::try_from(lasts.as_millis()).unwrap_or(0) / 1_000;
        let requests = stream.requests.iter().cycle();
        let at = |number| lasts * number / count.max(1);
        due.extend((0..count).zip(requests).map(|(number, it)| (at(number), kind, it.clone())));
    }
    due.sort_by_key(|(at, kind, _)| (*at, *kind));
    let mut open = JoinSet::new();
    for (at, kind, request) in due {
        sleep_until(start + at).await;
        let clients = clients.clone();
        open.spawn(async move { clients.send(kind, &request).await });
    }
    open.join_all().await
}

/// Sends so many times the same request at once, over connections that are open before the first is sent, and waits for all
/// answers.
pub(super) fn rush(address: SocketAddr, request: &Arc<[u8]>, count: usize) -> Vec<Outcome> {
    let request = request.clone();
    alone(async move || {
        let clients = Clients::new(address);
        clients.connect(count).await;
        let mut open = JoinSet::new();
        for _ in 0..count {
            let (clients, request) = (clients.clone(), request.clone());
            open.spawn(async move { clients.send(0, &request).await });
        }
        open.join_all().await
    })
    .join()
    .expect("the load does not panic")
}

/// Requests that go on at their pace until they are told to end.
pub(super) struct Steady {
    ends: Arc<AtomicBool>,
    outcomes: JoinHandle<Vec<Outcome>>,
}

impl Steady {
    /// Begins to send, over connections that are open already.
    pub(super) fn start(address: SocketAddr, requests: Vec<Arc<[u8]>>, every: Duration) -> Self {
        let ends = Arc::<AtomicBool>::default();
        let told = ends.clone();
        let outcomes = alone(async move || {
            let clients = Clients::new(address);
            clients.connect(WARM).await;
            let (mut open, mut due) = (JoinSet::new(), tokio::time::Instant::now());
            for request in requests.iter().cycle() {
                sleep_until(due).await;
                due += every;
                if told.load(Ordering::SeqCst) {
                    break;
                }
                let (clients, request) = (clients.clone(), request.clone());
                open.spawn(async move { clients.send(0, &request).await });
            }
            open.join_all().await
        });
        Self { ends, outcomes }
    }

    /// Sends no more, and waits for all answers.
    pub(super) fn end(self) -> Vec<Outcome> {
        self.ends.store(true, Ordering::SeqCst);
        self.outcomes.join().expect("the load does not panic")
    }
}

/// Does something on a thread of its own, so that nothing else of this process is waited for.
fn alone<T: Send + 'static, F: Future<Output = T>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> JoinHandle<T> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(work())
    })
}

impl Clients {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Arc::default() }
    }

    /// Sends one request and waits for its answer.
    pub(super) async fn send(&self, kind: usize, request: &[u8]) -> Outcome {
        let began = Instant::now();
        let end = match timeout(PATIENCE, self.ask(request)).await {
            Ok(end) => end,
            Err(_) => End::Broken,
        };
        Outcome { kind, began, took: began.elapsed(), end }
    }

    async fn ask(&self, request: &[u8]) -> End {
        let Some(mut stream) = self.connection().await else { return End::Refused };
        let asking = async {
            stream.write_all(request).await?;
            answer(&mut stream).await
        };
        let Ok((head, body)) = asking.await else { return End::Broken };
        let value = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
            Some(line[name.len()..].trim().to_owned())
        };
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (Some(status), Some(length)) = (status, body) else { return End::Broken };
        if value("connection:").as_deref() != Some("close") {
            self.idle.lock().expect("nobody panics here").push(stream);
        }
        let retry_after = value("retry-after:").is_some();
        End::Answered {
            status,
            id: value("x-request-id:").unwrap_or_default(),
            retry_after,
            length,
        }
    }

    /// Connects so often beforehand.
    pub(super) async fn connect(&self, count: usize) {
        for _ in 0..count {
            let stream = TcpStream::connect(self.address).await.expect("it connects");
            self.idle.lock().expect("nobody panics here").push(stream);
        }
    }

    /// A connection: one that was used before and was not closed meanwhile, or a new one.
    async fn connection(&self) -> Option<TcpStream> {
        loop {
            let Some(idle) = self.idle.lock().expect("nobody panics here").pop() else { break };
            if matches!(idle.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
            {
                return Some(idle);
            }
        }
        TcpStream::connect(self.address).await.ok()
    }
}

/// The head of an answer, and how long its body is, if it came whole.
async fn answer(stream: &mut TcpStream) -> io::Result<(String, Option<usize>)> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 8 * 1024]);
    loop {
        let count = stream.read(&mut piece).await?;
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let line = line.to_ascii_lowercase();
                line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok((head, Some(length.unwrap_or(0))));
            }
        }
        if count == 0 {
            return Ok((String::new(), None));
        }
    }
}

/// The time within which so many of a hundred took.
pub(super) fn percentile(outcomes: &[&Outcome], percent: usize) -> Duration {
    let mut times: Vec<Duration> = outcomes.iter().map(|outcome| outcome.took).collect();
    times.sort_unstable();
    let place = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(place).copied().unwrap_or_default()
}

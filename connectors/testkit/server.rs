//! A server on loopback that does what a script says, down to the bytes: it can be late, drip, stall, break
//! off and reset.
//!
//! Written on bare sockets, because a well-behaved HTTP library refuses to misbehave.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::http::{HttpAnswer, HttpRequest};

/// The longest request head that is read.
const HEAD: usize = 64 * 1024;

/// How one request is answered.
#[derive(Clone, Debug)]
pub enum Play {
    /// At once and whole.
    Answer(HttpAnswer),
    /// Whole, but only after a while.
    Late(Duration, HttpAnswer),
    /// The head at once, then byte by byte with pauses that never exceed any idle limit.
    Drip(Duration, HttpAnswer),
    /// The length of the whole is announced, half of it sent, then the connection closed in order.
    Truncate(HttpAnswer),
    /// Half of it, then the connection reset.
    Reset(HttpAnswer),
    /// Half of it, then silence.
    Stall(HttpAnswer),
    /// Without announcing a length.
    Chunked(HttpAnswer),
    /// Silence.
    Hang,
}

/// A listener on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    origin: String,
    connections: AtomicUsize,
    requests: AtomicUsize,
    open: AtomicUsize,
    abandoned: AtomicUsize,
}

impl Server {
    /// Listens; nothing is answered before [`Self::serve`].
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self {
            listener,
            origin,
            connections: 0.into(),
            requests: 0.into(),
            open: 0.into(),
            abandoned: 0.into(),
        })
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many requests were read.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How many requests the caller gave up before they were answered in full.
    pub fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::SeqCst)
    }

    /// Answers every request as `script` says, for as long as it is polled.
    pub async fn serve(&self, script: impl Fn(&HttpRequest) -> Play) -> Infallible {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        self.connections.fetch_add(1, Ordering::SeqCst);
                        self.open.fetch_add(1, Ordering::SeqCst);
                        let conversation = self.converse(stream, &script);
                        open.push(async {
                            let ended = conversation.await;
                            self.open.fetch_sub(1, Ordering::SeqCst);
                            ended
                        });
                    }
                }
                // A connection that broke is the script's wish or the caller's.
                Some(_) = open.next() => {}
            }
        }
    }

    async fn converse(
        &self,
        mut stream: TcpStream,
        script: &impl Fn(&HttpRequest) -> Play,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        while let Some(request) = next_request(&mut stream, &mut buffer).await? {
            self.requests.fetch_add(1, Ordering::SeqCst);
            match act(&mut stream, script(&request)).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.abandoned.fetch_add(1, Ordering::SeqCst);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

/// Reads one request; `None` when the caller is done.
async fn next_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<HttpRequest>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > HEAD || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let rest = buffer.split_off(end + 4);
    let head = String::from_utf8_lossy(buffer).into_owned();
    *buffer = rest;
    let Some(mut request) = HttpRequest::parse(head.trim_end()) else { return Ok(None) };
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let rest = buffer.split_off(length);
    request.body = std::mem::replace(buffer, rest);
    Ok(Some(request))
}

/// True when the connection may be used again.
async fn act(stream: &mut TcpStream, play: Play) -> io::Result<bool> {
    match play {
        Play::Answer(answer) => whole(stream, &answer).await,
        Play::Late(pause, answer) => {
            tokio::select! {
                () = sleep(pause) => whole(stream, &answer).await,
                error = given_up(stream) => Err(error),
            }
        }
        Play::Drip(pause, answer) => {
            stream.write_all(head(&answer).as_bytes()).await?;
            for byte in &answer.body {
                stream.write_u8(*byte).await?;
                sleep(pause).await;
            }
            Ok(true)
        }
        Play::Truncate(answer) => {
            half(stream, &answer).await?;
            stream.shutdown().await?;
            Ok(false)
        }
        Play::Reset(answer) => {
            half(stream, &answer).await?;
            // Closing without lingering discards what is unsent and answers with a reset.
            stream.set_zero_linger()?;
            Ok(false)
        }
        Play::Stall(answer) => {
            half(stream, &answer).await?;
            Err(given_up(stream).await)
        }
        Play::Chunked(answer) => chunked(stream, &answer).await,
        Play::Hang => Err(given_up(stream).await),
    }
}

/// Waits until the caller closes the connection.
async fn given_up(stream: &mut TcpStream) -> io::Error {
    loop {
        match stream.read_u8().await {
            // Whatever else it says is not listened to.
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

async fn whole(stream: &mut TcpStream, answer: &HttpAnswer) -> io::Result<bool> {
    stream.write_all(head(answer).as_bytes()).await?;
    stream.write_all(&answer.body).await?;
    Ok(true)
}

async fn half(stream: &mut TcpStream, answer: &HttpAnswer) -> io::Result<()> {
    stream.write_all(head(answer).as_bytes()).await?;
    let (half, _) = answer.body.split_at(answer.body.len() / 2);
    stream.write_all(half).await?;
    stream.flush().await
}

async fn chunked(stream: &mut TcpStream, answer: &HttpAnswer) -> io::Result<bool> {
    let head = answer.head("transfer-encoding: chunked");
    stream.write_all(head.as_bytes()).await?;
    for chunk in answer.body.chunks(64 * 1024) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
        stream.write_all(chunk).await?;
        stream.write_all(b"\r\n").await?;
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(true)
}

fn head(answer: &HttpAnswer) -> String {
    answer.head(&format!("content-length: {}", answer.body.len()))
}

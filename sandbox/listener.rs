//! The socket of a system: it can be closed and opened again while the system runs, and it can cut answers short.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::fault::Fault;

/// A listener on loopback that follows the fault of its system.
pub(crate) struct FaultyListener {
    address: SocketAddr,
    open: Option<TcpListener>,
    fault: watch::Receiver<Fault>,
}

impl FaultyListener {
    pub(crate) async fn bind(port: u16, fault: watch::Receiver<Fault>) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { address: listener.local_addr()?, open: Some(listener), fault })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens or closes the socket as the fault says; a port that is taken for the moment is tried again.
    async fn follow_fault(&mut self) {
        let dead = *self.fault.borrow_and_update() == Fault::Dead;
        if dead {
            self.open = None;
        } else if self.open.is_none() {
            match TcpListener::bind(self.address).await {
                Ok(listener) => self.open = Some(listener),
                Err(error) => {
                    tracing::warn!(%error, "a system cannot open its port again yet");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
        }
    }
}

impl axum::serve::Listener for FaultyListener {
    type Io = FaultyStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            self.follow_fault().await;
            let dead = *self.fault.borrow() == Fault::Dead;
            let Some(listener) = &self.open else {
                if dead && self.fault.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                continue;
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Ok(()) = self.fault.changed() => continue,
            };
            if let Ok((stream, peer)) = accepted {
                // Answers are small and complete; waiting for more bytes would only cost time.
                let _ = stream.set_nodelay(true);
                return (FaultyStream { stream, fault: self.fault.clone(), cut: false }, peer);
            }
            // Out of file handles, most likely: give others time to close some.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

/// A connection that breaks when its system is dead or cuts its answers.
pub(crate) struct FaultyStream {
    stream: TcpStream,
    fault: watch::Receiver<Fault>,
    cut: bool,
}

impl FaultyStream {
    fn broken(&self) -> bool {
        self.cut || *self.fault.borrow() == Fault::Dead
    }

    fn reset<T>() -> Poll<io::Result<T>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    /// What of an answer still goes out: all of it, or two thirds (so the head arrives and the body does not).
    fn allowed(&self, length: usize) -> usize {
        if *self.fault.borrow() == Fault::Truncated { length - length / 3 } else { length }
    }

    /// Writes no more than is allowed; what was cut once stays cut.
    fn write_part(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.allowed(bytes.len());
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..allowed]);
        self.cut |= written.is_ready() && allowed < bytes.len();
        written
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.broken() {
            return Self::reset();
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.broken() {
            return Self::reset();
        }
        self.write_part(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.broken() {
            return Self::reset();
        }
        if *self.fault.borrow() != Fault::Truncated {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        }
        let whole: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        self.write_part(cx, &whole)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Serves a router on a listener until the task is dropped.
pub(crate) fn serve(listener: FaultyListener, router: axum::Router) -> Serving {
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "a system stopped serving");
        }
    });
    Serving(task)
}

/// A running server; it ends with its holder.
#[derive(Debug)]
pub(crate) struct Serving(tokio::task::JoinHandle<()>);

impl Serving {
    /// Ends the server; when this returns, its port is closed.
    pub(crate) async fn close(&mut self) {
        self.0.abort();
        // It ends as cancelled, which is what was asked for.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

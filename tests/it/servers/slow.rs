//! A way to another server on which everything takes a while.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A port behind which another one is, later.
pub(crate) struct Slow {
    pub(crate) port: u16,
    accepting: JoinHandle<()>,
}

impl Slow {
    /// What comes back from `port` comes so much later.
    pub(crate) async fn before(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let own = listener.local_addr().expect("a listener has an address").port();
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, port, delay));
            }
        });
        Self { port: own, accepting }
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(near: TcpStream, port: u16, delay: Duration) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) =
        (near.into_split(), far.into_split());
    let back = async move {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = far_in.read(&mut piece).await {
            tokio::time::sleep(delay).await;
            if near_out.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    };
    // When one side has ended, the other may.
    tokio::select! {
        () = back => {}
        _ = tokio::io::copy(&mut near_in, &mut far_out) => {}
    }
}

//! A door that meets nobody without a certificate of the authority that it believes.

use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Authority, Certificate};
use crate::mutual_tls::{acceptor, days};

/// A door that meets nobody without a certificate.
pub(crate) struct GuardedDoor {
    pub(crate) port: u16,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    /// The certificates that it was shown.
    shown: Arc<Mutex<Vec<Vec<u8>>>>,
    own: Certificate,
    /// Whose word is taken for who it is.
    pub(crate) authority: Authority,
}

impl GuardedDoor {
    /// Before the door at that port; it believes that authority.
    pub(crate) async fn before(behind: u16, believed: &Authority) -> Self {
        let authority = Authority::new();
        let own = authority.certifies("127.0.0.1", days());
        let acceptor = Arc::new(Mutex::new(acceptor(&own, believed)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (now, shown) = (acceptor.clone(), Arc::<Mutex<Vec<Vec<u8>>>>::default());
        let seen = shown.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let acceptor = now.lock().expect("nobody panics here").clone();
                let Ok(mut near) = acceptor.accept(near).await else { continue };
                let shown = near.get_ref().1.peer_certificates().expect("none is let in without");
                seen.lock().expect("nobody panics here").push(shown[0].to_vec());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", behind)).await else {
                        return;
                    };
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { port, acceptor, shown, own, authority }
    }

    /// From now on it believes another authority.
    pub(crate) fn believe(&self, authority: &Authority) {
        *self.acceptor.lock().expect("nobody panics here") = acceptor(&self.own, authority);
    }

    /// The certificate of the newest connection.
    pub(crate) fn last_shown(&self) -> Option<Vec<u8>> {
        self.shown.lock().expect("nobody panics here").last().cloned()
    }
}

//! Sources that cannot be found, or cannot show who they are: F12, F13.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use caregraph_connectors::Problem;
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::resolver::Lookup;
use caregraph_sandbox::{Options, Sandbox};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::tell;
use crate::answer::{Answer, items, text};
use crate::config::Shape;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::process::Process;
use crate::servers::certificates::{Authority, Certificate};

const LONG: Duration = Duration::from_secs(10);

/// A name that no resolver has to ask anybody for: one of its labels is longer than any can be.
fn nowhere() -> Url {
    let url = format!("https://{}.example/fhir", "x".repeat(64));
    Url::parse(&url).expect("a URL may hold it")
}

#[test]
fn f12_a_name_that_is_none_is_told_at_once_and_holds_up_nobody() {
    run(async {
        let egress = Egress::new().unwrap();
        let mut times = Vec::new();
        for _ in 0..50 {
            let started = Instant::now();
            let deadline = tokio::time::Instant::now() + LONG;
            let answer = egress.get_json(nowhere(), &Credentials::None, deadline).await;
            assert_eq!(answer, Err(Problem::Unreachable));
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let (half, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        assert!(half <= Duration::from_millis(3 * 100), "{half:?}");
        tell(
            "F12",
            "told <= 100 ms, 0 connections",
            format!("50 of 50 told, slowest {slowest:.1?}"),
        );
    });
}

/// A name server whose one name first stands for this machine, then for what nobody may be led to, and then for nothing.
struct Turning(AtomicUsize);

#[async_trait]
impl Lookup for Turning {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
            1..=20 => Ok(vec![Ipv4Addr::new(169, 254, 169, 254).into()]),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// Answers each connection once, and closes it, so that the name is looked up for each question.
async fn answers_once(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        let asked = stream.read(&mut [0; 2_048]).await;
        assert!(asked.is_ok() && stream.write_all(answer).await.is_ok());
    }
}

#[test]
fn f12_a_name_that_is_turned_or_lost_stands_for_what_it_stood_for() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://clinic.localhost:{}/", listener.local_addr().unwrap().port());
        let server = tokio::spawn(answers_once(listener));
        let egress = Egress::looking_up_by(Turning(AtomicUsize::new(0))).unwrap();
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let (started, deadline) = (Instant::now(), tokio::time::Instant::now() + LONG);
            let url = Url::parse(&url).unwrap();
            let answer = egress.get_json(url, &Credentials::None, deadline).await;
            assert_eq!(answer.as_deref(), Ok(b"{}".as_slice()));
            slowest = slowest.max(started.elapsed());
        }
        server.abort();
        let lookups = egress.lookups();
        let (refused, failed, pinned) = (lookups.refused(), lookups.failed(), lookups.pinned());
        assert_eq!((refused, failed, pinned), (20, 29, 49));
        tell(
            "F12",
            "the last good address for 10 min, 0 connections to where a name is turned",
            format!(
                "50 of 50 answered, {refused} times turned to 169.254.169.254, {failed} times lost, 0 led there; slowest {slowest:.1?}"
            ),
        );
    });
}

/// A port with TLS before a system, and how often somebody believed it.
struct Guise {
    port: u16,
    knocks: Arc<AtomicUsize>,
    believed: Arc<AtomicUsize>,
}

impl Guise {
    async fn of(certificate: &Certificate, behind: u16) -> Self {
        let chain = CertificateDer::pem_slice_iter(certificate.chain.as_bytes());
        let chain = chain.collect::<Result<_, _>>().expect("a chain is PEM");
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a key is PEM");
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("they belong together")));
        Self::with(move |mut near, believed| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut near) = acceptor.accept(&mut near).await else { return };
                believed.fetch_add(1, Ordering::SeqCst);
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", behind)).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        })
        .await
    }

    /// A server that knows nothing newer than TLS 1.1.
    async fn of_the_past() -> Self {
        Self::with(|mut near, believed| async move {
            let mut hello = [0; 4096];
            if near.read(&mut hello).await.is_err() {
                return;
            }
            // A hello of a server that chooses TLS 1.1 and an old cipher.
            let body = [&[3, 2][..], &[7; 32], &[0, 0x00, 0x2f, 0]].concat();
            let length = u8::try_from(body.len()).expect("it is short");
            let record = [&[22, 3, 2, 0, length + 4, 2, 0, 0, length][..], &body].concat();
            let _ = near.write_all(&record).await;
            let mut answer = [0; 1];
            // Whoever goes on says something other than an alert.
            if near.read_exact(&mut answer).await.is_ok() && answer[0] != 21 {
                believed.fetch_add(1, Ordering::SeqCst);
            }
        })
        .await
    }

    async fn with<F: Future<Output = ()> + Send + 'static>(
        meet: impl Fn(TcpStream, Arc<AtomicUsize>) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (knocks, believed) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (seen, trusted) = (knocks.clone(), believed.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                seen.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(meet(near, trusted.clone()));
            }
        });
        Self { port, knocks, believed }
    }
}

#[test]
fn f13_a_source_that_cannot_show_who_it_is_is_never_asked() {
    run(async {
        let options = Options { patients: 12, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let (home, ours, strange) = (Home::new(), Authority::new(), Authority::new());
        let days = time::Duration::days;
        let behind = |id: &str| {
            let url = Url::parse(sandbox.system(id).unwrap().base_url()).unwrap();
            url.port().unwrap()
        };
        let guises = [
            (
                "lakeside",
                "trusted",
                Guise::of(&ours.certifies("localhost", days(9)), behind("lakeside")).await,
            ),
            (
                "northgate",
                "expired",
                Guise::of(&ours.certifies("localhost", days(-1)), behind("northgate")).await,
            ),
            (
                "stmary",
                "of another host",
                Guise::of(&ours.certifies("elsewhere.example", days(9)), behind("stmary")).await,
            ),
            (
                "harbor",
                "of a stranger",
                Guise::of(&strange.certifies("localhost", days(9)), behind("harbor")).await,
            ),
            ("cornerstone", "TLS 1.1", Guise::of_the_past().await),
        ];
        let base_url = |(id, _, guise): &(&'static str, &str, Guise)| {
            let mut url = Url::parse(sandbox.system(id).unwrap().base_url()).unwrap();
            url.set_scheme("https").and_then(|()| url.set_port(Some(guise.port))).unwrap();
            url.set_host(Some("localhost")).unwrap();
            (*id, url.to_string())
        };
        let base_urls: BTreeMap<&str, String> = guises.iter().map(base_url).collect();
        let systems = guises.iter().map(|(id, ..)| *id).collect();
        let shape = Shape { systems, base_urls, ..Shape::default() };
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(&sandbox, home.path())).unwrap();
        let config = config.display().to_string();
        let gateway = Process::start_with(&config, "SSL_CERT_FILE", ours.file(home.path()));
        let index = settled(&gateway).await;
        let (mut refused, mut words) = (Vec::new(), Vec::new());
        for (id, what, guise) in &guises {
            let entry = index.iter().find(|entry| entry["source"] == *id).unwrap();
            let (knocks, believed) =
                (guise.knocks.load(Ordering::SeqCst), guise.believed.load(Ordering::SeqCst));
            if *what == "trusted" {
                assert_eq!(entry["state"], "ready", "{entry}");
                assert!(believed > 0, "nothing was tried");
                continue;
            }
            assert!(knocks > 0 && believed == 0, "{what}: {believed} of {knocks}");
            words.push(text(&entry["problem"]));
            refused.push(format!("{what} {knocks} of {knocks}"));
        }
        words.dedup();
        assert_eq!(words.len(), 1, "they are told alike: {words:?}");
        tell(
            "F13",
            "100 % refused, in general words",
            format!("refused: {}; {:?}", refused.join(", "), words[0]),
        );
    });
}

/// The state of all rosters, once each was tried.
async fn settled(gateway: &Process) -> Vec<Value> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/health/ready", gateway.address);
    let index = || async {
        let answer = Answer::of(client.get(&url).send().await.unwrap()).await.json();
        items(&answer["index"]).to_vec()
    };
    let is_settled = || async {
        index().await.iter().all(|entry| entry["state"] == "ready" || entry["state"] == "failed")
    };
    until("each roster was tried", is_settled).await;
    index().await
}

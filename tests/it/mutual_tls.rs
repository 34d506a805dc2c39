//! Sources that want to be shown a certificate, or have an authority of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caregraph_connectors::Problem;
use caregraph_connectors::egress::{ClientTls, Credentials, Egress, Keys, TlsError};
use caregraph_sandbox::{Options, Sandbox};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use url::Url;

use crate::answer::{Answer, items};
use crate::config::Shape;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::process::Process;
use crate::servers::certificates::{Authority, Certificate};

pub(crate) fn days() -> time::Duration {
    time::Duration::days(9)
}

/// A server that meets nobody without a certificate of that authority.
pub(crate) fn acceptor(own: &Certificate, authority: &Authority) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(own.chain.as_bytes());
    let chain = chain.collect::<Result<_, _>>().expect("a chain is PEM");
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("a key is PEM");
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem.as_bytes()).expect("it is PEM");
    roots.add(root).expect("it is one of an authority");
    let verifier = WebPkiClientVerifier::builder(roots.into()).build().expect("there are roots");
    let config = ServerConfig::builder().with_client_cert_verifier(verifier);
    let config = config.with_single_cert(chain, key).expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

/// Does something with everybody who was met.
async fn meets<F: Future<Output = ()> + Send + 'static>(
    acceptor: TlsAcceptor,
    meet: impl Fn(TlsStream<TcpStream>) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("a listener has an address").port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            if let Ok(near) = acceptor.accept(near).await {
                tokio::spawn(meet(near));
            }
        }
    });
    port
}

/// Which certificates were shown for which requests, by their `Authorization`.
type Shown = Arc<Mutex<Vec<(Vec<u8>, String)>>>;

/// Answers every request of a connection.
async fn answers(mut near: TlsStream<TcpStream>, shown: Shown) {
    let certificates = near.get_ref().1.peer_certificates();
    let certificate = certificates.expect("nobody is met without one")[0].to_vec();
    let mut asked = Vec::new();
    let talk = async {
        loop {
            while !asked.ends_with(b"\r\n\r\n") {
                let byte = near.read_u8().await?;
                asked.push(byte);
            }
            let head = String::from_utf8_lossy(&std::mem::take(&mut asked)).into_owned();
            let token = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            let entry = (certificate.clone(), token.unwrap_or_default().to_owned());
            shown.lock().expect("nobody panics here").push(entry);
            near.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await?;
        }
    };
    // Whoever has heard enough goes.
    let _: io::Result<()> = talk.await;
}

fn tls(
    base: &Url,
    own: Option<&Certificate>,
    ca: Option<&Authority>,
) -> Result<ClientTls, TlsError> {
    let own = own.map(|own| (own.chain.clone().into(), own.key.clone().into()));
    let ca = ca.map(|ca| ca.pem.clone().into());
    ClientTls::new(base, own.as_ref().map(|(chain, key)| (chain, key)), ca.as_ref())
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(5)
}

pub(crate) fn der(certificate: &Certificate) -> Vec<u8> {
    CertificateDer::from_pem_slice(certificate.chain.as_bytes()).expect("it is PEM").to_vec()
}

#[test]
fn a_source_is_shown_our_certificate_and_believed_by_its_own_authority() {
    run(async {
        let (ours, theirs, strange) = (Authority::new(), Authority::new(), Authority::new());
        let own = ours.certifies("gateway", days());
        let shown = Shown::default();
        let seen = shown.clone();
        let server = acceptor(&theirs.certifies("localhost", days()), &ours);
        let port = meets(server, move |near| answers(near, seen.clone())).await;
        let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
        let egress = Egress::new().unwrap();
        let stranger = strange.certifies("gateway", days());
        for (identity, ca, expected) in [
            (Some(&own), Some(&theirs), Ok(200)),
            (None, Some(&theirs), Err(Problem::Unreachable)),
            (Some(&stranger), Some(&theirs), Err(Problem::Unreachable)),
            (Some(&own), Some(&strange), Err(Problem::Unreachable)),
            // This machine does not believe that authority.
            (Some(&own), None, Err(Problem::Unreachable)),
        ] {
            let meeting = egress.meeting(&tls(&url, identity, ca).unwrap());
            let token = Credentials::Bearer("t".into());
            let reply = meeting.get(url.clone(), &token, &[], soon()).await;
            assert_eq!(reply.map(|reply| reply.status), expected);
        }
        // Both are shown together, and nobody else is shown either.
        assert_eq!(*shown.lock().unwrap(), [(der(&own), "Bearer t".to_owned())]);
        let elsewhere = Url::parse("https://login.example/").unwrap();
        let meeting = egress.meeting(&tls(&elsewhere, Some(&own), Some(&theirs)).unwrap());
        assert!(meeting.get(url.clone(), &Credentials::None, &[], soon()).await.is_err());
        let mixed = Certificate { chain: own.chain.clone(), key: stranger.key.clone() };
        for (mistake, expected) in [
            (tls(&url, Some(&mixed), None), TlsError::Key),
            (
                tls(
                    &url,
                    Some(&Certificate { chain: own.key.clone(), key: own.key.clone() }),
                    None,
                ),
                TlsError::Certificate,
            ),
            (ClientTls::new(&url, None, Some(&"s3cret".into())), TlsError::Authority),
        ] {
            assert_eq!(mistake.unwrap_err(), expected);
        }
    });
}

#[test]
fn certificates_are_replaced_under_load_and_no_question_is_lost() {
    run(async {
        let (ours, theirs) = (Authority::new(), Authority::new());
        let shown = Shown::default();
        let seen = shown.clone();
        let server = acceptor(&theirs.certifies("localhost", days()), &ours);
        let port = meets(server, move |near| answers(near, seen.clone())).await;
        let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
        let all: Vec<_> = (0..20).map(|_| ours.certifies("gateway", days())).collect();
        let meet = |own: &Certificate| tls(&url, Some(own), Some(&theirs)).unwrap();
        let egress = Egress::new().unwrap().meeting(&meet(&all[0]));
        let is_over = AtomicBool::new(false);
        let asker = || async {
            let egress = egress.clone();
            let mut asked = 0_usize;
            while !is_over.load(Ordering::SeqCst) {
                let reply = egress.get(url.clone(), &Credentials::None, &[], soon()).await;
                assert_eq!(reply.map(|reply| reply.status), Ok(200));
                asked += 1;
            }
            asked
        };
        let swapper = async {
            for (number, own) in all.iter().enumerate().skip(1) {
                egress.replace_tls(&meet(own));
                let token = Credentials::Bearer(format!("mark-{number}").into());
                let reply = egress.get(url.clone(), &token, &[], soon()).await;
                assert_eq!(reply.map(|reply| reply.status), Ok(200));
                // Whoever begins from now on shows the new one.
                let mark = (der(own), format!("Bearer mark-{number}"));
                assert!(shown.lock().unwrap().contains(&mark));
            }
            is_over.store(true, Ordering::SeqCst);
        };
        let (counts, ()) = tokio::join!(join_all((0..4).map(|_| asker())), swapper);
        let shown = shown.lock().unwrap();
        assert_eq!(shown.len(), counts.iter().sum::<usize>() + all.len() - 1);
        let known: BTreeSet<_> = all.iter().map(der).collect();
        assert!(shown.iter().all(|(certificate, _)| known.contains(certificate)));
    });
}

#[test]
fn a_token_and_a_certificate_that_are_replaced_together_are_never_shown_apart() {
    run(async {
        let (ours, theirs) = (Authority::new(), Authority::new());
        let shown = Shown::default();
        let seen = shown.clone();
        let server = acceptor(&theirs.certifies("localhost", days()), &ours);
        let port = meets(server, move |near| answers(near, seen.clone())).await;
        let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
        let all: Vec<_> = (0..20).map(|_| ours.certifies("gateway", days())).collect();
        let token = |number: usize| Credentials::Bearer(format!("t-{number}").into());
        let meet = |own: &Certificate| tls(&url, Some(own), Some(&theirs)).unwrap();
        let egress = Egress::new().unwrap().meeting(&meet(&all[0]));
        let keys = Keys::new(&token(0), &egress);
        let is_over = AtomicBool::new(false);
        let asker = || async {
            let (egress, credentials) = (egress.clone(), keys.credentials());
            while !is_over.load(Ordering::SeqCst) {
                let reply = egress.get(url.clone(), &credentials, &[], soon()).await;
                assert_eq!(reply.map(|reply| reply.status), Ok(200));
            }
        };
        let swapper = async {
            for (number, own) in all.iter().enumerate().skip(1) {
                keys.replace(&token(number), Some(&meet(own)));
                let reply = egress.get(url.clone(), &keys.credentials(), &[], soon()).await;
                assert_eq!(reply.map(|reply| reply.status), Ok(200));
            }
            is_over.store(true, Ordering::SeqCst);
        };
        tokio::join!(join_all((0..4).map(|_| asker())), swapper);
        let pair = |(number, own)| (der(own), format!("Bearer t-{number}"));
        let pairs: BTreeSet<_> = all.iter().enumerate().map(pair).collect();
        let shown: BTreeSet<_> = shown.lock().unwrap().iter().cloned().collect();
        assert!(shown.is_subset(&pairs) && shown.len() >= 20, "{}", shown.len());
        // Where nothing is said of TLS, the source is met as before.
        keys.replace(&token(99), None);
        let reply = egress.get(url.clone(), &keys.credentials(), &[], soon()).await;
        assert_eq!(reply.map(|reply| reply.status), Ok(200));
    });
}

#[test]
fn a_gateway_reads_a_source_that_wants_its_certificate() {
    run(async {
        let options = Options { patients: 12, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let (home, ours, theirs) = (Home::new(), Authority::new(), Authority::new());
        let mut base_urls = BTreeMap::new();
        for id in ["lakeside", "northgate"] {
            let mut url = Url::parse(sandbox.system(id).unwrap().base_url()).unwrap();
            let behind = url.port().unwrap();
            let server = acceptor(&theirs.certifies("localhost", days()), &ours);
            let port = meets(server, move |mut near| async move {
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", behind)).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            })
            .await;
            url.set_scheme("https").and_then(|()| url.set_port(Some(port))).unwrap();
            url.set_host(Some("localhost")).unwrap();
            base_urls.insert(id, url.to_string());
        }
        let (chain, key) = ours.certifies("gateway", days()).files(home.path());
        let ca = theirs.file(home.path());
        let file = |path: std::path::PathBuf| format!("{:?}", format!("file:{}", path.display()));
        let with = format!(
            "tls = {{ cert = {}, key = {}, ca = {} }}\n",
            file(chain),
            file(key),
            file(ca.clone())
        );
        let without = format!("tls = {{ ca = {} }}\n", file(ca));
        let of_system =
            BTreeMap::from([("lakeside", &*with.leak()), ("northgate", &*without.leak())]);
        let systems = vec!["lakeside", "northgate"];
        let shape = Shape { systems, of_system, base_urls, ..Shape::default() };
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(&sandbox, home.path())).unwrap();
        let gateway = Process::start(&config.display().to_string());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ready = format!("http://{}/health/ready", gateway.address);
        let states = || async {
            let answer = Answer::of(client.get(&ready).send().await.unwrap()).await.json();
            let state =
                |it: &serde_json::Value| (it["source"].to_string(), it["state"].to_string());
            items(&answer["index"]).iter().map(state).collect::<BTreeMap<_, _>>()
        };
        let expected = [("\"lakeside\"", "\"ready\""), ("\"northgate\"", "\"failed\"")];
        let expected = expected.map(|(id, state)| (id.to_owned(), state.to_owned())).into();
        until("one is read, and the other refuses us", || async { states().await == expected })
            .await;
    });
}

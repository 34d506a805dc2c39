//! What the surroundings of a gateway cannot do: lead what it asks its sources past somebody else.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use caregraph_sandbox::{Options, Sandbox};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use crate::answer::{Answer, items};
use crate::config::Shape;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::process::Process;
use crate::proof::tell;
use crate::servers::certificates::{Authority, Certificate};

/// Every name by which a program may be told of a proxy.
const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "CGI_HTTP_PROXY",
];

/// A port with TLS before a system.
async fn by_tls(certificate: &Certificate, behind: u16) -> u16 {
    let chain = CertificateDer::pem_slice_iter(certificate.chain.as_bytes());
    let chain = chain.collect::<Result<_, _>>().expect("a chain is PEM");
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a key is PEM");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("they belong together")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("a listener has an address").port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut near) = acceptor.accept(near).await else { return };
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", behind)).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

/// Whoever comes is counted and sent away.
async fn recorder() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("a listener has an address").port();
    let knocks = Arc::<AtomicUsize>::default();
    let seen = knocks.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, knocks)
}

#[test]
fn no_proxy_of_the_environment_is_asked() {
    run(async {
        let options = Options { patients: 12, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let (home, ours) = (Home::new(), Authority::new());
        let (proxy, knocks) = recorder().await;
        let mut url = Url::parse(sandbox.system("lakeside").unwrap().base_url()).unwrap();
        let certificate = ours.certifies("localhost", time::Duration::days(9));
        let port = by_tls(&certificate, url.port().unwrap()).await;
        url.set_scheme("https").and_then(|()| url.set_port(Some(port))).unwrap();
        url.set_host(Some("localhost")).unwrap();
        let base_urls = BTreeMap::from([("lakeside", url.to_string())]);
        // One by TLS, one in the clear, and a collector of traces where nobody is.
        let extra = "\n[telemetry]\notlp = \"http://127.0.0.1:1\"\n".to_owned();
        let systems = vec!["lakeside", "northgate"];
        let shape = Shape { systems, base_urls, extra, ..Shape::default() };
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(&sandbox, home.path())).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        command.args(["serve", "--config"]).arg(&config);
        command
            .env("SSL_CERT_FILE", ours.file(home.path()))
            .env("NO_PROXY", "")
            .env("no_proxy", "");
        for name in PROXIES {
            command.env(name, format!("http://user:pass@127.0.0.1:{proxy}"));
        }
        let gateway = Process::of(&mut command);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ready = format!("http://{}/health/ready", gateway.address);
        let is_read = || async {
            let answer = Answer::of(client.get(&ready).send().await.unwrap()).await.json();
            items(&answer["index"]).iter().filter(|entry| entry["state"] == "ready").count() == 2
        };
        until("both rosters were read", is_read).await;
        // A token has the issuer's keys read; what it opens does not matter.
        let token = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngiLCJ0eXAiOiJKV1QifQ.e30.AA";
        let asked = client.post(format!("http://{}/graphql", gateway.address)).bearer_auth(token);
        let asked =
            asked.header("content-type", "application/json").body("{\"query\":\"{__typename}\"}");
        assert_eq!(asked.send().await.unwrap().status(), 401);
        assert_eq!(knocks.load(Ordering::SeqCst), 0);
        // It would have been seen.
        TcpStream::connect(("127.0.0.1", proxy)).await.unwrap();
        until("whoever comes is seen", || async { knocks.load(Ordering::SeqCst) == 1 }).await;
        tell("proxies", PROXIES.len(), "variables of the environment, 0 connections,", 0);
    });
}

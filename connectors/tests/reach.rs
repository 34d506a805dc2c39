//! How far the gateway can be led: by URLs, by name servers, by partners.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::Problem;
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::reach::{EgressPolicy, Network, Origin, Reach, Refusal, Whom};
use caregraph_connectors::resolver::Lookup;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

const CORPUS: &str = include_str!("../fixtures/hostile-urls.txt");

/// Where somebody listens, each at the same port.
const EARS: [&str; 5] = ["127.0.0.1", "127.0.0.2", "127.8.8.8", "127.255.255.254", "::1"];

/// Tells what was held, in the form that `scripts/prove` reads.
#[expect(clippy::print_stdout, reason = "whoever runs a proof wants its numbers")]
fn tell(proof: &str, cases: usize, what: &str) {
    println!("proof: {proof} {cases} {what} 0 failures");
}

/// Everybody is listened for and nobody may come.
struct Ears {
    port: u16,
    knocks: Arc<AtomicUsize>,
}

impl Ears {
    async fn open() -> Self {
        let knocks = Arc::<AtomicUsize>::default();
        let (port, listeners) = loop {
            let first = TcpListener::bind((EARS[0], 0)).await.unwrap();
            let port = first.local_addr().unwrap().port();
            let mut listeners = vec![first];
            for address in &EARS[1..] {
                listeners.extend(TcpListener::bind((*address, port)).await);
            }
            // Another program may have the port at another address, but hardly twice.
            if listeners.len() == EARS.len() {
                break (port, listeners);
            }
        };
        for listener in listeners {
            let knocks = knocks.clone();
            tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    knocks.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { port, knocks }
    }

    /// How many came. Whoever was connected has been accepted after somebody who came later.
    async fn heard(&self) -> usize {
        let before = self.knocks.load(Ordering::SeqCst);
        for address in EARS {
            tokio::net::TcpStream::connect((address, self.port)).await.unwrap();
        }
        while self.knocks.load(Ordering::SeqCst) < before + EARS.len() {
            tokio::task::yield_now().await;
        }
        self.knocks.load(Ordering::SeqCst) - EARS.len()
    }
}

/// Name servers that say what the corpus says.
struct Told(HashMap<String, Vec<IpAddr>>);

#[async_trait]
impl Lookup for Told {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let here = || vec![IpAddr::from([127, 0, 0, 1])];
        Ok(self.0.get(name).cloned().unwrap_or_else(here))
    }
}

/// The URLs of the corpus, and what their names stand for.
fn corpus(port: u16) -> Vec<(String, Vec<IpAddr>)> {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let line = |line: &str| {
        // One of them has a space in its middle, so addresses are what can be read as such.
        let is_address = |word: &&str| word.parse::<IpAddr>().is_ok();
        let addresses: Vec<&str> = line.split(' ').skip(1).filter(is_address).collect();
        let rest: usize = addresses.iter().map(|it| it.len() + 1).sum();
        let url = line[..line.len() - rest].replace("PORT", &port.to_string());
        (url, addresses.iter().map(|it| it.parse().unwrap()).collect())
    };
    lines.map(line).collect()
}

fn egress(corpus: &[(String, Vec<IpAddr>)]) -> Egress {
    let told = corpus.iter().filter(|(_, addresses)| !addresses.is_empty());
    let host = |url: &str| Some(Url::parse(url).ok()?.host_str()?.trim_end_matches('.').to_owned());
    let told = told.filter_map(|(url, addresses)| Some((host(url)?, addresses.clone())));
    Egress::looking_up_by(Told(told.collect())).unwrap()
}

/// A policy that leaves nothing but addresses to be refused for.
fn lax(allow_private: &[&str]) -> Arc<EgressPolicy> {
    let network = |text: &str| Network::parse(text).unwrap();
    Arc::new(EgressPolicy {
        allow_private: allow_private.iter().map(|text| network(text)).collect(),
        allow_ports: vec![0..=u16::MAX],
        allow_http: vec![Whom::Network(network("0.0.0.0/0")), Whom::Network(network("::/0"))],
        ..EgressPolicy::default()
    })
}

fn partner(policy: &Arc<EgressPolicy>, own: &str) -> Reach {
    let nobody = || Url::parse("https://partner.example/").unwrap();
    let own = Url::parse(own).ok().filter(Url::has_host).unwrap_or_else(nobody);
    Reach::of(Origin::Registered, policy.clone(), &own)
}

#[tokio::test]
async fn hostile_urls_are_refused_at_registration() {
    let ears = Ears::open().await;
    let corpus = corpus(ears.port);
    assert!(corpus.len() >= 120, "{}", corpus.len());
    let (strict, egress) = (Arc::default(), egress(&corpus));
    for (url, _) in &corpus {
        // As the address of the connector itself, and as one that it is led to by something else.
        for own in [url.as_str(), "https://partner.example/"] {
            let refused = egress.within(partner(&strict, own)).judge(url).await;
            let refusal = refused.expect_err(url).to_string();
            assert!(refusal.contains("; ") && !refusal.contains('\n'), "{url}: {refusal}");
        }
    }
    assert_eq!(ears.heard().await, 0);
    tell("egress", corpus.len(), "hostile URLs refused at registration,");
}

#[tokio::test]
async fn hostile_urls_that_were_let_in_are_refused_at_connect() {
    let ears = Ears::open().await;
    let corpus = corpus(ears.port);
    let (policy, egress) = (lax(&[]), egress(&corpus));
    let mut forced = 0;
    for (text, addresses) in &corpus {
        let Ok(url) = Url::parse(text) else { continue };
        // That one is hostile by its scheme alone.
        if addresses == &[IpAddr::from([8, 8, 8, 8])] {
            continue;
        }
        forced += 1;
        let deadline = Instant::now() + Duration::from_mins(5);
        let egress = egress.within(partner(&policy, text));
        let answer = egress.get(url, &Credentials::Bearer("s3cret".into()), &[], deadline).await;
        assert_eq!(answer.unwrap_err(), Problem::Unreachable, "{text}");
    }
    assert!(forced >= 120, "{forced}");
    assert_eq!(ears.heard().await, 0);
    // The ears do hear: the same URLs, where somebody has opened this machine.
    let (open, mut opened) = (lax(&["127.0.0.0/8", "::1"]), 0);
    for text in ["http://127.0.0.1:PORT/", "http://127.8.8.8:PORT/", "http://[::1]:PORT/"] {
        let url = Url::parse(&text.replace("PORT", &ears.port.to_string())).unwrap();
        let egress = egress.within(partner(&open, url.as_str()));
        assert!(egress.judge(url.as_str()).await.is_ok(), "{text}");
        let deadline = Instant::now() + Duration::from_mins(5);
        assert!(egress.get(url, &Credentials::None, &[], deadline).await.is_err());
        opened += 1;
    }
    assert_eq!(ears.heard().await - EARS.len(), opened);
    tell("egress", forced, "hostile URLs refused at connect,");
}

/// A name server that says something good at every other time, and this machine in between.
struct Turning(AtomicUsize);

#[async_trait]
impl Lookup for Turning {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let bad: [IpAddr; 4] = [
            [127, 0, 0, 1].into(),
            [127, 0, 0, 2].into(),
            "::1".parse().unwrap(),
            "::ffff:127.0.0.1".parse().unwrap(),
        ];
        let good = IpAddr::from([127, 9, 9, 9]);
        let turn = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(match turn % 3 {
            0 => vec![good],
            1 => vec![bad[turn % bad.len()]],
            _ => vec![good, bad[turn % bad.len()]],
        })
    }
}

#[tokio::test]
async fn a_name_server_that_turns_leads_nobody_here_in_ten_thousand_questions() {
    const QUESTIONS: usize = 10_000;
    let ears = Ears::open().await;
    // A good place that is not a public one, since nobody in a test is asked at those.
    let good = TcpListener::bind(("127.9.9.9", ears.port)).await.unwrap();
    let server = tokio::spawn(async move {
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        while let Ok((mut stream, _)) = good.accept().await {
            let asked = stream.read(&mut [0; 2_048]).await;
            assert!(asked.is_ok() && stream.write_all(answer).await.is_ok());
        }
    });
    let url = Url::parse(&format!("http://clinic.example:{}/", ears.port)).unwrap();
    let reach = partner(&lax(&["127.9.9.9"]), url.as_str());
    let egress = Egress::looking_up_by(Turning(AtomicUsize::new(0))).unwrap().within(reach);
    for question in 0..QUESTIONS {
        let deadline = Instant::now() + Duration::from_mins(5);
        let answer = egress.get_json(url.clone(), &Credentials::None, deadline).await;
        assert_eq!(answer.as_deref(), Ok(b"{}".as_slice()), "{question}");
    }
    server.abort();
    let (lookups, expected) = (egress.lookups(), u64::try_from(QUESTIONS / 3 * 2).unwrap());
    assert!(lookups.refused() >= expected, "{}", lookups.refused());
    assert_eq!(ears.heard().await, 0);
    tell("rebinding", QUESTIONS, "questions to a name that turns,");
}

#[tokio::test]
async fn a_name_is_asked_in_the_clear_only_where_it_leads_into_a_named_network() {
    let told = [("inside.example", [10, 20, 7, 1]), ("outside.example", [192, 0, 2, 1])];
    let told = told.map(|(name, address)| (name.to_owned(), vec![IpAddr::from(address)]));
    let egress = Egress::looking_up_by(Told(told.into())).unwrap();
    let policy = Arc::new(EgressPolicy {
        allow_http: vec![Whom::parse("10.20.7.0/24").unwrap()],
        ..EgressPolicy::default()
    });
    let judged = async |url: &str| {
        let own = Url::parse(url).unwrap();
        let egress = egress.within(Reach::of(Origin::Configured, policy.clone(), &own));
        egress.judge(url).await.map(|checked| checked.addresses()[0].to_string())
    };
    assert_eq!(judged("http://inside.example/").await, Ok("10.20.7.1:80".to_owned()));
    let refused = Refusal::Plain("outside.example".to_owned());
    assert_eq!(judged("http://outside.example/").await, Err(refused));
    assert_eq!(judged("https://outside.example/").await, Ok("192.0.2.1:443".to_owned()));
}

//! Many clients who ask without a pause, and all that they hear.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// How long a client waits after it could not even connect.
const BREATH: Duration = Duration::from_millis(5);

/// What a client asks next.
pub(crate) struct Question {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) body: String,
}

/// What a client heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) url: String,
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    /// Status, id of the request, body; `None` when the connection broke.
    pub(crate) reply: Option<(u16, String, String)>,
}

/// Clients at work.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<Heard>>>,
}

impl Question {
    pub(crate) fn new(address: &str, token: &str, query: &str, variables: &Value) -> Self {
        Self {
            url: format!("http://{address}/graphql"),
            token: token.to_owned(),
            body: json!({ "query": query, "variables": variables }).to_string(),
        }
    }

    /// Asks once.
    pub(crate) async fn ask(self, client: &reqwest::Client) -> Heard {
        let began = Instant::now();
        let request = client.post(&self.url).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json").body(self.body);
        let reply = async {
            let response = request.send().await.ok()?;
            let id = response.headers().get("x-request-id").cloned();
            let id = id.and_then(|id| Some(id.to_str().ok()?.to_owned())).unwrap_or_default();
            Some((response.status().as_u16(), id, response.text().await.ok()?))
        };
        let reply = reply.await;
        Heard { url: self.url, began, took: began.elapsed(), reply }
    }
}

impl Heard {
    /// True for whoever was told to come later.
    pub(crate) fn is_turned_away(&self) -> bool {
        matches!(self.reply, Some((503, ..)))
    }

    /// True for an answer without errors.
    pub(crate) fn is_fine(&self) -> bool {
        let reply = self.reply.as_ref();
        reply.is_some_and(|(status, _, text)| *status == 200 && !text.contains("\"errors\""))
    }

    pub(crate) fn holds(&self, words: &str) -> bool {
        self.reply.as_ref().is_some_and(|(_, _, text)| text.contains(words))
    }
}

impl Crowd {
    /// So many clients; each asks what it is told for its number and its turn.
    pub(crate) fn start(
        clients: usize,
        next: impl Fn(usize, usize) -> Question + Send + Sync + 'static,
    ) -> Self {
        let (stop, heard) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let next = Arc::new(next);
        let client = |number| {
            let (stop, count, next) = (stop.clone(), heard.clone(), next.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().expect("one is made");
                let mut all = Vec::new();
                for turn in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let heard = next(number, turn).ask(&client).await;
                    if heard.reply.is_none() {
                        tokio::time::sleep(BREATH).await;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    all.push(heard);
                }
                all
            })
        };
        let clients = (0..clients).map(client).collect();
        Self { stop, heard, clients }
    }

    /// How many answers they heard so far.
    pub(crate) fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }

    /// Waits until they heard so many more.
    pub(crate) async fn hears(&self, more: usize) {
        let goal = self.heard() + more;
        crate::gateway::until("they are answered", || async { self.heard() >= goal }).await;
    }

    /// Sends them home; tells all that they heard, the first ones first.
    pub(crate) async fn ends(self) -> Vec<Heard> {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for client in self.clients {
            all.extend(client.await.expect("no client breaks down"));
        }
        all.sort_by_key(|heard| heard.began);
        all
    }
}

/// The time within which so many of a hundred were answered.
pub(crate) fn percentile(heard: &[Heard], percent: usize) -> Duration {
    let mut times: Vec<Duration> = heard.iter().map(|heard| heard.took).collect();
    times.sort_unstable();
    let place = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(place).copied().unwrap_or_default()
}

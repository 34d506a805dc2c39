//! One source of the lab: a guarded connector before a server that does what the test wants.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caregraph::gather::{
    BreakerState, Category, Figures, Guard, Keeping, Knobs, RosterGauge, Silence, Source, SourceId,
    System,
};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{Ask, Io, LocalId, Problem, Rest, Share, fhir};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use tokio::task::JoinHandle;
use url::Url;

/// How a server answers its next request, and how many it has answered before.
type Script = dyn Fn(&HttpRequest, usize) -> Play + Send + Sync;

/// A source of the lab.
pub(super) struct Lab {
    pub(super) server: Arc<Server>,
    pub(super) source: Source,
    script: Arc<Mutex<Arc<Script>>>,
    serving: JoinHandle<()>,
}

/// What came of one question.
pub(super) struct Told {
    pub(super) share: Share,
    pub(super) took: Duration,
}

impl Lab {
    /// A healthy source.
    pub(super) async fn start(knobs: Knobs, timeout: Duration) -> Self {
        let server = Arc::new(Server::bind().await.expect("a port is free"));
        let io = Io {
            base_url: Url::parse(server.origin()).expect("an origin is a URL"),
            credentials: Credentials::None,
            timeout,
            egress: Egress::new().expect("a client is made"),
        };
        let connector = (fhir::KIND.build)(toml_of("resources = [\"Condition\"]"), io);
        let source = Source {
            keeping: Keeping::NOTHING,
            id: SourceId::new("lab"),
            name: "The Lab".to_owned(),
            category: Category::Hospital,
            organization: None,
            system: System::default(),
            version: 1,
            is_registered: false,
            is_suspended: false,
            kind: "fhir-r4",
            timeout,
            connector: connector.expect("the settings are right"),
            guard: Guard::seeded(knobs, 1),
            roster: RosterGauge::default(),
            copies: caregraph::gather::cache::Figures::default(),
            silence: Silence::default(),
            hearing: caregraph::gather::Hearing::default(),
            shadow: caregraph::gather::ShadowSlot::default(),
        };
        let script: Arc<Mutex<Arc<Script>>> =
            Arc::new(Mutex::new(Arc::new(|request, _| fine(request))));
        let (here, played) = (server.clone(), script.clone());
        let serving = tokio::spawn(async move {
            let count = AtomicUsize::new(0);
            let play = |request: &HttpRequest| {
                let script = played.lock().expect("nobody panics here").clone();
                script(request, count.fetch_add(1, Ordering::SeqCst))
            };
            match here.serve(play).await {}
        });
        Self { server, source, script, serving }
    }

    /// From now on the server answers so.
    pub(super) fn plays(
        &self,
        script: impl Fn(&HttpRequest, usize) -> Play + Send + Sync + 'static,
    ) {
        *self.script.lock().expect("nobody panics here") = Arc::new(script);
    }

    pub(super) fn heals(&self) {
        self.plays(|request, _| fine(request));
    }

    pub(super) fn figures(&self) -> &Figures {
        self.source.guard.figures()
    }

    pub(super) fn is_open(&self) -> bool {
        self.source.guard.standing().breaker != BreakerState::Closed
    }

    /// Asks about one patient.
    pub(super) async fn ask(&self, patient: &str) -> Told {
        let patients = [LocalId::new(patient)];
        let started = Instant::now();
        let deadline = tokio::time::Instant::now() + self.source.timeout;
        let ask = Ask { patients: &patients, section: Section::Conditions, deadline, since: None };
        let mut answer = self.source.guard.fetch(&self.source, ask).await;
        let share = answer.remove(&patients[0]).expect("everybody has a share");
        Told { share, took: started.elapsed() }
    }

    /// Asks so many questions, so many of them at once.
    pub(super) async fn ask_many(&self, questions: usize, at_once: usize) -> Vec<Told> {
        let (mut open, mut told, mut next) = (FuturesUnordered::new(), Vec::new(), 0);
        while told.len() < questions {
            while next < questions && open.len() < at_once {
                let patient = format!("p-{next}");
                open.push(async move { self.ask(&patient).await });
                next += 1;
            }
            told.extend(open.next().await);
        }
        told
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Told {
    pub(super) fn is_whole(&self) -> bool {
        self.share.problem.is_none() && self.share.records.len() == 1
    }

    /// True when the source was left alone because it kept failing.
    pub(super) fn is_resting(&self) -> bool {
        matches!(self.share.problem, Some(Problem::NotAsked { why: Rest::Failing, .. }))
    }
}

/// How many of the answers are whole.
pub(super) fn whole(told: &[Told]) -> usize {
    told.iter().filter(|told| told.is_whole()).count()
}

/// The time within which so many of a hundred answers came.
pub(super) fn percentile(told: &[Told], percent: usize) -> Duration {
    let mut times: Vec<Duration> = told.iter().map(|told| told.took).collect();
    times.sort_unstable();
    times[(times.len() * percent).div_ceil(100).max(1) - 1]
}

/// The right answer.
pub(super) fn answer(request: &HttpRequest) -> HttpAnswer {
    answer_about(request.param("patient").unwrap_or_default())
}

/// One condition of that patient.
pub(super) fn answer_about(patient: &str) -> HttpAnswer {
    let condition = json!({
        "resourceType": "Condition", "id": format!("c-{patient}"), "code": { "text": "Asthma" },
        "subject": { "reference": format!("Patient/{patient}") },
    });
    let bundle = json!({
        "resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{ "resource": condition }],
    });
    HttpAnswer::of("application/fhir+json", bundle.to_string())
}

pub(super) fn fine(request: &HttpRequest) -> Play {
    Play::Answer(answer(request))
}

pub(super) fn refusal(status: u16) -> Play {
    Play::Answer(HttpAnswer::of("text/plain", "no").status(status))
}

fn toml_of(text: &str) -> toml::Table {
    text.parse().expect("the settings are TOML")
}

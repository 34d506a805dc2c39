//! A gateway before simulated systems, on a real socket of this machine.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph::app::App;
use caregraph::gather::{Fleet, Source, SourceId};
use caregraph::http::{Drain, Gate, GraphiqlConfig, serve};
use caregraph::identity::{Everything, Found};
use caregraph_connectors::{Kind, Registry, builtin};
use caregraph_sandbox::{Faults, Options, Ports, Role, Sandbox, TokenSpec};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use crate::answer::{Answer, text};
use crate::config::Shape;
use crate::home::Home;

/// How long something that must come about is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a test. All run on one runtime, so that they may share gateways.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts")
    });
    RUNTIME.block_on(test)
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a test wants of its gateway.
pub(crate) struct Builder {
    patients: u64,
    seed: u64,
    faults: Faults,
    shape: Shape,
    sandbox: Option<Arc<Sandbox>>,
    home: Option<Arc<Home>>,
    kinds: Registry,
    waits: bool,
}

impl Builder {
    pub(crate) fn patients(mut self, patients: u64) -> Self {
        self.patients = patients;
        self
    }

    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The faults with which the systems start; the rosters are then not waited for.
    pub(crate) fn faults(mut self, faults: &str) -> Self {
        self.faults = faults.parse().expect("the test's faults are faults");
        self.waits = false;
        self
    }

    /// Does not wait for the rosters.
    pub(crate) fn at_once(mut self) -> Self {
        self.waits = false;
        self
    }

    pub(crate) fn shape(mut self, change: impl FnOnce(&mut Shape)) -> Self {
        change(&mut self.shape);
        self
    }

    /// Systems that run already.
    pub(crate) fn before(mut self, sandbox: Arc<Sandbox>) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    /// One more kind of connector.
    pub(crate) fn kind(mut self, kind: Kind) -> Self {
        self.kinds = self.kinds.with(kind);
        self
    }

    /// A folder, and so a store, that exists already.
    pub(crate) fn at_home(mut self, home: Arc<Home>) -> Self {
        self.home = Some(home);
        self
    }

    pub(crate) async fn start(self) -> TestGateway {
        let options = Options {
            patients: self.patients,
            seed: self.seed,
            faults: self.faults,
            ports: Ports::Ephemeral,
        };
        let sandbox = match self.sandbox {
            Some(sandbox) => sandbox,
            None => Arc::new(Sandbox::start(options).await.expect("the sandbox starts")),
        };
        let home = self.home.unwrap_or_else(|| Arc::new(Home::new()));
        let gateway = TestGateway::start(sandbox, home, &self.shape, &self.kinds).await;
        if self.waits {
            let complete = || async { gateway.app.index.complete() };
            until("the rosters are read", complete).await;
        }
        gateway
    }
}

/// A running gateway.
pub(crate) struct TestGateway {
    /// The systems behind it.
    pub(crate) sandbox: Arc<Sandbox>,
    /// Where its store is.
    pub(crate) home: Arc<Home>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Whoever speaks HTTP to it.
    pub(crate) client: reqwest::Client,
    /// How it is told to stop.
    pub(crate) drain: Drain,
    app: App,
    serving: JoinHandle<std::io::Result<()>>,
}

impl TestGateway {
    pub(crate) fn builder() -> Builder {
        Builder {
            patients: 50,
            seed: 1,
            faults: Faults::default(),
            shape: Shape::default(),
            sandbox: None,
            home: None,
            kinds: builtin(),
            waits: true,
        }
    }

    async fn start(
        sandbox: Arc<Sandbox>,
        home: Arc<Home>,
        shape: &Shape,
        kinds: &Registry,
    ) -> Self {
        let text = shape.text(&sandbox, home.path());
        let config =
            caregraph::config::load(&text, kinds).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let listener = TcpListener::bind(config.listen).await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let built = App::build(config, kinds, GraphiqlConfig::default()).await;
        let app = built.unwrap_or_else(|error| panic!("{error}"));
        app.start();
        let drain = Drain::default();
        let serving = serve(listener, app.routes.clone(), app.health.clone(), drain.clone());
        let serving = tokio::spawn(serving);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        Self { sandbox, home, address, client, drain, app, serving }
    }

    /// Drains and stops the gateway; the systems run on as long as somebody holds them.
    pub(crate) async fn stop(self) {
        self.drain.start();
        let served = self.serving.await.expect("serving does not panic");
        served.expect("serving ends well");
        self.app.stop().await;
    }

    /// How many sections of patients of sources are kept up to date for streams.
    pub(crate) fn watched(&self) -> usize {
        self.app.fleet().watched()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A token of a role. Patients and caregivers need [`TestGateway::token_for`].
    pub(crate) fn token(&self, role: Role) -> String {
        self.sandbox.issuer().token(&TokenSpec::new(role))
    }

    /// A token of a role that names a patient.
    pub(crate) fn token_for(&self, role: Role, patient: &str) -> String {
        let spec = TokenSpec { patient: Some(patient.to_owned()), ..TokenSpec::new(role) };
        self.sandbox.issuer().token(&spec)
    }

    /// A source that is configured.
    pub(crate) fn source(&self, id: &str) -> Arc<Source> {
        self.fleet().get(&SourceId::new(id)).expect("it is configured").clone()
    }

    /// The sources behind it, and how each stands.
    pub(crate) fn fleet(&self) -> Fleet {
        self.app.fleet()
    }

    /// Who is let in.
    pub(crate) fn gate(&self) -> &Gate {
        &self.app.gate
    }

    /// Where metrics are given, if they are.
    pub(crate) fn metrics(&self) -> Option<String> {
        self.app.metrics.map(|address| format!("http://{address}/metrics"))
    }

    /// Asks in a role.
    pub(crate) async fn ask(&self, role: Role, query: &str, variables: Value) -> Answer {
        self.ask_with(&self.token(role), query, variables).await
    }

    /// Asks with a token.
    pub(crate) async fn ask_with(&self, token: &str, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        self.send(token, body).await
    }

    /// Sends a body.
    pub(crate) async fn send(&self, token: &str, body: String) -> Answer {
        let request = self.client.post(self.url("/graphql")).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body);
        Answer::of(request.send().await.expect("the gateway answers")).await
    }

    /// The data of an answer to a clinician of a practice, which must hold no error.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        self.ask(Role::PrimaryCare, query, variables).await.data()
    }

    /// Gets a page.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.expect("the gateway answers")).await
    }

    /// Our id of a person of the population: the one to whom their first record leads.
    pub(crate) async fn patient(&self, person: u64) -> String {
        let record = self.sandbox.truth(person).records.remove(0);
        let number = self.record_number(record.system, &record.id).await;
        let (system, value) = (text(&number["system"]), text(&number["value"]));
        let found = self.app.index.find(&system, &value, &Everything).await;
        match found.expect("the index answers") {
            Found::One(identity) => {
                URL_SAFE_NO_PAD.encode([&[1], &identity.id.as_uuid().as_bytes()[..]].concat())
            }
            other => panic!("person {person} is {other:?}"),
        }
    }

    /// The number that a system itself gave to a patient, as it stands in its record.
    pub(crate) async fn record_number(&self, system: &str, id: &str) -> Value {
        let resource = self.resource(system, &format!("Patient/{id}")).await;
        let numbers = resource["identifier"].as_array().cloned().unwrap_or_default();
        let own = numbers.into_iter().find(|number| number["type"]["coding"][0]["code"] == "MR");
        let own = own.expect("every record has a number of its own");
        json!({ "system": own["system"], "value": own["value"] })
    }

    /// A resource, straight from its system.
    pub(crate) async fn resource(&self, system: &str, reference: &str) -> Value {
        let base = self.sandbox.system(system).expect("the system exists").base_url();
        let response = self.client.get(format!("{base}/{reference}")).send().await;
        Answer::of(response.expect("the system answers")).await.json()
    }
}

/// A gateway before sixty people, which no test may harm.
pub(crate) async fn shared() -> &'static TestGateway {
    static SHARED: OnceCell<TestGateway> = OnceCell::const_new();
    SHARED.get_or_init(|| TestGateway::builder().patients(60).start()).await
}

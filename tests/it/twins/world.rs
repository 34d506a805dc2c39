//! Two gateways of one configuration, before the two versions of the same people.

use std::collections::HashMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph::access::Policy;
use caregraph::app::App;
use caregraph::http::{Drain, GraphiqlConfig, serve};
use caregraph::identity::{Everything, Found};
use caregraph_connectors::builtin;
use caregraph_sandbox::{Faults, Options, Ports, Role, Sandbox, TokenSpec};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use super::chart::{Person, SOURCES};
use super::eyes::Said;
use super::same::Names;
use super::server::{Mood, Server, Shelf};
use crate::answer::{Answer, text};
use crate::gateway::until;
use crate::home::Home;
use crate::streams::client::{Socket, Sse};

/// How many people a world has.
const PEOPLE: usize = 7;

/// What holds in a world.
#[derive(Clone, Copy)]
struct Rules<'r> {
    relationship: &'static str,
    /// What is kept of sources' answers, as it stands in a configuration.
    cache: &'r str,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Self { relationship: "not-required", cache: "enabled = false\n" }
    }
}

/// Whoever signs the tokens of all worlds.
async fn issuer() -> &'static Sandbox {
    static ISSUER: OnceCell<Sandbox> = OnceCell::const_new();
    let options =
        Options { patients: 1, seed: 1, faults: Faults::default(), ports: Ports::Ephemeral };
    ISSUER
        .get_or_init(|| async { Sandbox::start(options).await.expect("the sandbox starts") })
        .await
}

/// One gateway with its sources.
pub(crate) struct Side {
    address: SocketAddr,
    client: reqwest::Client,
    servers: Vec<Server>,
    app: App,
    drain: Drain,
    serving: JoinHandle<std::io::Result<()>>,
    _home: Home,
    /// Our id of each person, in their order; one that names nobody for those who are not there.
    pub(crate) patients: Vec<String>,
    /// What random ids stand for.
    pub(crate) names: Names,
}

impl Side {
    async fn start(people: &[Person], side: usize, rules: Rules<'_>) -> Self {
        let mut shelves: Vec<Shelf> = SOURCES.iter().map(|_| HashMap::new()).collect();
        for piece in people.iter().flat_map(|person| &person.pieces) {
            if let Some(body) = &piece.sides[side] {
                let shelf = shelves[piece.source].entry(piece.kind).or_default();
                shelf.push((piece.owner.clone(), body.clone()));
            }
        }
        let mut servers = Vec::new();
        for shelf in shelves {
            servers.push(Server::start(shelf).await);
        }
        let home = Home::new();
        let text = config(&home, &servers, issuer().await.issuer().url(), rules);
        let config = caregraph::config::load(&text, &builtin())
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let listener = TcpListener::bind(config.listen).await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let built = Box::pin(App::build(config, &builtin(), GraphiqlConfig::default())).await;
        let app = built.unwrap_or_else(|error| panic!("{error}"));
        app.start();
        until("the rosters are read", || async { app.index.complete() }).await;
        let drain = Drain::default();
        let serving =
            tokio::spawn(serve(listener, app.routes.clone(), app.health.clone(), drain.clone()));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let (patients, names) = (Vec::new(), Names::default());
        let mut it =
            Self { address, client, servers, app, drain, serving, _home: home, patients, names };
        it.learn(people).await;
        it
    }

    /// Learns the id of each person, straight from the index.
    async fn learn(&mut self, people: &[Person]) {
        for person in people {
            let mut id = nobody(person.number);
            for (system, value) in &person.identifiers {
                if let Ok(Found::One(found)) = self.app.index.find(system, value, &Everything).await
                {
                    id = *found.id.as_uuid().as_bytes();
                }
            }
            self.names.add(id, format!("patient {}", person.number));
            self.patients.push(URL_SAFE_NO_PAD.encode([&[1_u8][..], &id].concat()));
        }
    }

    pub(crate) async fn send(&self, token: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = self.client.post(format!("http://{}/graphql", self.address));
        let mut request = request.bearer_auth(token).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_string());
        Answer::of(request.send().await.expect("the gateway answers")).await
    }

    /// Sets how a source behaves.
    pub(crate) fn set_mood(&self, source: usize, mood: Mood) {
        self.servers[source].set_mood(mood);
    }

    /// Puts a record into a source, in the place of the one of that id.
    pub(crate) fn put(&self, source: usize, kind: &'static str, owner: &str, body: Value) {
        self.servers[source].put(kind, owner, body);
    }

    /// Opens a stream of server-sent events.
    pub(crate) async fn events(&self, token: &str, body: &Value) -> Sse {
        let request = self.client.post(format!("http://{}/graphql", self.address));
        Sse::of(request.bearer_auth(token), body).await
    }

    /// Opens a socket.
    pub(crate) async fn socket(&self, token: &str) -> Socket {
        Socket::at(self.address, token).await
    }

    /// How often a source was asked about a patient.
    pub(crate) fn asked(&self, source: usize) -> usize {
        self.servers[source].asked()
    }

    async fn stop(self) {
        self.drain.start();
        self.serving.await.expect("serving does not panic").expect("serving ends well");
        self.app.stop().await;
    }
}

/// An id of the form of a person's that nobody has.
fn nobody(number: usize) -> [u8; 16] {
    let mut id = [0x80; 16];
    id[0] = u8::try_from(number).unwrap_or_default();
    id
}

/// A configuration in which labels hide, with one key for the stores of both sides: by it records get the same names.
fn config(home: &Home, servers: &[Server], issuer: &str, rules: Rules<'_>) -> String {
    let path = |name: &str| home.path().join(name).display().to_string();
    std::fs::write(path("policy.toml"), Policy::DEFAULT).expect("the policy can be written");
    std::fs::write(path("key"), "07".repeat(32)).expect("the key can be written");
    let Rules { relationship, cache } = rules;
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\ndeadline_ms = 30000\n\n[store]\nurl = \"sqlite://{}\"\nkey = \"file:{}\"\n\n\
         [auth]\nissuer = \"{issuer}\"\naudience = \"caregraph\"\n\n\
         [access]\nrelationship = {relationship:?}\nlabels = \"enforced\"\npolicy = {:?}\n\n[cache]\n{cache}\n[streams]\nconnections_per_viewer = 10000\n\n[telemetry]\nwaterfall = {:?}\n",
        path("caregraph.db"),
        path("key"),
        path("policy.toml"),
        caregraph::access::Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>(),
    );
    for (source, server) in SOURCES.iter().zip(servers) {
        text += &format!(
            "\n[[connector]]\nid = {:?}\nname = \"The {}\"\ncategory = {:?}\nkind = \"fhir-r4\"\n\
             base_url = \"http://{}/fhir\"\ntimeout_ms = 20000\nlabels = {:?}\n",
            source.id, source.id, source.category, server.address, source.floor,
        );
    }
    text
}

/// Both sides, and the people as the generator drew them.
pub(crate) struct World {
    pub(crate) role: Role,
    pub(crate) people: Vec<Person>,
    pub(crate) sides: [Side; 2],
}

impl World {
    pub(crate) async fn start(role: Role, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let people: Vec<Person> =
            (0..PEOPLE).map(|number| Person::draw(&mut random, role, number)).collect();
        Self::of(role, people).await
    }

    /// A world of these people, in which nobody needs a relation to them.
    pub(crate) async fn of(role: Role, people: Vec<Person>) -> Self {
        Self::with(role, people, Rules::default()).await
    }

    /// A world of these people, in which everybody needs a relation to them.
    pub(crate) async fn strict(role: Role, people: Vec<Person>) -> Self {
        let rules = Rules { relationship: "required", ..Rules::default() };
        Self::with(role, people, rules).await
    }

    /// A world of so many people, of whom sources are asked as these settings of the cache say.
    pub(crate) async fn kept(role: Role, seed: u64, people: usize, cache: &str) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let people = (0..people).map(|number| Person::draw(&mut random, role, number)).collect();
        Self::with(role, people, Rules { cache, ..Rules::default() }).await
    }

    async fn with(role: Role, people: Vec<Person>, rules: Rules<'_>) -> Self {
        let (a, b) = tokio::join!(Side::start(&people, 0, rules), Side::start(&people, 1, rules));
        let mut world = Self { role, people, sides: [a, b] };
        for number in 0..world.people.len() {
            world.record(number).await;
        }
        world
    }

    pub(crate) async fn stop(self) {
        let [a, b] = self.sides;
        tokio::join!(a.stop(), b.stop());
    }

    /// A token of a role; of those that name a patient, for this one.
    pub(crate) async fn token(
        &self,
        role: Role,
        side: usize,
        person: usize,
        purpose: Option<&str>,
    ) -> String {
        let patient = role.names_patient().then(|| self.sides[side].patients[person].clone());
        let purpose = purpose.map(str::to_owned);
        issuer().await.issuer().token(&TokenSpec { patient, purpose, ..TokenSpec::new(role) })
    }

    /// A token as it is specified.
    pub(crate) async fn sign(&self, spec: &TokenSpec) -> String {
        issuer().await.issuer().token(spec)
    }

    /// Has the patient record what they say, wherever they are known.
    async fn record(&mut self, number: usize) {
        for (at, said) in self.people[number].said.clone().into_iter().enumerate() {
            for side in 0..2 {
                if side == 1 && !self.people[number].is_on_b {
                    continue;
                }
                let token = self.token(Role::Patient, side, number, None).await;
                let mut input = input(&said);
                input["patient"] = json!(self.sides[side].patients[number]);
                input["basis"] = json!("form 1");
                // What holds for the patient's own role is never a denial, so everybody is meant.
                let query =
                    "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
                let body = json!({ "query": query, "variables": { "input": input } });
                let answer = self.sides[side].send(&token, &[], &body).await.data();
                let id = text(&answer["recordConsent"]["id"]);
                let id = URL_SAFE_NO_PAD.decode(id).expect("an id is base64");
                let own = id[17..33].try_into().expect("an id of a directive has 33 bytes");
                self.sides[side].names.add(own, format!("directive {number}.{at}"));
            }
        }
    }
}

fn input(said: &Said) -> Value {
    match said {
        Said::Permit(labels) => json!({ "decision": "PERMIT", "labels": labels }),
        Said::DenyLabels(labels) => json!({ "decision": "DENY", "labels": labels }),
        Said::DenySource(source) => {
            let id = URL_SAFE_NO_PAD.encode([&[3_u8][..], source.as_bytes()].concat());
            json!({ "decision": "DENY", "sources": [id] })
        }
        Said::DenyAll => json!({ "decision": "DENY" }),
    }
}

//! Whoever asks for what is marked, in every way and with every mistake.

use caregraph_sandbox::{Role, Sandbox, TokenSpec};
use serde_json::{Value, json};

use super::marks::Marks;
use crate::answer::Answer;

/// Whoever asks, and all that was answered.
pub(super) struct Noise<'n> {
    pub(super) marks: &'n Marks,
    pub(super) issuer: &'n Sandbox,
    pub(super) client: reqwest::Client,
    pub(super) url: String,
    pub(super) answers: Vec<Answer>,
}

impl Noise<'_> {
    pub(super) fn token(&self, role: Role, patient: Option<&str>) -> String {
        let of = |what| Some(self.marks.text(what).to_owned());
        let spec = TokenSpec {
            subject: of("subject"),
            organization: of("organisation"),
            client_id: self.marks.text("client").to_owned(),
            patient: patient.map(str::to_owned),
            ..TokenSpec::new(role)
        };
        self.issuer.issuer().token(&spec)
    }

    pub(super) async fn send(&mut self, token: &str, body: String) -> Value {
        let request = self.client.post(&self.url).bearer_auth(token);
        let request = request.header("content-type", "application/json");
        let request = request.header("x-marked", self.marks.text("request header"));
        let request = request.header("x-care-trace", "1");
        let request =
            request.header("tracestate", format!("x={}", self.marks.text("request header")));
        let request = request.header("baggage", format!("x={}", self.marks.text("request header")));
        let answer =
            Answer::of(request.body(body).send().await.expect("the gateway answers")).await;
        let json = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        self.answers.push(answer);
        json
    }

    pub(super) async fn ask(&mut self, role: Role, query: &str, variables: Value) -> Value {
        let token = self.token(role, None);
        let body = json!({ "query": query, "variables": variables, "extensions": { "x": self.marks.text("extension") } });
        self.send(&token, body.to_string()).await
    }

    /// The marked patient, in full.
    pub(super) async fn whole(&mut self, role: Role, id: &str) -> Value {
        let (operation, alias, comment) = ("operation", "alias", "comment");
        let [operation, alias, comment] =
            [operation, alias, comment].map(|what| self.marks.text(what).to_owned());
        let query = format!(
            "query {operation}($id: ID!) {{ # {comment}\n {alias}: patient(id: $id) {{ name {{ text }} telecom {{ value }} addresses {{ line }} identifiers {{ value }} conditions {{ nodes {{ code {{ text }} }} completeness {{ sources {{ state message }} }} }} documents {{ nodes {{ title text }} }} observations {{ nodes {{ value {{ ... on TextValue {{ text }} }} }} completeness {{ sources {{ state message }} }} }} careTeam {{ name }} links {{ basis reference }} sources {{ message }} }} }}"
        );
        self.ask(role, &query, json!({ "id": id })).await
    }

    /// Questions that make no sense.
    pub(super) async fn mistakes(&mut self) {
        let [variable, literal, words] =
            ["variable", "literal", "searched words"].map(|what| self.marks.text(what).to_owned());
        for role in [Role::PrimaryCare, Role::Admin, Role::CommunityWorker] {
            for (query, variables) in [
                (format!("{{ patients(search: \"{words}\") {{ nodes {{ id }} }} }}"), Value::Null),
                (format!("{{ patients(first: 5, after: \"{literal}\") {{ nodes {{ id }} }} }}"), Value::Null),
                (format!("{{ patient(id: \"{literal}\") {{ id }} node(id: \"{literal}\") {{ id }} }}"), Value::Null),
                (format!("{{ patient(identifier: {{ system: \"{literal}\", value: \"{literal}\" }}) {{ id }} }}"), Value::Null),
                ("query($v: ID!) { node(id: $v) { id } }".to_owned(), json!({ "v": variable })),
                ("query($v: Int!) { patients(first: $v) { nodes { id } } }".to_owned(), json!({ "v": variable })),
                ("query($v: ConsentInput!) { me { subject } } mutation M($v: ConsentInput!) { recordConsent(input: $v) { id } }".to_owned(), json!({ "v": variable })),
                (format!("mutation {{ unlinkPatient(link: \"{literal}\", reason: \"{}\") {{ patient }} }}", self.marks.text("reason of a removal")), Value::Null),
                (format!("{{ services(search: \"{literal}\") {{ nodes {{ id }} }} }}"), Value::Null),
            ] {
                self.ask(role, &query, variables).await;
            }
        }
        let token = self.token(Role::PrimaryCare, None);
        self.send(&token, format!("{{\"query\": \"{literal}")).await;
        self.send(&format!("{token}x"), "{}".to_owned()).await;
        self.send(&literal, "{}".to_owned()).await;
    }
}

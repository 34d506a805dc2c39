//! A clinic that lists nobody: it finds one patient by the number that a payer gave them.

use std::sync::{Arc, Mutex, MutexGuard};

use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The clinic, which closes when dropped.
pub(crate) struct WalkIn {
    origin: String,
    books: Arc<Mutex<Books>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Books {
    members: Vec<Value>,
    /// Whatever it is asked, it answers so.
    answers: Option<HttpAnswer>,
    /// What it was asked, as people would read it.
    asked: Vec<String>,
}

impl WalkIn {
    pub(crate) async fn open() -> Self {
        let server = Server::bind().await.expect("a port is free");
        let (origin, books) = (server.origin().to_owned(), Arc::<Mutex<Books>>::default());
        let own = books.clone();
        let serving = tokio::spawn(async move {
            server
                .serve(|request| Play::Answer(own.lock().expect("no panic").answer(request)))
                .await;
        });
        Self { origin, books, serving }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("nobody panics here")
    }

    /// From now on it knows these, each with `key`, `no`, `last`, `first` and `born`.
    pub(crate) fn knows(&self, members: &[Value]) {
        let mut books = self.books();
        (books.members, books.answers) = (members.to_vec(), None);
    }

    /// From now on it answers whoever asks for a member with this.
    pub(crate) fn says(&self, status: u16, body: &Value) {
        let answer = HttpAnswer::of("application/json", body.to_string()).status(status);
        self.books().answers = Some(answer);
    }

    /// What it has been asked so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.books().asked.clone()
    }

    /// Its manifest, by numbers of that system.
    pub(crate) fn manifest(&self, system: &str) -> String {
        format!(
            r#"
            id = "walkin"
            name = "Walk-in Clinic"
            category = "PRIMARY_CARE"
            kind = "mapped-http"
            base_url = "{}/"
            timeout_ms = 15000
            mapping = 1

            [lookup]
            system = {system:?}
            get = "members"
            query = {{ memberNo = "{{identifier}}" }}
            items = "$.members[*]"
            id = "$.key"

            [lookup.fields]
            names = [{{ family = "$.last", given = ["$.first"] }}]
            birthDate = "$.born"
            identifiers = [{{ system = {system:?}, value = "$.no" }}]

            [[fetch]]
            section = "ALLERGIES"
            get = "members/{{patient}}/allergies"
            items = "$.allergies[*]"
            subject = "$.key"
            reference = "$.id"
            fields = {{ substance = "$.to" }}
            "#,
            self.origin
        )
    }
}

impl Drop for WalkIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Books {
    fn answer(&mut self, request: &HttpRequest) -> HttpAnswer {
        let path = request.path.as_str();
        let wanted = request.query.iter().find(|(name, _)| name == "memberNo");
        let key = path.strip_prefix("/members/").and_then(|it| it.strip_suffix("/allergies"));
        let body = match (key, wanted) {
            (Some(key), _) => {
                self.asked.push(path.to_owned());
                json!({ "allergies": [{ "id": format!("a-{key}"), "key": key, "to": "Walnut" }] })
            }
            (None, Some((_, no))) => {
                self.asked.push(format!("{path}?{no}"));
                if let Some(answer) = &self.answers {
                    return answer.clone();
                }
                let found = self.members.iter().filter(|it| it["no"] == **no);
                json!({ "members": found.collect::<Vec<_>>() })
            }
            (None, None) => {
                self.asked.push(path.to_owned());
                return HttpAnswer::of("application/json", "{}").status(404);
            }
        };
        HttpAnswer::of("application/json", body.to_string())
    }
}

//! A pharmacy with an API of its own: members in pages, and what each was prescribed, was handed and does not tolerate.
//! Dates are written as in the United States and states are letters.

mod counter;
mod file;
mod members;
mod shelf;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

use super::{bearer, credential::Credential};
use crate::{
    front::{self, Quirk},
    population::Population,
    query,
};
pub use file::{Fill, PharmacyFile, Prescription, ReportedAllergy};
pub(crate) use members::Members;

const MEDIA_TYPE: &str = "application/json";
const PATH: &str = "/v2";
const DEFAULT_SIZE: usize = 50;
const MAXIMAL_SIZE: usize = 200;

/// The names that may follow the base address, for counting.
pub(crate) fn names() -> Vec<&'static str> {
    vec!["members", "fills", "prescriptions", "allergies"]
}

/// The pharmacy's server.
pub(crate) struct Pharmacy {
    population: Arc<Population>,
    token: String,
    /// The numbers of the people who are members, looked for when somebody first asks for the list.
    list: OnceLock<Vec<u64>>,
}

impl Pharmacy {
    pub(crate) fn new(population: Arc<Population>) -> Self {
        Self { population, token: bearer::unguessable(), list: OnceLock::new() }
    }

    /// What whoever asks it must show.
    pub(crate) fn credential(&self) -> Credential {
        Credential::Token(self.token.clone())
    }

    pub(crate) fn router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    fn respond(&self, request: &Request) -> Response {
        let shown = bearer::shown(request.headers());
        if !shown.is_some_and(|token| bearer::is(token, &self.token)) {
            return denied();
        }
        if request.method() != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "READ ONLY");
        }
        let path = request.uri().path().strip_prefix(PATH).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let quirk = request.extensions().get::<Quirk>().copied();
        let query = request.uri().query().unwrap_or_default();
        let Some(page) = Page::read(query, quirk) else {
            return refuse(StatusCode::BAD_REQUEST, "BAD PAGE");
        };
        match segments.as_slice() {
            ["members"] => self.members(&page),
            ["members", number] => self.of_member(number, "member", &page, quirk),
            ["members", number, part @ ("fills" | "prescriptions" | "allergies")] => {
                self.of_member(number, part, &page, quirk)
            }
            _ => refuse(StatusCode::NOT_FOUND, "NO SUCH THING"),
        }
    }

    fn members(&self, page: &Page) -> Response {
        let members = self.population.members();
        let list = self.list.get_or_init(|| {
            (0..self.population.size()).filter(|it| Members::has(&self.population, *it)).collect()
        });
        let (of, shown) = page.cut(list);
        let shown: Vec<Value> = shown
            .iter()
            .map(|number| members.entry(&self.population, &self.population.person(*number)))
            .collect();
        answer(&json!({
            "result": "OK",
            "page": { "no": page.number, "of": of, "members": list.len() },
            "members": shown,
        }))
    }

    /// Something of one member; when it mixes people up, of the next one, under that one's own number.
    fn of_member(&self, number: &str, part: &str, page: &Page, quirk: Option<Quirk>) -> Response {
        let members = self.population.members();
        let asked = members.owner(number).filter(|it| Members::has(&self.population, *it));
        let Some(asked) = asked else { return refuse(StatusCode::NOT_FOUND, "NONE") };
        let wrong = quirk == Some(Quirk::WrongPatient);
        let meant = if wrong { self.after(asked) } else { asked };
        let person = self.population.person(meant);
        if part == "member" {
            let member = members.entry(&self.population, &person);
            return answer(&json!({ "result": "OK", "member": member }));
        }
        let file = PharmacyFile::of(&person, members);
        if file.is_empty() {
            return refuse(StatusCode::NOT_FOUND, "NONE");
        }
        answer(&match part {
            "fills" => {
                let (of, shown) = page.cut(&file.fills);
                let shown: Vec<Value> =
                    shown.iter().map(|fill| fill.written(&file.member_number)).collect();
                let counted = json!({ "no": page.number, "of": of, "fills": file.fills.len() });
                json!({ "result": "OK", "page": counted, "fills": shown })
            }
            "prescriptions" => {
                let all: Vec<Value> =
                    file.prescriptions.iter().map(Prescription::written).collect();
                json!({ "result": "OK", "memberNo": file.member_number, "prescriptions": all })
            }
            _ => {
                let all: Vec<Value> = file.allergies.iter().map(ReportedAllergy::written).collect();
                json!({ "result": "OK", "memberNo": file.member_number, "allergies": all })
            }
        })
    }

    /// The member after somebody.
    fn after(&self, person: u64) -> u64 {
        let mut others = (person + 1..self.population.size()).chain(0..person);
        others.find(|it| Members::has(&self.population, *it)).unwrap_or(person)
    }
}

/// Which page of a list is wanted.
struct Page {
    number: usize,
    size: usize,
    is_endless: bool,
}

impl Page {
    fn read(query: &str, quirk: Option<Quirk>) -> Option<Self> {
        let pairs = query::pairs(query);
        let number = |name: &str, default: usize| match query::first(&pairs, name) {
            None => Some(default),
            Some(text) => text.parse().ok().filter(|number: &usize| *number > 0),
        };
        let size = number("size", DEFAULT_SIZE)?.min(MAXIMAL_SIZE);
        let is_endless = quirk == Some(Quirk::EndlessPaging);
        Some(Self { number: number("page", 1)?, size, is_endless })
    }

    /// How many pages there are, and what is on this one.
    fn cut<'l, T>(&self, list: &'l [T]) -> (usize, &'l [T]) {
        let (pages, number) = if self.is_endless {
            (self.number + 1, 1)
        } else {
            (list.len().div_ceil(self.size).max(1), self.number)
        };
        let start = (number - 1).saturating_mul(self.size).min(list.len());
        let end = start.saturating_add(self.size).min(list.len());
        (pages, &list[start..end])
    }
}

fn answer(told: &Value) -> Response {
    front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(told.to_string()))
}

fn refuse(status: StatusCode, result: &str) -> Response {
    front::answer(status, MEDIA_TYPE, Bytes::from(json!({ "result": result }).to_string()))
}

fn denied() -> Response {
    let mut answer = refuse(StatusCode::UNAUTHORIZED, "DENIED");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

async fn handle(State(pharmacy): State<Arc<Pharmacy>>, request: Request) -> Response {
    pharmacy.respond(&request)
}

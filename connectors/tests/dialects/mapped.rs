//! A pharmacy's own API, as a manifest describes it: three fills of one patient, on two pages.

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{
    CANARY, Dialect, HttpAnswer, HttpRequest, STRANGER, Subject, Tamper,
};
use caregraph_connectors::{Kind, mapped};
use serde_json::{Value, json};

/// See [`Dialect`].
pub(crate) struct MappedDialect {
    /// How its pages follow each other.
    pub(crate) style: &'static str,
}

const BASE: &str = "/api/v2";
const PATIENT: &str = "m-1";
const FILLS: usize = 3;
const A_PAGE: usize = 2;
const PEOPLE: usize = 2;

const MANIFEST: &str = r#"
mapping = 1

[roster]
get = "members"
items = "$.members[*]"
id = "$.no"
fields = { names = [{ family = "$.last" }], birthDate = { path = "$.born", date = "MM/DD/YYYY" } }

[[fetch]]
section = "MEDICATIONS"
fact = "fill"
get = "fills"
items = "$.fills[*]"
subject = "$.member"
reference = "$.no"
fields = { medication = { drug = "$.drug" }, status = { path = "$.status", table = { D = "completed" } } }
"#;

impl Dialect for MappedDialect {
    fn kind(&self) -> Kind {
        mapped::KIND
    }

    fn settings(&self) -> toml::Table {
        let (query, paging) = match self.style {
            "page" => ("page = '{page}'", "style = 'page', pages = '$.pages'"),
            "offset" => ("skip = '{offset}'", "style = 'offset', more = '@.more == true'"),
            "cursor" => ("after = '{cursor}'", "style = 'cursor', cursor = '$.after'"),
            "next" => ("page = 1", "style = 'next', next = '$.next'"),
            _ => ("page = 1", "style = 'link-header'"),
        };
        let more =
            format!("query = {{ member = '{{patient}}', {query} }}\npaging = {{ {paging} }}");
        format!("{MANIFEST}{more}").parse().unwrap()
    }

    fn base_path(&self) -> &'static str {
        BASE
    }

    fn subject(&self) -> Subject {
        let (section, unoffered) = (Section::Medications, Section::Conditions);
        Subject::Patient { id: PATIENT, section, unoffered }
    }

    fn records(&self) -> usize {
        FILLS
    }

    fn roster(&self) -> Option<usize> {
        // The same in all styles.
        (self.style == "page").then_some(PEOPLE)
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        match request.path.strip_prefix(BASE) {
            Some("/members") => {
                let person = |id| json!({"no": id, "last": "Example", "born": "01/31/1970"});
                HttpAnswer::json(&json!({"members": [person(PATIENT), person("m-2")]}))
            }
            Some("/fills") if request.param("member") == Some(PATIENT) => {
                let page = page_of(request);
                page_with(request, &each(numbers(page), PATIENT), A_PAGE * page < FILLS)
            }
            Some("/fills") => page_with(request, &[], false),
            _ => HttpAnswer::json(&json!({"error": "no such thing"})).status(404),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        if request.path.strip_prefix(BASE) != Some("/fills") {
            return None;
        }
        let page = page_of(request);
        let mut fills = each(numbers(page), PATIENT);
        let mut more = A_PAGE * page < FILLS;
        match tamper {
            Tamper::Empty => (fills, more) = (Vec::new(), false),
            Tamper::Many(many) => (fills, more) = (each(0..*many, PATIENT), false),
            Tamper::Strangers => fills = each(numbers(page), STRANGER),
            Tamper::OneStranger if page == 1 => fills.insert(1, fill(9, STRANGER)),
            Tamper::OneBroken if page == 1 => {
                fills[0]["status"] = json!(CANARY);
            }
            Tamper::Endless => (fills, more) = (vec![fill(page, PATIENT)], true),
            Tamper::Circular if page > 1 => {
                let last = numbers(page.min(2));
                return Some(page_with(request, &each(last, PATIENT), true));
            }
            Tamper::Astray(foreign) if page == 1 => return self.astray(request, foreign, &fills),
            Tamper::DoubledKeys if page == 1 => {
                let body = format!(
                    r#"{{"fills": [{{"no": "9", "member": "{PATIENT}", "member": "{STRANGER}", "drug": "{CANARY}", "status": "D"}}], "pages": 1, "more": false}}"#
                );
                return Some(HttpAnswer::of("application/json", body));
            }
            _ => return None,
        }
        Some(page_with(request, &fills, more))
    }

    fn is_further_page(&self, request: &HttpRequest) -> bool {
        page_of(request) > 1
    }
}

impl MappedDialect {
    /// Only where addresses are given can one lead elsewhere.
    fn astray(&self, request: &HttpRequest, foreign: &str, fills: &[Value]) -> Option<HttpAnswer> {
        let next = format!("{foreign}{}?page=2&member={PATIENT}", request.path);
        match self.style {
            "next" => Some(HttpAnswer::json(&json!({"fills": fills, "next": next}))),
            "link-header" => {
                let answer = HttpAnswer::json(&json!({"fills": fills}));
                Some(answer.header("link", format!("<{next}>; rel=\"next\"")))
            }
            _ => None,
        }
    }
}

/// By whatever name the page is asked for.
fn page_of(request: &HttpRequest) -> usize {
    let number = |name| request.param(name).and_then(|text| text.parse::<usize>().ok());
    let skipped = number("skip").map(|skipped| skipped / A_PAGE + 1);
    number("after").or(skipped).or(number("page")).unwrap_or(1)
}

fn numbers(page: usize) -> std::ops::Range<usize> {
    (A_PAGE * (page - 1)).min(FILLS)..(A_PAGE * page).min(FILLS)
}

fn each(numbers: std::ops::Range<usize>, member: &str) -> Vec<Value> {
    numbers.map(|number| fill(number, member)).collect()
}

fn fill(number: usize, member: &str) -> Value {
    json!({"no": number, "member": member, "drug": format!("Medicine {number}"), "status": "D"})
}

/// A page that says in every way whether there is another.
fn page_with(request: &HttpRequest, fills: &[Value], more: bool) -> HttpAnswer {
    let page = page_of(request);
    let next = format!("{BASE}/fills?member={PATIENT}&page={}", page + 1);
    let pages = if more { page + 1 } else { page };
    let mut body = json!({"fills": fills, "pages": pages, "more": more, "after": null, "next": ""});
    if !more {
        return HttpAnswer::json(&body);
    }
    body["after"] = json!((page + 1).to_string());
    body["next"] = json!(next);
    let link = format!("<{}/fills?page=9>; rel=last, <{next}>; rel=\"next\"", request.origin());
    HttpAnswer::json(&body).header("link", link)
}

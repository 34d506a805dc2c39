//! A partner whose patients' data repeat by four, so that every fourth of them has nothing, and of whom few have orders.

use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use serde_json::{Value, json};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Nothing,
    /// Each item of a page stands there twice.
    Twice,
    /// So it does on the next page.
    Again,
    /// The list of patients counts some who are not in it.
    Counts,
    /// One patient has no number.
    NoNumber,
    /// The answer about every other patient is a failure, of status 200.
    Fails,
    /// Every third patient gets the answer about another.
    Wrong,
    /// Nobody has any order.
    NoOrders,
    /// What is deleted is marked as such, and nothing is.
    Marked,
}

const PATIENTS: usize = 45;
const PAGE: usize = 20;

pub(super) const MANIFEST: &str = r#"
mapping = 1

[roster]
get = "people"
query = { page = "{page}" }
paging = { style = "page", pages = "$.pages" }
total = "$.hits"
success = '@.ok == 1'
items = "$.people[*]"
id = "$.no"

[roster.fields]
names = [{ family = "$.last", given = ["$.first"] }]
birthDate = "$.born"

[[fetch]]
section = "OBSERVATIONS"
get = "people/{patient}/results"
query = { skip = "{offset}" }
paging = { style = "offset", more = '@.more == true' }
success = '@.ok == 1'
none_when = ['@.why == 4']
items = "$.results[*]"
each = "$.parts[*]"
subject = { item = "$.of" }
reference = { join = [{ item = "$.acc" }, "$.seq"], with = "-" }

[fetch.fields]
code = "$.label"
value = { text = "$.found" }
status = { item = "$.void", table = { true = "entered-in-error", false = "final" } }

[[fetch]]
section = "MEDICATIONS"
fact = "order"
get = "people/{patient}/orders"
success = '@.ok == 1'
none_when = ['@.why == 4']
items = "$.orders[*]"
subject = "$.of"
reference = "$.no"
labels = [{ system = { const = "http://terminology.hl7.org/CodeSystem/v3-ActCode" }, code = { path = "$.sens", table = { P = "PSY" } } }]

[fetch.fields]
medication = { drug = "$.drug" }
intent = { const = "order" }
"#;

fn number_of(place: usize) -> usize {
    900_100 + place * 7
}

/// What it answers.
pub(super) fn answer(request: &HttpRequest, flaw: Flaw) -> HttpAnswer {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let count =
        |name: &str| request.param(name).and_then(|it| it.parse::<usize>().ok()).unwrap_or(0);
    let body = match parts.as_slice() {
        ["api", "people"] => people(count("page").max(1), flaw),
        ["api", "people", id, what] => match place_of(id) {
            None => json!({"ok": 0, "why": 4}),
            Some(place) if flaw == Flaw::Fails && *what == "orders" && place.is_multiple_of(2) => {
                json!({"ok": 0, "why": 99})
            }
            Some(place) => {
                let is_wrong = flaw == Flaw::Wrong && place.is_multiple_of(3);
                let whose = if is_wrong { (place + 1) % PATIENTS } else { place };
                if *what == "results" {
                    results(whose, count("skip"), flaw)
                } else {
                    orders(whose, flaw)
                }
            }
        },
        _ => return HttpAnswer::json(&json!({})).status(404),
    };
    HttpAnswer::json(&body)
}

fn place_of(id: &str) -> Option<usize> {
    (0..PATIENTS).find(|place| number_of(*place).to_string() == id)
}

fn people(page: usize, flaw: Flaw) -> Value {
    let person = |place: usize| {
        json!({"no": number_of(place), "last": format!("Inmate{place}"), "first": "Robin",
            "born": format!("19{:02}-03-04", 30 + place), "state": if place.is_multiple_of(9) { "DEC" } else { "ACT" }})
    };
    let mut people: Vec<Value> =
        (0..PATIENTS).map(person).skip((page - 1) * PAGE).take(PAGE).collect();
    if flaw == Flaw::NoNumber && page == 1 {
        people[3]["no"] = Value::Null;
    }
    let more = if flaw == Flaw::Counts { 9 } else { 0 };
    json!({"ok": 1, "pages": PATIENTS.div_ceil(PAGE), "hits": PATIENTS + more, "people": people})
}

/// Every fourth patient has none, and the others three.
fn results(place: usize, skip: usize, flaw: Flaw) -> Value {
    let result = |n: usize| {
        json!({"acc": format!("A{place}-{n}"), "of": number_of(place), "void": n == 2, "parts": [
            {"seq": 1, "label": "Color", "found": "Amber"}, {"seq": 2, "label": "Turbidity", "found": "Clear"}]})
    };
    let all: Vec<Value> = (0..if place.is_multiple_of(4) { 0 } else { 3 }).map(result).collect();
    let mut shown: Vec<Value> = all.iter().skip(skip).take(2).cloned().collect();
    match flaw {
        Flaw::Twice => shown = [shown.clone(), shown].concat(),
        Flaw::Again if skip > 0 => shown.extend(all.first().cloned()),
        _ => {}
    }
    json!({"ok": 1, "more": skip + 2 < all.len(), "results": shown})
}

/// Three patients of all have some.
fn orders(place: usize, flaw: Flaw) -> Value {
    let mut orders = Vec::new();
    if flaw == Flaw::Fails || (place % 15 == 7 && flaw != Flaw::NoOrders) {
        orders.push(json!({"no": place * 10, "of": number_of(place), "drug": "Sertraline 50 mg", "sens": "P"}));
        orders.push(json!({"no": place * 10 + 1, "of": number_of(place), "drug": "Sevelamer 800 mg", "sens": null}));
    }
    if flaw == Flaw::Marked {
        for order in &mut orders {
            order["is_deleted"] = json!(false);
        }
    }
    json!({"ok": 1, "orders": orders})
}

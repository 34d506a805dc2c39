//! Asking a partner that a manifest describes whether what it said still holds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use caregraph_connectors::{Ask, Connector, LocalId, Problem, Share, Validator, mapped};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::mapped::{settings, with};

const HEAD: &str = "id = \"lab\"\nname = \"Lab\"\ncategory = \"LABORATORY\"\nkind = \"mapped-http\"\n\
    base_url = \"https://lab.example/\"\nmapping = 1\n[roster]\nget = \"people\"\nitems = \"$[*]\"\nid = \"$.id\"\n\
    fields = { names = [\"$.name\"] }\n";

/// A block that asks this and has this besides.
fn block(question: &str, more: &str) -> String {
    format!(
        "[[fetch]]\nsection = \"ALLERGIES\"\n{question}\nitems = \"$.all[*]\"\nsubject = \"$.of\"\n\
         reference = \"$.no\"\n{more}\nfields = {{ substance = \"$.to\" }}\n"
    )
}

const PLAIN: &str = "get = \"allergies/{patient}\"";

fn manifest(blocks: &[String]) -> toml::Table {
    settings(&format!("{HEAD}{}", blocks.concat()))
}

async fn ask(lab: &dyn Connector, patient: &str, since: Option<&Validator>) -> Share {
    let patients = [LocalId::new(patient)];
    let deadline = Instant::now() + Duration::from_secs(5);
    let ask = Ask { patients: &patients, section: Section::Allergies, deadline, since };
    lab.fetch(ask).await.remove(&patients[0]).unwrap()
}

fn allergy(no: &str) -> Value {
    json!({"no": no, "of": "p", "to": "Latex"})
}

/// A page with one allergy, and the address of another page.
fn page(no: &str, next: Option<&str>) -> HttpAnswer {
    HttpAnswer::json(&json!({"all": [allergy(no)], "next": next}))
}

/// What a server holds under each address, with its tag; and what it was asked, with the tag that was shown.
#[derive(Default)]
struct Lab {
    pages: Mutex<Vec<(&'static str, HttpAnswer, &'static str)>>,
    asked: Mutex<Vec<(String, Option<String>)>>,
}

impl Lab {
    fn of(pages: &[(&'static str, HttpAnswer, &'static str)]) -> Arc<Self> {
        Arc::new(Self { pages: Mutex::new(pages.to_vec()), asked: Mutex::default() })
    }

    fn change(&self, path: &str, answer: HttpAnswer, tag: &'static str) {
        let mut pages = self.pages.lock().unwrap();
        let page = pages.iter_mut().find(|(at, ..)| *at == path).unwrap();
        (page.1, page.2) = (answer, tag);
    }

    /// An honest server: 304 to whoever has what it would send.
    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let shown = request.header("if-none-match").map(str::to_owned);
        self.asked.lock().unwrap().push((request.path.clone(), shown.clone()));
        let pages = self.pages.lock().unwrap();
        let Some((_, answer, tag)) = pages.iter().find(|(at, ..)| *at == request.path) else {
            return HttpAnswer::json(&json!({})).status(404);
        };
        match shown {
            Some(shown) if !tag.is_empty() && shown == *tag => {
                HttpAnswer::of("text/plain", "").status(304).header("etag", *tag)
            }
            _ if tag.is_empty() => answer.clone(),
            _ => answer.clone().header("etag", *tag),
        }
    }

    /// What was asked since this was called last: how much, and how much of it by a tag.
    fn asked(&self) -> (usize, usize) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        (asked.len(), asked.iter().filter(|(_, shown)| shown.is_some()).count())
    }
}

fn references(share: &Share) -> Vec<&str> {
    share.records.iter().map(|record| record.reference.as_str()).collect()
}

const AT: &str = "/v2/allergies/p";

#[tokio::test]
async fn what_still_holds_is_not_sent_again_and_what_changed_is_read() {
    let lab = Lab::of(&[(AT, page("1", None), "\"a\"")]);
    with(
        manifest(&[block(PLAIN, "")]),
        |it| lab.answer(it),
        async |it| {
            let first = ask(&*it, "p", None).await;
            assert_eq!((references(&first), &first.problem), (vec!["allergy/1"], &None));
            assert_eq!(lab.asked(), (1, 0));
            let again = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!((again.records.len(), again.problem), (0, Some(Problem::Unchanged)));
            assert_eq!(lab.asked(), (1, 1));
            lab.change(AT, page("2", None), "\"b\"");
            let changed = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!((references(&changed), &changed.problem), (vec!["allergy/2"], &None));
            assert_eq!(lab.asked(), (1, 1), "what came in place of a 304 is not asked for again");
            assert!(changed.validator.is_some() && changed.validator != first.validator);
            let held = ask(&*it, "p", changed.validator.as_ref()).await;
            assert_eq!(held.problem, Some(Problem::Unchanged));
        },
    )
    .await;
}

#[tokio::test]
async fn every_page_must_hold_or_all_are_read_anew() {
    let more = "paging = { style = \"next\", next = \"$.next\" }";
    let second = "/v2/more/p";
    let lab = Lab::of(&[
        (AT, page("1", Some("/v2/more/p")), "\"a\""),
        (second, page("2", None), "W/\"b\""),
    ]);
    with(
        manifest(&[block(PLAIN, more)]),
        |it| lab.answer(it),
        async |it| {
            let first = ask(&*it, "p", None).await;
            assert_eq!(references(&first), ["allergy/1", "allergy/2"]);
            assert_eq!(lab.asked(), (2, 0));
            let again = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!((again.problem, lab.asked()), (Some(Problem::Unchanged), (2, 2)));
            lab.change(second, page("3", None), "W/\"c\"");
            let changed = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!(references(&changed), ["allergy/1", "allergy/3"]);
            assert_eq!((changed.problem, lab.asked()), (None, (4, 2)));
            lab.change(AT, page("4", None), "\"d\"");
            let shorter = ask(&*it, "p", changed.validator.as_ref()).await;
            assert_eq!((references(&shorter), lab.asked()), (vec!["allergy/4"], (1, 1)));
            // One page without a tag, and none of them is asked about.
            lab.change(AT, page("1", Some("/v2/more/p")), "");
            assert!(ask(&*it, "p", None).await.validator.is_none());
        },
    )
    .await;
}

#[tokio::test]
async fn of_two_questions_of_a_section_both_must_hold() {
    let other = block("get = \"reactions/{patient}\"", "");
    let second = "/v2/reactions/p";
    let lab = Lab::of(&[(AT, page("1", None), "\"a\""), (second, page("2", None), "\"a\"")]);
    with(
        manifest(&[block(PLAIN, ""), other]),
        |it| lab.answer(it),
        async |it| {
            let first = ask(&*it, "p", None).await;
            assert_eq!(references(&first), ["allergy/1", "allergy/2"]);
            lab.asked();
            let again = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!((again.problem, lab.asked()), (Some(Problem::Unchanged), (2, 2)));
            lab.change(second, page("3", None), "\"b\"");
            let changed = ask(&*it, "p", first.validator.as_ref()).await;
            assert_eq!(references(&changed), ["allergy/1", "allergy/3"]);
            assert_eq!((changed.problem, lab.asked()), (None, (3, 2)));
            // Two different records with one reference are left out, and that is no list to ask about.
            lab.change(second, page("1", None), "\"c\"");
            lab.change(
                AT,
                HttpAnswer::json(&json!({"all": [{"no": "1", "of": "p", "to": "Nuts"}]})),
                "\"c\"",
            );
            let contested = ask(&*it, "p", None).await;
            assert_eq!(contested.problem, Some(Problem::Unreadable(2)));
            assert!(contested.validator.is_none());
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_not_whole_or_not_told_by_its_body_is_not_asked_about() {
    let unreadable = HttpAnswer::json(&json!({"all": [allergy("1"), {"no": 2, "of": "p"}]}));
    let strange =
        HttpAnswer::json(&json!({"all": [allergy("1"), {"no": 2, "of": "q", "to": "x"}]}));
    let short = HttpAnswer::json(&json!({"all": [allergy("1")], "total": 2}));
    let none = HttpAnswer::json(&json!({"all": []})).status(404);
    let good = || page("1", None);
    let posted = "post = \"allergies/{patient}\"";
    let link = "paging = { style = \"link-header\" }";
    let header = "updated = { header = \"X-Changed\" }";
    for (question, more, answer, expected) in [
        (PLAIN, "", good(), true),
        (PLAIN, "", HttpAnswer::json(&json!({"all": []})), true),
        (PLAIN, "revalidate = \"etag\"", good(), true),
        (PLAIN, "revalidate = \"never\"", good(), false),
        (posted, "", good(), false),
        (PLAIN, link, good(), false),
        (PLAIN, header, good(), false),
        (PLAIN, "", unreadable, false),
        (PLAIN, "", strange, false),
        (PLAIN, "total = \"$.total\"", short, false),
        (PLAIN, "none_when = [404]", none, false),
        (PLAIN, "none_when = ['@.next == null']", good(), true),
        (PLAIN, "errors = [{ when = '@.next == null', means = \"failed\" }]", good(), false),
    ] {
        let lab = Lab::of(&[(AT, answer, "\"a\"")]);
        let table = manifest(&[block(question, more)]);
        let share = with(table, |it| lab.answer(it), async |it| ask(&*it, "p", None).await).await;
        assert_eq!(share.validator.is_some(), expected, "{question} {more} {:?}", share.problem);
    }
}

#[tokio::test]
async fn a_date_is_asked_about_only_where_it_is_said_to_tell_of_all_changes() {
    let changed = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (more, answered, expected) in [
        ("revalidate = \"date\"", "Sun, 06 Nov 1994 09:00:00 GMT", true),
        ("revalidate = \"date\"", "Sun, 06 Nov 1994 08:49:38 GMT", false),
        ("", "Sun, 06 Nov 1994 09:00:00 GMT", false),
    ] {
        let script = |request: &HttpRequest| match request.header("if-modified-since") {
            Some(date) if date == changed => HttpAnswer::of("text/plain", "").status(304),
            _ => page("1", None).header("last-modified", changed).header("date", answered),
        };
        with(manifest(&[block(PLAIN, more)]), script, async |it| {
            let first = ask(&*it, "p", None).await;
            assert_eq!((first.validator.is_some(), &first.problem), (expected, &None), "{more}");
            if expected {
                let again = ask(&*it, "p", first.validator.as_ref()).await;
                assert_eq!(again.problem, Some(Problem::Unchanged));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_came_of_another_mapping_or_patient_is_not_believed_to_hold() {
    let lab =
        Lab::of(&[(AT, page("1", None), "\"a\""), ("/v2/allergies/q", page("1", None), "\"a\"")]);
    let plain = manifest(&[block(PLAIN, "")]);
    let first = with(
        plain.clone(),
        |it| lab.answer(it),
        async |it| {
            let first = ask(&*it, "p", None).await;
            lab.asked();
            // The tag is the same, and it is somebody else's.
            let other = ask(&*it, "q", first.validator.as_ref()).await;
            assert_eq!((other.problem, lab.asked()), (Some(Problem::WrongPatient(1)), (1, 0)));
            for foreign in ["", "[]", "[[\"x\",[]]]", "{}"] {
                let share = ask(&*it, "p", Some(&Validator::new(foreign))).await;
                assert_eq!((share.records.len(), lab.asked()), (1, (1, 0)), "{foreign}");
            }
            first
        },
    );
    let first = first.await;
    for other in [
        manifest(&[block(PLAIN, "recorded = \"$.on\"")]),
        manifest(&[
            block(PLAIN, "").replace("substance = \"$.to\"", "substance = { text = \"$.to\" }")
        ]),
        manifest(&[block("get = \"allergies/{patient}\"\nquery = { all = 1 }", "")]),
        // The same again, at another place.
        plain,
    ] {
        let share = with(
            other,
            |it| lab.answer(it),
            async |it| ask(&*it, "p", first.validator.as_ref()).await,
        );
        let share = share.await;
        assert_eq!((share.records.len(), share.problem, lab.asked()), (1, None, (1, 0)));
    }
}

#[tokio::test]
async fn who_says_unasked_or_of_something_else_that_nothing_changed_is_at_fault() {
    let unasked = |_: &HttpRequest| HttpAnswer::of("text/plain", "").status(304);
    with(manifest(&[block(PLAIN, "")]), unasked, async |it| {
        let share = ask(&*it, "p", None).await;
        assert_eq!((share.records.len(), share.problem), (0, Some(Problem::Garbled)));
    })
    .await;
    let of_another = |request: &HttpRequest| match request.header("if-none-match") {
        Some(_) => HttpAnswer::of("text/plain", "").status(304).header("etag", "\"z\""),
        None => page("1", None).header("etag", "\"a\""),
    };
    with(manifest(&[block(PLAIN, "")]), of_another, async |it| {
        let first = ask(&*it, "p", None).await;
        let again = ask(&*it, "p", first.validator.as_ref()).await;
        assert_eq!(again.problem, Some(Problem::Garbled));
    })
    .await;
}

#[test]
fn a_manifest_cannot_ask_so_of_its_own_accord_nor_where_nothing_could_be_told() {
    for (question, more, at, why) in [
        (
            PLAIN,
            "headers = { If-None-Match = \"x\" }",
            "headers.If-None-Match",
            "not for a manifest",
        ),
        (
            PLAIN,
            "headers = { if-modified-since = \"x\" }",
            "headers.if-modified-since",
            "not for a manifest",
        ),
        (PLAIN, "headers = { If-Match = \"x\" }", "headers.If-Match", "not for a manifest"),
        (PLAIN, "none_when = [304]", "none_when[1]", "no status that means nothing"),
        (PLAIN, "revalidate = \"always\"", "revalidate", "there is no \"always\" here"),
        ("post = \"a/{patient}\"", "revalidate = \"etag\"", "revalidate", "posted"),
        (PLAIN, "revalidate = \"etag\"\nupdated = { header = \"X-On\" }", "revalidate", "header"),
        (
            PLAIN,
            "revalidate = \"date\"\npaging = { style = \"link-header\" }",
            "revalidate",
            "header",
        ),
    ] {
        let mistakes = (mapped::KIND.check)(&manifest(&[block(question, more)]));
        let has = |path: &str, text: &str| path.ends_with(at) && text.contains(why);
        assert!(
            mistakes.len() == 1 && has(&mistakes[0].path, &mistakes[0].why),
            "{more}: {mistakes:?}"
        );
    }
}

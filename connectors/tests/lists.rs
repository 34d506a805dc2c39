//! Lists whose pages are counted, and what is told of them when their items do not keep their places; and items that are taken
//! back as a whole.

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use caregraph_connectors::{Problem, Share};
use serde_json::{Value, json};

use super::mapped::{ask, settings, with};

/// A laboratory of which each accession has a panel of results.
fn laboratory(paging: &str, more: &str) -> toml::Table {
    settings(&format!(
        r#"
        mapping = 1
        [roster]
        get = "people"
        items = "$[*]"
        id = "$.chart"
        fields.names = [{{ text = "$.name" }}]
        [[fetch]]
        section = "OBSERVATIONS"
        get = "people/{{patient}}/results"
        {paging}
        items = "$.results[*]"
        subject = {{ item = "$.chart" }}
        {more}
        [fetch.fields]
        code = {{ text = "$.name" }}
        value = {{ text = "$.text" }}
        taken = {{ path = "$.at", date = "YYYYMMDDhhmmssZ" }}
        "#
    ))
}

const SINGLE: &str = "reference = \"$.no\"";
const OFFSET: &str =
    "query = { skip = \"{offset}\" }\npaging = { style = \"offset\", more = '@.more == true' }";
const PAGE: &str =
    "query = { page = \"{page}\" }\npaging = { style = \"page\", more = '@.more == true' }";
const TOTAL: &str = "\ntotal = \"$.n\"";

fn result(number: usize) -> Value {
    json!({"chart": "7", "no": format!("R{number}"), "name": "Potassium", "text": "4.1", "at": "20260110090000-0500"})
}

/// Two items a page, of six.
fn pages(request: &HttpRequest, page: impl Fn(usize) -> Vec<usize>) -> HttpAnswer {
    let number = |name: &str| request.param(name).map(|it| it.parse::<usize>().unwrap());
    let at = number("skip").unwrap_or_else(|| (number("page").unwrap() - 1) * 2);
    let results: Vec<Value> = page(at).into_iter().map(result).collect();
    HttpAnswer::json(&json!({"n": 6, "more": at + 2 < 6, "results": results}))
}

async fn read(manifest: toml::Table, page: impl Fn(usize) -> Vec<usize>) -> Share {
    with(
        manifest,
        |request| pages(request, &page),
        async |it| ask(&*it, Section::Observations, "7").await,
    )
    .await
}

fn references(share: &Share) -> Vec<&str> {
    share
        .records
        .iter()
        .map(|it| it.reference.as_str().trim_start_matches("observation/"))
        .collect()
}

/// Beyond the end there is nothing.
fn in_order(at: usize) -> Vec<usize> {
    (at..(at + 2).min(6)).collect()
}

fn each_twice(at: usize) -> Vec<usize> {
    in_order(at).into_iter().flat_map(|it| [it, it]).collect()
}

#[tokio::test]
async fn a_list_that_keeps_its_places_is_whole() {
    for paging in [OFFSET, PAGE] {
        for total in ["", TOTAL] {
            let share = read(laboratory(&format!("{paging}{total}"), SINGLE), in_order).await;
            assert_eq!(references(&share), ["R0", "R1", "R2", "R3", "R4", "R5"], "{paging}");
            assert_eq!(share.problem, None, "{paging}{total}");
        }
    }
}

#[tokio::test]
async fn items_that_stand_there_twice_lead_the_count_past_others() {
    for total in ["", TOTAL] {
        let share = read(laboratory(&format!("{OFFSET}{total}"), SINGLE), each_twice).await;
        assert_eq!(references(&share), ["R0", "R1", "R4", "R5"]);
        assert_eq!(share.problem, Some(Problem::Incomplete), "{total}");
    }
    // Where pages are counted, nothing is lost by it, and the source counts each once.
    for total in ["", TOTAL] {
        let share = read(laboratory(&format!("{PAGE}{total}"), SINGLE), each_twice).await;
        assert_eq!((references(&share).len(), share.problem), (6, None), "{total}");
    }
}

#[tokio::test]
async fn a_list_that_moves_while_it_is_read_is_not_taken_for_whole() {
    // Something new came to its front after the first page.
    let moved = |at: usize| if at == 0 { in_order(0) } else { in_order(at - 1) };
    for paging in [OFFSET, PAGE] {
        let share = read(laboratory(paging, SINGLE), moved).await;
        assert_eq!(references(&share), ["R0", "R1", "R2", "R3", "R4"]);
        assert_eq!(share.problem, Some(Problem::Incomplete), "{paging}");
    }
}

#[tokio::test]
async fn an_item_is_taken_back_with_all_of_its_parts() {
    let lab = |withdrawn: &str| {
        let more = format!(
            "each = \"$.panel[*]\"\nreference = {{ join = [{{ item = \"$.no\" }}, \"$.seq\"], with = \"-\" }}\nwithdrawn = {withdrawn}"
        );
        laboratory("", &more)
    };
    let part = |seq: u8, bad: bool| json!({"seq": seq, "name": "Potassium", "text": "4.1", "at": "20260110090000-0500", "void": bad});
    let answer = json!({"results": [
        {"chart": "7", "no": "A", "void": true, "panel": [part(1, false), part(2, false)]},
        {"chart": "7", "no": "B", "void": false, "panel": [part(1, false), part(2, true)]},
    ]});
    for (withdrawn, expected) in [
        ("{ item = '@.void == true' }", (vec!["B-1", "B-2"], 2)),
        ("'@.void == true'", (vec!["A-1", "A-2", "B-1"], 1)),
    ] {
        let share = with(
            lab(withdrawn),
            |_| HttpAnswer::json(&answer),
            async |it| ask(&*it, Section::Observations, "7").await,
        );
        let share = share.await;
        assert_eq!((references(&share), share.withdrawn), expected);
        assert_eq!(share.problem, None);
    }
}

#[tokio::test]
async fn a_date_keeps_the_clock_of_its_place_and_a_mark_may_be_of_our_own_names() {
    let more = format!(
        "{SINGLE}\nlabels = [{{ path = \"$.sens\", table = {{ P = \"MENTAL_HEALTH\" }} }}]"
    );
    let mut marked = result(1);
    marked["sens"] = json!("P");
    let answer = json!({"results": [result(0), marked]});
    let share = with(
        laboratory("", &more),
        |_| HttpAnswer::json(&answer),
        async |it| ask(&*it, Section::Observations, "7").await,
    );
    let share = share.await;
    let codes: Vec<Vec<Option<&str>>> = share
        .records
        .iter()
        .map(|it| it.labels.iter().map(|label| label.code.as_deref()).collect())
        .collect();
    assert_eq!(codes, [vec![], vec![Some("MENTAL_HEALTH")]]);
    let caregraph_connectors::record::Fact::Observation(first) = &share.records[0].fact else {
        panic!("no observation")
    };
    let taken = first.taken.as_ref().map(|it| it.as_str().to_owned());
    assert_eq!(taken.as_deref(), Some("2026-01-10T09:00:00-05:00"));
}

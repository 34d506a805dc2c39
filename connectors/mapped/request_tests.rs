//! What a request becomes, whatever the values are.

use serde_json::Value as Json;

use super::*;
use crate::connector::LocalId;
use crate::mapped::template::Whom;

fn request(text: &str) -> Result<Request, Vec<String>> {
    let table: toml::Table = text.parse().unwrap();
    let notes = Notes::default();
    let part = Part::new(&table, At::default(), &notes);
    let read = Request::read(&part);
    part.close();
    let mistakes: Vec<String> = notes.into_all().iter().map(ToString::to_string).collect();
    read.filter(|_| mistakes.is_empty()).ok_or(mistakes)
}

fn filled(text: &str, ids: &[&str], cursor: Option<&str>) -> Option<Outgoing> {
    let patients: Vec<LocalId> = ids.iter().map(|id| LocalId::new(*id)).collect();
    let values =
        Values { whom: Whom::Patients(&patients), page: 2, offset: 50, limit: Some(25), cursor };
    let base = Url::parse("http://127.0.0.1:9/v2/").unwrap();
    request(text).unwrap().filled(&base, "application/json", &values)
}

fn url(text: &str, id: &str) -> Option<String> {
    filled(text, &[id], None).map(|out| out.url.to_string())
}

#[test]
fn values_are_encoded_by_their_place() {
    let path = "get = 'members/{patient}/fills'";
    assert_eq!(
        url(path, "a b?c#d%e&f"),
        Some("http://127.0.0.1:9/v2/members/a%20b%3Fc%23d%25e&f/fills".into())
    );
    for odd in ["", ".", "..", "a/b", "../x", "a\\b", "a\r\nb", "\u{0}"] {
        assert_eq!(url(path, odd), None, "{odd:?}");
    }
    let query =
        "get = 'fills'\nquery = { m = '{patient}', page = '{page}', c = '{cursor}', n = 7 }";
    let expected = "http://127.0.0.1:9/v2/fills?m=a%26b%3D1%23%2F..&n=7&page=2";
    assert_eq!(url(query, "a&b=1#/.."), Some(expected.into()));
    let next = filled(query, &["1"], Some("x=&y")).unwrap().url;
    assert!(next.query().unwrap().contains("c=x%3D%26y"), "{next}");
    let header = "get = ''\nheaders = { X-Member = '{patient}' }";
    let out = filled(header, &["7"], None).unwrap();
    assert_eq!(out.url.as_str(), "http://127.0.0.1:9/v2/");
    assert!(out.headers.iter().any(|(name, value)| name == "x-member" && value == "7"));
    assert!(filled(header, &["7\r\nHost: other"], None).is_none());
    assert_eq!(url("get = 'a/'", "1"), Some("http://127.0.0.1:9/v2/a/".into()));
}

#[test]
fn bodies_are_json_or_forms() {
    let json = "post = 'search'\nbody.json = { member = '{patient}', all = '{patients}', page = '{page}', c = '{cursor}', deep = [{ x = 'a-{offset}' }], n = 1.5 }";
    let out = filled(json, &["1\"", "2"], None).unwrap();
    let body: Json = serde_json::from_slice(&out.body).unwrap();
    let expected = serde_json::json!({"member": "1\",2", "all": ["1\"", "2"], "page": 2,
        "deep": [{"x": "a-50"}], "n": 1.5});
    assert_eq!(body, expected);
    assert_eq!(out.method, Method::POST);
    let form = filled("post = 's'\nbody.form = { m = '{patient}' }", &["a&b=c"], None).unwrap();
    assert_eq!(form.body, "m=a%26b%3Dc");
}

#[test]
fn what_is_ours_or_leads_elsewhere_is_refused() {
    for (text, part) in [
        ("x = 1", "get: is missing"),
        ("get = 'a'\npost = 'b'", "both"),
        ("get = '/a'", "below base_url"),
        ("get = 'http://other/a'", "below base_url"),
        ("get = 'a?b=c'", "query"),
        ("get = 'a/../b'", "no `.`"),
        ("get = 'a/%2e%2E/b'", "no `.`"),
        ("get = 'a//b'", "no empty parts"),
        ("get = 'a/{member}'", "known are `patient`"),
        ("get = 'a/{patients'", "never closed"),
        ("get = 'a'\nheaders = { Host = 'x' }", "not for a manifest"),
        ("get = 'a'\nheaders = { authorization = 'x' }", "credentials belong into auth"),
        ("get = 'a'\nheaders = { X-Forwarded-For = 'x' }", "not for a manifest"),
        ("get = 'a'\nheaders = { COOKIE = 'x' }", "not for a manifest"),
        ("get = 'a'\nheaders = { Transfer-Encoding = 'x' }", "not for a manifest"),
        ("get = 'a'\nheaders = { X = \"a\\r\\nHost: b\" }", "line breaks"),
        ("get = 'a'\nheaders = { \"X: a\" = 'b' }", "no name of a header"),
        ("get = 'a'\nbody = { json = { a = 1 } }", "a get has no body"),
        ("post = 'a'\nbody = { json = {}, form = {} }", "exactly one of"),
        ("get = 'a'\nquery = { a = [1] }", "must be a text"),
    ] {
        let mistakes = request(text).unwrap_err().join("\n");
        assert!(mistakes.contains(part), "{text}: {mistakes}");
    }
}

#[test]
fn only_what_lies_below_the_base_is_within_it() {
    let base = Url::parse("http://127.0.0.1:9/v2/").unwrap();
    for (url, expected) in [
        ("http://127.0.0.1:9/v2/x?y", true),
        ("http://127.0.0.1:9/v2", false),
        ("http://127.0.0.1:9/v2/../v3/x", false),
        ("http://127.0.0.1:9/v2/%2e%2e/v3", false),
        ("http://127.0.0.1:9/v22/x", false),
        ("https://127.0.0.1:9/v2/x", false),
        ("http://127.0.0.1:10/v2/x", false),
        ("http://me@127.0.0.1:9/v2/x", false),
        ("http://:pw@127.0.0.1:9/v2/x", false),
    ] {
        assert_eq!(within(&Url::parse(url).unwrap(), &base), expected, "{url}");
    }
}

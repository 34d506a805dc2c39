use std::fmt::Write as _;

use serde_json::json;

use super::*;

const TEXT: &str = "{ me { role } }";

fn hex(text: &str) -> String {
    hash_of(text).iter().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

fn documents(required: bool) -> TrustedDocuments {
    let text = json!({ format!("sha256:{}", hex(TEXT)): TEXT }).to_string();
    let current = RwLock::new(Arc::new(manifest(&text).unwrap()));
    TrustedDocuments { required, current, ..TrustedDocuments::default() }
}

fn ask(
    documents: &TrustedDocuments,
    query: Option<&str>,
    id: Option<&str>,
    hash: Option<&str>,
) -> Result<String, String> {
    let extensions =
        hash.map(|hash| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } }));
    let extensions = extensions.as_ref().and_then(Value::as_object);
    documents.text(Named { query, id, extensions }).map_err(|error| error.message)
}

#[test]
fn a_document_is_named_by_either_way_or_by_both() {
    let id = format!("sha256:{}", hex(TEXT));
    for required in [false, true] {
        let documents = documents(required);
        let hash = hex(TEXT);
        for (query, id, hash) in [
            (None, Some(id.as_str()), None),
            (None, None, Some(hash.as_str())),
            (None, Some(id.as_str()), Some(hash.as_str())),
            (Some(TEXT), Some(id.as_str()), None),
            (Some(TEXT), None, None),
        ] {
            assert_eq!(ask(&documents, query, id, hash).as_deref(), Ok(TEXT));
        }
    }
}

#[test]
fn a_document_that_is_required_to_be_trusted_and_is_not_is_refused() {
    let other = "{ me { subject } }";
    let id = format!("sha256:{}", hex(other));
    assert_eq!(ask(&documents(false), Some(other), None, None).as_deref(), Ok(other));
    for (query, id) in
        [(Some(other), None), (None, Some(id.as_str())), (Some(other), Some(id.as_str()))]
    {
        let refused = ask(&documents(true), query, id, None).unwrap_err();
        assert_eq!(refused, "This is not one of the documents that are trusted here.");
    }
    assert!(ask(&documents(false), None, Some(&id), None).is_err());
}

#[test]
fn what_names_two_documents_or_none_is_refused() {
    let documents = documents(false);
    let (id, other) = (format!("sha256:{}", hex(TEXT)), hex("{ a }"));
    for (query, id, hash) in [
        (Some("{ a }"), Some(id.as_str()), None),
        (None, Some(id.as_str()), Some(other.as_str())),
        (None, None, None),
        (None, Some("sha256:12"), None),
        (None, Some("é"), None),
        (Some(TEXT), None, Some("zz")),
    ] {
        assert!(ask(&documents, query, id, hash).is_err(), "{query:?} {id:?} {hash:?}");
    }
    let version = json!({ "persistedQuery": { "version": 2, "sha256Hash": hex(TEXT) } });
    let named = Named { query: Some(TEXT), id: None, extensions: version.as_object() };
    assert!(documents.text(named).is_err());
}

#[test]
fn a_manifest_with_a_mistake_is_refused_whole() {
    for wrong in [
        "[]".to_owned(),
        "{".to_owned(),
        json!({ "x": TEXT }).to_string(),
        json!({ hex(TEXT): 1 }).to_string(),
        json!({ hex(TEXT): TEXT, hex("{ a }"): "{ a  }" }).to_string(),
        json!({ hex("{ a "): "{ a " }).to_string(),
    ] {
        assert!(manifest(&wrong).is_err(), "{wrong}");
    }
    assert_eq!(manifest("{}").unwrap().len(), 0);
}

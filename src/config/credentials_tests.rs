//! How we show a source who we are, as it is configured.

use caregraph_connectors::builtin;
use caregraph_connectors::egress::Credentials;

use super::super::load;

/// The credentials of a source with that `auth`, or what is wrong.
fn read(auth: &str) -> Result<Credentials, Vec<String>> {
    let text = format!(
        "[auth]\nissuer = \"https://login.example\"\n[access]\nrelationship = \"not-required\"\n[[connector]]\nid = \"a\"\n\
         name = \"A\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\nbase_url = \"https://a.example/fhir\"\nauth = {auth}\n"
    );
    match load(&text, &builtin()) {
        Ok(mut config) => Ok(config.connectors.remove(0).credentials),
        Err(mistakes) => Err(mistakes.to_string().lines().map(str::to_owned).collect()),
    }
}

#[test]
fn a_key_is_named_by_its_header_or_its_parameter() {
    // The path of the program is set wherever tests run, and is no secret.
    for place in ["header = \"X-Api-Key\"", "parameter = \"key\""] {
        let auth = format!("{{ type = \"api-key\", key = \"env:PATH\", {place} }}");
        assert!(matches!(read(&auth), Ok(Credentials::ApiKey(_))), "{place}");
    }
    for (rest, expected) in [
        ("", "connector[1].auth: needs either header"),
        (", header = \"a\", parameter = \"b\"", "connector[1].auth: needs either header"),
        (", header = \"Authorization\"", "connector[1].auth.header: is a header that the gateway"),
        (", header = \"a b\"", "connector[1].auth.header: is no name of a header"),
        (", parameter = \"a&b\"", "connector[1].auth.parameter: is no name of a query parameter"),
        (", heading = \"X-Api-Key\"", "connector[1].auth: unknown field `heading`"),
    ] {
        let auth = format!("{{ type = \"api-key\", key = \"env:PATH\"{rest} }}");
        let found = read(&auth).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:?}");
    }
    let open = read("{ type = \"api-key\", key = \"s3cret\", header = \"a\" }").unwrap_err();
    assert!(open[0].starts_with("connector[1].auth.key: secrets are given as"), "{open:?}");
    assert!(!open[0].contains("s3cret"));
}

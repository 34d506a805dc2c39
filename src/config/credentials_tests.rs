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
        (
            ", heading = \"X-Api-Key\"",
            "connector[1].auth: there is no `heading` here; did you mean `header`?",
        ),
    ] {
        let auth = format!("{{ type = \"api-key\", key = \"env:PATH\"{rest} }}");
        let found = read(&auth).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:?}");
    }
    let open = read("{ type = \"api-key\", key = \"s3cret\", header = \"a\" }").unwrap_err();
    assert!(open[0].starts_with("connector[1].auth.key: secrets are given as"), "{open:?}");
    assert!(!open[0].contains("s3cret"));
}

/// A private key in a file of its own.
fn key(name: &str) -> String {
    use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(pair.to_pkcs8v1().unwrap());
    let path = std::env::temp_dir().join(format!("caregraph-{}-{name}.pem", std::process::id()));
    let text = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn tokens_are_fetched_by_a_secret_or_a_key() {
    let path = key("fetch");
    let secret =
        "type = \"oauth2-client-credentials\", client_id = \"me\", client_secret = \"env:PATH\"";
    let smart = format!(
        "type = \"smart-backend-services\", client_id = \"me\", key = \"file:{path}\", scope = \"system/*.rs\""
    );
    let there = "token_url = \"https://login.example/token\"";
    for auth in [
        format!("{{ {secret}, {there} }}"),
        format!(
            "{{ {secret}, {there}, client_auth = \"body\", scope = \"a\", audience = \"b\", resource = \"c\" }}"
        ),
        format!("{{ {smart} }}"),
        format!("{{ {smart}, {there}, key_id = \"k-7\" }}"),
    ] {
        assert!(matches!(read(&auth), Ok(Credentials::Token(_))), "{auth}");
    }
    for (auth, expected) in [
        (format!("{{ {secret} }}"), "connector[1].auth: needs `token_url`"),
        (
            format!("{{ {secret}, token_url = \"login\" }}"),
            "connector[1].auth.token_url: is no plain URL",
        ),
        (
            format!("{{ {secret}, token_url = \"http://login.example\" }}"),
            "connector[1].auth.token_url: is plain http",
        ),
        (
            format!("{{ {secret}, token_url = \"https://169.254.169.254\" }}"),
            "connector[1].auth.token_url: is an address",
        ),
        (
            format!("{{ {secret}, token_url = \"https://a:b@login.example\" }}"),
            "connector[1].auth.token_url: holds a user",
        ),
        (
            format!("{{ {secret}, {there}, client_auth = \"x\" }}"),
            "connector[1].auth.client_auth: must be",
        ),
        (
            smart.replace(&format!("file:{path}"), "env:PATH"),
            "connector[1].auth.key: is no private key",
        ),
        (smart.replace(", scope = \"system/*.rs\"", ""), "connector[1].auth: needs `scope`"),
    ] {
        let auth = if auth.starts_with('{') { auth } else { format!("{{ {auth} }}") };
        let found = read(&auth).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_source_that_is_met_by_a_certificate_of_ours_needs_all_of_it() {
    let with = |tls: &str| read(&format!("{{ type = \"none\" }}\ntls = {tls}")).err();
    let path = key("tls");
    for (tls, expected) in [
        ("{}".to_owned(), "connector[1].tls: needs cert and key, or ca"),
        ("{ cert = \"env:PATH\" }".to_owned(), "connector[1].tls: needs cert and key, or ca"),
        (
            "{ ca = \"env:PATH\", key = \"env:PATH\" }".to_owned(),
            "connector[1].tls: needs cert and key, or ca",
        ),
        (
            "{ ca = \"env:PATH\" }".to_owned(),
            "connector[1].tls.ca: holds no certificate of an authority",
        ),
        (
            format!("{{ cert = \"env:PATH\", key = \"file:{path}\" }}"),
            "connector[1].tls.cert: holds no certificate",
        ),
        ("{ ca = \"s3cret\" }".to_owned(), "connector[1].tls.ca: secrets are given as"),
        (
            "{ certificate = \"env:PATH\" }".to_owned(),
            "connector[1].tls.certificate: there is no such setting",
        ),
    ] {
        let found = with(&tls).unwrap();
        assert!(found[0].starts_with(expected) && !found[0].contains("s3cret"), "{found:?}");
    }
    std::fs::remove_file(path).unwrap();
}

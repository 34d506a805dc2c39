//! What may stand in a partner's connector.

use caregraph_connectors::builtin;
use caregraph_connectors::egress::Credentials;
use caregraph_connectors::reach::Network;

use super::super::{ConnectorConfig, Partners, load_registered};
use super::*;

fn read(base_url: &str, more: &str, egress: EgressPolicy) -> Result<ConnectorConfig, String> {
    let text = format!(
        "id = \"hill\"\nname = \"Hill\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\nbase_url = {base_url:?}\n{more}\n"
    );
    let partners = Partners { egress: Arc::new(egress), windows: None };
    let given = Secrets::One("s3cret-given".into());
    load_registered(&text, &builtin(), &partners, &given).map_err(|it| it.to_string())
}

#[test]
fn a_partner_may_not_name_what_is_of_the_gateway() {
    let key = "key = \"file:/etc/hostname\", client_id = \"me\", scope = \"a\"";
    for (more, path) in [
        ("auth = { type = \"bearer\", token = \"env:PATH\" }".to_owned(), "auth.token"),
        (
            "auth = { type = \"basic\", user = \"u\", password = \"file:/etc/hostname\" }"
                .to_owned(),
            "auth.password",
        ),
        (
            "auth = { type = \"api-key\", key = \"env:HOME\", header = \"X-Api-Key\" }".to_owned(),
            "auth.key",
        ),
        (format!("auth = {{ type = \"smart-backend-services\", {key} }}"), "auth.key"),
        ("tls = { ca = \"file:/etc/ssl/certs/ca-certificates.crt\" }".to_owned(), "tls.ca"),
    ] {
        let told = read("https://hill.example/fhir", &more, EgressPolicy::default()).unwrap_err();
        let expected = format!("{path}: may name neither the environment nor the files");
        assert!(told.starts_with(&expected) && !told.contains('\n'), "{told}");
    }
    let given = "auth = { type = \"bearer\", token = \"given\" }";
    let hill = read("https://hill.example/fhir", given, EgressPolicy::default()).unwrap();
    assert!(matches!(hill.credentials, Credentials::Bearer(_)));
    assert!(!format!("{hill:?}").contains("s3cret"));
    // It means nothing in the configuration.
    assert!(Whose::operators().secret("auth.token", GIVEN).is_err());
}

#[test]
fn a_partner_is_asked_at_public_places_alone_until_somebody_opens_more() {
    let open = |network: &str| EgressPolicy {
        allow_private: vec![Network::parse(network).unwrap()],
        allow_ports: vec![9101..=9101],
        ..EgressPolicy::default()
    };
    for (url, egress, expected) in [
        ("https://hill.example/fhir", EgressPolicy::default(), None),
        ("http://127.0.0.1:9101/fhir", open("127.0.0.0/8"), None),
        ("https://10.20.1.1:9101/fhir", open("10.20.0.0/16"), None),
        ("https://10.21.1.1:9101/fhir", open("10.20.0.0/16"), Some("of a private network")),
        ("http://127.0.0.1:9101/fhir", EgressPolicy::default(), Some("only 443 is open")),
        ("https://127.0.0.1/fhir", EgressPolicy::default(), Some("of this machine itself")),
        ("https://localhost/fhir", EgressPolicy::default(), Some("no name of the public internet")),
        ("http://hill.example/fhir", EgressPolicy::default(), Some("is plain http")),
        ("https://hill.example\\@10.0.0.1/fhir", EgressPolicy::default(), Some("is no plain URL")),
        ("https://hіll.example/fhir", EgressPolicy::default(), Some("is no plain URL")),
    ] {
        match (read(url, "", egress), expected) {
            (Ok(_), None) => {}
            (Err(told), Some(expected)) => {
                assert!(told.starts_with("base_url: ") && told.contains(expected), "{told}");
            }
            (read, _) => panic!("{url}: {:?}", read.err()),
        }
    }
    let token = |url: &str| {
        let auth =
            "type = \"oauth2-client-credentials\", client_id = \"me\", client_secret = \"given\"";
        let more = format!("auth = {{ {auth}, token_url = {url:?} }}");
        read("https://hill.example/fhir", &more, EgressPolicy::default())
    };
    assert!(token("https://login.example/token").is_ok());
    for url in ["https://10.0.0.1/token", "https://login.example:8443/", "https:/\\10.0.0.1/token"]
    {
        let told = token(url).unwrap_err();
        assert!(told.starts_with("auth.token_url: "), "{told}");
    }
}

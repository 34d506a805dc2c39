//! Where the gateway may connect to, as it is configured.

use caregraph_connectors::builtin;

use super::super::{Config, load};

fn read(base_url: &str, egress: &str) -> Result<Config, Vec<String>> {
    let text = format!(
        "[auth]\nissuer = \"https://login.example\"\n[access]\nrelationship = \"not-required\"\n[egress]\n{egress}\n\
         [[connector]]\nid = \"a\"\nname = \"A\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\nbase_url = \"{base_url}\"\n"
    );
    let all = |mistakes: super::super::Mistakes| {
        mistakes.to_string().lines().map(str::to_owned).collect()
    };
    load(&text, &builtin()).map_err(all)
}

#[test]
fn networks_ports_and_hosts_are_read() {
    let egress = "allow_private = [\"10.20.0.0/16\", \"::1\"]\nallow_ports = [8443, \"8000-8999\"]\n\
                  allow_hosts = [\"login.example\"]\nallow_http = [\"emr.internal\", \"10.20.7.0/24\"]\ndeny = [\"*.bad.example\"]";
    let policy = read("https://a.example", egress).unwrap().egress;
    assert_eq!(policy.allow_private.len(), 2);
    assert_eq!(policy.allow_ports, [8443..=8443, 8000..=8999]);
    let others = (policy.allow_hosts.len(), policy.allow_http.len(), policy.deny.len());
    assert_eq!(others, (1, 2, 1));
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let egress = "allow_private = [\"10.0.0.0/8\", \"0.0.0.0/0\", \"8.8.8.8\", \"169.254.0.0/16\", \"10.1.2.3/8\"]\n\
                  allow_ports = [0, \"9-8\", \"x\"]\nallow_hosts = [\"*.example\", \"10.0.0.1\", \"a.example:443\"]\n\
                  allow_http = [\"https://a.example\"]\ndeny = [\"a b\"]\nallow_redirects = true";
    let found = read("https://a.example", egress).err().unwrap();
    for expected in [
        "egress.allow_redirects: there is no such setting",
        "egress.allow_private[2]: 0.0.0.0/0 is wider",
        "egress.allow_private[3]: 8.8.8.8/32 is public",
        "egress.allow_private[4]: 169.254.0.0/16 holds addresses of whoever is on the same cable",
        "egress.allow_private[5]: \"10.1.2.3/8\" is no network: 8 bits of it are 10.0.0.0/8",
        "egress.allow_ports[1]: must be a port",
        "egress.allow_ports[2]: must be a port",
        "egress.allow_ports[3]: must be a port",
        "egress.allow_hosts[1]: \"*.example\" is not one host",
        "egress.allow_hosts[2]: \"10.0.0.1\" is not one host",
        "egress.allow_hosts[3]: \"a.example:443\" is neither",
        "egress.allow_http[1]: \"https://a.example\" is no network",
        "egress.deny[1]: \"a b\" is neither",
    ] {
        assert!(
            found.iter().any(|it| it.starts_with(expected)),
            "{expected} is missing in {found:#?}"
        );
    }
    assert_eq!(found.len(), 13, "{found:#?}");
}

#[test]
fn a_source_where_nobody_may_be_asked_stops_the_start() {
    for (url, egress, expected) in [
        ("http://emr.internal/fhir", "", "is plain http"),
        ("https://169.254.169.254/fhir", "", "where a cloud gives its credentials away"),
        ("https://a.bad.example/fhir", "deny = [\"*.bad.example\"]", "[egress] deny forbids"),
    ] {
        let found = read(url, egress).err().unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let is_told =
            found[0].starts_with("connector[1].base_url: ") && found[0].contains(expected);
        assert!(is_told, "{found:?}");
    }
    for (url, egress) in [
        ("http://emr.internal/fhir", "allow_http = [\"emr.internal\"]"),
        ("http://10.20.7.1:8080/fhir", "allow_http = [\"10.20.7.0/24\"]"),
        ("http://127.0.0.1:9101/fhir", ""),
        ("https://10.20.7.1:8443/fhir", ""),
    ] {
        assert!(read(url, egress).is_ok(), "{url}");
    }
}

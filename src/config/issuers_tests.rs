use caregraph_connectors::builtin;

use crate::access::Role;
use crate::access::token::{Profile, TokenType};
use crate::config::load;

fn issuers(auth: &str) -> Vec<Profile> {
    load(auth, &builtin()).unwrap_or_else(|mistakes| panic!("{mistakes}")).issuers
}

fn mistakes(auth: &str) -> Vec<String> {
    let mistakes = load(auth, &builtin()).expect_err("this configuration is wrong");
    mistakes.0.into_iter().map(|mistake| format!("{}: {}", mistake.path, mistake.what)).collect()
}

#[test]
fn the_short_form_means_one_issuer_that_is_taken_at_its_word() {
    let short = issuers("[auth]\nissuer = \"https://login.example/\"\naudience = \"us\"\n");
    assert_eq!(short, [Profile::new("https://login.example/".to_owned(), "us".to_owned())]);
}

#[test]
fn each_block_says_how_far_its_issuer_is_trusted() {
    let text = r#"
        [auth]
        issuer = "https://first.example"
        audience = "us"
        revoked = "revoked.txt"
        [[auth.issuers]]
        url = "https://clinic.example"
        audience = "https://us.example/api"
        token_type = "at+jwt"
        clients = ["chart"]
        roles = ["PATIENT", "CAREGIVER"]
        claims = { role = "https://clinic.example/role" }
        [[auth.issuers]]
        url = "http://localhost:9000"
    "#;
    let all = issuers(text);
    let [first, clinic, local] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((first.subject_prefix.as_str(), first.token_type), ("", TokenType::Any));
    assert_eq!(clinic.subject_prefix, "https://clinic.example#");
    assert_eq!(clinic.audience, "https://us.example/api");
    assert_eq!(clinic.token_type, TokenType::AccessToken);
    assert_eq!(clinic.clients, ["chart"]);
    assert_eq!(clinic.roles, [Role::Patient, Role::Caregiver]);
    assert_eq!(
        (clinic.claims.role.as_str(), clinic.claims.org.as_str()),
        ("https://clinic.example/role", "org")
    );
    assert_eq!((local.audience.as_str(), local.roles.len(), local.clients.len()), ("us", 0, 0));
    let revoked = load(text, &builtin()).unwrap().revoked.unwrap();
    assert_eq!(revoked.to_str(), Some("revoked.txt"));
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let found = mistakes(
        r#"
        [auth]
        issuer = "https://clinic.example"
        audience = ""
        [[auth.issuers]]
        url = "https://clinic.example"
        token_typ = "at+jwt"
        [[auth.issuers]]
        url = "http://login.example"
        token_type = "jwt"
        clients = []
        roles = ["NURSE", "ADMIN"]
        claims = { role = "sub", org = "x", purpose = "x", patent = "p" }
        [[auth.issuers]]
        audience = 7
        [[auth.issuers]]
        url = "https://me:secret@login.example"
        roles = []
    "#,
    );
    let paths: Vec<&str> = found.iter().filter_map(|it| it.split(": ").next()).collect();
    for path in [
        "auth.audience",
        "auth.issuers[1].url",
        "auth.issuers[1].token_typ",
        "auth.issuers[2].url",
        "auth.issuers[2].token_type",
        "auth.issuers[2].clients",
        "auth.issuers[2].roles",
        "auth.issuers[2].claims.role",
        "auth.issuers[2].claims.purpose",
        "auth.issuers[2].claims.patent",
        "auth.issuers[3].audience",
        "auth.issuers[3].url",
        "auth.issuers[4].url",
        "auth.issuers[4].roles",
    ] {
        assert_eq!(paths.iter().filter(|it| **it == path).count(), 1, "{path} in {found:#?}");
    }
    assert_eq!(paths.len(), 14, "{found:#?}");
    assert!(!found.join("\n").contains("secret"), "{found:#?}");
}

#[test]
fn somebody_must_vouch_for_callers() {
    for none in ["", "[auth]\n", "[auth]\naudience = \"us\"\n"] {
        assert_eq!(
            mistakes(none),
            ["auth.issuer: is missing: the URL of an OpenID issuer, or [[auth.issuers]] blocks"]
        );
    }
    for wrong in ["[auth]\nissuers = []\n", "[auth.issuers]\nurl = \"https://login.example\"\n"] {
        assert_eq!(
            mistakes(wrong),
            ["auth.issuers: write each issuer as a block of its own, headed [[auth.issuers]]"]
        );
    }
    assert!(
        mistakes("[auth]\nissuer = \"ftp://x\"\n")[0].starts_with("auth.issuer: must be an https")
    );
    assert_eq!(mistakes("auth = 1\n").len(), 2);
}

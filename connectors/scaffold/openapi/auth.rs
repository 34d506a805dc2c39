//! How a description wants to be shown who asks.

use super::super::toml_text::{quoted, table};
use super::super::tree::Tree;
use super::schema::Document;

/// What a manifest says of it.
#[derive(Debug, Default)]
pub(super) struct Auth {
    pub(super) rule: Option<String>,
    pub(super) remark: Option<String>,
}

/// The rule of the first way that the description names and that can be written.
pub(super) fn rule(document: &Document<'_>) -> Auth {
    let schemes =
        document.root.at(&["components", "securitySchemes"]).map(Tree::fields).unwrap_or_default();
    let wanted: Vec<&str> = wanted(document.root);
    let usable = schemes
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()))
        .filter_map(|(_, scheme)| document.resolved(scheme));
    let mut found = usable.filter_map(of);
    match (found.next(), schemes.is_empty()) {
        (Some(rule), _) => Auth { rule: Some(rule), remark: None },
        (None, true) => Auth::default(),
        (None, false) => Auth {
            rule: None,
            remark: Some("the description names no way to show who asks that is known here; write auth yourself (docs/configuration.md)".to_owned()),
        },
    }
}

/// The names of the ways that the whole description asks for.
fn wanted(root: &Tree) -> Vec<&str> {
    let needs = root.get("security").map(Tree::items).unwrap_or_default();
    needs.iter().flat_map(Tree::fields).map(|(name, _)| name.as_str()).collect()
}

fn of(scheme: &Tree) -> Option<String> {
    let text = |key: &str| scheme.get(key).and_then(Tree::text);
    let given = || quoted("given");
    match (text("type")?, text("scheme").map(str::to_lowercase).as_deref()) {
        ("http", Some("bearer")) => Some(table([("type", quoted("bearer")), ("token", given())])),
        // Without a user, which the check asks for.
        ("http", Some("basic")) => Some(format!(
            "{}  # OPEN: user = \"…\", by what name are we known to you?",
            table([("type", quoted("basic")), ("password", given())])
        )),
        ("apiKey", _) => {
            let place = match text("in")? {
                "header" => "header",
                "query" => "parameter",
                _ => return None,
            };
            Some(table([
                ("type", quoted("api-key")),
                ("key", given()),
                (place, quoted(text("name")?)),
            ]))
        }
        ("oauth2", _) => {
            let flow = scheme.at(&["flows", "clientCredentials"])?;
            let url = flow.get("tokenUrl")?.text().filter(|it| it.starts_with("http"))?;
            let scopes: Vec<&str> = flow
                .get("scopes")
                .map(Tree::fields)
                .unwrap_or_default()
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            let mut parts = vec![
                ("type", quoted("oauth2-client-credentials")),
                ("token_url", quoted(url)),
                ("client_secret", given()),
            ];
            if !scopes.is_empty() {
                parts.push(("scope", quoted(&scopes.join(" "))));
            }
            Some(format!(
                "{}  # OPEN: client_id = \"…\", by what name are we known to that server?",
                table(parts)
            ))
        }
        _ => None,
    }
}

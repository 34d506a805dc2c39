//! What the demo prints when it is ready.

use std::fmt::Write as _;

use serde_json::json;

use super::partners::Partner;
use super::running::Running;
use caregraph_sandbox::{Role, Sandbox, TokenSpec};

const ROLES: [Role; 10] = [
    Role::Coordinator,
    Role::PrimaryCare,
    Role::Specialist,
    Role::Pharmacist,
    Role::CommunityWorker,
    Role::Patient,
    Role::Caregiver,
    Role::Partner,
    Role::Auditor,
    Role::Admin,
];

/// The patient with whom the demo begins.
pub(super) struct Featured {
    /// System and value of an identifier.
    pub(super) identifier: (String, String),
    /// Our id.
    pub(super) id: String,
}

/// What shows a change when it happens.
fn watch(featured: &Featured) -> String {
    format!(
        "subscription {{ patientView(id: {:?}, sections: [ALLERGIES, CONDITIONS, MEDICATIONS]) {{ complete changed patient {{ \
         allergies {{ nodes {{ substance {{ text }} }} }} conditions {{ totalCount }} medications {{ totalCount }} }} }} }}",
        featured.id
    )
}

/// What changes something, over HTTP.
fn change(sandbox: &Sandbox) -> String {
    format!("{}/lakeside?add=allergy", sandbox.controls())
}

/// A first query: one patient, merged from all systems, with the origin of every fact.
fn query((system, value): &(String, String)) -> String {
    format!(
        "{{ patient(identifier: {{ system: {system:?}, value: {value:?} }}) {{ name {{ text }} birthDate \
         conditions {{ totalCount completeness {{ state }} nodes {{ code {{ text }} status provenance {{ records {{ source {{ name }} reference }} }} }} }} \
         medications {{ totalCount completeness {{ state }} nodes {{ drug {{ text }} status provenance {{ records {{ source {{ name }} reference }} }} }} }} \
         sources {{ source {{ name }} state }} }} services(search: \"food\", first: 3) {{ nodes {{ name organization provenance {{ records {{ source {{ name }} }} }} }} }} }}"
    )
}

fn name(role: Role) -> String {
    role.as_str().to_ascii_lowercase().replace('_', "-")
}

/// Who could join, and how.
fn of_partners(partners: &[Partner]) -> String {
    let mut text = "\nPartners, whom nobody has registered yet:\n".to_owned();
    for Partner { id, category, base_url, .. } in partners {
        let _ = writeln!(text, "  {id:12} {category:18} {base_url}");
    }
    if let Some(first) = partners.first() {
        let _ = writeln!(
            text,
            "  Try one with the line below; docs/partners.md says how it joins (\"Try it on the demo\").\n  {}",
            first.check()
        );
    }
    text
}

/// For people.
pub(super) fn greeting(
    running: &Running,
    sandbox: &Sandbox,
    partners: &[Partner],
    featured: &Featured,
) -> String {
    let mut text =
        format!("Gateway:   {}/graphql\nGraphiQL:  {0}/graphiql\n\nSystems:\n", running.gateway);
    for system in sandbox.systems() {
        let _ =
            writeln!(text, "  {:12} {:18} {}", system.id(), system.category(), system.base_url());
    }
    text += &of_partners(partners);
    text.push_str(
        "\nTokens, good for an hour (`caregraph token --role ROLE` prints fresh ones):\n",
    );
    for role in ROLES {
        let _ =
            writeln!(text, "  {}: {}", name(role), sandbox.issuer().token(&TokenSpec::new(role)));
    }
    let token = sandbox.issuer().token(&TokenSpec::new(Role::Coordinator));
    let ask = |options: &str, query: String| {
        let body = json!({ "query": query }).to_string().replace('\'', "'\\''");
        let url = &running.gateway;
        format!(
            "curl {options} {url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer {token}' -d '{body}'"
        )
    };
    let _ = write!(
        text,
        "\nA first query; paste it as it stands:\n\n{}\n\nWatch the same patient:\n\n{}\n\n\
         and change what the practice has written down, from another terminal:\n\n\
         curl -s -X POST '{}'\n\nStop with Ctrl-C.",
        ask("-s", query(&featured.identifier)),
        ask("-sN -H 'accept: text/event-stream'", watch(featured)),
        change(sandbox),
    );
    text
}

/// For programs.
pub(super) fn json(
    running: &Running,
    sandbox: &Sandbox,
    partners: &[Partner],
    featured: &Featured,
) -> String {
    let tokens: serde_json::Map<String, serde_json::Value> = ROLES
        .into_iter()
        .map(|role| (name(role), json!(sandbox.issuer().token(&TokenSpec::new(role)))))
        .collect();
    let systems: Vec<_> = sandbox
        .systems()
        .iter()
        .map(|system| json!({ "id": system.id(), "baseUrl": system.base_url() }))
        .collect();
    let partners: Vec<_> = partners
        .iter()
        .map(|partner| {
            json!({
                "id": partner.id,
                "baseUrl": partner.base_url,
                "manifest": partner.manifest,
                "credential": partner.credential(),
            })
        })
        .collect();
    json!({ "ready": {
        "gateway": running.gateway,
        "issuer": running.issuer,
        "systems": systems,
        "partners": partners,
        "tokens": tokens,
        "identifier": { "system": featured.identifier.0, "value": featured.identifier.1 },
        "patient": featured.id,
        "query": query(&featured.identifier),
        "watch": watch(featured),
        "change": change(sandbox),
        "configuration": super::config::of_systems(sandbox),
    } })
    .to_string()
}

//! Documents that were made to do harm are refused by their shape, or answered, while others are served.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::attacks::{self, FINE};
use crate::gateway::{run, shared};

#[test]
fn no_document_does_harm() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        let attacks = attacks::all();
        assert!(attacks.len() >= 60, "{}", attacks.len());
        let mut wrong = Vec::new();
        for (name, document, variables, codes) in attacks {
            let harm = gateway.ask_with(&token, &document, variables);
            let bystander = gateway.ask(Role::PrimaryCare, "{ me { role } }", Value::Null);
            let (harm, bystander) = tokio::join!(harm, bystander);
            assert_eq!(bystander.data()["me"]["role"], "PRIMARY_CARE", "beside {name}");
            let found = harm.codes();
            let code = found.first().map_or(FINE, String::as_str);
            if !codes.contains(&code) || found.iter().any(|other| other == "INTERNAL") {
                wrong.push(format!("{name}: {code:?} instead of {codes:?}: {:.200}", harm.text));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn what_people_ask_is_within_the_limits() {
    run(async {
        let gateway = shared().await;
        let patient = gateway.patient(0).await;
        let sections = [
            "conditions",
            "allergies",
            "medications",
            "immunizations",
            "procedures",
            "encounters",
            "documents",
            "referrals",
        ];
        let sections = sections.map(|section| format!("{section}(first: 100) {{ totalCount completeness {{ state sources {{ source {{ name }} state }} }} nodes {{ id provenance {{ records {{ source {{ name category }} reference recordedAt }} conflicts {{ field claims {{ value source {{ name }} }} }} }} }} }}"));
        let query =
            format!("query($id: ID!) {{ patient(id: $id) {{ id {} }} }}", sections.join(" "));
        let data = gateway.data(&query, json!({ "id": patient })).await;
        assert_eq!(data["patient"]["id"], json!(patient));
    });
}

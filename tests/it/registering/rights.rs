//! Who may do what, and what no partner can bring about.

use super::*;

#[test]
fn who_may_not_register_or_approve_is_told_so_and_nothing_is_done() {
    run(async {
        let gateway = before().await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let token = gateway.token(Role::Partner);
        let approval = act(&gateway, &token, "approveConnector", &id, "").await;
        assert_eq!(approval.codes(), ["FORBIDDEN"]);
        let mutation = "mutation($input: ConnectorInput!) { registerConnector(input: $input) { mistakes { path } } }";
        let input = json!({ "input": { "manifest": manifest(&gateway) } });
        for role in [Role::Coordinator, Role::Auditor, Role::Pharmacist] {
            let answer = gateway.ask(role, mutation, input.clone()).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{role:?}");
        }
        // Another organisation's partner neither sees it nor learns that there is such a connector.
        let organization = Some("riverside".to_owned());
        let stranger = TokenSpec { organization, ..TokenSpec::new(Role::Partner) };
        let stranger = gateway.sandbox.issuer().token(&stranger);
        let rest = ", reason: \"mine now\"";
        let answer = act(&gateway, &stranger, "suspendConnector", &id, rest).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
        let foreign = manifest(&gateway) + "organization = \"lakeside\"\n";
        assert_eq!(register(&gateway, &foreign).await.codes(), ["FORBIDDEN"]);
        assert_eq!(register(&gateway, &manifest(&gateway)).await.codes(), ["CONFLICT"]);
        let theirs = manifest(&gateway).replace("\"cornerstone\"", "\"lakeside\"");
        assert_eq!(register(&gateway, &theirs).await.codes(), ["CONFLICT"]);
        // Who wrote it does not approve it in another role, nor does anybody of the same organisation.
        let itself = admin(&gateway, "demo-partner");
        assert_eq!(
            act(&gateway, &itself, "approveConnector", &id, "").await.codes(),
            ["FORBIDDEN"]
        );
        let organization = Some("cornerstone".to_owned());
        let colleague = TokenSpec { organization, ..TokenSpec::new(Role::Admin) };
        let colleague = gateway.sandbox.issuer().token(&colleague);
        let answer = act(&gateway, &colleague, "approveConnector", &id, "").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
    });
}

#[test]
fn a_manifest_is_refused_with_all_its_mistakes_and_changes_nothing() {
    run(async {
        let gateway = before().await;
        let wrong =
            manifest(&gateway).replace("fhir-r4", "fhir-r5").replace("PHARMACY", "DRUGSTORE");
        let answer = register(&gateway, &wrong).await.data();
        let answer = &answer["registerConnector"];
        assert_eq!(answer["connector"], Value::Null);
        let mistakes = answer["mistakes"].to_string();
        for (line, path) in [(3, "category"), (4, "kind")] {
            let place = format!("\"column\":1,\"line\":{line},");
            assert!(mistakes.contains(&place) && mistakes.contains(path), "{mistakes}");
        }
        let list = "{ connectors { name origin } }";
        let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
        assert_eq!(all["connectors"], json!([]));
        let all = gateway.ask(Role::Auditor, list, Value::Null).await.data();
        assert!(items(&all["connectors"]).iter().all(|it| it["origin"] == "CONFIGURED"));
        assert_eq!(items(&all["connectors"]).len(), 5);
    });
}

#[test]
fn a_partner_leads_the_gateway_nowhere_and_names_none_of_its_secrets() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let of = |from: &str, to: &str| {
            manifest(&gateway).replace("\"cornerstone\"", "\"hill\"").replace(from, to)
        };
        let url = gateway.sandbox.system("cornerstone").expect("it runs").base_url().to_owned();
        for (manifest, part) in [
            (of("", ""), "only 443 is open"),
            (of(&url, "https://169.254.169.254/latest"), "credentials away"),
            (of(&url, "https://10.0.0.7/fhir"), "private network"),
            (of(&url, "http://hill.example/fhir"), "plain http"),
            (
                of(&url, "https://hill.example/fhir")
                    + "auth = { type = \"bearer\", token = \"env:HOME\" }\n",
                "environment",
            ),
        ] {
            let answer = register(&gateway, &manifest).await.data();
            let mistakes = answer["registerConnector"]["mistakes"].to_string();
            assert!(mistakes.contains(part), "{part}: {mistakes}");
            assert_eq!(answer["registerConnector"]["connector"], Value::Null);
        }
        let all = gateway.ask(Role::Partner, "{ connectors { name } }", Value::Null).await.data();
        assert_eq!(all["connectors"], json!([]));
    });
}

#[test]
fn a_partner_that_calls_its_source_like_somebody_else_opens_nobody_to_them() {
    run(async {
        let built = TestGateway::builder().patients(8).shape(|shape| {
            without_pharmacy(shape);
            shape.relationship = "required";
        });
        let gateway = built.start().await;
        let of = |organization: &str| {
            let organization = Some(organization.to_owned());
            let spec = TokenSpec { organization, ..TokenSpec::new(Role::Pharmacist) };
            gateway.sandbox.issuer().token(&spec)
        };
        let people = async |organization: &str| {
            let query = "{ patients(first: 50) { nodes { id } } }";
            let data = gateway.ask_with(&of(organization), query, Value::Null).await.data();
            items(&data["patients"]["nodes"]).len()
        };
        assert_eq!((people("cornerstone").await, people("riverside").await), (0, 0));
        let named = manifest(&gateway)
            .replace("id = \"cornerstone\"", "id = \"riverside\"")
            .replace("Cornerstone Pharmacy", "riverside");
        let registered = register(&gateway, &named).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        act(&gateway, &admin(&gateway, "admin-1"), "approveConnector", &id, "").await.data();
        assert!(
            people("cornerstone").await > 0,
            "they are customers of the organisation that registered it"
        );
        assert_eq!(people("riverside").await, 0, "the id is only a name that a partner chose");
    });
}

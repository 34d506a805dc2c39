//! Connectors with several secrets.

use std::path::Path;

use super::locked::{Locked, medicines, open, with};
use super::*;
use crate::home::Home;
use crate::mutual_tls::{days, der};
use crate::process::Process;
use crate::servers::certificates::{Authority, Certificate};
use crate::servers::guarded_door::GuardedDoor;

/// The pharmacy by that door: all of its secrets are given.
pub(super) fn behind(guarded: &GuardedDoor, locked: &Locked) -> String {
    let plain = format!("http://127.0.0.1:{}/", locked.door.port);
    let manifest = locked.manifest.replace(&plain, &format!("https://127.0.0.1:{}/", guarded.port));
    with(&manifest, "tls = { cert = \"given\", key = \"given\", ca = \"given\" }")
}

fn secrets(guarded: &GuardedDoor, token: &str, own: &Certificate) -> Value {
    json!({ "credentials": [
        { "name": "auth.token", "secret": token }, { "name": "tls.cert", "secret": own.chain },
        { "name": "tls.key", "secret": own.key }, { "name": "tls.ca", "secret": guarded.authority.pem },
    ] })
}

fn pair(own: &Certificate) -> Value {
    json!({ "credentials": [
        { "name": "tls.cert", "secret": own.chain }, { "name": "tls.key", "secret": own.key },
    ] })
}

/// Where mistakes are, and what they say.
fn mistakes(payload: &Value) -> Vec<(String, String)> {
    let all = items(&payload["mistakes"]).iter();
    all.map(|it| (text(&it["path"]), text(&it["message"]))).collect()
}

#[test]
fn a_partner_that_wants_a_certificate_and_a_token_is_met_with_both_and_both_are_changed() {
    run(async {
        let gateway = TestGateway::builder().patients(8).shape(open).start().await;
        let (first, second) = (Authority::new(), Authority::new());
        let mut locked = Locked::new(&gateway).await;
        let guarded = GuardedDoor::before(locked.door.port, &first).await;
        locked.manifest = behind(&guarded, &locked);
        let (old, new) = (first.certifies("gateway", days()), second.certifies("gateway", days()));
        // A key of another certificate is told with its place, and nothing is registered.
        let mixed = Certificate { chain: old.chain.clone(), key: new.key.clone() };
        let refused = locked.register(&gateway, secrets(&guarded, "old", &mixed)).await;
        let told = mistakes(&refused);
        assert_eq!((told.len(), told[0].0.as_str()), (1, "tls.key"), "{refused}");
        assert!(told[0].1.contains("is not the private key of the certificate"), "{refused}");
        assert!(refused["mistakes"][0]["line"].as_u64().is_some_and(|line| line > 1), "{refused}");
        assert_eq!(refused["connector"], Value::Null);

        let registered = locked.register(&gateway, secrets(&guarded, "old", &old)).await;
        assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true, "{registered}");
        let id = text(&registered["connector"]["id"]);
        super::examples::approve(&gateway, &id).await;
        let (patient, other) = (gateway.patient(0).await, gateway.patient(1).await);
        let before = medicines(&gateway, &patient).await;
        assert_eq!((before.1.as_str(), before.2.as_str()), ("COMPLETE", "OK"), "{before:?}");
        assert_eq!(guarded.last_shown(), Some(der(&old)));

        // Half of it cannot be used, and changes nothing.
        let half = json!({ "credentials": [{ "name": "tls.cert", "secret": new.chain }] });
        let refused = locked.try_rotating(&gateway, &id, half).await.data();
        let told = mistakes(&refused["rotateConnectorCredential"]);
        assert_eq!((told.len(), told[0].0.as_str()), (1, "tls.key"), "{refused}");
        let history = "{ connectors { history { change } } }";
        let data = gateway.ask_with(&locked.partner, history, Value::Null).await.data();
        let changes = data["connectors"][0]["history"].to_string();
        assert_eq!(changes.matches("CREDENTIAL_ROTATED").count(), 1, "{changes}");

        guarded.believe(&second);
        locked.rotate(&gateway, &id, pair(&new)).await;
        assert_eq!(medicines(&gateway, &patient).await.2, "CACHED");
        let (_, whole, state) = medicines(&gateway, &other).await;
        assert_eq!((whole.as_str(), state.as_str()), ("COMPLETE", "OK"), "the token is as before");
        assert_eq!(guarded.last_shown(), Some(der(&new)));
    });
}

#[test]
fn exactly_the_secrets_for_which_a_manifest_asks_are_given() {
    run(async {
        let gateway = TestGateway::builder().patients(2).shape(open).start().await;
        let ours = Authority::new();
        let mut locked = Locked::new(&gateway).await;
        let plain = locked.manifest.clone();
        let guarded = GuardedDoor::before(locked.door.port, &ours).await;
        locked.manifest = behind(&guarded, &locked);
        let own = ours.certifies("gateway", days());
        let paths = |payload: &Value| {
            mistakes(payload).into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        let one = locked.register(&gateway, json!({ "credential": "s3cret" })).await;
        let told = paths(&one);
        for path in ["auth.token", "tls.ca", "tls.cert", "tls.key"] {
            assert!(told.contains(&path.to_owned()), "{one}");
        }
        let missing = locked.register(&gateway, pair(&own)).await;
        assert_eq!(paths(&missing), ["auth.token", "tls.ca"], "{missing}");
        assert!(missing.to_string().contains("by the name \\\"auth.token\\\""), "{missing}");
        let mut more = secrets(&guarded, "s3cret", &own);
        let all = more["credentials"].as_array_mut().unwrap();
        all.push(json!({ "name": "auth.password", "secret": "s3cret" }));
        all.push(json!({ "name": "s3cret", "secret": "s3cret" }));
        let more = locked.register(&gateway, more).await;
        assert_eq!(paths(&more), ["", "auth.password"], "{more}");
        for payload in [&one, &missing, &more] {
            assert!(!payload.to_string().contains("s3cret"), "{payload}");
            assert_eq!(payload["connector"], Value::Null);
        }
        let long = "x".repeat(65 * 1024);
        let named = |name: &str, secret: &str| json!({ "name": name, "secret": secret });
        let mutation = "mutation($input: ConnectorInput!) { registerConnector(input: $input) { mistakes { path } } }";
        for (credential, credentials) in [
            (Value::Null, json!([named("auth.token", &long)])),
            (Value::Null, json!([named("auth.token", "")])),
            (Value::Null, json!([named("", "s3cret")])),
            (Value::Null, json!([named("tls.ca", "s3cret"), named("tls.ca", "s3cret")])),
            (Value::Null, json!(vec![named("tls.ca", "s3cret"); 9])),
            (json!("s3cret"), json!([named("tls.ca", "s3cret")])),
            (json!(long), Value::Null),
            (Value::Null, json!([{ "name": "tls.ca", "secret": { "s3cret": "s3cret" } }])),
            (Value::Null, json!([{ "name": "tls.ca", "secret": "x", "s3cret": "s3cret" }])),
        ] {
            let input =
                json!({ "manifest": plain, "credential": credential, "credentials": credentials });
            let answer =
                gateway.ask_with(&locked.partner, mutation, json!({ "input": input })).await;
            assert_eq!(answer.json()["data"]["registerConnector"], Value::Null, "{}", answer.text);
            assert!(
                !answer.codes().is_empty() && !answer.text.contains("s3cret"),
                "{}",
                answer.text
            );
        }
        let list = gateway.ask_with(&locked.partner, "{ connectors { name } }", Value::Null).await;
        assert_eq!(list.data()["connectors"], json!([]));
    });
}

#[test]
fn the_next_version_brings_the_secrets_that_it_wants_beside() {
    run(async {
        let gateway = TestGateway::builder().patients(8).shape(open).start().await;
        let ours = Authority::new();
        let mut locked = Locked::uncached(&gateway).await;
        let guarded = GuardedDoor::before(locked.door.port, &ours).await;
        let (first, second) =
            (ours.certifies("gateway", days()), ours.certifies("gateway", days()));
        locked.manifest = behind(&guarded, &locked);
        let registered = locked.register(&gateway, secrets(&guarded, "old", &first)).await;
        let id = text(&registered["connector"]["id"]);
        super::examples::approve(&gateway, &id).await;
        let update = "mutation($id: ID!, $manifest: String!, $credentials: [CredentialInput!]) { \
            updateConnector(id: $id, manifest: $manifest, credentials: $credentials) { mistakes { line path message } \
            setup { waiting { number report { passed } } } } }";
        let updated = async |manifest: &str, credentials: Value| {
            let variables = json!({ "id": id, "manifest": manifest, "credentials": credentials });
            let answer = gateway.ask_with(&locked.partner, update, variables).await;
            answer.data()["updateConnector"].take()
        };
        // What is there may be in use, and is not changed on the way.
        let refused = updated(&locked.manifest, pair(&second)["credentials"].clone()).await;
        assert!(refused.to_string().contains("rotateConnectorCredential"), "{refused}");
        assert!(refused["mistakes"][0]["line"].is_u64(), "{refused}");
        let password = locked
            .manifest
            .replace("type = \"bearer\", token", "type = \"basic\", user = \"u\", password");
        let missing = updated(&password, Value::Null).await;
        assert_eq!(missing["mistakes"][0]["path"], "auth.password", "{missing}");
        let given = json!([{ "name": "auth.password", "secret": "pass" }]);
        let taken = updated(&password, given).await;
        assert_eq!(taken["mistakes"], json!([]), "{taken}");
        assert_eq!(taken["setup"]["waiting"]["number"], 2);
        // It can be changed before the version is in use.
        let other = json!({ "credentials": [{ "name": "auth.password", "secret": "other" }] });
        locked.rotate(&gateway, &id, other).await;
        // The one in use still shows its own.
        let patient = gateway.patient(0).await;
        assert_eq!(medicines(&gateway, &patient).await.2, "OK");
    });
}

/// Every file below a folder that holds one of these texts.
fn holding(folder: &Path, secrets: &[&str], found: &mut Vec<String>) -> usize {
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("folders can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read += holding(&path, secrets, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        read += 1;
        for secret in secrets {
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.push(format!("{}: {secret:.9}", path.display()));
            }
        }
    }
    read
}

#[test]
fn no_secret_stands_in_a_file_a_log_or_an_answer() {
    run(async {
        let gateway = TestGateway::builder().patients(4).shape(open).start().await;
        let home = Home::new();
        let mut shape = Shape::default();
        open(&mut shape);
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(&gateway.sandbox, home.path())).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_caregraph"));
        command.args(["serve", "--config"]).arg(&config).env("CAREGRAPH_LOG", "trace");
        let process = Process::of(&mut command);
        let ours = Authority::new();
        let mut locked = Locked::new(&gateway).await;
        let guarded = GuardedDoor::before(locked.door.port, &ours).await;
        locked.manifest = behind(&guarded, &locked);
        let (old, new) = (ours.certifies("gateway", days()), ours.certifies("gateway", days()));
        let (first, second) = ("Kan1fe31c5Quex", "Kan2fe31c5Quex");
        locked.door.take(&[first, second]);
        let mut answers = String::new();
        let mut send = async |query: &str, variables: Value| {
            let url = format!("http://{}/graphql", process.address);
            let body = json!({ "query": query, "variables": variables });
            let sent = gateway.client.post(url).bearer_auth(&locked.partner);
            let sent = sent.header("content-type", "application/json").body(body.to_string());
            let answer = Answer::of(sent.send().await.unwrap()).await;
            answers += &answer.text;
            answer.json()
        };
        let mutation = format!(
            "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {WHOLE} }} }}"
        );
        let mut input = secrets(&guarded, first, &old);
        input["manifest"] = json!(locked.manifest);
        let registered = send(&mutation, json!({ "input": input })).await;
        let registered = &registered["data"]["registerConnector"];
        assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true, "{registered}");
        let mutation = format!(
            "mutation($id: ID!, $credentials: [CredentialInput!]) {{ \
             rotateConnectorCredential(id: $id, credentials: $credentials) {{ {WHOLE} }} }}"
        );
        let mixed = Certificate { chain: new.chain.clone(), key: old.key.clone() };
        for own in [&mixed, &new] {
            let mut variables = secrets(&guarded, second, own);
            variables["id"] = registered["connector"]["id"].clone();
            send(&mutation, variables).await;
        }
        // One that is written into the document itself, with a mistake in it.
        let wrong = format!(
            "mutation {{ rotateConnectorCredential(id: 5, credentials: [{{ name: {second}, secret: {second:?} }}]) {{ x }} }}"
        );
        send(&wrong, Value::Null).await;
        let list = send("{ connectors { name history { change } } }", Value::Null).await;
        let history = list["data"]["connectors"][0]["history"].to_string();
        assert_eq!(history.matches("CREDENTIAL_ROTATED").count(), 2, "{history}");
        let ready = gateway.client.get(format!("http://{}/health/ready", process.address));
        answers += &Answer::of(ready.send().await.unwrap()).await.text;

        let line = |pem: &str| pem.lines().nth(1).expect("PEM has lines").to_owned();
        let keys = [line(&old.key), line(&new.key), line(&old.chain), line(&new.chain)];
        let all: Vec<&str> = keys.iter().map(String::as_str).chain([first, second]).collect();
        let mut found = Vec::new();
        assert!(holding(home.path(), &all, &mut found) > 1);
        assert_eq!(found, [""; 0]);
        for secret in all {
            assert!(process.said(secret).is_empty(), "{:?}", process.said(secret));
            assert!(!answers.contains(secret), "{secret}");
        }
        assert!(!process.said("register").is_empty() || !process.said("graphql").is_empty());
    });
}

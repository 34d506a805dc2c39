//! The pharmacy of the examples behind a door that takes only some tokens.

use caregraph_sandbox::Credential;

use super::examples::{approve, example};
use super::*;
use crate::servers::locked_door::LockedDoor;

const MEDICINES: &str = "query($id: ID!) { patient(id: $id) { \
    medications(first: 100) { totalCount completeness { state } } sources { source { name } state } } }";
const PAYLOAD: &str = "connector { id state } mistakes { line path message } \
                       setup { history { change } waiting { report { passed } } }";

/// The pharmacy behind its door. Nobody has registered it yet.
pub(super) struct Locked {
    pub(super) door: LockedDoor,
    pub(super) partner: String,
    /// With the address of the door.
    pub(super) manifest: String,
}

pub(super) fn open(shape: &mut Shape) {
    shape.extra = EGRESS.to_owned();
    shape.cache = "";
    shape.systems = vec!["lakeside", "stmary"];
}

impl Locked {
    pub(super) async fn new(gateway: &TestGateway) -> Self {
        let system = gateway.sandbox.system("greenleaf").expect("it runs");
        let key = system.credential().map(Credential::secret).expect("it wants a token");
        let door = LockedDoor::before(system.base_url(), key).await;
        door.take(&["old"]);
        let organization = Some(system.organization().to_owned());
        let spec = TokenSpec { organization, ..TokenSpec::new(Role::Partner) };
        let partner = gateway.sandbox.issuer().token(&spec);
        let (manifest, _) = example(gateway, "greenleaf-pharmacy.toml", "greenleaf");
        let manifest = manifest.replace(
            &format!("{}/", system.base_url()),
            &format!("http://127.0.0.1:{}/", door.port),
        );
        Self { door, partner, manifest }
    }

    /// The same, but that nothing of it is kept.
    pub(super) async fn uncached(gateway: &TestGateway) -> Self {
        let it = Self::new(gateway).await;
        let manifest = with(&it.manifest, "cache = { enabled = false }");
        Self { manifest, ..it }
    }

    /// Registers it with a secret or several.
    pub(super) async fn register(&self, gateway: &TestGateway, secrets: Value) -> Value {
        let mutation = format!(
            "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {PAYLOAD} }} }}"
        );
        let mut input = secrets;
        input["manifest"] = json!(self.manifest);
        let answer = gateway.ask_with(&self.partner, &mutation, json!({ "input": input })).await;
        answer.data()["registerConnector"].take()
    }

    /// Registers it with the token that the door takes, and has it approved; its id.
    pub(super) async fn in_use(&self, gateway: &TestGateway) -> String {
        let registered = self.register(gateway, json!({ "credential": "old" })).await;
        assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true, "{registered}");
        let id = text(&registered["connector"]["id"]);
        approve(gateway, &id).await;
        id
    }

    /// What comes of changing its secrets.
    pub(super) async fn try_rotating(
        &self,
        gateway: &TestGateway,
        id: &str,
        secrets: Value,
    ) -> Answer {
        let mutation = format!(
            "mutation($id: ID!, $credential: String, $credentials: [CredentialInput!]) {{ \
             rotateConnectorCredential(id: $id, credential: $credential, credentials: $credentials) {{ {PAYLOAD} }} }}"
        );
        let mut variables = secrets;
        variables["id"] = json!(id);
        gateway.ask_with(&self.partner, &mutation, variables).await
    }

    /// Changes its secrets, which must be taken.
    pub(super) async fn rotate(&self, gateway: &TestGateway, id: &str, secrets: Value) {
        let rotated = self.try_rotating(gateway, id, secrets).await.data();
        assert_eq!(rotated["rotateConnectorCredential"]["mistakes"], json!([]), "{rotated}");
    }
}

/// A manifest with a line more in its head.
pub(super) fn with(manifest: &str, line: &str) -> String {
    let (head, rest) = manifest.split_once("\nmapping = 1\n").expect("it is mapped");
    format!("{head}\n{line}\nmapping = 1\n{rest}")
}

/// How many medicines of a patient are shown, how whole they are, and how the pharmacy stands.
pub(super) async fn medicines(gateway: &TestGateway, patient: &str) -> (u64, String, String) {
    let data = gateway.data(MEDICINES, json!({ "id": patient })).await;
    let list = &data["patient"]["medications"];
    let sources = items(&data["patient"]["sources"]).to_vec();
    let pharmacy = sources.iter().find(|it| it["source"]["name"] == "Greenleaf Pharmacy");
    let state = pharmacy.map_or(String::new(), |it| text(&it["state"]));
    let count = list["totalCount"].as_u64().unwrap_or_default();
    (count, text(&list["completeness"]["state"]), state)
}

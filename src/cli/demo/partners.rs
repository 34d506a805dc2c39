//! The systems of partners: nobody has registered them yet, and each has a manifest that says how it can be.

use std::path::PathBuf;

use caregraph_sandbox::{Category, Credential, Sandbox, System};
use toml::Table;

use super::super::Failed;
use super::running::{Home, secret_of};

/// The example of each partner, by its id.
const EXAMPLES: [(&str, &str); 4] = [
    ("greenleaf", include_str!("../../../connectors/examples/greenleaf-pharmacy.toml")),
    ("harvest", include_str!("../../../connectors/examples/harvest-food-bank.toml")),
    ("lantern", include_str!("../../../connectors/examples/lantern-help-line.toml")),
    ("clearview", include_str!("../../../connectors/examples/clearview-eye-clinic.toml")),
];

/// A partner, and what is needed to register it.
pub(super) struct Partner {
    pub(super) id: &'static str,
    pub(super) category: Category,
    pub(super) base_url: String,
    /// Where its manifest is.
    pub(super) manifest: PathBuf,
    /// Where its secret is, if it wants one.
    pub(super) secret: Option<PathBuf>,
}

impl Partner {
    /// The secret as commands and configurations name one.
    pub(super) fn credential(&self) -> Option<String> {
        self.secret.as_ref().map(|path| format!("file:{}", path.display()))
    }

    /// The command that tries it.
    pub(super) fn check(&self) -> String {
        let credential = self.credential().map(|it| format!(" --credential {it}"));
        let manifest = self.manifest.display();
        format!("caregraph connector check {manifest} --local{}", credential.unwrap_or_default())
    }
}

/// Writes the manifest and the secret of each partner into the demo's folder.
pub(super) fn prepare(sandbox: &Sandbox, home: &Home) -> Result<Vec<Partner>, Failed> {
    sandbox.partners().iter().map(|system| partner(system, home)).collect()
}

fn partner(system: &System, home: &Home) -> Result<Partner, Failed> {
    let id = system.id();
    let example = EXAMPLES.into_iter().find(|(of, _)| *of == id);
    let (_, example) = example.ok_or_else(|| Failed(format!("{id} has no example")))?;
    let manifest = home.keep(&format!("{id}.toml"), &adapted(example, system)?)?;
    let credential = system.credential();
    let secret = credential.map(|it| home.keep(&secret_of(id), it.secret())).transpose()?;
    let base_url = system.base_url().to_owned();
    Ok(Partner { id, category: system.category(), base_url, manifest, secret })
}

/// The example, with the addresses that hold here.
fn adapted(example: &str, system: &System) -> Result<String, Failed> {
    let table: Table = example.parse().map_err(|_| unfit(system))?;
    let mut text = example.to_owned();
    let mut put = |from: Option<&toml::Value>, to: &str| {
        let from = from.and_then(toml::Value::as_str).ok_or_else(|| unfit(system))?;
        text = text.replace(&format!("{from:?}"), &format!("{to:?}"));
        Ok::<(), Failed>(())
    };
    put(table.get("base_url"), &format!("{}/", system.base_url()))?;
    if let Some(Credential::Key { client_id, token_url, .. }) = system.credential() {
        let auth = table.get("auth");
        let of_auth = |name: &str| auth.and_then(|auth| auth.get(name));
        put(of_auth("token_url"), token_url)?;
        put(of_auth("client_id"), client_id)?;
    }
    Ok(text)
}

fn unfit(system: &System) -> Failed {
    Failed(format!("the example of {} does not fit its system", system.id()))
}

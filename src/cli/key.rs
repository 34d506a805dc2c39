//! `caregraph key`: what others need to know of the keys by which we show who we are.

use std::path::Path;

use serde_json::{Value, json};

use super::{Failed, check, print};

/// Prints a JWKS of the public halves of the keys in a configuration.
pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = check::read(path)?;
    let mut keys: Vec<Value> = Vec::new();
    for key in config.connectors.iter().filter_map(|it| it.credentials.public_key()) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        let path = path.display();
        return Err(Failed(format!(
            "{path} has no connector with auth of the type smart-backend-services, so there is no key to tell"
        )));
    }
    print(&serde_json::to_string_pretty(&json!({ "keys": keys }))?);
    Ok(())
}

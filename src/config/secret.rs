//! Secrets stand in the environment or in files, never in the configuration itself.

use secrecy::SecretString;

/// Reads `env:NAME` or `file:PATH`; what is wrong is one sentence.
pub fn read(reference: &str) -> Result<SecretString, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        #[expect(clippy::disallowed_methods, reason = "this is the configuration")]
        let value = std::env::var(name);
        return value
            .map(Into::into)
            .map_err(|_| format!("the environment variable {name} is not set"));
    }
    if let Some(path) = reference.strip_prefix("file:") {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{path} cannot be read: {error}"))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned().into());
    }
    Err("secrets are given as env:NAME or file:PATH, never as they are".to_owned())
}

//! How we show a source who we are, as it is configured.

use caregraph_connectors::egress::{ApiKey, ApiKeyError, Credentials};

use super::check::Check;
use super::raw::RawCredentials;

impl Check<'_> {
    /// The credentials of one source.
    pub(super) fn credentials(
        &mut self,
        path: &str,
        raw: Option<RawCredentials>,
    ) -> Option<Credentials> {
        let credentials = match raw {
            None | Some(RawCredentials::None {}) => Credentials::None,
            Some(RawCredentials::Bearer { token }) => {
                Credentials::Bearer(self.secret(&format!("{path}.token"), &token)?)
            }
            Some(RawCredentials::Basic { user, password }) => Credentials::Basic {
                user,
                password: self.secret(&format!("{path}.password"), &password)?,
            },
            Some(RawCredentials::ApiKey { key, header, parameter }) => {
                Credentials::ApiKey(self.api_key(path, &key, header, parameter)?)
            }
        };
        credentials.check().map_err(|what| self.wrong(path, what)).ok()?;
        Some(credentials)
    }

    fn api_key(
        &mut self,
        path: &str,
        key: &str,
        header: Option<String>,
        parameter: Option<String>,
    ) -> Option<ApiKey> {
        let key = self.secret(&format!("{path}.key"), key)?;
        let (place, made) = match (header, parameter) {
            (Some(name), None) => ("header", ApiKey::in_header(&name, &key)),
            (None, Some(name)) => ("parameter", ApiKey::in_query(&name, &key)),
            _ => {
                self.wrong(path, "needs either header, such as X-Api-Key, or parameter, to say where the key goes");
                return None;
            }
        };
        let place = if made.as_ref().err() == Some(&ApiKeyError::Key) { "key" } else { place };
        made.map_err(|what| self.wrong(format!("{path}.{place}"), what.to_string())).ok()
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;

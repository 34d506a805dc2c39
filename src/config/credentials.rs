//! How we show a source who we are, as it is configured.

use caregraph_connectors::egress::{
    ApiKey, ApiKeyError, Credentials, Grant, Signer, TokenSource, Wishes,
};
use url::Url;

use super::check::Check;
use super::raw::RawCredentials;

impl Check<'_> {
    /// The credentials of one source.
    pub(super) fn credentials(
        &mut self,
        path: &str,
        raw: Option<RawCredentials>,
        base: Option<&Url>,
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
            Some(RawCredentials::Oauth2ClientCredentials {
                token_url,
                client_id,
                client_secret,
                client_auth,
                scope,
                audience,
                resource,
            }) => {
                let secret = self.secret(&format!("{path}.client_secret"), &client_secret)?;
                let wishes = Wishes { scope, audience, resource };
                let granted = match client_auth.as_deref().unwrap_or("basic") {
                    "basic" => Grant::basic(&token_url, client_id, secret, wishes),
                    "body" => Grant::body(&token_url, client_id, secret, wishes),
                    _ => {
                        self.wrong(format!("{path}.client_auth"), "must be \"basic\" or \"body\"");
                        return None;
                    }
                };
                self.token(path, granted)?
            }
            Some(RawCredentials::SmartBackendServices {
                token_url,
                client_id,
                key,
                key_id,
                scope,
            }) => {
                let signer = self.signer(path, &key, key_id)?;
                let granted = match token_url {
                    Some(token_url) => Grant::signed(&token_url, client_id, signer, scope),
                    // Where there is no base URL, that has been said.
                    None => Some(Grant::signed_for(base?.clone(), client_id, signer, scope)),
                };
                self.token(path, granted)?
            }
        };
        credentials.check().map_err(|what| self.wrong(path, what)).ok()?;
        Some(credentials)
    }

    fn token(&mut self, path: &str, grant: Option<Grant>) -> Option<Credentials> {
        if grant.is_none() {
            self.wrong(format!("{path}.token_url"), "must be an https URL");
        }
        Some(Credentials::Token(TokenSource::new(grant?)))
    }

    fn signer(&mut self, path: &str, key: &str, id: Option<String>) -> Option<Signer> {
        let path = format!("{path}.key");
        let pem = self.secret(&path, key)?;
        Signer::of_pem(&pem, id).map_err(|what| self.wrong(path, what)).ok()
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

//! How we show a source who we are, as it is configured.

use caregraph_connectors::egress::{
    ApiKey, ApiKeyError, ClientTls, Credentials, Grant, Signer, TlsError, TokenSource, Wishes,
};
use toml::Table;
use url::Url;

use super::check::Check;
use super::raw::{self, RawClientCredentials, RawCredentials, RawTls};

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
            Some(RawCredentials::Oauth2ClientCredentials(raw)) => {
                self.client_credentials(path, raw)?
            }
            Some(RawCredentials::SmartBackendServices {
                token_url,
                client_id,
                key,
                key_id,
                scope,
            }) => {
                if self.whose.comes_later(&key) {
                    return self.unsigned(path, token_url.as_deref());
                }
                let signer = self.signer(path, &key, key_id)?;
                let granted = match &token_url {
                    Some(token_url) => Grant::signed(token_url, client_id, signer, scope),
                    // Where there is no base URL, that has been said.
                    None => Some(Grant::signed_for(base?.clone(), client_id, signer, scope)),
                };
                self.token(path, token_url.as_deref(), granted)?
            }
        };
        credentials.check().map_err(|what| self.wrong(path, what)).ok()?;
        Some(credentials)
    }

    /// How the source at `path` is met by TLS; nothing when as any other. What cannot be is a mistake.
    pub(super) fn tls(
        &mut self,
        path: &str,
        table: Option<Table>,
        base: Option<&Url>,
    ) -> Option<ClientTls> {
        let (path, table) = (format!("{path}.tls"), table?);
        self.unknown_keys(&path, &table, &raw::keys::<RawTls>());
        let RawTls { cert, key, ca } = self.values(&path, &table);
        if base.is_some_and(|url| url.scheme() != "https") {
            self.wrong(&path, "is of no use for a base_url that begins with http; write https");
        }
        if cert.is_some() != key.is_some() || (cert.is_none() && ca.is_none()) {
            self.wrong(path, "needs cert and key, or ca, or all three");
            return None;
        }
        let comes_later = |it: &String| self.whose.comes_later(it);
        if [&cert, &key, &ca].into_iter().flatten().any(comes_later) {
            return None;
        }
        let mut read = |name: &str, reference: Option<String>| {
            reference.and_then(|reference| self.secret(&format!("{path}.{name}"), &reference))
        };
        let given = [&cert, &key, &ca].map(Option::is_some);
        let [cert, key, ca] = [read("cert", cert), read("key", key), read("ca", ca)];
        if [&cert, &key, &ca].map(Option::is_some) != given {
            return None;
        }
        let place = |what: &TlsError| match what {
            TlsError::Authority => ".ca",
            TlsError::Certificate => ".cert",
            TlsError::Key => ".key",
            TlsError::Machine(_) => "",
        };
        // Where there is no base URL, that has been said.
        let made = ClientTls::new(base?, cert.as_ref().zip(key.as_ref()), ca.as_ref());
        made.map_err(|what| self.wrong(format!("{path}{}", place(&what)), what.to_string())).ok()
    }

    fn client_credentials(&mut self, path: &str, raw: RawClientCredentials) -> Option<Credentials> {
        let secret = self.secret(&format!("{path}.client_secret"), &raw.client_secret)?;
        let RawClientCredentials { token_url, client_id, scope, audience, resource, .. } = raw;
        let wishes = Wishes { scope, audience, resource };
        let grant = match raw.client_auth.as_deref().unwrap_or("basic") {
            "basic" => Grant::basic(&token_url, client_id, secret, wishes),
            "body" => Grant::body(&token_url, client_id, secret, wishes),
            _ => {
                self.wrong(format!("{path}.client_auth"), "must be \"basic\" or \"body\"");
                return None;
            }
        };
        self.token(path, Some(&token_url), grant)
    }

    fn token(
        &mut self,
        path: &str,
        token_url: Option<&str>,
        grant: Option<Grant>,
    ) -> Option<Credentials> {
        let path = self.token_url(path, token_url)?;
        if grant.is_none() {
            self.wrong(path, "must be an https URL");
        }
        Some(Credentials::Token(TokenSource::new(grant?)))
    }

    /// Credentials whose key nobody has yet: all that can be looked at is where tokens are given.
    fn unsigned(&mut self, path: &str, token_url: Option<&str>) -> Option<Credentials> {
        let path = self.token_url(path, token_url)?;
        if token_url.is_some_and(|url| !Url::parse(url).is_ok_and(|url| url.has_host())) {
            self.wrong(path, "must be an https URL");
            return None;
        }
        Some(Credentials::None)
    }

    /// The path of a token URL that may be asked.
    fn token_url(&mut self, path: &str, token_url: Option<&str>) -> Option<String> {
        let path = format!("{path}.token_url");
        if let Some(Err(what)) = token_url.map(|url| self.whose.origin.parse(url)) {
            self.wrong(path, what.to_string());
            return None;
        }
        Some(path)
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

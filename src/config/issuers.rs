//! Who vouches for callers, as it is configured.

use std::path::PathBuf;

use caregraph_connectors::egress::is_guarded;
use toml::{Table, Value};
use url::Url;

use super::check::Check;
use super::raw::{self, RawAuth, RawClaims, RawIssuer};
use crate::access::Role;
use crate::access::token::{ClaimNames, Profile, TokenType};

/// Claims that mean the same with every issuer, so that no other fact can be read from them.
const OF_EVERY_TOKEN: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "typ",
    "azp",
    "client_id",
    "scope",
    "scp",
    "token_use",
    "auth_time",
];

impl Check<'_> {
    /// The issuers, the one of the short form first, and the list of revoked tokens.
    pub(super) fn auth(&mut self, table: &Table) -> (Vec<Profile>, Option<PathBuf>) {
        // The blocks are read one by one below, so that each mistake is named with its place.
        let mut rest = table.clone();
        let auth = rest.get_mut("auth").and_then(Value::as_table_mut);
        let blocks = auth.and_then(|auth| auth.remove("issuers"));
        let raw: RawAuth = self.part("auth", &rest);
        let audience = raw.audience.unwrap_or_else(|| "caregraph".to_owned());
        if audience.is_empty() {
            self.wrong("auth.audience", "must not be empty");
        }
        let mut issuers = Vec::new();
        match raw.issuer {
            Some(url) => {
                if let Some(url) = self.issuer_url("auth.issuer", url) {
                    issuers.push(Profile::new(url, audience.clone()));
                }
            }
            None if blocks.is_none() && !self.has("auth.issuer") => {
                self.wrong(
                    "auth.issuer",
                    "is missing: the URL of an OpenID issuer, or [[auth.issuers]] blocks",
                );
            }
            None => {}
        }
        if let Some(blocks) = blocks {
            self.issuers(blocks, &audience, &mut issuers);
        }
        // The first one's people keep the names that they have in what was recorded before there were others.
        for issuer in issuers.iter_mut().skip(1) {
            issuer.subject_prefix = format!("{}#", issuer.issuer);
        }
        (issuers, raw.revoked.map(PathBuf::from))
    }

    fn issuers(&mut self, blocks: Value, audience: &str, issuers: &mut Vec<Profile>) {
        let blocks = match blocks {
            Value::Array(blocks) if !blocks.is_empty() => blocks,
            _ => {
                self.wrong(
                    "auth.issuers",
                    "write each issuer as a block of its own, headed [[auth.issuers]]",
                );
                return;
            }
        };
        for (place, block) in (1..).zip(&blocks) {
            let path = format!("auth.issuers[{place}]");
            let Value::Table(block) = block else {
                self.wrong(path, "must be a block headed [[auth.issuers]]");
                continue;
            };
            let Some(issuer) = self.issuer(&path, block, audience) else { continue };
            if issuers.iter().any(|known| known.issuer == issuer.issuer) {
                let what = format!("{:?} is named twice", issuer.issuer);
                self.wrong(format!("{path}.url"), what);
            }
            issuers.push(issuer);
        }
    }

    fn issuer(&mut self, path: &str, block: &Table, audience: &str) -> Option<Profile> {
        self.unknown_keys(path, block, &raw::keys::<RawIssuer>());
        let mut block = block.clone();
        let claims = block.remove("claims");
        let raw: RawIssuer = self.values(path, &block);
        let claims = self.claims(&format!("{path}.claims"), claims);
        let token_type =
            raw.token_type.as_deref().map_or(Some(TokenType::default()), TokenType::named);
        if token_type.is_none() {
            self.wrong(format!("{path}.token_type"), "must be \"at+jwt\" or \"any\"");
        }
        if raw.audience.as_deref() == Some("") {
            self.wrong(format!("{path}.audience"), "must not be empty");
        }
        let clients = raw.clients;
        if clients
            .as_ref()
            .is_some_and(|clients| clients.is_empty() || clients.iter().any(String::is_empty))
        {
            self.wrong(
                format!("{path}.clients"),
                "must name at least one client, and none that is empty; leave it out to take all",
            );
        }
        let roles = self.roles(&format!("{path}.roles"), raw.roles);
        let url = self.required(path, "url", raw.url)?;
        let url = self.issuer_url(&format!("{path}.url"), url)?;
        Some(Profile {
            token_type: token_type?,
            clients: clients.unwrap_or_default(),
            roles,
            claims,
            ..Profile::new(url, raw.audience.unwrap_or_else(|| audience.to_owned()))
        })
    }

    /// The URL is compared byte by byte with what stands in tokens, so it is kept as it was written.
    fn issuer_url(&mut self, path: &str, text: String) -> Option<String> {
        let Ok(url) = Url::parse(&text) else {
            self.wrong(path, "must be the URL of an OpenID issuer");
            return None;
        };
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_guarded(&url) {
            self.wrong(
                path,
                "must be an https URL, or an http URL of this machine (127.0.0.1, localhost)",
            );
        } else if !is_bare {
            self.wrong(path, "must hold neither a user, nor a query, nor a fragment");
        } else {
            return Some(text);
        }
        None
    }

    fn roles(&mut self, path: &str, names: Option<Vec<String>>) -> Vec<Role> {
        if names.as_ref().is_some_and(Vec::is_empty) {
            self.wrong(
                path,
                "must name at least one role; leave it out to let the issuer give any",
            );
        }
        let mut roles = Vec::new();
        for name in names.unwrap_or_default() {
            if let Some(role) = Role::ALL.iter().copied().find(|role| role.name() == name) {
                roles.push(role);
            } else {
                let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                let known = known.join(", ");
                self.wrong(path, format!("there is no role {name:?}; known are {known}"));
            }
        }
        roles
    }

    fn claims(&mut self, path: &str, given: Option<Value>) -> ClaimNames {
        let default = ClaimNames::default();
        let given = match given {
            None => return default,
            Some(Value::Table(given)) => given,
            Some(_) => {
                self.wrong(
                    path,
                    "must be a table such as { role = \"https://clinic.example/role\" }",
                );
                return default;
            }
        };
        self.unknown_keys(path, &given, &raw::keys::<RawClaims>());
        let raw: RawClaims = self.values(path, &given);
        let names = ClaimNames {
            role: raw.role.unwrap_or(default.role),
            org: raw.org.unwrap_or(default.org),
            purpose: raw.purpose.unwrap_or(default.purpose),
            patient: raw.patient.unwrap_or(default.patient),
            npi: raw.npi.unwrap_or(default.npi),
        };
        let all = [
            ("role", &names.role),
            ("org", &names.org),
            ("purpose", &names.purpose),
            ("patient", &names.patient),
            ("npi", &names.npi),
        ];
        for (place, (key, name)) in all.iter().enumerate() {
            if name.is_empty() || OF_EVERY_TOKEN.contains(&name.as_str()) {
                self.wrong(
                    format!("{path}.{key}"),
                    format!("{name:?} cannot be the claim that holds it"),
                );
            }
            if all.iter().take(place).any(|(_, other)| other == name) {
                self.wrong(format!("{path}.{key}"), format!("{name:?} holds another fact already"));
            }
        }
        names
    }
}

#[cfg(test)]
#[path = "issuers_tests.rs"]
mod tests;

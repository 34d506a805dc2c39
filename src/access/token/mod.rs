//! From a bearer token to a viewer.
//!
//! A token is believed when one of its issuer's published keys signed it with the algorithm that belongs to that key,
//! and when every claim that we need is there in the right shape. Whatever else is wrong with it makes no difference
//! that a caller could see: every refusal is the same.

mod json;
mod keys;
mod profile;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Policy, PurposeOfUse, Revocations, Role, Viewer};
use json::Object;
use keys::is_key_id;

pub use keys::KeySet;
pub use profile::{ClaimNames, Profile, TokenType};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// The longest subject, in bytes.
const LONGEST_SUBJECT: usize = 1024;
/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: u64 = 30;

/// Parts of a header by which a token brings its own key, or asks for rules that we do not have.
const NEVER_IN_HEADERS: [&str; 8] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip"];

/// Claims that stand in ID tokens (OpenID Connect Core §3.1.3.6, §3.3.2.11), logout tokens and security events
/// (RFC 8417), and have no business in an access token.
const MARKS_OF_OTHER_TOKENS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

/// The token is not one that we accept. The reason is for the log of the operator, never for whoever sent the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

/// A token that somebody presents: read, and not believed yet.
pub struct Presented<'t> {
    token: &'t str,
    header: Object,
    key_id: String,
    claims: Object,
    issuer: String,
}

impl<'t> Presented<'t> {
    /// Reads a token that is worth a look.
    pub fn read(token: &'t str) -> Result<Self, Refused> {
        if token.len() > LONGEST {
            return Err(Refused("it is longer than 16 KiB"));
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _signature] = parts.as_slice() else {
            return Err(Refused("it is no signed JWT"));
        };
        let header = part(header)?;
        let key_id = header.text("kid")?.unwrap_or_default().to_owned();
        if !is_key_id(&key_id) {
            return Err(Refused("its header names no key, or none that could be"));
        }
        if NEVER_IN_HEADERS.iter().any(|name| header.has(name)) {
            return Err(Refused(
                "its header brings a key of its own, or asks for rules that we do not have",
            ));
        }
        let claims = part(claims)?;
        let issuer = claims.text("iss")?.ok_or(Refused("it names no issuer"))?.to_owned();
        Ok(Self { token, header, key_id, claims, issuer })
    }

    /// Who issued it, by its own word.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that signed it, by its own word.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether it, its session or its subject was revoked.
    pub fn is_revoked(&self, revoked: &Revocations) -> bool {
        let text = |name| self.claims.text(name).ok().flatten();
        revoked.holds(text("jti"), text("sid"), text("sub").unwrap_or_default())
    }

    /// Verifies it as a token of this issuer, and reads who presents it.
    pub fn verify(
        &self,
        keys: &KeySet,
        issuer: &Profile,
        policy: &Policy,
        revoked: &Revocations,
    ) -> Result<Viewer, Refused> {
        self.check_signature(keys, issuer)?;
        self.check_type(issuer.token_type)?;
        let claims = &self.claims;
        let subject = claims.text("sub")?.unwrap_or_default();
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
            return Err(Refused("it has no subject, or one longer than 1 KiB"));
        }
        if claims.seconds("iat")?.is_some_and(|since| since > now() + LEEWAY) {
            return Err(Refused("it was issued in the future"));
        }
        if revoked.holds(claims.text("jti")?, claims.text("sid")?, subject) {
            return Err(Refused("it was revoked"));
        }
        let client = self.client(issuer)?;
        let name = &issuer.claims;
        let role = role(claims.text(&name.role)?, issuer)?;
        Ok(Viewer {
            issuer: issuer.issuer.clone(),
            subject: format!("{}{subject}", issuer.subject_prefix),
            role,
            organization: claims.text(&name.org)?.map(str::to_owned),
            npi: claims.text(&name.npi)?.map(str::to_owned),
            client,
            purpose: purpose(claims.text(&name.purpose)?, role, policy)?,
            scopes: self.scopes()?,
            patient: claims.text(&name.patient)?.map(str::to_owned),
            expires: claims.seconds("exp")?.ok_or(Refused("it never ends"))?,
            authenticated: claims.seconds("auth_time")?,
        })
    }

    /// That this issuer signed it for us, and that it is good now.
    fn check_signature(&self, keys: &KeySet, issuer: &Profile) -> Result<(), Refused> {
        let (algorithm, key) = keys.get(&self.key_id).ok_or(Refused("its key is unknown"))?;
        let named = decode_header(self.token).map_err(|_| Refused("its algorithm is unknown"))?.alg;
        if named != *algorithm {
            return Err(Refused("its algorithm is not the one that belongs to its key"));
        }
        let mut rules = Validation::new(*algorithm);
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        rules.set_issuer(&[&issuer.issuer]);
        rules.set_audience(&[&issuer.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        decode::<IgnoredAny>(self.token, key, &rules).map_err(|error| Refused(reason(&error)))?;
        // The library takes a list of issuers of which one fits; a token has exactly one.
        if self.issuer == issuer.issuer { Ok(()) } else { Err(Refused("it names another issuer")) }
    }

    /// That it is an access token, as far as it can be told.
    fn check_type(&self, expected: TokenType) -> Result<(), Refused> {
        let typ = self.header.text("typ")?.map(str::to_ascii_lowercase);
        let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
        let claims = &self.claims;
        let is_access_token = match expected {
            TokenType::AccessToken => {
                typ == Some("at+jwt")
                    && claims.text("client_id")?.is_some_and(|client| !client.is_empty())
                    && claims.text("jti")?.is_some_and(|id| !id.is_empty())
                    && claims.seconds("iat")?.is_some()
            }
            TokenType::Any => matches!(typ, None | Some("jwt" | "at+jwt")),
        };
        // Keycloak and Cognito write the kind of a token into its claims.
        let says = |name, kind: &str| {
            Ok(claims.text(name)?.is_none_or(|stated| stated.eq_ignore_ascii_case(kind)))
        };
        let is_marked = MARKS_OF_OTHER_TOKENS.iter().any(|name| claims.has(name));
        if is_access_token && !is_marked && says("typ", "bearer")? && says("token_use", "access")? {
            Ok(())
        } else {
            Err(Refused("it is not an access token of the kind that its issuer gives"))
        }
    }

    /// The client that had it issued, which must be one of those that are taken from this issuer.
    fn client(&self, issuer: &Profile) -> Result<Option<String>, Refused> {
        let (named, azp) = (self.claims.text("client_id")?, self.claims.text("azp")?);
        if named.zip(azp).is_some_and(|(named, azp)| named != azp) {
            return Err(Refused("it names two clients"));
        }
        let client = named.or(azp).map(str::to_owned);
        let is_taken = issuer.clients.is_empty()
            || client.as_ref().is_some_and(|client| issuer.clients.contains(client));
        if is_taken { Ok(client) } else { Err(Refused("its client is not one that is taken")) }
    }

    /// The scopes: words in `scope`, or a list in `scp` where an issuer writes it so.
    fn scopes(&self) -> Result<Vec<String>, Refused> {
        let words = self.claims.text("scope")?.unwrap_or_default().split_whitespace();
        let mut scopes: Vec<String> = words.map(str::to_owned).collect();
        match self.claims.get("scp") {
            None => {}
            Some(Value::String(words)) => {
                scopes.extend(words.split_whitespace().map(str::to_owned));
            }
            Some(Value::Array(words)) => {
                for word in words {
                    scopes.push(word.as_str().ok_or(Refused("a scope is no text"))?.to_owned());
                }
            }
            Some(_) => return Err(Refused("its scopes are no texts")),
        }
        Ok(scopes)
    }
}

/// The role, which must be one that this issuer may give.
fn role(name: Option<&str>, issuer: &Profile) -> Result<Role, Refused> {
    let role = Role::ALL.iter().copied().find(|role| Some(role.name()) == name);
    let role = role.ok_or(Refused("it names no role that there is"))?;
    let may_give = issuer.roles.is_empty() || issuer.roles.contains(&role);
    if may_give { Ok(role) } else { Err(Refused("its issuer may not give that role")) }
}

/// The purpose, which must be one that the policy allows the role; its usual one when the token names none.
fn purpose(code: Option<&str>, role: Role, policy: &Policy) -> Result<PurposeOfUse, Refused> {
    let allowed = policy.purposes(role);
    let purpose = match code {
        Some(code) => PurposeOfUse::of_code(code).filter(|purpose| allowed.contains(purpose)),
        None => allowed.first().copied(),
    };
    purpose.ok_or(Refused("its purpose is none that its role may have"))
}

/// What the library found, in words that hold nothing of the token.
fn reason(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => "it is over",
        ErrorKind::ImmatureSignature => "it is not good yet",
        ErrorKind::InvalidAudience => "it is meant for somebody else",
        ErrorKind::InvalidSignature => "its signature is not that of its key",
        ErrorKind::MissingRequiredClaim(_) => "a claim is missing that every token needs",
        _ => "its claims are not in the shape that they must have",
    }
}

fn part(encoded: &str) -> Result<Object, Refused> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(encoded);
    Object::of(&json.map_err(|_| Refused("a part of it is not in base64url"))?)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

//! What the tokens of one issuer must look like.

use crate::access::Role;

/// What the tokens of one issuer must look like, and how far the issuer is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The issuer's URL, exactly as it stands in its tokens.
    pub issuer: String,
    /// For whom tokens must be meant.
    pub audience: String,
    /// How an access token is told from other tokens.
    pub token_type: TokenType,
    /// The clients whose tokens are taken; all, when there are none.
    pub clients: Vec<String>,
    /// The roles that it may give; all, when there are none.
    pub roles: Vec<Role>,
    /// Where its tokens say what we need.
    pub claims: ClaimNames,
    /// What stands before its subjects in our own books. Two issuers may give the same name to two people.
    pub subject_prefix: String,
}

/// How an access token is told from other tokens of its issuer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenType {
    /// By RFC 9068: its header says so, and it names its client, its time and itself.
    AccessToken,
    /// The issuer does not speak RFC 9068: what bears the marks of another kind of token is refused.
    #[default]
    Any,
}

impl TokenType {
    /// The name in the configuration.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "at+jwt" => Some(Self::AccessToken),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

/// The names of the claims that say who somebody is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The active role.
    pub role: String,
    /// The organisation.
    pub org: String,
    /// The purpose of use.
    pub purpose: String,
    /// The patient.
    pub patient: String,
    /// The National Provider Identifier.
    pub npi: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            role: "role".to_owned(),
            org: "org".to_owned(),
            purpose: "purpose".to_owned(),
            patient: "patient".to_owned(),
            npi: "npi".to_owned(),
        }
    }
}

impl Profile {
    /// The profile of an issuer of which nothing but its URL and our audience is known.
    pub fn new(issuer: String, audience: String) -> Self {
        Self {
            issuer,
            audience,
            token_type: TokenType::default(),
            clients: Vec::new(),
            roles: Vec::new(),
            claims: ClaimNames::default(),
            subject_prefix: String::new(),
        }
    }

    /// True when a name of our books is written like that of somebody of this issuer, among several.
    pub fn owns_subject(&self, subject: &str) -> bool {
        !self.subject_prefix.is_empty() && subject.starts_with(&self.subject_prefix)
    }
}

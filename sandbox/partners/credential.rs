//! What somebody has to show who asks a partner's system.

/// What has to be shown. Each run has others.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// This token, with each request.
    Token(String),
    /// A token that is given for what this key has signed (SMART Backend Services).
    Key {
        /// How the system calls its client.
        client_id: String,
        /// The private key of the client, in PEM.
        pem: String,
        /// Where tokens are given.
        token_url: String,
    },
}

impl Credential {
    /// The secret of it.
    pub fn secret(&self) -> &str {
        match self {
            Self::Token(token) => token,
            Self::Key { pem, .. } => pem,
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential")
    }
}

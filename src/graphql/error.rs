//! The errors that a client may see: a stable code and one safe sentence each.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

/// The code of an error, as it stands in `errors[].extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// Nobody knows who the caller is, or not any more.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing, or none that the caller may know of.
    NotFound,
    /// The request makes no sense.
    BadUserInput,
    /// What is asked for stands against what is known.
    Conflict,
    /// The request asks for too much.
    TooComplex,
    /// The caller has asked too much of late.
    RateLimited,
    /// Only documents that were approved are taken, and this is none.
    UntrustedDocument,
    /// Nothing could be answered, because sources are missing.
    SourceUnavailable,
    /// Something broke here.
    Internal,
}

impl ErrorCode {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::TooComplex => "TOO_COMPLEX",
            Self::RateLimited => "RATE_LIMITED",
            Self::UntrustedDocument => "DOCUMENT_NOT_TRUSTED",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// An error of this code.
    pub(crate) fn error(self, message: impl Into<String>) -> async_graphql::Error {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.name());
        async_graphql::Error { message: message.into(), source: None, extensions: Some(extensions) }
    }

    /// An error of this code that concerns the request as a whole.
    pub(crate) fn of_request(self, message: impl Into<String>) -> ServerError {
        let mut error = ServerError::new(message, None);
        error.extensions.get_or_insert_default().set("code", self.name());
        error
    }

    /// An error of this code that concerns a place in the document.
    pub(crate) fn at(self, message: impl Into<String>, at: Pos) -> ServerError {
        let mut error = self.of_request(message);
        error.locations.push(at);
        error
    }
}

/// True for the error of somebody who may not do what they asked for.
pub(crate) fn is_forbidden(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(code, Some(async_graphql::Value::String(code)) if code == ErrorCode::Forbidden.name())
}

/// Errors of the library itself are about the document: they say so.
pub(crate) fn with_code(mut error: ServerError) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", ErrorCode::BadUserInput.name());
    }
    error
}

//! Answers to requests that never reach GraphQL: one shape, one sentence, one code.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// No token, or none that is accepted. One answer for all of them.
    Unauthenticated,
    /// The issuer's keys could not be had, so no token can be told good or bad.
    NoKeys,
    /// Only POST carries a request.
    Method,
    /// Only JSON is read.
    MediaType,
    /// None of the accepted media types can be sent.
    NotAcceptable,
    /// The body is larger than is read.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The body is no GraphQL request.
    Malformed,
    /// Several requests in one.
    Batch,
    /// The purpose of use is not one that the token's role may have.
    Purpose,
    /// The mode of access is none that there is.
    AccessMode,
    /// The page of somebody else wants to open a WebSocket.
    Origin,
    /// The protocol of a WebSocket is not ours.
    Protocol,
    /// There are as many streams as there may be, or none are taken any more.
    Crowded,
    /// The viewer has as many connections with streams as they may.
    TooManyStreams,
    /// A message does not prove that it is of a source that may send any.
    NotOfSource,
    /// Too many messages of sources.
    TooManyNotifications,
    /// There is nothing at this path.
    NoSuchRoute,
    /// There is more to do than can be done.
    Overloaded,
    /// Something broke here.
    Broken,
}

impl Problem {
    /// All of them.
    pub(super) const ALL: &'static [Self] = &[
        Self::Unauthenticated,
        Self::NoKeys,
        Self::Method,
        Self::MediaType,
        Self::NotAcceptable,
        Self::TooLarge,
        Self::TooSlow,
        Self::Malformed,
        Self::Batch,
        Self::Purpose,
        Self::AccessMode,
        Self::Origin,
        Self::Protocol,
        Self::Crowded,
        Self::TooManyStreams,
        Self::NotOfSource,
        Self::TooManyNotifications,
        Self::NoSuchRoute,
        Self::Overloaded,
        Self::Broken,
    ];

    /// The name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::NoKeys => "no_keys",
            Self::Method => "method",
            Self::MediaType => "media_type",
            Self::NotAcceptable => "not_acceptable",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Malformed => "malformed",
            Self::Batch => "batch",
            Self::Purpose => "purpose",
            Self::AccessMode => "access_mode",
            Self::Origin => "origin",
            Self::Protocol => "protocol",
            Self::Crowded => "crowded",
            Self::TooManyStreams => "too_many_streams",
            Self::NotOfSource => "not_of_source",
            Self::TooManyNotifications => "too_many_notifications",
            Self::NoSuchRoute => "no_such_route",
            Self::Overloaded => "overloaded",
            Self::Broken => "broken",
        }
    }

    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "A valid bearer token is required.")
            }
            Self::NoKeys => (
                StatusCode::SERVICE_UNAVAILABLE,
                "SOURCE_UNAVAILABLE",
                "The issuer of tokens could not be reached, so no token can be verified; try again shortly.",
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "BAD_USER_INPUT",
                "Send GraphQL requests with POST.",
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "BAD_USER_INPUT",
                "Send the request as application/json, in UTF-8 and uncompressed.",
            ),
            Self::NotAcceptable => (
                StatusCode::NOT_ACCEPTABLE,
                "BAD_USER_INPUT",
                "Accept application/graphql-response+json or application/json.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "TOO_COMPLEX",
                "The request is larger than 256 KiB.",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "BAD_USER_INPUT",
                "The request did not arrive within ten seconds.",
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "BAD_USER_INPUT",
                "The body must be a JSON object with a string \"query\" or \"documentId\" and, if given, objects \"variables\" and \"extensions\" and a string \"operationName\".",
            ),
            Self::Batch => (
                StatusCode::BAD_REQUEST,
                "BAD_USER_INPUT",
                "Send one request at a time: batches are not taken.",
            ),
            Self::Purpose => (
                StatusCode::BAD_REQUEST,
                "BAD_USER_INPUT",
                "X-Purpose-Of-Use must be one of the purposes that your role may have.",
            ),
            Self::AccessMode => {
                (StatusCode::BAD_REQUEST, "BAD_USER_INPUT", "X-Access-Mode must be null or reject.")
            }
            Self::Origin => (
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "Pages of this origin may not open a WebSocket here; an operator can name it in streams.origins.",
            ),
            Self::Protocol => (
                StatusCode::BAD_REQUEST,
                "BAD_USER_INPUT",
                "Open the WebSocket with the subprotocol graphql-transport-ws; no other is spoken here.",
            ),
            Self::Crowded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "RATE_LIMITED",
                "No more streams are taken here for now; try again shortly.",
            ),
            Self::TooManyStreams => (
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                "You hold as many streams open as you may; close one first.",
            ),
            Self::NotOfSource => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
                "The notification does not prove that it is of a source that may send any.",
            ),
            Self::TooManyNotifications => (
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                "Too many notifications came; send this one again later.",
            ),
            Self::NoSuchRoute => (
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "There is nothing here; the API is at /graphql.",
            ),
            Self::Overloaded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "RATE_LIMITED",
                "The gateway has more to do than it can; try again after as many seconds as Retry-After says.",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "Something broke in the gateway; it was noted, and other requests are not affected.",
            ),
        }
    }
}

impl Problem {
    /// The body of the answer, JSON.
    pub(super) fn body(self) -> String {
        let (_, code, message) = self.parts();
        let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
        body.to_string()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, ..) = self.parts();
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        match self {
            Self::Unauthenticated | Self::NotOfSource => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Crowded => {
                // Not all at once: whoever lost their streams together comes back one by one.
                let wait = HeaderValue::from(1 + u16::from(Uuid::new_v4().as_bytes()[0] % 10));
                headers.insert(header::RETRY_AFTER, wait);
            }
            Self::NoKeys => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            }
            Self::Overloaded => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(by_chance()));
            }
            Self::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        (status, headers, self.body()).into_response()
    }
}

/// From one to five seconds, so that those who were turned away together do not come back together.
fn by_chance() -> u64 {
    pause().as_secs()
}

/// The same to the millisecond, for those who can be told so.
pub(super) fn pause() -> Duration {
    Duration::from_millis(1_000 + RandomState::new().build_hasher().finish() % 5_000)
}

/// The answer at any other path.
pub(super) async fn no_such_route() -> Problem {
    Problem::NoSuchRoute
}

//! Tokens in requests.

use aws_lc_rs::{constant_time, rand};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// The token that a request shows.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// True when a token is the one that is wanted.
pub(super) fn is(shown: &str, wanted: &str) -> bool {
    constant_time::verify_slices_are_equal(shown.as_bytes(), wanted.as_bytes()).is_ok()
}

/// A text that nobody guesses.
pub(super) fn unguessable() -> String {
    let mut bytes = [0; 24];
    rand::fill(&mut bytes).expect("the machine has randomness");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

//! How old a client lets an answer be (`Cache-Control` of a request, RFC 9111 §5.2.1).

use std::time::Duration;

use axum::http::{HeaderMap, header};

/// How old a copy may be that is shown: not at all with `no-cache`, so many seconds with `max-age`, the stricter of both.
/// What else stands there, or cannot be read, says nothing.
pub(super) fn oldest(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let directives =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    directives.filter_map(allows).min()
}

fn allows(directive: &str) -> Option<Duration> {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    let name = name.trim();
    if name.eq_ignore_ascii_case("no-cache") {
        return Some(Duration::ZERO);
    }
    let is_max_age = name.eq_ignore_ascii_case("max-age");
    let seconds = is_max_age.then(|| value.trim().trim_matches('"').parse().ok())??;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_says_how_old_an_answer_may_be() {
        for (values, expected) in [
            (&[][..], None),
            (&["no-cache"], Some(0)),
            (&["No-Cache"], Some(0)),
            (&["max-age=0"], Some(0)),
            (&["max-age=30"], Some(30)),
            (&["max-age=\"30\""], Some(30)),
            (&["max-age=30, no-cache"], Some(0)),
            (&["max-age=30", "max-age=20"], Some(20)),
            (&["no-store"], None),
            (&["max-age"], None),
            (&["max-age=-1"], None),
            (&["max-age=soon, only-if-cached"], None),
            (&["max-stale=10, x-max-age=1"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(value));
            }
            assert_eq!(oldest(&headers), expected.map(Duration::from_secs), "{values:?}");
        }
    }
}

//! A key in a header or in the query.

use std::fmt;

use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, ORIGIN, RANGE, REFERER, TE, TRAILER, UPGRADE, USER_AGENT,
    VIA,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Shown;

/// The longest name of a header or parameter.
const LONGEST_NAME: usize = 64;

/// The headers that are ours to write, or that say how bytes are sent; and how the names of others of these begin.
const OURS: [HeaderName; 17] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    COOKIE,
    EXPECT,
    FORWARDED,
    HOST,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    ORIGIN,
    RANGE,
    REFERER,
    TE,
    TRAILER,
    UPGRADE,
    USER_AGENT,
    VIA,
];
const OURS_BEGIN: [&str; 14] = [
    "accept-",
    "baggage",
    "connection",
    "content-",
    "http2-",
    "if-",
    "keep-alive",
    "prefer",
    "proxy-",
    "sec-",
    "trace",
    "transfer-encoding",
    "x-forwarded-",
    "x-real-ip",
];

/// True when a header is ours to write, so that neither a key nor a partner's template may.
pub fn is_ours(name: &HeaderName) -> bool {
    OURS.contains(name) || OURS_BEGIN.iter().any(|beginning| name.as_str().starts_with(beginning))
}

/// Why a key cannot be sent. It never holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// The header's name is none.
    #[error("is no name of a header; write one such as X-Api-Key")]
    NoHeader,
    /// The header is one that the gateway itself writes.
    #[error(
        "is a header that the gateway writes itself; use the one that the source documents for keys, or auth of the type \
         bearer or basic"
    )]
    OurHeader,
    /// The parameter's name is none.
    #[error(
        "is no name of a query parameter; write one of letters, digits, hyphens, dots and underscores"
    )]
    NoParameter,
    /// The key is empty, or cannot be written into a header.
    #[error(
        "is empty or holds a character that no header can bear, such as a line break; write it anew"
    )]
    Key,
}

/// A key in a header or in the query.
#[derive(Clone)]
pub struct ApiKey(Place);

#[derive(Clone)]
enum Place {
    Header(HeaderName, HeaderValue),
    Parameter(String, SecretString),
}

impl ApiKey {
    /// A key that is sent in this header.
    pub fn in_header(name: &str, key: &SecretString) -> Result<Self, ApiKeyError> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| ApiKeyError::NoHeader)?;
        if name.as_str().len() > LONGEST_NAME {
            return Err(ApiKeyError::NoHeader);
        }
        if is_ours(&name) {
            return Err(ApiKeyError::OurHeader);
        }
        let key = key.expose_secret();
        let mut value = HeaderValue::from_str(key).map_err(|_| ApiKeyError::Key)?;
        if key.trim().is_empty() {
            return Err(ApiKeyError::Key);
        }
        value.set_sensitive(true);
        Ok(Self(Place::Header(name, value)))
    }

    /// A key that is sent in the query, as this parameter. Sources tend to log it there: a header is better.
    pub fn in_query(name: &str, key: &SecretString) -> Result<Self, ApiKeyError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(is_plain) {
            return Err(ApiKeyError::NoParameter);
        }
        let is_broken = |it: &str| it.trim().is_empty() || it.chars().any(char::is_control);
        if is_broken(key.expose_secret()) {
            return Err(ApiKeyError::Key);
        }
        Ok(Self(Place::Parameter(name.to_owned(), key.clone())))
    }

    pub(super) fn shown(&self) -> Shown {
        match &self.0 {
            Place::Header(name, value) => Shown::Header(name.clone(), value.clone()),
            Place::Parameter(name, key) => Shown::Parameter(name.clone(), key.clone()),
        }
    }

    pub(super) fn remove_from(&self, url: &mut Url) {
        if let Place::Parameter(name, _) = &self.0 {
            remove(url, name);
        }
    }
}

/// Asks with a key, and with no other of that name.
pub(in crate::egress) fn add_to(url: &mut Url, name: &str, key: &SecretString) {
    remove(url, name);
    url.query_pairs_mut().append_pair(name, key.expose_secret());
}

fn remove(url: &mut Url, name: &str) {
    if !url.query_pairs().any(|(key, _)| key == name) {
        return;
    }
    // What stays keeps the bytes that it had: some servers are particular about them.
    let is_kept = |pair: &&str| {
        url::form_urlencoded::parse(pair.as_bytes()).next().is_none_or(|(key, _)| key != name)
    };
    let query = url.query().unwrap_or_default();
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    let kept = Some(kept.join("&")).filter(|kept| !kept.is_empty());
    url.set_query(kept.as_deref());
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_into_no_header_that_is_ours() {
        let key = SecretString::from("k-1");
        for (name, expected) in [
            ("X-Api-Key", None),
            ("apikey", None),
            ("Ocp-Apim-Subscription-Key", None),
            ("Authorization", Some(ApiKeyError::OurHeader)),
            ("HOST", Some(ApiKeyError::OurHeader)),
            ("content-length", Some(ApiKeyError::OurHeader)),
            ("Transfer-Encoding", Some(ApiKeyError::OurHeader)),
            ("X-Forwarded-For", Some(ApiKeyError::OurHeader)),
            ("traceparent", Some(ApiKeyError::OurHeader)),
            ("Proxy-Authorization", Some(ApiKeyError::OurHeader)),
            ("Cookie", Some(ApiKeyError::OurHeader)),
            ("X: a\r\nHost: b", Some(ApiKeyError::NoHeader)),
            ("", Some(ApiKeyError::NoHeader)),
        ] {
            assert_eq!(ApiKey::in_header(name, &key).err(), expected, "{name}");
        }
        for broken in ["", "  ", "a\r\nHost: b", "a\nb", "a\0"] {
            let broken = SecretString::from(broken);
            assert_eq!(ApiKey::in_header("X-Api-Key", &broken).err(), Some(ApiKeyError::Key));
            assert_eq!(ApiKey::in_query("key", &broken).err(), Some(ApiKeyError::Key));
        }
        for broken in ["", "a b", "a&b", "a=b", "ä"] {
            assert_eq!(ApiKey::in_query(broken, &key).err(), Some(ApiKeyError::NoParameter));
        }
    }

    #[test]
    fn a_key_is_in_a_url_once_and_can_be_taken_out_of_it() {
        let key = SecretString::from("k 1&x=%");
        let mut url = Url::parse("https://a.example/p?q=%7Eb&key=old&key=older&r=+").unwrap();
        add_to(&mut url, "key", &key);
        assert_eq!(url.as_str(), "https://a.example/p?q=%7Eb&r=+&key=k+1%26x%3D%25");
        let shown = ApiKey::in_query("key", &key).unwrap();
        shown.remove_from(&mut url);
        assert_eq!(url.as_str(), "https://a.example/p?q=%7Eb&r=+");
        let mut alone = Url::parse("https://a.example/p?k%65y=1").unwrap();
        shown.remove_from(&mut alone);
        assert_eq!(alone.as_str(), "https://a.example/p");
        assert_eq!(format!("{shown:?}"), "ApiKey");
    }
}

//! What is asked: it may be asked twice, if it turns out that we have to show who we are anew.

use std::fmt;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request};
use url::{Position, Url};

use super::body::ENCODING;
use super::credentials::{Shown, add_to};
use crate::connector::Problem;

/// How we call ourselves.
const OURSELVES: &str = concat!("caregraph/", env!("CARGO_PKG_VERSION"));

/// What is asked, but for who asks.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    /// The most bytes that the answer may have.
    pub(super) cap: usize,
}

impl Question {
    pub(super) fn get(url: Url, cap: usize) -> Self {
        Self { method: Method::GET, url, headers: Vec::new(), body: Bytes::new(), cap }
    }

    pub(super) fn post(url: Url, media_type: &'static str, body: Bytes, cap: usize) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static(media_type))];
        Self { method: Method::POST, url, headers, body, cap }
    }

    /// The request of somebody who shows this. A URL that cannot be written into a request leads nowhere.
    pub(super) fn request(&self, shown: Shown) -> Result<Request<Full<Bytes>>, Problem> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .header(USER_AGENT, HeaderValue::from_static(OURSELVES))
            .header(ACCEPT_ENCODING, HeaderValue::from_static(ENCODING));
        request = match shown {
            Shown::Nothing => request.uri(&self.url[..Position::AfterQuery]),
            Shown::Header(name, value) => {
                request.uri(&self.url[..Position::AfterQuery]).header(name, value)
            }
            Shown::Token(value, _) => {
                request.uri(&self.url[..Position::AfterQuery]).header(AUTHORIZATION, value)
            }
            Shown::Parameter(name, key) => {
                let mut url = self.url.clone();
                add_to(&mut url, &name, &key);
                request.uri(&url[..Position::AfterQuery])
            }
        };
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(self.body.clone())).map_err(|_| Problem::Unreachable)
    }
}

/// It may name a patient, so a debug print shows the type alone.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Question")
    }
}

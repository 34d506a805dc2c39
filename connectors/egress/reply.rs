//! What came back.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::connector::Problem;
use crate::tag::Tag;

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type, lower case, without parameters.
    pub media_type: String,
    /// By what the server can be asked whether this still holds.
    pub tag: Option<Tag>,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
    /// The headers.
    pub headers: HeaderMap,
    /// The decompressed body.
    pub body: Bytes,
}

impl Reply {
    /// What the head of an answer says, and its body.
    pub(super) fn of(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            media_type: media_type(&headers),
            tag: Tag::of(&headers),
            retry_after: retry_after(&headers),
            headers,
            body,
        }
    }

    /// The body of a 200, or what any other status means.
    pub fn into_ok(self) -> Result<Bytes, Problem> {
        self.ok().map(|reply| reply.body)
    }

    /// What a word that nothing has changed (304) means to whoever asked by this tag: a fault, if that was not asked or is said
    /// of something else. `None` of any other answer.
    pub fn unchanged(&self, since: Option<&Tag>) -> Option<Problem> {
        let is_asked = || since.is_some_and(|tag| tag.is_confirmed_by(self.tag.as_ref()));
        let problem = || if is_asked() { Problem::Unchanged } else { Problem::Garbled };
        (self.status == 304).then(problem)
    }

    /// The reply if it is a 200, or what any other status means.
    pub fn ok(self) -> Result<Self, Problem> {
        match self.status {
            200 => Ok(self),
            401 | 403 => Err(Problem::Unauthorized),
            429 => Err(Problem::Busy { retry_after: self.retry_after }),
            503 if self.retry_after.is_some() => {
                Err(Problem::Busy { retry_after: self.retry_after })
            }
            status => Err(Problem::Status(status)),
        }
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How long a server asks us to wait: in seconds, or until a moment. A moment is counted from the one at which the server
/// says that it answered, so that it does not matter whose clock is wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc2822).ok();
    let answered = headers.get(DATE).and_then(|date| moment(date.to_str().ok()?));
    let wait = moment(text)? - answered.unwrap_or_else(OffsetDateTime::now_utc);
    Some(Duration::try_from(wait).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_moment() {
        let wait = |pairs: &[(HeaderName, &'static str)]| {
            let pair = |(name, value): &(HeaderName, &'static str)| {
                (name.clone(), HeaderValue::from_static(value))
            };
            retry_after(&pairs.iter().map(pair).collect())
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let date = (DATE, "Sun, 06 Nov 2094 08:49:30 GMT");
        assert_eq!(wait(&[(RETRY_AFTER, " 7 ")]), seconds(7));
        assert_eq!(
            wait(&[(RETRY_AFTER, "Sun, 06 Nov 2094 08:49:37 GMT"), date.clone()]),
            seconds(7)
        );
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT"), date]), seconds(0));
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT")]), seconds(0));
        for nothing in ["", "-7", "soon", "99999999999999999999", "06 Nov"] {
            assert_eq!(wait(&[(RETRY_AFTER, nothing)]), None, "{nothing}");
        }
    }
}

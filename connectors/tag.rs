//! By what a server can be asked whether an answer of it still holds (RFC 9110, §13).

use hyper::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// A longer one is not kept.
const LONGEST: usize = 256;

/// A date is told in whole seconds: of what changed as late as this before the answer, a later change may bear the same.
const DATE_IS_COARSE: time::Duration = time::Duration::seconds(2);

/// What a server gave with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tag {
    /// An entity tag.
    Entity(String),
    /// When it last changed.
    Date(String),
}

impl Tag {
    /// What stands in the headers of an answer; the entity tag if there is one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let text = |name| text(name).map(str::trim).filter(|text| text.len() <= LONGEST);
        if let Some(tag) = text(ETAG) {
            return is_entity_tag(tag).then(|| Self::Entity(tag.to_owned()));
        }
        let moment = |text: &str| OffsetDateTime::parse(text, &Rfc2822).ok();
        let (changed, answered) = (text(LAST_MODIFIED)?, text(DATE)?);
        let is_settled = moment(answered)? - moment(changed)? >= DATE_IS_COARSE;
        is_settled.then(|| Self::Date(changed.to_owned()))
    }

    /// The header by which it is asked.
    pub(crate) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, text) = match self {
            Self::Entity(tag) => (IF_NONE_MATCH, tag),
            Self::Date(date) => (IF_MODIFIED_SINCE, date),
        };
        Some((name, HeaderValue::from_str(text).ok()?))
    }

    /// False when the server says that nothing has changed, but of something else than was asked about.
    pub(crate) fn is_confirmed_by(&self, said: Option<&Self>) -> bool {
        match (self, said) {
            (Self::Entity(own), Some(Self::Entity(said))) => opaque(own) == opaque(said),
            _ => true,
        }
    }
}

fn is_entity_tag(text: &str) -> bool {
    let tag = opaque(text);
    tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"')
}

/// Whether a tag is a weak one makes no difference to what is asked here.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(headers: &[(HeaderName, &'static str)]) -> Option<Tag> {
        let pair = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), HeaderValue::from_static(value))
        };
        Tag::of(&headers.iter().map(pair).collect())
    }

    #[test]
    fn the_tag_comes_first_and_a_date_only_when_it_can_tell() {
        let changed = (LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:37 GMT");
        let entity = |text: &str| Some(Tag::Entity(text.to_owned()));
        assert_eq!(tag(&[(ETAG, "W/\"7\""), changed.clone()]), entity("W/\"7\""));
        assert_eq!(tag(&[(ETAG, "7"), changed.clone()]), None, "no tag at all");
        assert_eq!(tag(std::slice::from_ref(&changed)), None, "nobody knows when it was said");
        for (answered, expected) in [
            ("Sun, 06 Nov 1994 08:49:38 GMT", false),
            ("Sun, 06 Nov 1994 08:49:39 GMT", true),
            ("Sun, 06 Nov 1994 08:00:00 GMT", false),
            ("today", false),
        ] {
            assert_eq!(tag(&[changed.clone(), (DATE, answered)]).is_some(), expected, "{answered}");
        }
    }

    #[test]
    fn another_tag_confirms_nothing() {
        let entity = |text: &str| Tag::Entity(text.to_owned());
        assert!(entity("\"7\"").is_confirmed_by(None));
        assert!(entity("\"7\"").is_confirmed_by(Some(&entity("W/\"7\""))));
        assert!(!entity("\"7\"").is_confirmed_by(Some(&entity("\"8\""))));
    }
}

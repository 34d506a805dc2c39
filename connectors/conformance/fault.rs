//! What goes wrong with a source, played with what it answered before.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;

use super::stage::Take;
use crate::witness::{Asked, Played, Scripted};

/// One thing that goes wrong with every answer, or with the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Limited,
    Broken,
    Away,
    Locked,
    Silent,
    CutOff,
    Huge,
    SignIn,
    Strange,
    LastPage,
}

impl Fault {
    pub(super) const ALL: [Self; 10] = [
        Self::Limited,
        Self::Broken,
        Self::Away,
        Self::Locked,
        Self::Silent,
        Self::CutOff,
        Self::Huge,
        Self::SignIn,
        Self::Strange,
        Self::LastPage,
    ];

    /// What the source does, in half a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Limited => "limits our requests (429)",
            Self::Broken => "fails (500)",
            Self::Away => "is being maintained (503)",
            Self::Locked => "refuses our credentials (401)",
            Self::Silent => "does not answer in time",
            Self::CutOff => "breaks off in the middle of an answer",
            Self::Huge => "sends an answer without an end",
            Self::SignIn => "answers with a page to sign in (200)",
            Self::Strange => "answers with {\"error\": …} (200)",
            Self::LastPage => "fails (500) at the last of several pages",
        }
    }

    /// How it is taken for a good answer, and what to do about that.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Limited | Self::Broken | Self::Away | Self::Locked | Self::LastPage => {
                "Leave that status out of `none_when`: it does not mean that there is nothing."
            }
            Self::SignIn | Self::Strange => {
                "Let `none_when` say what the answer holds when there is nothing, such as '@.count == 0', and not what it lacks."
            }
            Self::Silent | Self::CutOff | Self::Huge => {
                "Answer for that patient with a problem and not with an empty list."
            }
        }
    }

    /// The setting that is to blame when it is.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Silent | Self::CutOff | Self::Huge => "",
            _ => "none_when",
        }
    }

    /// What comes back in place of the healthy answer; nothing when that stands. `pages`: what came when all was well.
    pub(super) fn played(self, asked: &Asked, pages: &[Take]) -> Option<Played> {
        let healthy = || answered(asked, pages).unwrap_or_default();
        Some(match self {
            Self::Limited => Played::Whole(refusal(429, Some("7"))),
            Self::Broken => Played::Whole(refusal(500, None)),
            Self::Away => Played::Whole(refusal(503, Some("30"))),
            Self::Locked => Played::Whole(refusal(401, None)),
            Self::Silent => Played::Silence,
            Self::CutOff => Played::Broken(healthy()),
            Self::Huge => Played::Endless(healthy()),
            Self::SignIn => {
                let page = "<!doctype html><title>Sign in</title><form></form>";
                Played::Whole(answer(200, "text/html", page))
            }
            Self::Strange => {
                let error = "{\"error\": {\"message\": \"try again\"}}";
                Played::Whole(answer(200, "application/json", error))
            }
            Self::LastPage if pages.last().is_some_and(|last| is_same(last, asked)) => {
                Played::Whole(refusal(500, None))
            }
            Self::LastPage => return None,
        })
    }
}

/// What came of the same question when all was well.
pub(super) fn answered(asked: &Asked, pages: &[Take]) -> Option<Scripted> {
    pages.iter().find(|take| is_same(take, asked)).and_then(Take::answer).cloned()
}

fn is_same(take: &Take, asked: &Asked) -> bool {
    take.asked.url == asked.url && take.asked.body == asked.body
}

fn refusal(status: u16, wait: Option<&'static str>) -> Scripted {
    let mut refusal = answer(status, "application/json", "{\"error\": \"not now\"}");
    let wait = wait.map(|seconds| (RETRY_AFTER, HeaderValue::from_static(seconds)));
    refusal.headers.extend(wait);
    refusal
}

fn answer(status: u16, media_type: &'static str, body: &'static str) -> Scripted {
    let pair: (HeaderName, HeaderValue) = (CONTENT_TYPE, HeaderValue::from_static(media_type));
    let headers: HeaderMap = std::iter::once(pair).collect();
    Scripted { status, headers, body: Bytes::from_static(body.as_bytes()) }
}

/// The same answers with each item twice; nothing when they hold no list in JSON.
pub(super) fn doubled(pages: &[Take]) -> Option<Vec<Take>> {
    let double = |take: &Take| {
        let mut answer = take.answer()?.clone();
        let mut value: Value = serde_json::from_slice(&answer.body).ok()?;
        let items = longest(&mut value)?;
        items.extend(items.clone());
        answer.body = value.to_string().into();
        Some(Take { came: Ok(answer), ..take.clone() })
    };
    pages.iter().map(double).collect()
}

/// The longest list of objects.
fn longest(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(items) => items.iter().all(Value::is_object).then_some(items),
        Value::Object(members) => {
            let lists = members.values_mut().filter_map(longest);
            lists.max_by_key(|items| items.len())
        }
        _ => None,
    }
}

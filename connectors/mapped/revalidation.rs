//! Asking a partner's system whether what its questions brought before still holds, for one patient at a time.
//!
//! Answers on several pages are asked about too, page by page: each page tells in its body whether another one follows, so
//! that a list of which every page holds still has neither grown nor shrunk. Where anything is told by a header instead,
//! nothing is asked: a tag stands for a body alone, and may stay as it is while a header changes.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use hyper::Method;
use serde::Deserialize as _;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use tokio::time::Instant;
use toml::{Table, Value};

use super::exchange::Exchange;
use super::fetch::Asker;
use super::paging::Turn;
use super::part::Part;
use super::site::{Arrived, Site, mark, marked};
use super::template::Whom;
use super::united;
use crate::connector::{Answer, Ask, LocalId, Problem, Share, Validator};
use crate::parts::{Part as Page, Parts, Revalidate};

const KEY: &str = "revalidate";

/// Reads by what a question is asked again; checks that it can be.
pub(super) fn read(part: &Part<'_>, exchange: &Exchange) -> Revalidate {
    let written = part.one_of(KEY, &["etag", "date", "never"]);
    let by = written.and_then(|name| {
        Revalidate::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok()
    });
    let by = by.unwrap_or_default();
    let Some(why) = hindrance(part.table, exchange) else { return by };
    if written.is_some() && by != Revalidate::Never {
        part.wrong(KEY, why, "leave it out");
    }
    Revalidate::Never
}

/// Why a question cannot be asked again.
fn hindrance(table: &Table, exchange: &Exchange) -> Option<&'static str> {
    if *exchange.request.method() != Method::GET {
        return Some("of what is posted nobody can be asked whether it has changed");
    }
    if exchange.paging.is_by_header() || table.iter().any(|(_, value)| names(value, "header")) {
        return Some("a tag stands for a body, and here a header is read too");
    }
    None
}

/// True when a table in there has such a key. One that means something else by it is only asked for in full.
fn names(value: &Value, key: &str) -> bool {
    match value {
        Value::Table(table) => table.iter().any(|(name, value)| name == key || names(value, key)),
        Value::Array(items) => items.iter().any(|item| names(item, key)),
        _ => false,
    }
}

/// Fills a section by all of its questions. Of one patient it can be asked whether what all of them brought before still
/// holds.
pub(super) async fn section(askers: &[&Asker], site: &Site, ask: Ask<'_>) -> Answer {
    let keyed = |asker: &&Asker| match ask.patients {
        [patient] => asker.key(site, patient),
        _ => String::new(),
    };
    let keys: Vec<String> = askers.iter().map(keyed).collect();
    let before = ask.since.filter(|_| ask.patients.len() == 1).and_then(Parts::read);
    let is_known =
        |before: &Parts| keys.iter().all(|it| before.of(it).is_some_and(|it| !it.is_empty()));
    let before = before.filter(is_known);
    let asked = askers.iter().zip(&keys).map(|(asker, key)| {
        let pages = before.as_ref().and_then(|before| before.of(key));
        asker.fetch(site, ask, pages)
    });
    let mut brought = join_all(asked).await;
    if before.is_some() && brought.iter().all(Brought::is_unchanged) {
        return Share::failed(Problem::Unchanged).for_each(ask.patients);
    }
    // Where something has changed, all of it is needed.
    let again = askers.iter().zip(&mut brought).filter(|(_, it)| it.is_unchanged());
    join_all(again.map(async |(asker, it)| *it = asker.fetch(site, ask, None).await)).await;
    let validator = validator(&keys, &brought);
    let mut answer = united(brought.into_iter().map(|it| it.answer).collect());
    // What could not be read, was cut off or was somebody else's is asked for in full the next time.
    if let [patient] = ask.patients
        && let Some(share) = answer.get_mut(patient).filter(|share| share.problem.is_none())
    {
        share.validator = validator;
    }
    answer
}

/// By what a section of one patient can be asked about later: all of it, or nothing.
fn validator(keys: &[String], brought: &[Brought]) -> Option<Validator> {
    let mut parts = Parts::default();
    for (key, brought) in keys.iter().zip(brought) {
        parts.add(key, brought.pages.clone()?);
    }
    parts.write()
}

/// What one part of a section brought.
pub(super) struct Brought {
    pub(super) answer: Answer,
    /// The pages that it came on, when each can be asked about.
    pub(super) pages: Option<Vec<Page>>,
}

impl Brought {
    /// The source said so.
    pub(super) fn is_unchanged(&self) -> bool {
        self.answer.values().any(|share| share.problem == Some(Problem::Unchanged))
    }
}

impl Asker {
    /// What tells this question about that patient from all others: of a mapping that was changed, or of another server,
    /// nothing is believed to hold.
    fn key(&self, site: &Site, patient: &LocalId) -> String {
        let mut digest = Context::new(&SHA256);
        for text in [site.base.as_str(), &self.plan.text, patient.as_str()] {
            digest.update(&text.len().to_be_bytes());
            digest.update(text.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(digest.finish())
    }
}

impl Site {
    /// Asks whether the pages of before still hold. If so, or if that cannot be asked, the answer is a problem; if the first
    /// one does not, it is that page as it is now; `None` when all are to be read anew.
    pub(super) async fn changed(
        &self,
        exchange: &Exchange,
        patients: &[LocalId],
        before: &[Page],
        deadline: Instant,
    ) -> Option<Result<Arrived, Problem>> {
        for (number, page) in before.iter().enumerate() {
            let turn = marked(&page.at, &self.base).ok()?;
            if number == 0 && turn != exchange.paging.start() {
                return None;
            }
            match self
                .ask(exchange, Whom::Patients(patients), &turn, Some(&page.tag), deadline)
                .await
            {
                Err(Problem::Unchanged) => {}
                reply if number == 0 => return Some(reply),
                _ => return None,
            }
        }
        (!before.is_empty()).then_some(Err(Problem::Unchanged))
    }
}

/// The pages that a question has brought so far, as long as each can be asked about.
pub(super) struct Trail {
    by: Revalidate,
    pages: Option<Vec<Page>>,
}

impl Trail {
    pub(super) fn of(exchange: &Exchange) -> Self {
        Self { by: exchange.revalidate, pages: Some(Vec::new()) }
    }

    pub(super) fn note(&mut self, turn: &Turn, arrived: &Arrived) {
        // Another status that means nothing, such as 404, is no answer whose tag says that it still holds.
        let tag = arrived.reply.tag.clone().filter(|_| arrived.reply.status == 200);
        let tag = tag.filter(|tag| self.by.takes(tag));
        // The address may repeat a key of ours, and this is kept.
        let url = turn.url.as_ref().map(|_| arrived.url.to_string());
        let at = mark(&Turn { url, ..turn.clone() });
        match (&mut self.pages, at, tag) {
            (Some(pages), Some(at), Some(tag)) => pages.push(Page { at, tag }),
            (pages, ..) => *pages = None,
        }
    }

    pub(super) fn end(self) -> Option<Vec<Page>> {
        self.pages.filter(|pages| !pages.is_empty())
    }
}

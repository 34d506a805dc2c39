//! Reading a server's patients, page by page.

use std::any::Any;

use tokio::time::Instant;
use url::Url;

use super::Server;
use super::map::person::Patient;
use super::page::{Page, within};
use super::resource::{Content, Resource};
use crate::connector::{LocalId, Problem, RosterCursor, RosterEntry, RosterPage};

/// How many patients a roster page is asked to hold: large, because the whole roster is read in the background.
const PAGE_SIZE: &str = "500";

impl Server {
    /// One page of the roster.
    pub(super) async fn roster(
        &self,
        from: &RosterCursor,
        deadline: Instant,
    ) -> Result<RosterPage, Problem> {
        let url = self.roster_url(from)?;
        let reply = self.get(url, false, None, deadline).await?;
        let read = Page::read::<Patient>(&reply.body)?;
        let mut page = RosterPage { total: read.total, ..RosterPage::default() };
        let next = read.next(&self.base)?.map(|url| self.without_key(url));
        page.next = next.map(|url| RosterCursor::Page(url.into()));
        for entry in read.entries.into_iter().filter(|entry| !entry.is_include) {
            match entry.content {
                Content::Wanted(patient) => match roster_entry(patient) {
                    Some(person) => page.people.push(person),
                    None => page.unreadable += 1,
                },
                Content::Unreadable => page.unreadable += 1,
                Content::Medication(..) | Content::Outcome(_) | Content::Other => {}
            }
        }
        Ok(page)
    }

    fn roster_url(&self, from: &RosterCursor) -> Result<Url, Problem> {
        if let RosterCursor::Page(url) = from {
            return Url::parse(url)
                .ok()
                .filter(|url| within(url, &self.base))
                .ok_or(Problem::Incomplete);
        }
        let mut url = self.base.join("Patient").map_err(|_| Problem::Garbled)?;
        if let RosterCursor::ChangedSince(since) = from {
            url.query_pairs_mut().append_pair("_lastUpdated", &format!("ge{}", since.as_str()));
        }
        url.query_pairs_mut().append_pair("_count", PAGE_SIZE);
        Ok(url)
    }
}

/// One patient; one without an id cannot be asked for.
fn roster_entry(mut resource: Resource) -> Option<RosterEntry> {
    let id = resource.head.id.take().filter(|id| !id.is_empty())?;
    let patient = (resource.body as Box<dyn Any>).downcast::<Patient>().ok()?;
    let active = patient.is_active();
    let person = patient.into_person(&resource.head);
    Some(RosterEntry { id: LocalId::new(id), active, person })
}

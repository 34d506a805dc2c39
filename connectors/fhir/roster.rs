//! Reading a server's patients, page by page.

use tokio::time::Instant;
use url::Url;

use super::bundle::{Bundle, Peek, within};
use super::{Server, map};
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
        let body = self.get(url, false, deadline).await?;
        let bundle = Bundle::parse(&body)?;
        let mut page = RosterPage { total: bundle.total, ..RosterPage::default() };
        for entry in bundle.entry.iter().filter(|entry| !entry.is_include()) {
            let Some(resource) = entry.resource else { continue };
            let is_patient = serde_json::from_str::<Peek<'_>>(resource.get())
                .is_ok_and(|peek| peek.resource_type == "Patient");
            if !is_patient {
                continue;
            }
            match map::person::roster_entry(resource.get().as_bytes()) {
                Some((id, active, person)) => {
                    page.people.push(RosterEntry { id: LocalId::new(id), active, person });
                }
                None => page.unreadable += 1,
            }
        }
        page.next = bundle.next(&self.base)?.map(|url| RosterCursor::Page(url.into()));
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

//! Asking a server whether what a search brought before still holds.

use tokio::time::Instant;
use url::Url;

use super::Server;
use super::page::within;
use super::search::{Found, Manners};
use crate::connector::Problem;
use crate::egress::Reply;
use crate::parts::Part;
use crate::tag::Tag;

impl Server {
    /// Asks whether the pages of before still hold. If so, or if that cannot be asked, the answer is a problem; if the first
    /// one does not, it is that page as it is now; `None` when all are to be read anew.
    pub(super) async fn changed(
        &self,
        url: &Url,
        before: &[Part],
        manners: &Manners,
        deadline: Instant,
    ) -> Option<Result<Reply, Problem>> {
        // Of another search than the one that is due now, it does not matter whether it still holds.
        before.first().filter(|part| part.at == url.as_str())?;
        for (number, part) in before.iter().enumerate() {
            let at = Url::parse(&part.at).ok().filter(|at| within(at, &self.base))?;
            match self.page(at, manners, number == 0, Some(&part.tag), deadline).await {
                Err(Problem::Unchanged) => {}
                reply if number == 0 => return Some(reply),
                _ => return None,
            }
        }
        Some(Err(Problem::Unchanged))
    }

    /// Remembers by what a page can be asked about, if it can be.
    pub(super) fn note_page(&self, found: &mut Found, at: String, tag: Option<Tag>) {
        let Some(tag) = tag.filter(|tag| self.settings.revalidate.takes(tag)) else {
            found.pages = None;
            return;
        };
        if let Some(pages) = &mut found.pages {
            pages.push(Part { at, tag });
        }
    }
}

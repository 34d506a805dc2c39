//! A page of the patients whom a viewer may see.

use async_graphql::Error;

use super::call::Call;
use super::lookup::{Gateway, broken};
use crate::access::AccessMask;
use crate::identity::{Identity, SearchCursor};

/// How many people are looked at in one go, once the first go has not filled the page.
const BATCH: usize = 500;
/// After how many goes the search is given up.
const GOES: usize = 10;

/// Some of those who fit, in their order.
#[derive(Default)]
pub(crate) struct Page {
    /// Who was found, each with the mask that decides what of them is shown.
    pub(crate) people: Vec<(Identity, AccessMask)>,
    /// Each person's cursor, in the same order.
    pub(crate) cursors: Vec<String>,
    /// True when there are more after this page.
    pub(crate) has_next: bool,
    /// False when not all who may fit were looked at.
    pub(crate) exhaustive: bool,
}

/// The first `size` who fit and whom the viewer may see. Whom they may not see leaves no gap: neither a shorter page nor
/// one more of them.
pub(crate) async fn page(
    gateway: &Gateway,
    call: &Call,
    text: Option<&str>,
    size: usize,
    after: Option<SearchCursor>,
) -> Result<Page, Error> {
    let (mut page, mut after) = (Page { exhaustive: true, ..Page::default() }, after);
    for go in 0..GOES {
        let batch = if go == 0 { size + 1 } else { BATCH };
        let found = gateway.index.search(text, batch, after.as_ref()).await;
        let found = found.map_err(|error| broken(&error))?;
        page.exhaustive &= found.exhaustive;
        after = found.cursors.last().cloned();
        let people = found.people.into_iter().map(Some).collect();
        let admitted = gateway.admit_all(call, people).await?;
        for (known, cursor) in admitted.into_iter().zip(found.cursors) {
            let Some(known) = known else { continue };
            if page.people.len() == size {
                page.has_next = true;
                return Ok(page);
            }
            page.people.push(known);
            page.cursors.push(cursor.as_str().to_owned());
        }
        if !found.has_next {
            return Ok(page);
        }
    }
    page.exhaustive = false;
    Ok(page)
}

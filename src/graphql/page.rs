//! A page of patients.

use async_graphql::Error;

use super::call::Call;
use super::gateway::Gateway;
use crate::access::AccessMask;
use crate::identity::{Identity, SearchPage};
use crate::view::connection::Window;

/// Some of those who fit, in their order.
pub(super) struct Page {
    /// Who was found, each with the mask that decides what of them is shown.
    pub(super) people: Vec<(Identity, AccessMask)>,
    /// Each person's cursor, in the same order; none for a page that is not one of many.
    pub(super) cursors: Vec<String>,
    /// True when there are more after this page.
    pub(super) has_next: bool,
    /// False when not all who may fit were looked at.
    pub(super) exhaustive: bool,
}

impl Page {
    /// All there is.
    pub(super) fn whole(people: Vec<(Identity, AccessMask)>) -> Self {
        Self { people, cursors: Vec::new(), has_next: false, exhaustive: true }
    }

    /// Where it stands in the list; `has_previous` says whether it began after a cursor.
    pub(super) fn window(&self, has_previous: bool) -> Window {
        let cursors = self.cursors.iter().cloned().chain(std::iter::repeat(String::new()));
        let cursors = cursors.take(self.people.len()).collect();
        Window { cursors, has_next: self.has_next, has_previous }
    }

    /// What a search found by what the viewer may know.
    pub(super) async fn of(
        gateway: &Gateway,
        call: &Call,
        found: SearchPage,
    ) -> Result<Self, Error> {
        let mut people: Vec<Option<Identity>> = found.people.into_iter().map(Some).collect();
        if people.is_empty() {
            // Somebody was asked for who is not there: that too is an answer about somebody.
            people.push(None);
        }
        let admitted = gateway.admit_all(call, people).await?;
        let known = admitted.into_iter().zip(found.cursors);
        let (people, cursors) =
            known.filter_map(|(known, cursor)| Some((known?, cursor.as_str().to_owned()))).unzip();
        Ok(Self { people, cursors, has_next: found.has_next, exhaustive: found.exhaustive })
    }
}

//! Reading a partner's patients, page by page.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use tokio::time::Instant;

use super::item::around;
use super::out::Out;
use super::plan::{Listed, Roster};
use super::rule::{Around, Stop};
use super::site::{Site, mark, marked};
use super::template::Whom;
use super::testimony::blame;
use crate::connector::{LocalId, Problem, RosterCursor, RosterEntry, RosterPage};
use crate::record::{FuzzyDate, Person};

/// One page of the roster. A partner that cannot tell who changed is read from the beginning.
pub(super) async fn page(
    plan: &Roster,
    site: &Site,
    from: &RosterCursor,
    deadline: Instant,
) -> Result<RosterPage, Problem> {
    let turn = match from {
        RosterCursor::Start | RosterCursor::ChangedSince(_) => plan.exchange.paging.start(),
        RosterCursor::Page(text) => marked(text, &site.base)?,
    };
    let brought = site.page(&plan.exchange, Whom::Nobody, &turn, deadline, |page| {
        let mut read = RosterPage::default();
        for item in &page.items {
            match entry(&plan.listed, around(page, item)) {
                Ok(entry) => read.people.push(entry),
                Err(Stop::Unfit(_)) => read.unreadable += 1,
                Err(Stop::Spent) => return Err(Problem::TooMuch),
            }
        }
        Ok(read)
    });
    let Some(brought) = brought.await? else { return Ok(RosterPage::default()) };
    let next = brought.next.as_ref().and_then(mark).map(RosterCursor::Page);
    // Of those whom `items` leaves out the source knows, and the total is of them too.
    let total = brought.total.filter(|_| !plan.exchange.is_filtered());
    Ok(RosterPage { next, total, ..brought.taken })
}

/// One patient; one without an id cannot be asked for.
pub(super) fn entry<'e>(plan: &'e Listed, around: Around<'e>) -> Result<RosterEntry, Stop<'e>> {
    let unfit = Stop::Unfit(plan.id.at.as_str());
    let id = plan.id.text(around)?.filter(|id| !id.is_empty()).ok_or(unfit)?;
    let active = match &plan.active {
        None => true,
        Some(pick) => match pick.make(around)?.map(|made| made.out) {
            None | Some(Out::Bool(true)) => true,
            Some(_) => false,
        },
    };
    let blamed = |()| {
        blame(&plan.fields, around);
        unfit
    };
    let fields = plan.fields.make(around)?.ok_or(()).map_err(blamed)?;
    let person = Person::deserialize(fields.out.into_deserializer()).map_err(drop);
    let mut person = person.map_err(blamed)?;
    person.birth_date = person.birth_date.map(FuzzyDate::as_birth);
    Ok(RosterEntry { id: LocalId::new(id.as_ref()), active, person })
}

//! Asking a partner for one patient, by an identifier.

use tokio::time::Instant;

use super::exchange::Answer as Page;
use super::hint::Objection;
use super::item::around;
use super::plan::Lookup;
use super::roster::entry;
use super::rule::Stop;
use super::site::Site;
use super::template::{Identifier, Whom};
use crate::connector::{Problem, RosterEntry};
use crate::record::{Identifier as Borne, systems};

/// A source that finds more people than these was not asked for one.
const MOST: usize = 10;

/// Whom the partner knows under that identifier. An answer of which not all can be believed is not believed at all.
pub(super) async fn find(
    plan: &Lookup,
    site: &Site,
    value: &str,
    deadline: Instant,
) -> Result<Vec<RosterEntry>, Problem> {
    let (exchange, whom) = (&plan.exchange, Whom::Bearer(Identifier(value)));
    let turn = exchange.paging.start();
    let brought = site.page(exchange, whom, &turn, deadline, |page| read(plan, page, value));
    let Some(brought) = brought.await? else { return Ok(Vec::new()) };
    let total = brought.total.filter(|_| !exchange.is_filtered());
    let is_whole = total.is_none_or(|total| total <= brought.listed as u64);
    if is_whole { Ok(brought.taken) } else { Err(Problem::Incomplete) }
}

fn read(plan: &Lookup, page: &Page<'_>, value: &str) -> Result<Vec<RosterEntry>, Problem> {
    if page.items.len() > MOST {
        return Err(Problem::TooMuch);
    }
    let (mut people, mut unreadable, mut strangers) = (Vec::new(), 0, 0);
    for item in &page.items {
        match entry(&plan.listed, around(page, item)) {
            Ok(entry) if bears(plan, &entry, value) => people.push(entry),
            Ok(_) => strangers += 1,
            Err(Stop::Unfit(_)) => unreadable += 1,
            Err(Stop::Spent) => return Err(Problem::TooMuch),
        }
    }
    if strangers > 0 {
        plan.exchange.refuse(page.walk.budget.witness(), "fields.identifiers", stranger);
        return Err(Problem::WrongPatient(strangers));
    }
    if unreadable > 0 { Err(Problem::Unreadable(unreadable)) } else { Ok(people) }
}

/// True for somebody who bears the very identifier that was asked for.
fn bears(plan: &Lookup, entry: &RosterEntry, value: &str) -> bool {
    let is_asked = |it: &Borne| {
        it.system.as_deref().is_some_and(|system| system.trim() == plan.system)
            && plain(&plan.system, &it.value) == plain(&plan.system, value)
    };
    entry.person.identifiers.iter().any(is_asked)
}

/// Without what people write differently: blanks, small letters and the dashes of a social security number.
fn plain(system: &str, value: &str) -> String {
    let mut text = value.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    if system == systems::SSN {
        text.retain(|sign| sign.is_ascii_alphanumeric());
    }
    text
}

fn stranger() -> Objection {
    Objection::new(
        "somebody was found who does not bear the identifier that was asked for",
        "let the server find by the whole identifier, and pick here what it was asked for, as it was written in the question",
    )
}

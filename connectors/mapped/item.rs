//! One item of an answer, and the record that is made of it.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use smol_str::format_smolstr;

use super::exchange::Answer as Page;
use super::node::Node;
use super::out::Out;
use super::plan::Fetch;
use super::rule::{Around, Rule, Stop};
use super::single::Pick;
use super::testimony::blame;
use crate::record::{Fact, FuzzyDate, Record, Text};

/// What an item turned out to be.
pub(super) enum Item {
    Record(Box<Record>),
    /// Its source took it back.
    Withdrawn(Text),
}

/// What an item states.
pub(super) fn record<'e>(plan: &'e Fetch, around: Around<'e>) -> Result<Item, Stop<'e>> {
    let unfit = Stop::Unfit(plan.reference.at.as_str());
    let local = plan.reference.text(around)?.filter(|text| !text.is_empty()).ok_or(unfit)?;
    let reference = format_smolstr!("{}/{local}", plan.fact);
    plan.testify_withdrawn(around);
    if let Some(withdrawn) = &plan.beside.withdrawn
        && withdrawn.holds(around)?
    {
        return Ok(Item::Withdrawn(reference));
    }
    let unfit = |()| {
        blame(&plan.fields, around);
        Stop::Unfit(plan.fact.as_str())
    };
    let fields = plan.fields.make(around)?.ok_or(()).map_err(unfit)?;
    let fact = Out::Tagged(&plan.fact, Box::new(fields.out));
    let mut fact = Fact::deserialize(fact.into_deserializer()).map_err(drop).map_err(unfit)?;
    if let Fact::Person(person) = &mut fact {
        person.birth_date = person.birth_date.take().map(FuzzyDate::as_birth);
    }
    if fact.is_withdrawn() {
        return Ok(Item::Withdrawn(reference));
    }
    if !fact.is_of_use() {
        return Err(unfit(()));
    }
    Ok(Item::Record(Box::new(Record {
        reference,
        recorded: date(plan.beside.recorded.as_ref(), around)?,
        updated: date(plan.beside.updated.as_ref(), around)?,
        identifiers: listed(plan.beside.identifiers.as_ref(), around)?,
        labels: listed(plan.beside.labels.as_ref(), around)?,
        fact,
    })))
}

fn date<'e>(pick: Option<&'e Pick>, around: Around<'e>) -> Result<Option<FuzzyDate>, Stop<'e>> {
    let Some(pick) = pick else { return Ok(None) };
    Ok(pick.text(around)?.and_then(|text| FuzzyDate::parse(&text)))
}

fn listed<'e, T: Deserialize<'e>>(
    rule: Option<&'e Rule>,
    around: Around<'e>,
) -> Result<Vec<T>, Stop<'e>> {
    let Some(made) = rule.map(|rule| rule.make(around)).transpose()?.flatten() else {
        return Ok(Vec::new());
    };
    Vec::deserialize(made.out.into_deserializer()).map_err(|_| Stop::Unfit("labels"))
}

/// The item alone, as a roster and a directory have them.
pub(super) fn around<'e>(page: &Page<'e>, item: &'e Node<'e>) -> Around<'e> {
    Around { walk: page.walk, headers: &page.reply.headers, item, here: item }
}

//! From linked groups to places: which person each record belongs to, written where it differs from before.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::error::IndexError;
use super::ids::Seq;
use super::link::{Component, link};
use super::neighbourhood::Surroundings;
use super::packed::pack_basis;
use super::person_store::{Member, PersonWrite, RecordRow};
use super::profile::Basis;

/// Links a neighbourhood and writes what differs from what is stored. Returns whose cached answers are stale.
pub(crate) async fn write_persons(
    write: &mut dyn PersonWrite,
    around: &Surroundings,
    retired: &[&RecordRow],
) -> Result<Vec<Uuid>, IndexError> {
    let now = super::now_ms();
    let placed: BTreeMap<Seq, Member> = link(&around.hood)
        .iter()
        .flat_map(|component| places(around, component, now))
        .map(|m| (m.seq, m))
        .collect();
    let moved: Vec<Member> = placed
        .values()
        .filter(|member| around.members.get(&member.seq) != Some(member))
        .copied()
        .collect();
    let leaving: Vec<&RecordRow> =
        retired.iter().filter(|row| around.members.contains_key(&row.seq)).copied().collect();
    if moved.is_empty() && leaving.is_empty() {
        return Ok(Vec::new());
    }
    let arrived: Vec<&RecordRow> =
        around.rows.iter().filter(|row| !around.members.contains_key(&row.seq)).collect();
    let arrived_seqs: Vec<Seq> = arrived.iter().map(|row| row.seq).collect();
    let leaving_seqs: Vec<Seq> = leaving.iter().map(|row| row.seq).collect();
    write.put_members(&moved).await?;
    write.drop_heirs(&arrived_seqs).await?;
    write.drop_members(&leaving_seqs).await?;
    write.put_heirs(&heirs(around, &leaving, &placed)).await?;
    count(write, &arrived, 1).await?;
    count(write, &leaving, -1).await?;
    Ok(around.rows.iter().chain(leaving).map(|row| row.own).collect())
}

/// The places of one component: its eldest record names the person. What did not change keeps its time.
fn places(around: &Surroundings, component: &Component, now: i64) -> Vec<Member> {
    let seq = |node: usize| around.hood.nodes[node].seq;
    let Some((eldest, _)) = component.members.first() else { return Vec::new() };
    let person = seq(*eldest);
    let place = |(node, reason): &(usize, Option<Basis<u32>>)| {
        let reason = reason.map_or(0, |basis| i64::from(pack_basis(basis)));
        let before = around.members.get(&seq(*node));
        let same = before.filter(|before| before.person == person && before.reason == reason);
        Member {
            seq: seq(*node),
            person,
            reason,
            linked_at_ms: same.map_or(now, |before| before.linked_at_ms),
        }
    };
    component.members.iter().map(place).collect()
}

/// Where the id of a retired record leads from now on: to the eldest of those who were one person with it.
fn heirs(
    around: &Surroundings,
    leaving: &[&RecordRow],
    placed: &BTreeMap<Seq, Member>,
) -> Vec<(Seq, Seq)> {
    let person_before = |seq: &Seq| around.members.get(seq).map(|member| member.person);
    leaving
        .iter()
        .filter_map(|row| {
            let heir = placed
                .values()
                .find(|member| person_before(&member.seq) == person_before(&row.seq))?;
            Some((row.seq, heir.person))
        })
        .collect()
}

async fn count(
    write: &mut dyn PersonWrite,
    rows: &[&RecordRow],
    each: i64,
) -> Result<(), IndexError> {
    let mut changes: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows {
        *changes.entry(row.source).or_default() += each;
    }
    for (source, change) in changes {
        write.count_people(source, change).await?;
    }
    Ok(())
}

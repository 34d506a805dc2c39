//! Reading the neighbourhood of some records: every record that could be linked to them, directly or by others.
//!
//! Only keys that are unambiguous join records, so a value that a thousand people bear (an employer's telephone,
//! a made-up number) leads nowhere and costs nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::error::IndexError;
use super::facts::Facts;
use super::ids::Seq;
use super::link::{Neighbourhood, Node};
use super::packed::unpack_keys;
use super::person_store::{Member, PersonWrite, RecordRow};
use super::seal::{Mac, Sealer};

/// A neighbourhood, and what the store says of it now.
pub(crate) struct Surroundings {
    /// What the rules of linking are applied to.
    pub hood: Neighbourhood,
    /// The rows of its records, in the order of the nodes.
    pub rows: Vec<RecordRow>,
    /// To which persons they belong now, retired ones included.
    pub members: HashMap<Seq, Member>,
}

/// Reads outwards from the seeds until nothing new is found. Rows that the caller has read already, within the
/// same change or of a source that cannot change meanwhile, are not read again.
pub(crate) async fn surroundings(
    write: &mut dyn PersonWrite,
    sealer: &Sealer,
    sources: &[i64],
    seeds: impl IntoIterator<Item = Seq>,
    known: Vec<RecordRow>,
) -> Result<Surroundings, IndexError> {
    let mut known: HashMap<Seq, RecordRow> = known.into_iter().map(|row| (row.seq, row)).collect();
    let mut found =
        Surroundings { hood: Neighbourhood::default(), rows: Vec::new(), members: HashMap::new() };
    let mut seen: HashSet<Seq> = HashSet::new();
    let mut asked: HashSet<Mac> = HashSet::new();
    let mut bearers: Vec<(Mac, Seq)> = Vec::new();
    let mut frontier: BTreeSet<Seq> = seeds.into_iter().collect();
    while !frontier.is_empty() {
        let batch: Vec<Seq> = frontier.into_iter().collect();
        seen.extend(&batch);
        let first_new = found.hood.nodes.len();
        read_records(write, sealer, sources, &batch, &mut known, &mut found).await?;
        let keys =
            found.hood.nodes[first_new..].iter().flat_map(|node| &node.keys).map(|key| key.mac);
        let mut keys: Vec<Mac> = keys.filter(|mac| asked.insert(*mac)).collect();
        // In the order of the store, so that neighbouring keys are found on the same page.
        keys.sort_unstable();
        let alone = write.sole_bearers(&keys, sources).await?;
        let mut next = read_companions(write, &batch, &mut found).await?;
        next.extend(alone.iter().map(|(_, seq)| *seq));
        bearers.extend(alone);
        frontier = next.into_iter().filter(|seq| !seen.contains(seq)).collect();
    }
    read_separations(write, &mut found).await?;
    note_bearers(&mut found.hood, bearers);
    Ok(found)
}

async fn read_records(
    write: &mut dyn PersonWrite,
    sealer: &Sealer,
    sources: &[i64],
    batch: &[Seq],
    known: &mut HashMap<Seq, RecordRow>,
    found: &mut Surroundings,
) -> Result<(), IndexError> {
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for seq in batch {
        match known.remove(seq) {
            Some(row) => rows.push(row),
            None => unread.push(*seq),
        }
    }
    rows.extend(write.records(&unread).await?);
    for row in rows.into_iter().filter(|row| row.active && sources.contains(&row.source)) {
        found.hood.nodes.push(Node {
            seq: row.seq,
            key: row.record,
            source: row.source,
            keys: unpack_keys(&row.keys),
            facts: Facts::open(sealer, row.record, &row.sealed)?,
        });
        found.rows.push(row);
    }
    Ok(())
}

/// Those who are one person with these records as things stand: what holds them together may just have gone.
async fn read_companions(
    write: &mut dyn PersonWrite,
    batch: &[Seq],
    found: &mut Surroundings,
) -> Result<BTreeSet<Seq>, IndexError> {
    let companions = write.companions(batch).await?;
    found.members.extend(companions.iter().map(|member| (member.seq, *member)));
    Ok(companions.iter().map(|member| member.seq).collect())
}

async fn read_separations(
    write: &mut dyn PersonWrite,
    found: &mut Surroundings,
) -> Result<(), IndexError> {
    let seqs: Vec<Seq> = found.hood.nodes.iter().map(|node| node.seq).collect();
    found.hood.separated.extend(write.separations(&seqs).await?);
    Ok(())
}

fn note_bearers(hood: &mut Neighbourhood, bearers: Vec<(Mac, Seq)>) {
    let places: HashMap<Seq, usize> =
        hood.nodes.iter().enumerate().map(|(at, node)| (node.seq, at)).collect();
    for (mac, seq) in bearers {
        if let Some(at) = places.get(&seq) {
            hood.bearers.entry(mac).or_default().push(*at);
        }
    }
    hood.bearers.retain(|_, bearers| bearers.len() > 1);
}

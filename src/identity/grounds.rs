//! Why records are believed to be of one person, when only some of the person's records may be spoken of.
//!
//! The reason that is kept of a record may be what it shares with one that a viewer may not know of. Told to that
//! viewer, it would give the other one away, so the rules of linking are applied anew to the rest.

use std::collections::HashMap;

use super::error::IndexError;
use super::facts::Facts;
use super::ids::RecordKey;
use super::index::PersonIndex;
use super::link::{Neighbourhood, Node, link};
use super::packed::{pack_basis, unpack_keys};
use super::person::Identity;
use super::person_store::RecordRow;
use super::seal::Sealer;

impl PersonIndex {
    /// Gives the links of each of these people the reasons that they have among themselves.
    pub async fn reason_anew(&self, people: &mut [&mut Identity]) -> Result<(), IndexError> {
        let core = &self.core;
        let names: Vec<RecordKey> =
            people.iter().flat_map(|person| &person.links).map(|link| link.record).collect();
        let rows = core.store.records_named(&names).await?;
        let rows: HashMap<RecordKey, RecordRow> =
            rows.into_iter().map(|row| (row.record, row)).collect();
        for person in people {
            let theirs: Vec<&RecordRow> =
                person.links.iter().filter_map(|link| rows.get(&link.record)).collect();
            let packed = reasons(&core.sealer, &theirs)?;
            for link in &mut person.links {
                link.reason = core.reason(packed.get(&link.record).copied().unwrap_or(0));
            }
        }
        Ok(())
    }
}

/// What links each of these records to another of them, packed.
fn reasons(sealer: &Sealer, rows: &[&RecordRow]) -> Result<HashMap<RecordKey, i64>, IndexError> {
    let mut hood = Neighbourhood::default();
    for row in rows {
        let keys = unpack_keys(&row.keys);
        for key in &keys {
            hood.bearers.entry(key.mac).or_default().push(hood.nodes.len());
        }
        let facts = Facts::open(sealer, row.record, &row.sealed)?;
        let (seq, key, source) = (row.seq, row.record, row.source);
        hood.nodes.push(Node { seq, key, source, keys, facts });
    }
    hood.bearers.retain(|_, bearers| bearers.len() > 1);
    let components = link(&hood);
    let members = components.iter().flat_map(|component| &component.members);
    let reason = |(node, basis): &(usize, Option<_>)| {
        let row = rows.get(*node)?;
        Some((row.record, basis.map_or(0, |basis| i64::from(pack_basis(basis)))))
    };
    Ok(members.filter_map(reason).collect())
}

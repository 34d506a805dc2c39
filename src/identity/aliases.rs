//! All ids that lead to one person today: their own, and those that it absorbed.

use std::collections::BTreeSet;

use super::core::MOST_HOPS;
use super::error::IndexError;
use super::ids::{PersonId, Seq};
use super::index::PersonIndex;

impl PersonIndex {
    /// All ids that stand for the same person as this one, itself among them: what is filed under an id that was
    /// absorbed since is theirs too.
    pub async fn aliases(&self, id: PersonId) -> Result<Vec<PersonId>, IndexError> {
        let core = &self.core;
        let mut found = BTreeSet::from([id]);
        let persons = core.persons_of(&[*id.as_uuid()]).await?;
        let members = core.store.members(&persons.into_values().collect::<Vec<_>>()).await?;
        found.extend(members.iter().map(|row| PersonId::new(row.own)));
        let mut of: Vec<Seq> = members.iter().map(|row| row.member.seq).collect();
        for _ in 0..MOST_HOPS {
            if of.is_empty() {
                break;
            }
            let retired = core.store.retired_into(&of).await?;
            of = retired.iter().map(|place| place.seq).collect();
            found.extend(retired.iter().map(|place| PersonId::new(place.own)));
        }
        Ok(found.into_iter().collect())
    }
}

//! Searching persons by name and birth date.
//!
//! The store knows names only by keyed hashes of their first letters, so it offers candidates; they are opened
//! here and compared. A search word is the start of a name (or all of it, when it is shorter than three letters
//! and stands alone) or a whole birth date; all words must fit one record.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::core::Core;
use super::error::IndexError;
use super::facts::{Facts, Word};
use super::ids::{RecordKey, Seq};
use super::index::PersonIndex;
use super::person::Identity;
use super::seal::Mac;
use super::sight::Sight;

/// How many candidates one search opens. A search with more is answered from the first of them and says so.
const CANDIDATES: usize = 2_000;
/// How many persons are read at once when many of them may not be shown.
const MOST_AT_ONCE: usize = 500;
/// How many candidates are looked at for a small page.
const FEW: usize = 50;

/// Where the next page begins. Opaque and sealed: it holds a name.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchCursor(String);

/// Personal: a debug print shows the type alone.
impl fmt::Debug for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchCursor")
    }
}

impl SearchCursor {
    /// Takes what [`SearchCursor::as_str`] gave. Whether it is a cursor of ours is seen when it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The form to hand out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of a search.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// Who was found: by name (family name first); everybody, when no text was given, in an order that means nothing
    /// and stays.
    pub people: Vec<Identity>,
    /// Each person's cursor, in the same order.
    pub cursors: Vec<SearchCursor>,
    /// True when there are more after this page.
    pub has_next: bool,
    /// False when so many fit that not all were looked at: a longer text finds the rest.
    pub exhaustive: bool,
}

/// A place in the order of results: a name, and an id that tells namesakes apart.
type Place = (String, Uuid);

/// A record that fits a search.
struct Hit {
    place: Place,
    record: RecordKey,
    person: Seq,
}

impl PersonIndex {
    /// One page of the persons that fit `text`, or of everybody when it is missing or blank, as far as `sight` lets them
    /// be found. Pages are full as long as there are more.
    pub async fn search(
        &self,
        text: Option<&str>,
        first: usize,
        after: Option<&SearchCursor>,
        sight: &dyn Sight,
    ) -> Result<SearchPage, IndexError> {
        let core = &self.core;
        let after = after.map(|cursor| core.open_cursor(cursor)).transpose()?;
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            None => core.everybody(first, after.map(|(_, id)| id), sight).await,
            Some(text) => core.fitting(&Word::of_text(text), first, after, sight).await,
        }
    }
}

impl Core {
    async fn everybody(
        &self,
        first: usize,
        mut after: Option<Uuid>,
        sight: &dyn Sight,
    ) -> Result<SearchPage, IndexError> {
        let mut found: Vec<(Place, Identity)> = Vec::new();
        let circle = sight.circle().await?;
        let walk = match &circle {
            Some(circle) => Some(self.walk(circle).await?),
            None => None,
        };
        let (mut size, mut looked_at) = (first + 1, 0);
        while found.len() <= first {
            if looked_at > CANDIDATES {
                return self.page(found, first, false);
            }
            let persons = self.persons_after(walk.as_ref(), after, size).await?;
            looked_at += persons.len();
            let is_last = persons.len() < size;
            after = persons.last().map(|(id, _)| *id);
            let seqs: Vec<Seq> = persons.iter().map(|(_, seq)| *seq).collect();
            let mut known = self.known(&seqs, sight).await?;
            for (id, seq) in persons {
                // A record that took over somebody's id may have another one, which is nobody's now.
                let is_shown = |(identity, findable): &(Identity, BTreeSet<_>)| {
                    *identity.id.as_uuid() == id && !findable.is_empty()
                };
                if known.get(&seq).is_some_and(is_shown)
                    && let Some((identity, _)) = known.remove(&seq)
                {
                    found.push(((String::new(), id), identity));
                }
            }
            if is_last {
                break;
            }
            size = size.max(MOST_AT_ONCE);
        }
        self.page(found, first, true)
    }

    async fn fitting(
        &self,
        words: &[Word],
        first: usize,
        after: Option<Place>,
        sight: &dyn Sight,
    ) -> Result<SearchPage, IndexError> {
        if words.is_empty() {
            return self.page(Vec::new(), first, true);
        }
        let (hits, exhaustive) = self.hits(words).await?;
        let begin = after.map_or(0, |after| hits.partition_point(|hit| hit.place <= after));
        let (before, rest) = hits.split_at(begin);
        let mut found: Vec<(Place, Identity)> = Vec::new();
        let mut seen: HashSet<Seq> = HashSet::new();
        for some in rest.chunks((first + 1).max(FEW)) {
            let persons: BTreeSet<Seq> =
                some.iter().map(|hit| hit.person).filter(|it| !seen.contains(it)).collect();
            let mut known = self.known(&Vec::from_iter(persons), sight).await?;
            for hit in some {
                let fits = |(_, findable): &(_, BTreeSet<_>)| findable.contains(&hit.record);
                if !known.get(&hit.person).is_some_and(fits) || !seen.insert(hit.person) {
                    continue;
                }
                let Some((identity, findable)) = known.remove(&hit.person) else { continue };
                // Somebody with two names that fit stands at the first of them.
                let stood_before = before.iter().any(|earlier| {
                    earlier.person == hit.person && findable.contains(&earlier.record)
                });
                if !stood_before {
                    found.push((hit.place.clone(), identity));
                }
            }
            if found.len() > first {
                break;
            }
        }
        self.page(found, first, exhaustive)
    }

    /// The records that fit, in the order of results; false beside them when there may be more.
    async fn hits(&self, words: &[Word]) -> Result<(Vec<Hit>, bool), IndexError> {
        let mut rows = self.store.with_terms(&self.terms(words), CANDIDATES + 1).await?;
        let exhaustive = rows.len() <= CANDIDATES;
        rows.sort_unstable_by_key(|row| row.member.seq);
        rows.truncate(CANDIDATES);
        let mut hits = Vec::new();
        for row in rows {
            let facts = Facts::open(&self.sealer, row.record, &row.sealed)?;
            if facts.matches(words) {
                let place = (facts.sort_name(), row.own);
                hits.push(Hit { place, record: row.record, person: row.member.person });
            }
        }
        hits.sort_unstable_by(|a, b| a.place.cmp(&b.place));
        Ok((hits, exhaustive))
    }

    /// These persons, with the records by which they may be found.
    async fn known(
        &self,
        persons: &[Seq],
        sight: &dyn Sight,
    ) -> Result<HashMap<Seq, (Identity, BTreeSet<RecordKey>)>, IndexError> {
        let (seqs, people): (Vec<Seq>, Vec<Identity>) =
            self.identities(persons).await?.into_iter().unzip();
        let findable = sight.findable(&people).await?;
        Ok(seqs.into_iter().zip(people.into_iter().zip(findable)).collect())
    }

    /// The hashes to look up: of words long enough to be the start of a name, else of all words as whole names.
    fn terms(&self, words: &[Word]) -> Vec<Mac> {
        let starts: Vec<Mac> = words
            .iter()
            .filter(|word| word.is_start())
            .map(|word| word.term(&self.sealer))
            .collect();
        let mut terms = if starts.is_empty() {
            words.iter().map(|word| word.term(&self.sealer)).collect()
        } else {
            starts
        };
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    fn page(
        &self,
        mut found: Vec<(Place, Identity)>,
        first: usize,
        exhaustive: bool,
    ) -> Result<SearchPage, IndexError> {
        let has_next = found.len() > first;
        found.truncate(first);
        let mut page = SearchPage { people: Vec::new(), cursors: Vec::new(), has_next, exhaustive };
        for (place, identity) in found {
            page.people.push(identity);
            page.cursors.push(self.seal_cursor(&place)?);
        }
        Ok(page)
    }

    fn seal_cursor(&self, (name, id): &Place) -> Result<SearchCursor, IndexError> {
        let mut plain = id.as_bytes().to_vec();
        plain.extend_from_slice(name.as_bytes());
        Ok(SearchCursor(URL_SAFE_NO_PAD.encode(self.sealer.seal_ticket(&plain)?)))
    }

    fn open_cursor(&self, cursor: &SearchCursor) -> Result<Place, IndexError> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor.as_str()).map_err(|_| IndexError::BadCursor)?;
        let plain = self.sealer.open_ticket(&sealed).map_err(|_| IndexError::BadCursor)?;
        let (id, name) = plain.split_first_chunk::<16>().ok_or(IndexError::BadCursor)?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| IndexError::BadCursor)?;
        Ok((name, Uuid::from_bytes(*id)))
    }
}

//! Searching persons by name and birth date.
//!
//! The store knows names only by keyed hashes of their first letters, so it offers candidates; they are opened
//! here and compared. A search word is the start of a name (or all of it, when it is shorter than three letters
//! and stands alone) or a whole birth date; all words must fit one record.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::core::Core;
use super::error::IndexError;
use super::facts::{Facts, Word};
use super::ids::Seq;
use super::index::PersonIndex;
use super::person::Identity;
use super::seal::Mac;

/// How many candidates one search opens. A search with more is answered from the first of them and says so.
const CANDIDATES: usize = 2_000;

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
    /// Who was found: by name (family name first), then by age of the id; everybody, when no text was given, by
    /// age of the id alone.
    pub people: Vec<Identity>,
    /// Each person's cursor, in the same order.
    pub cursors: Vec<SearchCursor>,
    /// True when there are more after this page.
    pub has_next: bool,
    /// False when so many fit that not all were looked at: a longer text finds the rest.
    pub exhaustive: bool,
}

/// A place in the order of results.
type Place = (String, Seq);

impl PersonIndex {
    /// One page of the persons that fit `text`, or of everybody when it is missing or blank.
    pub async fn search(
        &self,
        text: Option<&str>,
        first: usize,
        after: Option<&SearchCursor>,
    ) -> Result<SearchPage, IndexError> {
        let core = &self.core;
        let after = after.map(|cursor| core.open_cursor(cursor)).transpose()?;
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            None => core.everybody(first, after.map_or_else(Seq::default, |(_, seq)| seq)).await,
            Some(text) => core.fitting(&Word::of_text(text), first, after).await,
        }
    }
}

impl Core {
    async fn everybody(&self, first: usize, after: Seq) -> Result<SearchPage, IndexError> {
        let mut persons = self.store.persons_after(after, first + 1).await?;
        persons.sort_unstable();
        let has_next = persons.len() > first;
        persons.truncate(first);
        self.page(persons.into_iter().map(|seq| (String::new(), seq)).collect(), has_next, true)
            .await
    }

    async fn fitting(
        &self,
        words: &[Word],
        first: usize,
        after: Option<Place>,
    ) -> Result<SearchPage, IndexError> {
        if words.is_empty() {
            return self.page(Vec::new(), false, true).await;
        }
        let mut rows = self.store.with_terms(&self.terms(words), CANDIDATES + 1).await?;
        let exhaustive = rows.len() <= CANDIDATES;
        rows.sort_unstable_by_key(|row| row.member.seq);
        rows.truncate(CANDIDATES);
        let mut names: BTreeMap<Seq, String> = BTreeMap::new();
        for row in &rows {
            let facts = Facts::open(&self.sealer, row.record, &row.sealed)?;
            if facts.matches(words) {
                names.entry(row.member.person).or_insert_with(|| facts.sort_name());
            }
        }
        let mut places: Vec<Place> =
            names.into_iter().map(|(person, name)| (name, person)).collect();
        places.sort_unstable();
        if let Some(after) = after {
            places.drain(..places.partition_point(|place| *place <= after));
        }
        let has_next = places.len() > first;
        places.truncate(first);
        self.page(places, has_next, exhaustive).await
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

    async fn page(
        &self,
        places: Vec<Place>,
        has_next: bool,
        exhaustive: bool,
    ) -> Result<SearchPage, IndexError> {
        let seqs: Vec<Seq> = places.iter().map(|(_, seq)| *seq).collect();
        let mut identities = self.identities(&seqs).await?;
        let mut page = SearchPage { people: Vec::new(), cursors: Vec::new(), has_next, exhaustive };
        for place in places {
            // Somebody may have been absorbed since the candidates were read; then they are under another id.
            if let Some(identity) = identities.remove(&place.1) {
                page.people.push(identity);
                page.cursors.push(self.seal_cursor(&place)?);
            }
        }
        Ok(page)
    }

    fn seal_cursor(&self, (name, seq): &Place) -> Result<SearchCursor, IndexError> {
        let mut plain = seq.0.to_le_bytes().to_vec();
        plain.extend_from_slice(name.as_bytes());
        Ok(SearchCursor(URL_SAFE_NO_PAD.encode(self.sealer.seal_ticket(&plain)?)))
    }

    fn open_cursor(&self, cursor: &SearchCursor) -> Result<Place, IndexError> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor.as_str()).map_err(|_| IndexError::BadCursor)?;
        let plain = self.sealer.open_ticket(&sealed).map_err(|_| IndexError::BadCursor)?;
        let (seq, name) = plain.split_first_chunk::<8>().ok_or(IndexError::BadCursor)?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| IndexError::BadCursor)?;
        Ok((name, Seq(i64::from_le_bytes(*seq))))
    }
}

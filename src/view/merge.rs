//! Which records mean the same thing.
//!
//! Records are compared only within a *key* that they share (a code, or the exact words), by a rule that each section
//! states. Groups are found by union-find, so the order in which sources answer does not matter. Nothing is dropped:
//! every record ends in exactly one group.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::gate::Instant;
use super::id::{RecordHash, record_hash};
use super::provenance::Freshness;
use crate::gather::{Said, Source};
use caregraph_connectors::record::{Coding, Concept, Fact, Record, systems};

/// A record with the source that said it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// What was said.
    pub(crate) record: Said,
    /// By whom.
    pub(crate) source: Arc<Source>,
    /// When it was fetched.
    pub(crate) fetched_at: Instant,
    /// Whether it came from the source just now.
    pub(crate) freshness: Freshness,
}

impl Member {
    /// Its name for ids.
    pub(crate) fn hash(&self) -> RecordHash {
        record_hash(&self.source.id, &self.record.reference)
    }
}

/// Something that records may share and that makes them worth comparing: namespace, value, and a number such as a
/// minute where the section wants one.
pub(crate) type Key<'a> = (Cow<'a, str>, Cow<'a, str>, i64);

/// How two records that share a key relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// They mean the same thing.
    Same,
    /// The first is too vague to tell; it joins the second if there is nothing else that it can mean.
    Vague,
    /// They mean different things.
    Different,
}

/// A kind of fact, with the rule by which two of them are the same.
pub(crate) trait Mergeable: Sized {
    /// The keys under which it is compared with others.
    fn keys<'a>(&'a self, record: &'a Record) -> Vec<Key<'a>>;

    /// How this one relates to another that shares a key. `Same` is symmetric; `Vague` is said by the vaguer one.
    fn fit(&self, other: &Self) -> Fit;
}

/// One fact of one record; a record may state several (the members of a care team).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'m, F> {
    /// Who said it, and where.
    pub(crate) member: &'m Member,
    /// What was said.
    pub(crate) fact: &'m F,
}

/// The claims of the records that state an `F` directly.
pub(crate) fn claims<F>(members: &[Member], of: fn(&Fact) -> Option<&F>) -> Vec<Claim<'_, F>> {
    members
        .iter()
        .filter_map(|member| Some(Claim { member, fact: of(&member.record.fact)? }))
        .collect()
}

/// Groups the claims that mean the same thing. Within a group the most recently recorded one comes first; groups come
/// in the order of their first claim.
pub(crate) fn merge<F: Mergeable>(claims: Vec<Claim<'_, F>>) -> Vec<Vec<Claim<'_, F>>> {
    let mut sets = Sets::new(claims.len());
    let blocks = blocks(&claims);
    for block in &blocks {
        for (place, &a) in block.iter().enumerate() {
            for &b in &block[place + 1..] {
                // A pair that is together already need not be compared again.
                if sets.root(a) != sets.root(b) && claims[a].fact.fit(claims[b].fact) == Fit::Same {
                    sets.unite(a, b);
                }
            }
        }
    }
    join_vague(&claims, &blocks, &mut sets);
    let mut groups: Vec<Vec<Claim<'_, F>>> = Vec::new();
    let mut place_of = HashMap::new();
    for (place, claim) in claims.into_iter().enumerate() {
        let group = *place_of.entry(sets.root(place)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(claim);
    }
    for group in &mut groups {
        group.sort_by(|a, b| {
            seniority(b.member)
                .cmp(&seniority(a.member))
                .then_with(|| tie(a.member).cmp(&tie(b.member)))
        });
    }
    groups
}

/// Lets each vague claim join when all that it may mean is one group already; several possible groups leave it alone.
fn join_vague<F: Mergeable>(claims: &[Claim<'_, F>], blocks: &[Vec<usize>], sets: &mut Sets) {
    let mut possible: HashMap<usize, Vec<usize>> = HashMap::new();
    for block in blocks {
        for &a in block {
            for &b in block {
                let (mine, theirs) = (sets.root(a), sets.root(b));
                if mine != theirs && claims[a].fact.fit(claims[b].fact) == Fit::Vague {
                    let known = possible.entry(mine).or_default();
                    if !known.contains(&theirs) {
                        known.push(theirs);
                    }
                }
            }
        }
    }
    let mut pairs: Vec<(usize, usize)> = possible
        .iter()
        .filter(|(_, theirs)| theirs.len() == 1)
        .map(|(mine, theirs)| (*mine, theirs[0]))
        .collect();
    pairs.sort_unstable();
    // A group joins only by its own single possibility, and a group that others may mean too stays the one they join.
    for (mine, theirs) in pairs {
        sets.unite(mine, theirs);
    }
}

fn blocks<F: Mergeable>(claims: &[Claim<'_, F>]) -> Vec<Vec<usize>> {
    let mut by_key: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
    for (place, claim) in claims.iter().enumerate() {
        for key in claim.fact.keys(&claim.member.record) {
            let block = by_key.entry(key).or_default();
            if block.last() != Some(&place) {
                block.push(place);
            }
        }
    }
    by_key.into_values().filter(|block| block.len() > 1).collect()
}

/// The more recent record leads; an undated one comes after dated ones.
fn seniority(member: &Member) -> (Option<i64>, Option<i64>) {
    let ms =
        |date: &Option<_>| date.as_ref().map(caregraph_connectors::record::FuzzyDate::starts_ms);
    (ms(&member.record.recorded), ms(&member.record.updated))
}

fn tie(member: &Member) -> (&str, &str) {
    (member.source.id.as_str(), &member.record.reference)
}

/// The member by which a group is named: the oldest one, so that a new contributor does not change the name.
pub(crate) fn oldest<'m, F>(group: &[Claim<'m, F>]) -> Option<&'m Member> {
    let last = i64::MAX;
    group.iter().map(|claim| claim.member).min_by_key(|member| {
        let (recorded, updated) = seniority(member);
        (recorded.unwrap_or(last), updated.unwrap_or(last), tie(member))
    })
}

/// Keys of a concept: each of its codes, and its words.
pub(crate) fn concept_keys(concept: Option<&Concept>, extra: i64) -> Vec<Key<'_>> {
    let Some(concept) = concept else { return Vec::new() };
    let mut keys: Vec<Key<'_>> = concept
        .codings
        .iter()
        .filter_map(|coding| {
            Some((coding.system.as_deref()?.into(), coding.code.as_deref()?.into(), extra))
        })
        .collect();
    if let Some(words) = concept.words() {
        keys.push(("".into(), fold(words).into(), extra));
    }
    keys
}

/// Words in the form in which they are compared: lower case, single spaces.
pub(crate) fn fold(words: &str) -> String {
    if words.is_ascii() && !words.contains("  ") && words.trim().len() == words.len() {
        return words.to_ascii_lowercase();
    }
    folded(words).collect()
}

/// True when the words are the same in that form.
pub(crate) fn same_words(a: &str, b: &str) -> bool {
    a == b || folded(a).eq(folded(b))
}

fn folded(words: &str) -> impl Iterator<Item = char> + '_ {
    let spaced = words
        .split_whitespace()
        .enumerate()
        .flat_map(|(place, word)| (place > 0).then_some(' ').into_iter().chain(word.chars()));
    spaced.flat_map(char::to_lowercase)
}

/// Whether two concepts name the same thing by a code that they share, or by the same words while no code speaks
/// against it.
pub(crate) fn same_concept(a: Option<&Concept>, b: Option<&Concept>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    if shares_a_code(a, b) {
        return true;
    }
    let (Some(words), Some(others)) = (a.words(), b.words()) else { return false };
    same_words(words, others) && !codes_disagree(a, b)
}

fn shares_a_code(a: &Concept, b: &Concept) -> bool {
    let coded = |coding: &&Coding| coding.system.is_some() && coding.code.is_some();
    a.codings
        .iter()
        .filter(coded)
        .any(|one| b.codings.iter().any(|two| (&one.system, &one.code) == (&two.system, &two.code)))
}

/// The same words stand beside different codes of one code system.
fn codes_disagree(a: &Concept, b: &Concept) -> bool {
    [systems::SNOMED, systems::ICD10CM, systems::RXNORM, systems::LOINC, systems::CVX, systems::NDC]
        .into_iter()
        .any(|system| a.code_in(system).is_some() && b.code_in(system).is_some())
}

/// Union-find.
struct Sets(Vec<usize>);

impl Sets {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;

//! Reads the fields of a merged thing out of its contributors, and notes where they disagree.

use std::borrow::Cow;

use super::concept::{Coding, Concept};
use super::gate::Id;
use super::id::{GlobalId, RecordHash};
use super::merge::{Claim, Member, oldest};
use super::provenance::{FieldClaim, FieldConflict, Provenance, SourceRecord};
use super::source::Source;
use crate::identity::PersonId;
use caregraph_connectors::record::{self, FuzzyDate, Section, Text};

/// The contributors of one merged thing, the leading one first.
pub(crate) struct Reading<'m, F> {
    group: Vec<Claim<'m, F>>,
    /// The name of the merged thing.
    hash: RecordHash,
    conflicts: Vec<FieldConflict>,
}

impl<'m, F> Reading<'m, F> {
    /// Takes a group, which is never empty.
    pub(crate) fn of(group: Vec<Claim<'m, F>>) -> Self {
        let hash = oldest(&group).map(Member::hash).unwrap_or_default();
        Self { group, hash, conflicts: Vec::new() }
    }

    /// The facts, the leading one first.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &'m F> + use<'_, 'm, F> {
        self.group.iter().map(|claim| claim.fact)
    }

    /// The members, the leading one first.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'m Member, &'m F)> + use<'_, 'm, F> {
        self.group.iter().map(|claim| (claim.member, claim.fact))
    }

    /// The first that any contributor says, without asking whether others say otherwise.
    pub(crate) fn first<T: 'm>(&self, of: impl Fn(&'m F) -> Option<T>) -> Option<T> {
        self.facts().find_map(of)
    }

    /// A value that contributors may disagree on; the leading one's is shown.
    pub(crate) fn agreed<T: PartialEq + 'm>(
        &mut self,
        field: &'static str,
        of: impl Fn(&'m F) -> Option<T>,
        words: impl Fn(&T) -> Cow<'m, str>,
    ) -> Option<T> {
        let mut values: Vec<(T, &'m Member)> = Vec::new();
        for claim in &self.group {
            if let Some(value) = of(claim.fact) {
                values.push((value, claim.member));
            }
        }
        if values.iter().any(|(value, _)| *value != values[0].0) {
            self.conflict(
                field,
                values.iter().map(|(value, member)| (words(value).into_owned(), *member)),
            );
        }
        values.into_iter().next().map(|(value, _)| value)
    }

    /// A text that contributors may disagree on.
    pub(crate) fn text(
        &mut self,
        field: &'static str,
        of: impl Fn(&'m F) -> Option<&'m Text>,
    ) -> Option<Text> {
        self.agreed(field, of, |text| Cow::Borrowed(text.as_str())).cloned()
    }

    /// A date: the leading one, in the most precise form that agrees with it.
    pub(crate) fn date(
        &mut self,
        field: &'static str,
        of: impl Fn(&'m F) -> Option<&'m FuzzyDate>,
    ) -> Option<FuzzyDate> {
        let dates: Vec<(&FuzzyDate, &'m Member)> =
            self.group.iter().filter_map(|claim| Some((of(claim.fact)?, claim.member))).collect();
        let (lead, _) = dates.first()?;
        if dates.iter().any(|(date, _)| !date.agrees_with(lead)) {
            self.conflict(
                field,
                dates.iter().map(|(date, member)| (date.as_str().to_owned(), *member)),
            );
        }
        let agreeing = dates.iter().map(|(date, _)| *date).filter(|date| date.agrees_with(lead));
        agreeing.max_by_key(|date| date.precision()).cloned()
    }

    /// A concept: the leading one's words, and every code that any contributor gave.
    pub(crate) fn concept(
        &self,
        of: impl Fn(&'m F) -> Option<&'m record::Concept>,
    ) -> Option<Concept> {
        let concepts: Vec<&record::Concept> = self.facts().filter_map(of).collect();
        let text = concepts.iter().find_map(|concept| concept.words()).map(Text::new);
        let mut seen: Vec<&record::Coding> = Vec::new();
        for coding in concepts.iter().flat_map(|concept| &concept.codings) {
            if !seen
                .iter()
                .any(|other| (&other.system, &other.code) == (&coding.system, &coding.code))
            {
                seen.push(coding);
            }
        }
        let codings: Vec<Coding> = seen.into_iter().map(Into::into).collect();
        (text.is_some() || !codings.is_empty()).then_some(Concept { text, codings })
    }

    /// Distinct concepts of all contributors.
    pub(crate) fn concepts(
        &self,
        of: impl Fn(&'m F) -> &'m [record::Concept],
    ) -> Option<Vec<Concept>> {
        let mut distinct: Vec<&record::Concept> = Vec::new();
        for concept in self.facts().flat_map(of) {
            if !distinct.iter().any(|known| super::merge::same_concept(Some(known), Some(concept)))
            {
                distinct.push(concept);
            }
        }
        (!distinct.is_empty()).then(|| distinct.into_iter().map(Into::into).collect())
    }

    /// Notes that contributors disagree.
    pub(crate) fn conflict(
        &mut self,
        field: &'static str,
        claims: impl Iterator<Item = (String, &'m Member)>,
    ) {
        let claims = claims
            .map(|(value, member)| FieldClaim { value, source: Source(member.source.clone()) })
            .collect();
        self.conflicts.push(FieldConflict { field, claims });
    }

    /// The name of the merged thing.
    pub(crate) fn hash(&self) -> RecordHash {
        self.hash
    }

    /// The id of the merged thing.
    pub(crate) fn id(&self, section: Section, person: PersonId) -> Id {
        GlobalId::Thing(section, person, self.hash()).encode()
    }

    /// Where it all comes from.
    pub(crate) fn provenance(&mut self) -> Provenance {
        let mut records: Vec<SourceRecord> = Vec::with_capacity(self.group.len());
        for claim in &self.group {
            let known = records.iter().any(|record| {
                record.source.0.id == claim.member.source.id
                    && record.reference == claim.member.record.reference
            });
            if !known {
                records.push(source_record(claim.member));
            }
        }
        Provenance { records, conflicts: std::mem::take(&mut self.conflicts) }
    }
}

/// A record, as the graph shows it.
pub(crate) fn source_record(member: &Member) -> SourceRecord {
    SourceRecord {
        source: Source(member.source.clone()),
        reference: member.record.reference.clone(),
        recorded_at: member.record.recorded.clone().or_else(|| member.record.updated.clone()),
        fetched_at: member.fetched_at.clone(),
        freshness: member.freshness,
    }
}

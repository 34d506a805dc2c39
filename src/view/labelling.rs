//! How sensitive a record is: what its source says, what is true of everything from there, and what its codes mean.

use std::collections::BTreeMap;

use crate::access::{AccessMask, CodeRules, Label, LabelSet};
use crate::gather::{Said, SourceId};
use caregraph_connectors::record::{Component, Concept, Listener, Record, Text};

/// Tells how sensitive records are.
#[derive(Debug)]
pub(crate) struct Labelling {
    rules: CodeRules,
    floors: BTreeMap<SourceId, LabelSet>,
}

impl Labelling {
    /// `floors`: the labels that all records of a source bear, whatever it says itself.
    pub(crate) fn new(rules: CodeRules, floors: BTreeMap<SourceId, LabelSet>) -> Self {
        Self { rules, floors }
    }

    /// The labels that all records of a source bear.
    pub(crate) fn floor(&self, source: &SourceId) -> LabelSet {
        self.floors.get(source).copied().unwrap_or_default()
    }

    /// True when a viewer may know that a source knows a patient. Of a source that is not in force nobody may: nothing says
    /// how sensitive it is.
    pub(crate) fn knows(&self, mask: &AccessMask, source: &SourceId) -> bool {
        let may = |floor: &LabelSet| mask.lets_through(*floor, false);
        !mask.closes(source.as_str()) && self.floors.get(source).is_some_and(may)
    }

    /// True when a viewer may know of something that a source says of a patient, be it a medicine alone.
    pub(crate) fn hears(&self, mask: &AccessMask, source: &SourceId) -> bool {
        let may = |floor: &LabelSet| mask.lets_through(*floor, true);
        !mask.closes(source.as_str()) && self.floors.get(source).is_some_and(may)
    }

    /// The labels of one record, worked out once for all who are shown it.
    pub(crate) fn of_said(&self, source: &SourceId, said: &Said) -> LabelSet {
        LabelSet::of_bits(said.mark(|record| self.of(source, record).bits()))
    }

    /// The labels of one record: all that anybody puts on it.
    pub(crate) fn of(&self, source: &SourceId, record: &Record) -> LabelSet {
        let codes = record.labels.iter().filter_map(|label| label.code.as_deref());
        let stated = LabelSet::of_codes(codes).and(self.floor(source));
        let mut heard = Heard { rules: &self.rules, labels: stated, is_classified: false };
        record.fact.tell(&mut heard);
        let nobody_said = record.labels.is_empty() && stated.is_empty() && !heard.is_classified;
        if nobody_said && heard.labels.is_empty() && record.fact.has_topic() {
            return heard.labels.with(Label::Unclassified);
        }
        heard.labels
    }

    /// The labels of what one part of a panel asks. What it found is the panel's own: were a part missing for its answer, it
    /// would be known from those of whom it is not missing.
    pub(crate) fn of_part(&self, part: &Component) -> LabelSet {
        let labels = LabelSet::default();
        let mut heard = Heard { rules: &self.rules, labels, is_classified: false };
        part.code.iter().for_each(|code| heard.concept(code));
        heard.labels
    }
}

/// What the rules make of all that a record says.
struct Heard<'r> {
    rules: &'r CodeRules,
    labels: LabelSet,
    /// The topic has a code by which it can be told whether it is sensitive.
    is_classified: bool,
}

impl<'f> Listener<'f> for Heard<'_> {
    fn topic(&mut self, concept: &'f Concept) {
        self.is_classified |= self.hear(concept);
    }

    fn concept(&mut self, concept: &'f Concept) {
        self.hear(concept);
    }

    fn words(&mut self, words: &'f Text) {
        self.labels = self.labels.and(self.rules.of_words(words));
    }
}

impl Heard<'_> {
    /// Adds what a concept means; true when it has a code by which one can tell.
    fn hear(&mut self, concept: &Concept) -> bool {
        let mut classified = false;
        for coding in &concept.codings {
            if let (Some(system), Some(code)) = (&coding.system, &coding.code)
                && let Some(labels) = self.rules.of_code(system, code)
            {
                self.labels = self.labels.and(labels);
                classified = true;
            }
        }
        let displays = concept.codings.iter().filter_map(|coding| coding.display.as_ref());
        // Most concepts say the same words twice.
        let mut last = None;
        for words in
            displays.chain(&concept.text).filter(|words| last.replace(*words) != Some(*words))
        {
            self.labels = self.labels.and(self.rules.of_words(words));
        }
        classified
    }
}

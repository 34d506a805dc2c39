//! What tells whether somebody is shown the same as before, without telling what.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};

use super::completeness::SourceStatus;
use super::merge::Member;
use super::snapshot::View;
use crate::access::{ClassSet, FieldClass};
use crate::gather::{Imprint, SourceId};
use caregraph_connectors::record::{Fact, Person, Section};

/// One mark for each section of each source. Made of a view, so that what is hidden leaves no mark; when something was
/// fetched, and how long that took, leaves none either.
pub(crate) type Marks = BTreeMap<(Section, SourceId), Imprint>;

impl View {
    /// The marks of all that is shown. With `before`, whoever has not answered yet keeps the mark that they had.
    pub(crate) fn marks(&self, before: Option<&Marks>) -> Marks {
        let mut marks = Marks::new();
        for (section, view) in self.sections() {
            for status in &view.completeness().sources {
                let source = &status.source.0.id;
                if let (true, Some(before)) = (status.pending, before) {
                    let key = (*section, source.clone());
                    marks.extend(before.get(&key).map(|mark| (key, *mark)));
                    continue;
                }
                let members = view.members().iter().filter(|it| it.source.id == *source);
                let mark = mark(status, members, self.hidden());
                marks.insert((*section, source.clone()), mark);
            }
        }
        marks
    }

    /// The links that are shown, as a mark.
    pub(crate) fn mark_of_links(&self) -> Imprint {
        let mut hash = Context::new(&SHA256);
        for link in self.identity().links.iter().filter(|_| !self.hidden().has(FieldClass::Links)) {
            hash.update(link.source.as_str().as_bytes());
            hash.update(link.record.as_bytes());
        }
        imprint(hash)
    }
}

fn mark<'m>(
    status: &SourceStatus,
    members: impl Iterator<Item = &'m Member>,
    hidden: ClassSet,
) -> Imprint {
    let mut hash = Context::new(&SHA256);
    if hidden.has(FieldClass::SourceStatus) {
        hash.update(&[u8::from(status.state.is_missing())]);
    } else {
        hash.update(status.state.standing().name().as_bytes());
        hash.update(&[u8::from(status.pending)]);
        hash.update(status.message.as_deref().unwrap_or_default().as_bytes());
        hash.update(&status.withdrawn.to_be_bytes());
    }
    for member in members {
        match &member.record.fact {
            Fact::Person(person) => hash.update(&shown_of(person, hidden)),
            _ => hash.update(&member.record.imprint()),
        }
    }
    imprint(hash)
}

/// What is shown of who somebody is. The parts of other facts that are hidden were taken out of the view.
fn shown_of(person: &Person, hidden: ClassSet) -> Vec<u8> {
    let mut shown = person.clone();
    if hidden.has(FieldClass::Name) {
        shown.names.clear();
    }
    if hidden.has(FieldClass::Identity) {
        shown.sex = None;
        shown.deceased = None;
        shown.languages.clear();
        // An age band follows from it.
        if hidden.has(FieldClass::AgeBand) {
            shown.birth_date = None;
        }
    }
    // Facts are plain data, which can always be written to memory.
    postcard::to_allocvec(&shown).unwrap_or_default()
}

/// The beginning of a finished hash.
pub(crate) fn imprint(hash: Context) -> Imprint {
    let mut imprint = Imprint::default();
    imprint.copy_from_slice(&hash.finish().as_ref()[..16]);
    imprint
}

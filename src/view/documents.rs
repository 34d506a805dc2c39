//! Documents and notes.

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// A document or note.
    struct Document in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What kind of document.
        r#type: Option<Concept>, Documents;
        /// HL7 status: current, superseded.
        status: Option<String>, Documents;
        /// When it was made.
        date: Option<FuzzyDate>, Documents;
        /// Who wrote it.
        authors: Option<Vec<String>>, Documents;
        /// Its title.
        title: Option<String>, Documents;
        /// MIME type of its content.
        content_type: Option<String>, Documents;
        /// Its text, when the source sends plain text along.
        text: Option<String>, DocumentText;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Document);

impl Mergeable for record::Document {
    /// The hash of the content, and the instant at which it was made.
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        let content = self.hash.as_deref().map(|hash| ("hash".into(), hash.into(), 0));
        let made = self.date.as_ref().map(|date| ("made".into(), date.as_str().into(), 0));
        content.into_iter().chain(made).collect()
    }

    /// The same content, or the same type by the same authors at the same instant.
    fn fit(&self, other: &Self) -> Fit {
        let same_content = self.hash.is_some() && self.hash == other.hash;
        let other_content = self.hash.is_some() && other.hash.is_some() && !same_content;
        let same_making = !self.authors.is_empty()
            && self.authors == other.authors
            && self.date.is_some()
            && self.date == other.date
            && same_concept(self.kind.as_ref(), other.kind.as_ref());
        if same_content || (same_making && !other_content) { Fit::Same } else { Fit::Different }
    }
}

fn of(fact: &Fact) -> Option<&record::Document> {
    match fact {
        Fact::Document(document) => Some(document),
        _ => None,
    }
}

/// All documents of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Document> {
    let section = view.section(Section::Documents);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let authors = reading
            .first(|document| (!document.authors.is_empty()).then(|| document.authors.clone()));
        let node = Document {
            id: reading.id(Section::Documents, view.person()),
            r#type: reading.concept(|document| document.kind.as_ref()),
            status: reading.text("status", |document| document.status.as_ref()),
            date: reading.date("date", |document| document.date.as_ref()),
            authors,
            title: reading.text("title", |document| document.title.as_ref()),
            content_type: reading.first(|document| document.content_type.clone()),
            text: reading.first(|document| document.text.clone()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.date.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}

//! JSON, written once from front to back.

use std::io::Write as _;

use bytes::Bytes;

use crate::access::{ClassSet, FieldClass};

/// Collects the bytes of an answer.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    json: Vec<u8>,
    /// Classes that are hidden here, whatever was planned.
    hidden: ClassSet,
}

impl Writer {
    /// A writer with room for so many bytes, which takes more when it must.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { json: Vec::with_capacity(bytes), hidden: ClassSet::default() }
    }

    /// The JSON.
    pub(crate) fn into_json(self) -> Bytes {
        self.json.into()
    }

    /// True when fields of the class are hidden here.
    pub(crate) fn hides(&self, class: FieldClass) -> bool {
        self.hidden.has(class)
    }

    /// Writes something of which these classes are hidden too.
    pub(crate) fn within(&mut self, hidden: ClassSet, write: impl FnOnce(&mut Self)) {
        let outside = self.hidden;
        self.hidden = outside.and(hidden);
        write(self);
        self.hidden = outside;
    }

    pub(crate) fn null(&mut self) {
        self.raw("null");
    }

    /// JSON that is known to be whole.
    pub(crate) fn raw(&mut self, json: &str) {
        self.json.extend_from_slice(json.as_bytes());
    }

    pub(crate) fn bool(&mut self, yes: bool) {
        self.raw(if yes { "true" } else { "false" });
    }

    pub(crate) fn integer(&mut self, number: i64) {
        let _ = write!(self.json, "{number}");
    }

    pub(crate) fn float(&mut self, number: f64) {
        if number.is_finite() {
            let _ = write!(self.json, "{number}");
        } else {
            self.null();
        }
    }

    pub(crate) fn string(&mut self, text: &str) {
        // Writing to a vector cannot fail.
        let _ = serde_json::to_writer(&mut self.json, text);
    }

    /// Writes `items` between `open` and `close`, separated by commas.
    pub(crate) fn list<T>(
        &mut self,
        ends: [&str; 2],
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Self),
    ) {
        self.raw(ends[0]);
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.raw(",");
            }
            write(item, self);
        }
        self.raw(ends[1]);
    }
}

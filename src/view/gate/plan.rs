//! What is to be written, decided before anything is asked for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{InputType, Name, Value};
use bytes::Bytes;

use super::output::Output;
use super::serial::Serial;
use super::writer::Writer;
use crate::access::{FieldClass, Redaction};
use crate::view::access_log::LogPage;
use caregraph_connectors::record::Section;

/// How much longer an answer may be than the last one was, before more room must be made, in bytes.
const SPARE: usize = 2 * 1024;

/// What is to be written of one value.
#[derive(Debug, Default)]
pub(crate) enum Shape {
    /// A scalar or an enum.
    #[default]
    Leaf,
    /// These fields of an object.
    Object(Vec<PlanField>),
    /// One shape for each member of a union, in the order of its members.
    Union(Vec<Shape>),
    /// These fields of a connection, paged like this.
    Page(Args, Vec<PlanField>),
}

/// One response key.
#[derive(Debug)]
pub(crate) struct PlanField {
    /// The key as it stands in the answer, with quotes and colon.
    pub(crate) key: Box<str>,
    /// What is written there.
    pub(crate) kind: PlanKind,
    /// How.
    pub(crate) shape: Shape,
    /// The arguments, with variables filled in.
    pub(crate) args: Args,
}

/// What a response key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlanKind {
    /// `__typename`.
    Typename,
    /// The field with this place in its type's declaration.
    Shown(usize),
    /// A field that the mask hides; it is not read.
    Withheld(usize),
}

/// Arguments by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args(pub(super) Vec<(Name, Value)>);

impl Args {
    /// The enum value given for the argument of that name.
    pub(crate) fn choice(&self, name: &str) -> Option<&str> {
        match self.0.iter().find(|(given, _)| given == name) {
            Some((_, Value::Enum(choice))) => Some(choice),
            Some((_, Value::String(choice))) => Some(choice),
            _ => None,
        }
    }

    /// The argument of that name, if it was given and is not null.
    pub(crate) fn get<T: InputType>(&self, name: &str) -> Option<T> {
        let (_, value) = self.0.iter().find(|(given, _)| given == name)?;
        if *value == Value::Null { None } else { T::parse(Some(value.clone())).ok() }
    }
}

/// Everything that was decided about a query before any data was asked for.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Which plan it is.
    pub(crate) serial: Serial,
    /// How to write the root.
    pub(crate) shape: Shape,
    /// The sections that must be asked for.
    pub(crate) sections: BTreeSet<Section>,
    /// The selected fields that the mask hides.
    pub(crate) redactions: BTreeSet<Redaction>,
    /// The classes of the selected fields that it shows.
    pub(crate) classes: BTreeSet<FieldClass>,
    /// The parts of the patient's log that must be read.
    pub(crate) log: Vec<LogPage>,
    /// How many bytes were written by it last.
    pub(super) length: AtomicUsize,
}

impl Plan {
    /// A plan of this shape that needs nothing.
    #[cfg(test)]
    pub(crate) fn writing(shape: Shape) -> Self {
        let (sections, redactions, classes) = Default::default();
        let (serial, length) = (Serial::next(), AtomicUsize::new(0));
        Self { serial, shape, sections, redactions, classes, log: Vec::new(), length }
    }

    /// Writes a value by it.
    pub(crate) fn write<T: Output>(&self, value: &T) -> Bytes {
        // Charts of about the same length are asked for in the same way.
        let mut out = Writer::with_room(self.length.load(Ordering::Relaxed) + SPARE);
        value.write(&self.shape, &mut out);
        let json = out.into_json();
        self.length.store(json.len(), Ordering::Relaxed);
        json
    }
}

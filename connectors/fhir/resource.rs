//! One resource off the wire, read in one pass: what every resource carries, beside what its type alone carries.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::value::RawValue;

use super::map::{Stated, Wire};
use super::medication::Product;
use super::statement::OperationOutcome;
use super::wire::{Identifier, Lent, Meta, many};
use crate::record::Text;

/// What an entry of a page turned out to be.
#[derive(Debug)]
pub(super) enum Content {
    /// A resource of the type that the page was read for.
    Wanted(Resource),
    /// A medicine that others point to, and its id.
    Medication(Option<Text>, Product),
    /// The server's account of its own answer.
    Outcome(OperationOutcome),
    /// A resource of any other type.
    Other,
    /// What could not be read.
    Unreadable,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Resource {
    /// What every resource carries.
    pub(super) head: Head,
    /// What its type carries.
    pub(super) body: Box<dyn Stated>,
}

/// The part of a resource that does not depend on its type.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<Text>,
    pub(super) meta: Meta,
    pub(super) identifier: Vec<Identifier>,
    pub(super) contained: Vec<Box<RawValue>>,
}

/// Reads a resource as a `T` if it says that it is one. A resource that keeps its type to the end cannot be read in
/// one pass: its type must be looked up first and is then `known`.
struct Reader<'k, T> {
    known: Option<&'k str>,
    wanted: PhantomData<T>,
}

/// A resource that has its type in front, as nearly all servers write it.
pub(super) struct Plain<T>(pub(super) Content, PhantomData<T>);

impl<'de, T: Wire> Deserialize<'de> for Plain<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let reader = Reader::<T> { known: None, wanted: PhantomData };
        Ok(Self(deserializer.deserialize_map(reader)?, PhantomData))
    }
}

/// Reads a resource by itself, whatever order its parts are in. One that cannot be read says so.
pub(super) fn read_alone<T: Wire>(json: &RawValue) -> Content {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Peek<'a> {
        #[serde(borrow)]
        resource_type: Cow<'a, str>,
    }
    let read = |json: &str| {
        let peek: Peek<'_> = serde_json::from_str(json)?;
        let reader = Reader::<T> { known: Some(&*peek.resource_type), wanted: PhantomData };
        serde_json::Deserializer::from_str(json).deserialize_map(reader)
    };
    read(json.get()).unwrap_or(Content::Unreadable)
}

impl<'de, T: Wire> Visitor<'de> for Reader<'_, T> {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let mut head = Head::default();
        let kind = match self.known {
            Some(kind) => Cow::Borrowed(kind),
            None => kind(&mut parts, &mut head)?,
        };
        match &*kind {
            "OperationOutcome" => OperationOutcome::deserialize(MapAccessDeserializer::new(parts))
                .map(Content::Outcome),
            kind if kind == T::TYPE => {
                let rest = MapAccessDeserializer::new(Rest { parts, head: &mut head });
                let body = Box::new(T::deserialize(rest)?);
                Ok(Content::Wanted(Resource { head, body }))
            }
            "Medication" => {
                let rest = MapAccessDeserializer::new(Rest { parts, head: &mut head });
                let product = Product::deserialize(rest)?;
                Ok(Content::Medication(head.id, product))
            }
            _ => {
                while parts.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Content::Other)
            }
        }
    }
}

/// The type of a resource, when nothing but parts of its head stands before it.
fn kind<'de, A: MapAccess<'de>>(parts: &mut A, head: &mut Head) -> Result<Cow<'de, str>, A::Error> {
    while let Some(Lent(key)) = parts.next_key()? {
        if key == "resourceType" {
            return parts.next_value().map(|Lent(kind)| kind);
        }
        if !head.take(&key, parts)? {
            break;
        }
    }
    Err(A::Error::custom("the resource does not say first what it is"))
}

impl Head {
    /// Takes the value of `key` if it belongs to the head.
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, parts: &mut A) -> Result<bool, A::Error> {
        match key {
            "id" if self.id.is_none() => self.id = parts.next_value()?,
            "meta" => self.meta = parts.next_value()?,
            "identifier" => parts.next_value_seed(Identifiers(&mut self.identifier))?,
            "contained" => self.contained.extend(parts.next_value::<Contained>()?.0),
            "id" => return Err(A::Error::duplicate_field("id")),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The parts of a resource without those of its head, which are put aside.
struct Rest<'h, A> {
    parts: A,
    head: &'h mut Head,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(Lent(key)) = self.parts.next_key()? {
            if !self.head.take(&key, &mut self.parts)? {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.parts.next_value_seed(seed)
    }
}

#[derive(Deserialize)]
struct Contained(#[serde(deserialize_with = "many")] Vec<Box<RawValue>>);

/// Identifiers are a list in most resources and a single object in a few.
struct Identifiers<'l>(&'l mut Vec<Identifier>);

impl<'de> DeserializeSeed<'de> for Identifiers<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Identifiers<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier or a list of them")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<(), A::Error> {
        self.0.push(Identifier::deserialize(MapAccessDeserializer::new(one))?);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Option<Identifier>>()? {
            self.0.extend(item);
        }
        Ok(())
    }
}

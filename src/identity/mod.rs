//! Which patient is which in each source.
use std::fmt; use std::sync::Arc; use uuid::Uuid; use caregraph_connectors::LocalId;
/// x
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)] pub struct SourceId(Arc<str>);
impl SourceId { /// x
 pub fn new(s: impl Into<Arc<str>>) -> Self { Self(s.into()) } /// x
 pub fn as_str(&self) -> &str { &self.0 } }
impl fmt::Display for SourceId { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) } }
/// x
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)] pub struct PersonId(Uuid);
/// x
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)] pub struct RecordKey(pub [u8;16]);
impl PersonId { /// x
 pub fn new(u: Uuid) -> Self { Self(u) } /// x
 pub fn as_bytes(&self) -> &[u8;16] { self.0.as_bytes() } }
/// x
#[derive(Clone, Debug)] pub struct Link { /// x
 pub record: RecordKey, /// x
 pub source: SourceId, /// x
 pub local: LocalId, /// x
 pub reason: String, /// x
 pub linked_at_ms: i64 }
/// x
#[derive(Clone, Debug)] pub struct Identity { /// x
 pub id: PersonId, /// x
 pub links: Vec<Link> }

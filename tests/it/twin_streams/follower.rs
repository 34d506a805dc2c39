//! Somebody who follows one patient on both sides.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::time::timeout;

use super::line::Line;
use super::record::Followed;
use crate::answer::items;
use crate::sdl::Sdl;
use crate::twins::draw::{Draw, Known};
use crate::twins::same::{self, Names};
use crate::twins::world::World;

/// How long an event that must come is waited for; then it is told that there is none.
const PATIENCE: Duration = Duration::from_secs(20);

/// How somebody follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// `patientView` of one section.
    Section,
    /// `patientView` of all that a random selection needs. Who answers first in which section is told, so that only
    /// what is told in the end is the same while sources begin to speak.
    Everything,
    /// `patientChanged` of one section.
    Changes,
}

impl Manner {
    /// A random subscription.
    pub(super) fn query(
        self,
        sdl: &Sdl,
        random: &mut StdRng,
        followed: &Followed,
        patients: usize,
    ) -> String {
        let Followed { list, section, .. } = followed;
        let arguments = match self {
            Self::Everything => "id: $id".to_owned(),
            Self::Section | Self::Changes => format!("id: $id, sections: [{section}]"),
        };
        if self == Self::Changes {
            return format!(
                "subscription F($id: ID!) {{ patientChanged({arguments}) {{ sections sources {{ name }} accessedAt: at missed sealedCursor: cursor }} }}"
            );
        }
        let known = Known {
            ids: patients,
            patients,
            identifiers: &[],
            words: &[],
            // What was looked at is written there, and how often that was.
            left_out: &["Patient.accessLog"],
        };
        let (mut selection, mut fragments) = Draw::of_patient(sdl, random, &known);
        if random.random_ratio(1, 3) {
            (selection, fragments) = (String::new(), String::new());
        }
        let text = format!(
            "{{ patientView({arguments}) {{ complete pending {{ name }} changed sealedCursor: cursor patient {{ followed: {list}(first: 100) {{ totalCount completeness {{ state sources {{ source {{ name }} state pending message withdrawn }} }} nodes {{ id provenance {{ records {{ reference }} }} }} }} {selection}}} }} }} {fragments}"
        );
        let no = if text.contains("$no") { ", $no: Boolean = false" } else { "" };
        format!("subscription F($id: ID!{no}) {text}")
    }
}

/// What one side has told.
struct Told {
    line: Line,
    names: Names,
    /// In comparable form.
    events: Vec<String>,
    cursors: Vec<Value>,
    /// The sources that had not answered at the last event.
    pending: Vec<String>,
    is_over: bool,
}

impl Told {
    /// Reads on until an event is so, or the stream is over.
    async fn read(&mut self, is_so: impl Fn(&Value, &str) -> bool) {
        while !self.is_over {
            let next = match timeout(PATIENCE, self.line.next()).await {
                Ok(Some(text)) => Ok(text),
                Ok(None) => Err("the end"),
                Err(_) => Err("silence"),
            };
            let text = match next {
                Ok(text) => text,
                Err(end) => {
                    self.is_over = true;
                    self.events.push(end.to_owned());
                    return;
                }
            };
            let event: Value = serde_json::from_str(&text).expect("JSON");
            let root = event["data"].as_object().and_then(|data| data.values().next());
            let root = root.cloned().unwrap_or_default();
            self.cursors.push(root["sealedCursor"].clone());
            let pending = items(&root["pending"]).iter().map(|it| it["name"].to_string());
            self.pending = pending.collect();
            self.events.push(live(&same::plain(&text, &self.names)));
            // Nothing but the end follows an error.
            if !event["data"].is_null() && is_so(&root, &text) {
                return;
            }
        }
    }

    fn is_pending(&self, source: &str) -> bool {
        self.pending.iter().any(|name| name.trim_matches('"') == source)
    }

    /// Forgets by which events it came to the last one.
    fn settle(&mut self) {
        let last = self.events.pop().map(|event| without_changed(&event));
        self.events = last.into_iter().collect();
        self.cursors = self.cursors.split_off(self.cursors.len().saturating_sub(1));
    }

    /// Which cursors are the same as which before them.
    fn pattern(&self) -> Vec<Option<usize>> {
        let first = |cursor| self.cursors.iter().position(|known| known == cursor);
        self.cursors.iter().map(first).collect()
    }
}

/// Somebody who follows one patient on both sides.
pub(super) struct Follower {
    pub(super) person: usize,
    manner: Manner,
    query: String,
    sides: [Told; 2],
    /// What is told while sources begin to speak is not the same, though what is told in the end is.
    is_lax: bool,
    /// What differed while sources began to speak.
    early: Option<String>,
}

impl Follower {
    pub(super) async fn open(
        world: &World,
        person: usize,
        manner: Manner,
        query: &str,
        by_socket: bool,
    ) -> Self {
        let side = async |at: usize| {
            let side = &world.sides[at];
            let token = world.token(world.role, at, person, None).await;
            let line = Line::open(side, &token, query, &side.patients[person], by_socket).await;
            let names = side.names.clone();
            let (events, cursors, pending) = (Vec::new(), Vec::new(), Vec::new());
            Told { line, names, events, cursors, pending, is_over: false }
        };
        let (a, b) = tokio::join!(side(0), side(1));
        let is_lax = manner == Manner::Everything;
        Self { person, manner, query: query.to_owned(), sides: [a, b], is_lax, early: None }
    }

    /// Compares only what is told in the end, when all sources have spoken.
    pub(super) fn be_lax(&mut self) {
        self.is_lax = true;
    }

    /// Reads on, on both sides.
    async fn read(&mut self, is_so: impl Fn(&Value, &str) -> bool) {
        let [a, b] = &mut self.sides;
        tokio::join!(a.read(&is_so), b.read(&is_so));
    }

    /// Hears the first event, which comes while all sources are silent. Whoever follows changes is told nothing before
    /// all was seen once.
    pub(super) async fn begin(&mut self) {
        if self.manner != Manner::Changes {
            self.read(|_, _| true).await;
            self.early = self.difference();
        }
    }

    /// A source speaks: whoever waits for it has it.
    pub(super) async fn hears(&mut self, source: &str) {
        let [a, b] = &mut self.sides;
        let hears = async |side: &mut Told| {
            while side.is_pending(source) && !side.is_over {
                side.read(|_, _| true).await;
            }
        };
        tokio::join!(hears(a), hears(b));
    }

    /// All sources have spoken.
    pub(super) async fn settles(&mut self) {
        if self.manner == Manner::Changes {
            self.read(|_, _| true).await;
        } else if self.is_lax && !self.is_over() {
            self.sides.iter_mut().for_each(Told::settle);
        }
    }

    /// Something has changed that is shown.
    pub(super) async fn is_told(&mut self, id: &str) {
        let is_change = self.manner == Manner::Changes;
        self.read(|_, text| is_change || text.contains(id)).await;
    }

    /// Something has changed on side A alone that is shown.
    pub(super) async fn hears_on_a(&mut self, id: &str) {
        let is_change = self.manner == Manner::Changes;
        self.sides[0].read(|_, text| is_change || text.contains(id)).await;
    }

    /// How many events were told on side A, as far as they are compared.
    pub(super) fn events(&self) -> usize {
        self.sides[0].events.len()
    }

    pub(super) fn is_over(&self) -> bool {
        self.sides.iter().any(|side| side.is_over)
    }

    /// What is not the same on both sides.
    pub(super) fn difference(&self) -> Option<String> {
        let [a, b] = &self.sides;
        let both = || a.events.iter().zip(&b.events);
        let what = if let Some(early) = &self.early {
            early.clone()
        } else if let Some((a, b)) = both().find(|(a, b)| a != b) {
            same::difference(a, b)
        } else if a.events.len() != b.events.len() {
            format!(
                "{} events on A, {} on B\n  A: {:?}\n  B: {:?}",
                a.events.len(),
                b.events.len(),
                a.events,
                b.events
            )
        } else if a.pattern() != b.pattern() {
            format!("cursors\n  A: {:?}\n  B: {:?}", a.pattern(), b.pattern())
        } else {
            return None;
        };
        Some(format!("{:?} of person {}\n  {}\n  {what}", self.manner, self.person, self.query))
    }
}

/// An event that shows copies as if they had just been fetched: which of both is told depends on when what is followed was
/// last asked for again, to the millisecond. There is no event for it.
fn live(event: &str) -> String {
    let event = event.replace("freshness\":\"CACHED\"", "freshness\":\"LIVE\"");
    let event = event.replace(":\"CACHED\"", ":\"OK\"");
    // A copy has no latency.
    event.replace("latencyMs\":null", "latencyMs\":<number>")
}

/// An event of a view without the sections that changed since the one before.
fn without_changed(event: &str) -> String {
    let Some((before, rest)) = event.split_once("\"changed\":[") else { return event.to_owned() };
    let (_, after) = rest.split_once(']').expect("a list ends");
    format!("{before}\"changed\":[{after}")
}

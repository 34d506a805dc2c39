//! One world while it is followed: who speaks, and what changes.

use std::collections::{BTreeMap, BTreeSet};

use caregraph_sandbox::Role;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::Tally;
use super::follower::{Follower, Manner};
use super::record::{FOLLOWED, Followed, Record};
use crate::sdl::Sdl;
use crate::twins::chart::{Person, SOURCES, Source};
use crate::twins::server::Mood;
use crate::twins::topic::MARKS;
use crate::twins::world::World;

/// One world while it is followed.
pub(super) struct Round<'r> {
    world: &'r World,
    random: StdRng,
    serial: usize,
    /// What each person is followed by.
    followed: Vec<&'static Followed>,
    /// The last record of each person that both sides were told of.
    marker: Vec<Option<Record>>,
}

/// The sources that know a person on a side.
fn sources_of(person: &Person, side: usize) -> Vec<usize> {
    let pieces = person.pieces.iter().filter(|it| it.kind == "Patient" && it.sides[side].is_some());
    pieces.map(|it| it.source).collect()
}

/// True when something is hidden of a person that two sources speak of: while the one that knows that it is sensitive has
/// not spoken, what the other one says is shown (docs/privacy.md).
fn has_namesakes(person: &Person, followed: &Followed) -> bool {
    let hidden =
        person.pieces.iter().filter(|it| it.kind == followed.kind && it.sides[1].is_none());
    let mut sources: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for piece in hidden {
        let about = piece.sides[0].as_ref().map(|body| body[followed.about].to_string());
        sources.entry(about.unwrap_or_default()).or_default().insert(piece.source);
    }
    sources.values().any(|sources| sources.len() > 1)
}

impl<'r> Round<'r> {
    pub(super) fn begin(world: &'r World, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed ^ 0x5_7EA);
        let draw = |person: &Person| {
            let shown: Vec<_> = FOLLOWED.iter().filter(|it| person.eyes.class(it.class)).collect();
            *shown.choose(&mut random).unwrap_or(&&FOLLOWED[0])
        };
        let followed = world.people.iter().map(draw).collect();
        let marker = world.people.iter().map(|_| None).collect();
        Self { world, random, serial: 0, followed, marker }
    }

    fn is_closed_for_all(&self, at: usize) -> bool {
        let Source { id, floor, .. } = &SOURCES[at];
        self.world.people.iter().all(|person| !person.eyes.see(id, floor, true))
    }

    fn set_moods(&self, at: usize, mood: Mood) {
        self.world.sides.iter().for_each(|side| side.set_mood(at, mood));
    }

    /// Opens the streams of everybody while all sources are silent.
    pub(super) async fn open(&mut self, sdl: &Sdl) -> Vec<Follower> {
        (0..SOURCES.len()).for_each(|at| self.set_moods(at, Mood::Silent));
        let mut followers = Vec::new();
        for person in 0..self.world.people.len() {
            for manner in [Manner::Section, Manner::Everything, Manner::Changes] {
                let followed = self.followed[person];
                let query = manner.query(sdl, &mut self.random, followed, self.world.people.len());
                let by_socket = self.random.random_bool(0.5);
                let opened = Follower::open(self.world, person, manner, &query, by_socket);
                let mut somebody = opened.await;
                if has_namesakes(&self.world.people[person], followed) {
                    somebody.be_lax();
                }
                followers.push(somebody);
            }
        }
        followers
    }

    /// One source after the other speaks.
    pub(super) async fn speak(&mut self, followers: &mut [Follower]) {
        let mut order: Vec<usize> = (0..SOURCES.len()).collect();
        order.shuffle(&mut self.random);
        join_all(followers.iter_mut().map(Follower::begin)).await;
        for at in order {
            self.set_moods(at, Mood::Up);
            if self.is_closed_for_all(at) {
                let moods = [Mood::Up, Mood::Dead, Mood::Silent];
                let mood = *moods.choose(&mut self.random).expect("there are moods");
                self.world.sides[0].set_mood(at, mood);
            }
            let name = format!("The {}", SOURCES[at].id);
            join_all(followers.iter_mut().map(|it| it.hears(&name))).await;
        }
        join_all(followers.iter_mut().map(Follower::settles)).await;
    }

    fn record(&mut self, name: &str, followed: &'static Followed, at: usize) -> Record {
        self.serial += 1;
        Record { id: format!("{name}-{}", self.serial), followed, source: at, serial: self.serial }
    }

    fn put(&self, side: usize, person: usize, record: &Record, mark: Option<&str>, value: usize) {
        let owner = format!("{}-p{}", SOURCES[record.source].id, self.world.people[person].number);
        let body = record.body(&owner, mark, value);
        self.world.sides[side].put(record.source, record.followed.kind, &owner, body);
    }

    /// Something changes on side A that nobody is told of who follows this person; what that was.
    async fn hide(&mut self, person: usize) -> &'static str {
        let mut ways = [0, 1, 2, 3, 4];
        ways.shuffle(&mut self.random);
        for way in ways {
            let hidden = match way {
                0 => self.hide_by_label(person),
                1 => self.hide_in_a_closed_source(person),
                2 => self.hide_by_class(person),
                3 => self.hide_a_part(person),
                _ => Some(self.say_something_about_others(person).await),
            };
            if let Some(what) = hidden {
                return what;
            }
        }
        "nothing"
    }

    fn hide_by_label(&mut self, person: usize) -> Option<&'static str> {
        let at = self.known(person)?;
        let (eyes, Source { id, floor, .. }) = (&self.world.people[person].eyes, &SOURCES[at]);
        let is_hidden = |it: &&(&str, &str)| !eyes.see(id, &[*floor, &[it.1]].concat(), false);
        let marks: Vec<_> = MARKS.iter().filter(is_hidden).collect();
        let (mark, _) = *marks.choose(&mut self.random)?;
        let record = self.record("hidden", self.followed[person], at);
        self.put(0, person, &record, Some(mark), 1);
        Some("records that bear a label")
    }

    fn hide_in_a_closed_source(&mut self, person: usize) -> Option<&'static str> {
        let (somebody, eyes) = (&self.world.people[person], &self.world.people[person].eyes);
        let is_closed = |at: &usize| !eyes.see(SOURCES[*at].id, SOURCES[*at].floor, false);
        let closed: Vec<usize> = sources_of(somebody, 0).into_iter().filter(is_closed).collect();
        let at = *closed.choose(&mut self.random)?;
        let record = self.record("closed", self.followed[person], at);
        self.put(0, person, &record, None, 1);
        Some("records of closed sources")
    }

    fn hide_by_class(&mut self, person: usize) -> Option<&'static str> {
        let eyes = &self.world.people[person].eyes;
        let closed: Vec<_> = FOLLOWED.iter().filter(|it| !eyes.class(it.class)).collect();
        let other = *closed.choose(&mut self.random)?;
        let at = self.known(person)?;
        let record = self.record("class", other, at);
        self.put(0, person, &record, None, 1);
        Some("records of a class")
    }

    fn hide_a_part(&self, person: usize) -> Option<&'static str> {
        let record = self.marker[person].as_ref()?;
        let eyes = &self.world.people[person].eyes;
        record.followed.part.filter(|part| !eyes.class(part))?;
        self.put(0, person, record, None, 2);
        Some("parts of records")
    }

    async fn say_something_about_others(&mut self, person: usize) -> &'static str {
        let world = self.world;
        let others = ["PHARMACIST", "COMMUNITY_WORKER", "SPECIALIST"];
        let others: Vec<_> = others.into_iter().filter(|it| *it != world.role.as_str()).collect();
        let role = *others.choose(&mut self.random).expect("there are others");
        let input = json!({ "patient": world.sides[0].patients[person], "basis": "form 2",
            "decision": "DENY", "labels": ["HIV"], "roles": [role] });
        let query = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
        let body = json!({ "query": query, "variables": { "input": input } });
        let token = world.token(Role::Patient, 0, person, None).await;
        world.sides[0].send(&token, &[], &body).await.data();
        "directives about others"
    }

    /// A source that knows this person on side A.
    fn known(&mut self, person: usize) -> Option<usize> {
        sources_of(&self.world.people[person], 0).choose(&mut self.random).copied()
    }

    /// Something changes on both sides that is shown to whoever follows this person, if anything is.
    pub(super) fn show(&mut self, person: usize, sides: &[usize]) -> Option<String> {
        let somebody = &self.world.people[person];
        let followed = self.followed[person];
        let sees = |at: &usize| {
            somebody.eyes.see(SOURCES[*at].id, SOURCES[*at].floor, false)
                && somebody.eyes.class(followed.class)
        };
        let shown: Vec<usize> = sources_of(somebody, 1).into_iter().filter(sees).collect();
        let at = *shown.choose(&mut self.random)?;
        let record = self.record("shown", followed, at);
        for side in sides {
            self.put(*side, person, &record, None, 1);
        }
        let id = record.id.clone();
        self.marker[person] = Some(record);
        Some(id)
    }

    /// Something hidden changes, and then twice something that is shown: by the second time, whatever is asked for again
    /// has been asked for again.
    pub(super) async fn change(&mut self, followers: &mut [Follower], tally: &mut Tally) {
        let people = self.world.people.len();
        for person in 0..people {
            for _ in 0..self.random.random_range(1..4) {
                *tally.hidden.entry(self.hide(person).await).or_default() += 1;
            }
        }
        for _ in 0..2 {
            let shown: Vec<_> = (0..people).map(|person| self.show(person, &[0, 1])).collect();
            let hears = followers.iter_mut().filter_map(|it| {
                let id = shown[it.person].as_ref()?;
                Some(it.is_told(id))
            });
            join_all(hears).await;
        }
    }
}

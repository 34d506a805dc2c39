//! What is watched: the answers of sources about one patient, kept up to date for as long as somebody looks.
//!
//! However many look at one section of one patient of one source, there is one post that fetches it. Whoever watches is
//! woken when it has changed and looks for themselves: nothing is queued, so whoever is slow sees the newest. It knows
//! nothing of viewers: what each may see is decided above, every time that they look.

mod post;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use caregraph_connectors::record::Section;
use tokio::sync::Notify;

use super::cache::{Cache, CacheKey, Question, Windows};
use super::outcome::Fetched;
use super::run::{Gathered, Person};
use super::{Fleet, Source};
use post::Post;

/// All posts of this node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hub(Arc<Inner>);

struct Inner {
    cache: Cache,
    posts: Mutex<HashMap<CacheKey, Arc<Post>>>,
}

impl Hub {
    /// A hub over what is kept of sources' answers.
    pub(super) fn new(cache: Cache) -> Self {
        Self(Arc::new(Inner { cache, posts: Mutex::default() }))
    }

    fn posts(&self) -> MutexGuard<'_, HashMap<CacheKey, Arc<Post>>> {
        self.0.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The post of that question, which from now on rings this bell too.
    fn join(&self, source: &Arc<Source>, key: CacheKey, bell: &Arc<Notify>) -> Arc<Post> {
        let mut posts = self.posts();
        let post = posts.entry(key).or_insert_with_key(|key| {
            // Of a source of which nothing is kept, the post alone has what it said last.
            let windows = source.keeping.of(key.section).unwrap_or(Windows::NONE);
            let question = Question { source: source.clone(), windows, key: key.clone() };
            let post = Arc::new(Post::new(&self.0.cache, question));
            tokio::spawn(post.clone().keep(self.clone()));
            post
        });
        post.add(bell.clone());
        post.clone()
    }

    /// Takes a post away if nobody is left at it; true when it is gone.
    fn retire(&self, post: &Arc<Post>) -> bool {
        let mut posts = self.posts();
        if !post.is_left() {
            return false;
        }
        posts.remove(post.key());
        self.0.cache.deafen(post.key());
        true
    }
}

/// What one stream watches of one patient. Dropped, it watches nothing any more.
#[derive(Default)]
pub struct Watch {
    bell: Arc<Notify>,
    posts: Mutex<BTreeMap<CacheKey, Arc<Post>>>,
}

impl Fleet {
    /// How many sections of patients of sources are kept up to date for somebody.
    pub fn watched(&self) -> usize {
        self.hub().posts().len()
    }
}

impl Watch {
    /// What these sources are known to say now of these sections of that patient, and nothing but these is watched from now
    /// on. Never waits: a source that has not answered yet is told as such.
    pub fn look(&self, fleet: &Fleet, person: &Person, sections: &BTreeSet<Section>) -> Gathered {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *posts);
        let mut gathered = Gathered::new();
        for section in sections {
            let open = fleet.with_patients().filter(|it| !person.closes(it, *section));
            let fetched = open.map(|source| {
                let local = person.links.get(&source.id).filter(|_| source.offers(*section));
                let Some(patient) = local.cloned() else {
                    return Fetched::not_asked(source, *section, person);
                };
                let key = source.key(*section, patient);
                let known = before.remove(&key);
                let join = || fleet.hub().join(source, key.clone(), &self.bell);
                let post = known.unwrap_or_else(join);
                let fetched = post.said().unwrap_or_else(|| Fetched::pending(source));
                posts.insert(key, post);
                fetched
            });
            gathered.insert(*section, fetched.collect());
        }
        for post in before.values() {
            post.remove(&self.bell);
        }
        gathered
    }

    /// Waits until something that is watched has changed since it was looked at.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let posts = self.posts.get_mut().unwrap_or_else(PoisonError::into_inner);
        for post in posts.values() {
            post.remove(&self.bell);
        }
    }
}

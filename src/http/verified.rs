//! Tokens that were found good a moment ago.
//!
//! To verify a signature takes longer than many an answer, and a client shows the same token with every request. What was
//! found holds for the very same token, as long as nothing changed of what it rests on and the token is not over.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use crate::access::token::KeySet;
use crate::access::{Policy, Revocations, Viewer};

/// How many tokens are known at once.
const MOST: u64 = 10_000;

/// How long a token is taken without being verified again, whatever has not changed.
const HOLDS_FOR: Duration = Duration::from_mins(1);

/// All that a verdict on a token rests on, beside the token.
pub(super) struct Grounds {
    pub(super) keys: Arc<KeySet>,
    pub(super) policy: Arc<Policy>,
    pub(super) revoked: Arc<Revocations>,
}

impl Grounds {
    fn are(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
            && Arc::ptr_eq(&self.policy, &other.policy)
            && Arc::ptr_eq(&self.revoked, &other.revoked)
    }
}

/// Names a token, and does not hold it.
pub(super) type Name = [u8; 32];

/// The name of a token.
pub(super) fn name(token: &str) -> Name {
    let mut name = Name::default();
    name.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    name
}

/// A token that was found good.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) viewer: Viewer,
    pub(super) issuer: String,
    pub(super) key_id: String,
    pub(super) grounds: Arc<Grounds>,
}

impl Known {
    /// True when it would be found good again at that second since 1970-01-01T00:00Z. In the last moments, in which an
    /// issuer's clock may be behind ours, nobody says so without having looked.
    pub(super) fn holds(&self, grounds: &Grounds, now: u64) -> bool {
        now < self.viewer.expires && self.grounds.are(grounds)
    }
}

/// The tokens that are known to be good.
pub(super) struct Verified(Cache<Name, Known>);

impl Default for Verified {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(HOLDS_FOR).build())
    }
}

impl Verified {
    /// What is known of the token of that name.
    pub(super) fn get(&self, name: &Name) -> Option<Known> {
        self.0.get(name)
    }

    /// Notes that a token is good.
    pub(super) fn keep(&self, name: Name, known: Known) {
        self.0.insert(name, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn grounds() -> Grounds {
        Grounds {
            keys: Arc::default(),
            policy: Arc::new(Policy::default_policy()),
            revoked: Arc::default(),
        }
    }

    #[test]
    fn a_verdict_holds_until_the_token_ends_or_anything_changes_that_it_rests_on() {
        let same = |of: &Grounds| Grounds {
            keys: of.keys.clone(),
            policy: of.policy.clone(),
            revoked: of.revoked.clone(),
        };
        let before = grounds();
        let known = Known {
            viewer: Viewer { expires: 1_000, ..Viewer::somebody(Role::Coordinator) },
            issuer: String::new(),
            key_id: String::new(),
            grounds: Arc::new(same(&before)),
        };
        assert!(known.holds(&same(&before), 999));
        assert!(!known.holds(&same(&before), 1_000));
        for changed in [
            Grounds { keys: Arc::default(), ..same(&before) },
            Grounds { policy: grounds().policy, ..same(&before) },
            Grounds { revoked: Arc::default(), ..same(&before) },
        ] {
            assert!(!known.holds(&changed, 999));
        }
    }

    #[test]
    fn tokens_that_differ_in_a_letter_have_nothing_in_common() {
        let verified = Verified::default();
        let known = Known {
            viewer: Viewer::somebody(Role::Coordinator),
            issuer: String::new(),
            key_id: String::new(),
            grounds: Arc::new(grounds()),
        };
        verified.keep(name("a.b.c"), known);
        assert!(verified.get(&name("a.b.c")).is_some());
        assert!(verified.get(&name("a.b.d")).is_none());
    }
}

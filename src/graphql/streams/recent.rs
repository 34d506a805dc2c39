//! What was known a moment ago of those whom streams are about, so that many streams about one patient cost one look.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::access::Standing;
use crate::graphql::lookup::Gateway;
use crate::identity::{Identity, PersonId};

/// How old it may be.
const MOMENT: Duration = Duration::from_millis(350);
/// Of how many patients it is held.
const MOST: u64 = 20_000;

type Held = Arc<Mutex<Option<(Instant, Known)>>>;

/// Who somebody is, and what is on record about who may see them; nobody once there is no such person any more.
type Known = Option<Arc<(Identity, Standing)>>;

/// What was known a moment ago.
pub(crate) struct Recent(Cache<PersonId, Held>);

impl Default for Recent {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_idle(Duration::from_mins(1)).build())
    }
}

impl Gateway {
    /// Who a person is and what is on record about them, as of a moment ago. The error: nobody can tell.
    pub(super) async fn recently(&self, person: PersonId) -> Result<Known, ()> {
        let held = self.recent.0.get_with(person, Held::default);
        let mut held = held.lock().await;
        if let Some((at, known)) = &*held
            && at.elapsed() < MOMENT
        {
            return Ok(known.clone());
        }
        let at = Instant::now();
        let known = match self.resolve(&[person]).await.map_err(drop)?.pop().flatten() {
            None => None,
            Some(identity) => {
                let standings = self.ledger.standings(&[&identity]).await.map_err(drop)?;
                standings.into_iter().next().map(|standing| Arc::new((identity, standing)))
            }
        };
        *held = Some((at, known.clone()));
        Ok(known)
    }
}

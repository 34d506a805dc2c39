//! One stream, event by event.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep};

use super::{Following, Pass};
use crate::access::Viewer;
use crate::graphql::call::{Call, Manner};
use crate::graphql::engine::Engine;
use crate::graphql::error::ErrorCode;
use crate::graphql::prepared::Prepared;
use crate::graphql::pulse::Pulse;
use crate::graphql::reply::Reply;
use crate::graphql::request::Request;
use crate::graphql::trail::Stamp;
use crate::identity::now_ms;

/// How often it is looked whether access has changed: what is not allowed any more is gone within a second.
const TICK: Duration = Duration::from_millis(350);
/// However soon a glass ends, it is not looked more often than this.
const SHORTEST: Duration = Duration::from_millis(5);
/// How long it is waited for more after something has changed, whatever it was.
const TOGETHER: Duration = Duration::from_millis(25);

/// What comes of an operation.
pub enum Opened {
    /// One reply.
    Reply(Reply),
    /// Many, one after another.
    Events(Box<Events>),
}

/// What there is to tell.
#[derive(Debug)]
pub enum Told {
    /// Nothing: it would show what was shown last.
    Nothing,
    /// An event.
    Event {
        /// The response, JSON.
        body: Vec<u8>,
        /// Where a stream goes on that is broken off after it.
        cursor: Option<String>,
    },
    /// The last event: an error, after which nothing follows.
    Last {
        /// The response, JSON.
        body: Vec<u8>,
    },
    /// Whoever holds the stream open is nobody any more.
    Expired,
}

/// One stream. Whoever carries it waits for [`changed`](Self::changed), and asks for the event when it can be sent.
pub struct Events {
    engine: Engine,
    prepared: Prepared,
    pass: Arc<dyn Pass>,
    manner: Manner,
    id: String,
    following: Arc<Following>,
    /// The first event has been made.
    began: bool,
    /// Something that is watched has changed.
    rang: bool,
}

impl Engine {
    /// Runs an operation of any kind, for a carrier that can bring many replies. `resumes` is a cursor that goes before
    /// the one in the document; `id` names the operation in the audit log.
    pub async fn open(
        &self,
        request: Request,
        pass: Arc<dyn Pass>,
        manner: Manner,
        resumes: Option<String>,
        id: &str,
    ) -> Opened {
        let Some(viewer) = current(&*pass).await else {
            return Opened::Reply(Reply::refused(unauthenticated()));
        };
        let pulse = Arc::new(Pulse::begin());
        let prepared = match self.enter(request, &viewer, &pulse) {
            Ok((prepared, _)) if prepared.ready.is_stream => prepared,
            Ok((prepared, policy)) => {
                let running = self.run(prepared, viewer, policy, manner, id, &pulse).boxed();
                return Opened::Reply(self.observe(&pulse, running).await);
            }
            Err(refused) => {
                return Opened::Reply(self.observe(&pulse, std::future::ready(refused)).await);
            }
        };
        let following = Arc::new(Following::new(resumes));
        Opened::Events(Box::new(Events {
            engine: self.clone(),
            prepared,
            pass,
            manner,
            id: id.to_owned(),
            following,
            began: false,
            rang: false,
        }))
    }
}

impl Events {
    /// Waits until there may be something to tell. Whoever stops waiting may wait again, and misses nothing.
    pub async fn changed(&mut self) {
        while self.began && !self.rang {
            tokio::select! {
                () = self.following.watch.rung() => self.rang = true,
                () = sleep(self.pause()) => self.rang = self.is_moved().await,
            }
        }
        if self.began {
            sleep(TOGETHER).await;
        }
    }

    /// How long it is waited until it is looked again. The end of a broken glass is known beforehand, and not waited for
    /// any longer: to find out that nothing else lets the viewer in may take most of a second.
    fn pause(&self) -> Duration {
        self.following.ends_in(now_ms()).map_or(TICK, |end| end.clamp(SHORTEST, TICK))
    }

    /// True when the next event may rest on something else than the last one.
    async fn is_moved(&self) -> bool {
        let (Some(viewer), Some(person)) = (current(&*self.pass).await, self.following.person())
        else {
            return true;
        };
        let gateway = self.engine.gateway();
        let viewer = gateway.recognise(viewer).await;
        let now = gateway.basis_now(&self.engine.policy.current(), &viewer, person).await;
        self.following.has_moved(now.as_ref())
    }

    /// What there is to tell now. All that decides on it is looked up anew, and it is recorded before this returns.
    pub async fn tell(&mut self) -> Told {
        self.rang = false;
        let Some(viewer) = current(&*self.pass).await else { return Told::Expired };
        let engine = &self.engine;
        let gateway = engine.gateway();
        let viewer = gateway.recognise(viewer).await;
        let prepared = &self.prepared;
        let stamp = Stamp::new(&self.id, &prepared.document, prepared.name.as_deref());
        let deadline = Instant::now() + engine.budget;
        let (policy, planned) = (engine.policy.current(), prepared.ready.planned.clone());
        let mode = self.manner.mode;
        let pulse = Arc::new(Pulse::begin());
        pulse.is(OperationType::Subscription);
        let call = Call::new(viewer, policy, mode, deadline, None, stamp, planned);
        let call = Arc::new(call.watched(pulse.clone(), None));
        let request = prepared.request().data(gateway).data(call.clone());
        let request = request.data(self.following.clone());
        let response = engine.schema.execute_stream(request).next().await;
        let response = response.unwrap_or_else(|| Response::from_errors(vec![no_event()]));
        let is_quiet = response.errors.is_empty() && self.following.is_quiet();
        if is_quiet && self.began && !call.is_over_its_rate() {
            return Told::Nothing;
        }
        self.began = true;
        let has_failed = !response.errors.is_empty() || call.stops();
        let (reply, was_recorded) = engine.conclude(&call, response).await;
        engine.house.pulses.count(&pulse, &reply);
        if has_failed || !was_recorded {
            return Told::Last { body: reply.body };
        }
        if is_quiet {
            return Told::Nothing;
        }
        Told::Event { body: reply.body, cursor: self.following.cursor() }
    }
}

/// Who holds the stream open, until the very end of their token: the leeway for clocks is for those who come.
async fn current(pass: &dyn Pass) -> Option<Viewer> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    pass.viewer().await.filter(|viewer| now < viewer.expires)
}

/// The answer to whoever is nobody any more.
fn unauthenticated() -> ServerError {
    ErrorCode::Unauthenticated.of_request("A valid bearer token is required.")
}

fn no_event() -> ServerError {
    ErrorCode::Internal.of_request("The stream has ended; open it again.")
}

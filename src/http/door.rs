//! Taking connections. As many as fit into what may be open; beyond them, a few that are told so and closed.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::{Connection, Course};
use super::descriptors::most_connections;
use crate::telemetry::Complaint;

/// How many connections are taken at once only to say that there are too many, beside a look at how we are.
const SPARE: usize = 16;

/// How long it is paused when the system has no connection to give: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// At most so often connections that nobody uses are closed to make room.
const ROOM_EVERY: Duration = Duration::from_secs(1);

/// The place where connections come in.
pub(super) struct Door {
    /// None once the door is closed.
    listener: Option<TcpListener>,
    routes: Router,
    most: usize,
    course: watch::Sender<Course>,
    connections: JoinSet<()>,
    spare: JoinSet<()>,
    pause: Duration,
    made_room_at: Option<Instant>,
    refused: Complaint,
    crowded: Complaint,
}

impl Door {
    pub(super) fn new(listener: TcpListener, routes: Router) -> Self {
        Self {
            listener: Some(listener),
            routes,
            most: most_connections(),
            course: watch::Sender::new(Course::default()),
            connections: JoinSet::new(),
            spare: JoinSet::new(),
            pause: SHORTEST_PAUSE,
            made_room_at: None,
            refused: Complaint::default(),
            crowded: Complaint::default(),
        }
    }

    /// Takes connections until something happens.
    pub(super) async fn until(&mut self, what: impl Future<Output = ()>) {
        tokio::pin!(what);
        while let Some(listener) = &self.listener {
            tokio::select! {
                biased;
                () = &mut what => return,
                taken = listener.accept() => match taken {
                    Ok((stream, _)) => self.take(stream),
                    Err(error) => tokio::select! {
                        () = &mut what => return,
                        () = self.rest(&error) => {}
                    },
                },
            }
        }
    }

    /// From now on every answer says that its connection closes with it.
    pub(super) fn announce(&self) {
        self.course.send_modify(|course| course.leaving = true);
    }

    /// Takes nobody any more, and waits for those that are here, until then; how many had to be broken off.
    pub(super) async fn close(mut self, until: Instant) -> usize {
        self.take_the_last();
        self.course.send_modify(|course| course.closing = true);
        let leaving = async {
            while self.connections.join_next().await.is_some() {}
            while self.spare.join_next().await.is_some() {}
        };
        // Whoever is still here is counted below.
        let _ = timeout_at(until, leaving).await;
        self.connections.len() + self.spare.len()
    }

    /// Takes those whom the system has connected already, who would else meet a reset, and closes the door behind them.
    fn take_the_last(&mut self) {
        let Some(listener) = self.listener.take().and_then(|it| it.into_std().ok()) else { return };
        // It does not wait: what is not there yet is not taken.
        while let Ok((stream, _)) = listener.accept() {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.take(stream);
            }
        }
    }

    fn take(&mut self, stream: TcpStream) {
        self.pause = SHORTEST_PAUSE;
        while self.connections.try_join_next().is_some() {}
        while self.spare.try_join_next().is_some() {}
        let connection = Connection::new(stream, self.routes.clone(), self.course.subscribe());
        if self.connections.len() < self.most {
            self.connections.spawn(connection.serve());
            return;
        }
        self.make_room();
        if let Some(held_back) = self.crowded.due() {
            let most = self.most;
            tracing::warn!(most, held_back, "too many connections: some are told to come later");
        }
        // Beyond these, it is closed without a word.
        if self.spare.len() < SPARE {
            self.spare.spawn(connection.refuse());
        }
    }

    /// Lets the system rest that has no connection to give.
    async fn rest(&mut self, error: &io::Error) {
        let is_of_one_connection = matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
        );
        if is_of_one_connection {
            return;
        }
        self.make_room();
        if let Some(held_back) = self.refused.due() {
            tracing::error!(%error, held_back, "no connection can be taken; those that are here go on");
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        sleep(pause).await;
    }

    /// Closes connections over which nothing is asked at the moment.
    fn make_room(&mut self) {
        let now = Instant::now();
        if self.made_room_at.is_none_or(|at| now.duration_since(at) >= ROOM_EVERY) {
            self.made_room_at = Some(now);
            self.course.send_modify(|course| course.room += 1);
        }
    }
}

//! Two nodes before the same systems, with one PostgreSQL and one Redis.

use std::sync::Arc;

use caregraph_sandbox::{Options, Sandbox};

use crate::config::Shape;
use crate::gateway::TestGateway;
use crate::home::Home;
use crate::servers::{Postgres, Redis};

/// The nodes' key.
const KEY: &str = "5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee0";

/// What two nodes share.
pub(crate) struct Shared {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) home: Arc<Home>,
    pub(crate) redis: Redis,
    pub(crate) postgres: Postgres,
}

impl Shared {
    /// Starts it; `None` where Redis or PostgreSQL is not installed.
    pub(crate) async fn start(patients: u64) -> Option<Self> {
        let redis = Redis::start(&[]).await?;
        let postgres = Postgres::start().await?;
        let options = Options { patients, ..Options::default() };
        let sandbox = Arc::new(Sandbox::start(options).await.expect("the sandbox starts"));
        let home = Arc::new(Home::new());
        std::fs::write(home.path().join("key"), KEY).expect("files can be written");
        Some(Self { sandbox, home, redis, postgres })
    }

    /// Makes a configuration one of these nodes.
    pub(crate) fn shape(&self, shape: &mut Shape) {
        let key = self.home.path().join("key").display().to_string();
        shape.store = Some(format!("url = {:?}\nkey = \"file:{key}\"", self.postgres.url()));
        shape.redis = Some(format!("{:?}", self.redis.url()));
    }

    /// One more node in this process.
    pub(crate) async fn node(&self, change: impl FnOnce(&mut Shape)) -> TestGateway {
        let builder = TestGateway::builder().before(self.sandbox.clone());
        let builder = builder.at_home(self.home.clone());
        let node = builder.shape(|shape| {
            change(shape);
            self.shape(shape);
        });
        node.start().await
    }

    /// The configuration of a node, as a file.
    pub(crate) fn config(&self, name: &str, change: impl FnOnce(&mut Shape)) -> String {
        let mut shape = Shape::default();
        change(&mut shape);
        self.shape(&mut shape);
        let path = self.home.path().join(name);
        let text = shape.text(&self.sandbox, self.home.path());
        std::fs::write(&path, text).expect("files can be written");
        path.display().to_string()
    }
}

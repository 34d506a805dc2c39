//! Whether and how a source may send messages, as it is configured.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use toml::Table;

use super::check::Check;
use super::raw::RawEvents;
use crate::events::{Events, Method, Proof};

/// A shorter secret is none.
const SHORTEST_SECRET: usize = 24;

impl Check<'_> {
    /// The settings of the source at `path`; nothing when it may send nothing.
    pub(super) fn events(&mut self, path: &str, table: Option<Table>) -> Option<Events> {
        let path = format!("{path}.events");
        let table = table?;
        self.unknown_keys(&path, &table, &super::raw::keys::<RawEvents>());
        let raw: RawEvents = self.values(&path, &table);
        let method = match raw.proof.as_deref() {
            None | Some("bearer") => Some(Method::Bearer),
            Some("hmac") => Some(Method::Hmac),
            Some(_) => {
                self.wrong(format!("{path}.proof"), "must be bearer or hmac");
                None
            }
        };
        let per_minute = self.within(&path, "per_minute", raw.per_minute, 600, 100_000);
        let sweep_s = self.within(&path, "sweep_s", raw.sweep_s, 10, 300);
        let at = format!("{path}.secret");
        let secret = self.required(&path, "secret", raw.secret)?;
        let secret = self.secret(&at, &secret)?;
        if secret.expose_secret().len() < SHORTEST_SECRET {
            self.wrong(at, format!("must hold at least {SHORTEST_SECRET} characters"));
        }
        let sweep_every = Duration::from_secs(u64::from(sweep_s));
        Some(Events { proof: Proof::new(method?, secret), per_minute, sweep_every })
    }

    fn within(&mut self, path: &str, key: &str, given: Option<u32>, usual: u32, most: u32) -> u32 {
        let given = given.unwrap_or(usual);
        if !(1..=most).contains(&given) {
            self.wrong(format!("{path}.{key}"), format!("must lie between 1 and {most}"));
        }
        given
    }
}

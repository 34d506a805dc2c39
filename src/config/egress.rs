//! Where the gateway may connect to, as it is configured.

use std::ops::RangeInclusive;

use caregraph_connectors::reach::{EgressPolicy, Network, Whom};

use super::check::Check;
use super::raw::{RawEgress, RawPorts};

impl Check<'_> {
    /// Where the gateway may connect to.
    pub(super) fn egress(&mut self, raw: RawEgress) -> EgressPolicy {
        let allow_private =
            self.each("egress.allow_private", raw.allow_private, |text: &String| {
                let network = Network::parse(text)?;
                EgressPolicy::check_private(&network).map(|()| network)
            });
        EgressPolicy {
            allow_private,
            allow_ports: self.each("egress.allow_ports", raw.allow_ports, ports),
            allow_hosts: self.each("egress.allow_hosts", raw.allow_hosts, |text: &String| {
                match Whom::parse(text)? {
                    host @ Whom::Host(_) => Ok(host),
                    Whom::Below(_) | Whom::Network(_) => Err(format!(
                        "{text:?} is not one host; name each host in full, such as login.example"
                    )),
                }
            }),
            allow_http: self.whom("egress.allow_http", raw.allow_http),
            deny: self.whom("egress.deny", raw.deny),
        }
    }

    fn whom(&mut self, path: &str, given: Option<Vec<String>>) -> Vec<Whom> {
        self.each(path, given, |text: &String| Whom::parse(text))
    }

    /// Reads each of a list; every one that cannot be read is a mistake of its own.
    fn each<T, R>(
        &mut self,
        path: &str,
        given: Option<Vec<T>>,
        read: impl Fn(&T) -> Result<R, String>,
    ) -> Vec<R> {
        let mut all = Vec::new();
        for (place, one) in given.unwrap_or_default().iter().enumerate() {
            match read(one) {
                Ok(one) => all.push(one),
                Err(what) => self.wrong(format!("{path}[{}]", place + 1), what),
            }
        }
        all
    }
}

fn ports(raw: &RawPorts) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = match raw {
        RawPorts::One(port) => (Some(*port), Some(*port)),
        RawPorts::Range(text) => match text.split_once('-') {
            Some((first, last)) => (first.trim().parse().ok(), last.trim().parse().ok()),
            None => (None, None),
        },
    };
    match (first, last) {
        (Some(first), Some(last)) if 0 < first && first <= last => Ok(first..=last),
        _ => Err("must be a port from 1 to 65535, or several, such as \"8000-8999\"".to_owned()),
    }
}

#[cfg(test)]
#[path = "egress_tests.rs"]
mod tests;

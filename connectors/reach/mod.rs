//! Where the gateway may connect to: one judgement, when a connector is registered and again at each connection.
//!
//! What is asked comes from many hands: from operators, from partners, from links that a source sends, from name servers.
//! Whoever has one of them must not be able to turn the gateway against what it alone can reach.

mod judge;
mod name;
mod network;
mod policy;
mod refusal;

use std::net::IpAddr;
use std::sync::Arc;

use url::{Host, Url};

use self::network::plain;
use crate::address::{self, Area};

pub use judge::{Checked, judge};
pub use network::{Network, Whom};
pub use policy::EgressPolicy;
pub use refusal::Refusal;

/// Whose word it is that somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The gateway's own: issuers of tokens, a collector of traces. Whoever asks says what is allowed beside.
    Gateway,
    /// An operator's, who wrote the connector into the configuration.
    Configured,
    /// A partner's, who registered it.
    Registered,
}

impl Origin {
    /// Reads a URL as somebody wrote it. What one reader takes for something else than another is refused.
    pub fn parse(self, text: &str) -> Result<Url, Refusal> {
        let is_registered = self == Self::Registered;
        if text.chars().any(|it| it.is_whitespace() || it.is_control() || it == '\\') {
            return Err(Refusal::Unclear("it holds a space, a control character or a backslash"));
        }
        let url = Url::parse(text).map_err(|_| Refusal::Unclear("no host can be read in it"))?;
        if is_registered && !text.is_ascii() {
            return Err(Refusal::Unclear("it holds letters that look like others"));
        }
        // Readers that know fewer schemes take what follows for a path or for the host of another.
        if matches!(url.scheme(), "http" | "https") {
            let rest = text.get(url.scheme().len()..).unwrap_or_default();
            if !rest.starts_with("://") || rest[3..].starts_with('/') {
                return Err(Refusal::Unclear("what follows the scheme is not // and a host"));
            }
        }
        Ok(url)
    }
}

/// Where one connector may be led. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reach(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    origin: Origin,
    policy: Arc<EgressPolicy>,
    /// The hosts and ports that are the connector's own.
    places: Vec<(String, u16)>,
}

impl Reach {
    /// That of the gateway itself: any host.
    pub fn of_gateway(policy: Arc<EgressPolicy>) -> Self {
        Self(Arc::new(Inner { origin: Origin::Gateway, policy, places: Vec::new() }))
    }

    /// That of a connector whose source is there.
    pub fn of(origin: Origin, policy: Arc<EgressPolicy>, base_url: &Url) -> Self {
        Self(Arc::new(Inner { origin, policy, places: Vec::new() })).and(base_url)
    }

    /// The same, but that this host and port are the connector's own too.
    #[must_use]
    pub fn and(self, url: &Url) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.places.extend(place(url));
        Self(Arc::new(inner))
    }

    /// Whose word it is.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// Judges all of a URL that can be judged without looking its name up.
    pub fn check(&self, url: &Url) -> Result<(), Refusal> {
        let Inner { origin, policy, .. } = &*self.0;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo);
        }
        let host = url.host().ok_or(Refusal::Unclear("there is no host in it"))?;
        if policy.deny.iter().any(|whom| whom.is_host(&host)) {
            return Err(Refusal::Denied(host.to_string()));
        }
        if *origin != Origin::Gateway {
            self.check_plain(url, &host)?;
            self.check_place(url, &host)?;
        }
        match host {
            Host::Domain(name) => self.check_name(name),
            Host::Ipv4(address) => self.check_literal(address.into()),
            Host::Ipv6(address) => self.check_literal(address.into()),
        }
    }

    /// Whether a URL that somebody else named is at the same host and port as `base`, or one that is named by somebody whose
    /// word it is.
    pub(crate) fn is_meant(&self, url: &Url, base: &Url) -> bool {
        let Inner { policy, places, .. } = &*self.0;
        let own = place(url);
        let is_own = own == place(base) || own.is_some_and(|own| places.contains(&own));
        let is_allowed = |host| policy.allow_hosts.iter().any(|whom| whom.is_host(&host));
        (is_own && url.scheme() == base.scheme()) || url.host().is_some_and(is_allowed)
    }

    /// Its own host and port, or a host that any connector may ask.
    fn check_place(&self, url: &Url, host: &Host<&str>) -> Result<(), Refusal> {
        let Inner { origin, policy, places } = &*self.0;
        let port = url.port_or_known_default().unwrap_or_default();
        let is_own = place(url).is_some_and(|place| places.contains(&place));
        if !is_own && !policy.allow_hosts.iter().any(|whom| whom.is_host(host)) {
            return Err(Refusal::OtherHost(format!("{host}:{port}")));
        }
        // The port of a source that an operator names is the operator's word.
        let is_open = (is_own && *origin == Origin::Configured) || policy.is_port_allowed(port);
        if is_open { Ok(()) } else { Err(Refusal::Port(port)) }
    }

    /// Plain HTTP is for this machine and for those who are named. Whether a name stands for one of a named network is
    /// judged when it is looked up.
    fn check_plain(&self, url: &Url, host: &Host<&str>) -> Result<(), Refusal> {
        let allowed = &self.0.policy.allow_http;
        let is_name = matches!(host, Host::Domain(_));
        let is_open = url.scheme() == "https"
            || name::is_this_machine(host)
            || allowed.iter().any(|whom| whom.is_host(host))
            || (is_name && allowed.iter().any(|whom| matches!(whom, Whom::Network(_))));
        if is_open { Ok(()) } else { Err(Refusal::Plain(host.to_string())) }
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let Inner { origin, policy, .. } = &*self.0;
        let is_open = *origin != Origin::Registered
            || name::is_public(name)
            || policy.allow_hosts.iter().any(|whom| whom.is_host(&Host::Domain(name)));
        if is_open { Ok(()) } else { Err(Refusal::Name(name.to_owned())) }
    }

    /// An address that stands in a URL as such. An operator who writes it means it.
    fn check_literal(&self, address: IpAddr) -> Result<(), Refusal> {
        let Inner { origin, policy, .. } = &*self.0;
        let area = Area::of(address);
        if policy.denies(address) {
            return Err(Refusal::Denied(address.to_string()));
        }
        if !area.may_be_allowed() {
            return Err(Refusal::NoPlace(area));
        }
        let is_open = match origin {
            Origin::Gateway | Origin::Configured => true,
            Origin::Registered => area == Area::Public || policy.is_private_allowed(address),
        };
        if is_open { Ok(()) } else { Err(Refusal::Address(area)) }
    }

    /// An address that somebody says a name stands for. Systems of hospitals have names in networks of their own, so that
    /// private addresses are good ones for what an operator configured; this machine has one name.
    pub(crate) fn check_address(&self, name: &str, address: IpAddr) -> Result<(), Refusal> {
        let Inner { origin, policy, .. } = &*self.0;
        let is_trusted = *origin != Origin::Registered;
        if policy.denies(address) {
            // Which networks are denied is no partner's business either.
            let refusal = if is_trusted { Refusal::Denied } else { Refusal::Leads };
            return Err(refusal(name.to_owned()));
        }
        let area = Area::of(address);
        let is_open = match area {
            Area::Public => true,
            Area::Private | Area::Shared | Area::Documentation | Area::Benchmark if is_trusted => {
                true
            }
            Area::Loopback if is_trusted && name::is_localhost(name) => true,
            area => area.may_be_allowed() && policy.is_private_allowed(address),
        };
        if is_open { Ok(()) } else { Err(Refusal::Leads(name.to_owned())) }
    }

    /// Whether a name that is asked without TLS may be, with these addresses.
    fn check_plain_addresses(&self, url: &Url, addresses: &[IpAddr]) -> Result<(), Refusal> {
        let Inner { origin, policy, .. } = &*self.0;
        let Some(host @ Host::Domain(_)) = url.host() else { return Ok(()) };
        let allowed = &policy.allow_http;
        let is_named = *origin == Origin::Gateway || allowed.iter().any(|whom| whom.is_host(&host));
        let is_open = |address: &IpAddr| {
            Area::of(address::end(*address)) == Area::Loopback
                || allowed.iter().any(|whom| whom.has(*address))
        };
        if url.scheme() == "https" || is_named || addresses.iter().all(is_open) {
            Ok(())
        } else {
            Err(Refusal::Plain(host.to_string()))
        }
    }
}

/// The host and port of a URL, as they are compared.
pub(crate) fn place(url: &Url) -> Option<(String, u16)> {
    Some((plain(url.host_str()?), url.port_or_known_default()?))
}

#[cfg(test)]
mod tests;

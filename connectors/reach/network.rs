//! Networks and hosts, as operators name them.

use std::fmt;
use std::net::IpAddr;

use url::Host;

use crate::address;

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.20.0.0/16`, `fd12::/32`, or one address. A network is written by its first address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no network; write one such as 10.20.0.0/16, or one address");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        let network = Self { address, bits };
        let first = network.first();
        if first != address {
            return Err(format!("{text:?} is no network: {bits} bits of it are {first}/{bits}"));
        }
        Ok(network)
    }

    /// How many of the first bits count.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Its first address.
    pub fn first(&self) -> IpAddr {
        masked(self.address, self.bits)
    }

    /// Whether an address is in it, as it is written or where it leads in the end.
    pub fn holds(&self, address: IpAddr) -> bool {
        let is_in = |address: IpAddr| {
            address.is_ipv4() == self.address.is_ipv4()
                && masked(address, self.bits) == self.address
        };
        is_in(address) || is_in(address::end(address))
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Whom an operator names: a host, all hosts below a name, or a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One host by its name.
    Host(String),
    /// All hosts whose names end so, written `*.example.org`; not that name itself.
    Below(String),
    /// All addresses of a network.
    Network(Network),
}

impl Whom {
    /// Reads `emr.example.org`, `*.example.org`, `10.20.0.0/16` or an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('/') || text.parse::<IpAddr>().is_ok() {
            return Network::parse(text).map(Self::Network);
        }
        let (name, is_below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        // What a URL could not hold as its host names nobody.
        match Host::parse(name) {
            Ok(Host::Domain(host)) if !host.contains('*') => {
                let host = plain(&host);
                Ok(if is_below { Self::Below(host) } else { Self::Host(host) })
            }
            _ => Err(format!(
                "{text:?} is neither a host nor a network; write emr.example.org, *.example.org or 10.20.0.0/16, without scheme \
                 or port"
            )),
        }
    }

    /// Whether it is that host, as a URL holds it.
    pub(super) fn is_host(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Host(name), Host::Domain(host)) => *name == plain(host),
            (Self::Below(name), Host::Domain(host)) => {
                let host = plain(host);
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            (Self::Network(network), Host::Ipv4(address)) => network.holds((*address).into()),
            (Self::Network(network), Host::Ipv6(address)) => network.holds((*address).into()),
            _ => false,
        }
    }

    /// Whether an address is of it. A host has none before it is looked up.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.holds(address))
    }
}

/// A name as it is compared: names end in a dot or not, and mean the same.
pub(super) fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_hold_what_is_in_them() {
        for (network, inside, outside) in [
            ("10.20.0.0/16", "10.20.255.255", "10.21.0.0"),
            ("10.20.0.0/16", "::ffff:10.20.0.1", "::ffff:10.19.0.1"),
            ("10.20.0.0/16", "64:ff9b::10.20.0.1", "64:ff9b::10.19.0.1"),
            ("0.0.0.0/0", "255.1.1.1", "::1"),
            ("::/0", "::1", "1.1.1.1"),
            ("fd12::/32", "fd12:0:ffff::1", "fd12:1::"),
            ("127.0.0.9", "127.0.0.9", "127.0.0.8"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.holds(inside.parse().unwrap()), "{network} {inside}");
            assert!(!network.holds(outside.parse().unwrap()), "{network} {outside}");
        }
        for wrong in ["", "10.20.0.0/33", "10.20/16", "::/129", "10.20.0.0/-1", "x/8", "10.0.0.0/"]
        {
            assert!(Network::parse(wrong).unwrap_err().contains("is no network"), "{wrong}");
        }
        let error = Network::parse("10.20.3.4/16").unwrap_err();
        assert!(error.ends_with("16 bits of it are 10.20.0.0/16"), "{error}");
    }

    #[test]
    fn hosts_are_named_with_or_without_a_star() {
        let is_host = |whom: &str, host: &str| {
            Whom::parse(whom).unwrap().is_host(
                &Host::parse(host)
                    .as_ref()
                    .map(|it| match it {
                        Host::Domain(name) => Host::Domain(name.as_str()),
                        Host::Ipv4(it) => Host::Ipv4(*it),
                        Host::Ipv6(it) => Host::Ipv6(*it),
                    })
                    .unwrap(),
            )
        };
        assert!(is_host("EMR.example.org", "emr.example.org."));
        assert!(is_host("*.example.org", "a.b.example.org") && is_host("10.0.0.0/8", "10.1.1.1"));
        assert!(!is_host("*.example.org", "example.org"));
        assert!(!is_host("*.example.org", "badexample.org"));
        assert!(!is_host("example.org", "a.example.org") && !is_host("10.0.0.0/8", "a.example"));
        for wrong in
            ["", "*", "a.*.example", "https://a.example", "a.example:443", "a b", "*.10.0.0.1"]
        {
            assert!(Whom::parse(wrong).is_err(), "{wrong}");
        }
    }
}

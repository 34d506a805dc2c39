//! What operators allow and forbid for all connectors at once.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::network::{Network, Whom};
use crate::address::Area;

/// The widest networks that may be allowed at once, in bits: those that are set aside as a whole.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 7;

/// What operators allow and forbid for all connectors at once: the part `[egress]` of the configuration.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    /// Networks that are not public and open nevertheless; see [`Self::check_private`].
    pub allow_private: Vec<Network>,
    /// Ports that are open to registered connectors beside 443.
    pub allow_ports: Vec<RangeInclusive<u16>>,
    /// Hosts that connectors may ask although they are not their own, or have no public name.
    pub allow_hosts: Vec<Whom>,
    /// Who may be asked without TLS.
    pub allow_http: Vec<Whom>,
    /// Who is asked by nobody, whatever else is allowed.
    pub deny: Vec<Whom>,
}

impl EgressPolicy {
    /// Whether a network can be allowed; a sentence that says why not.
    pub fn check_private(network: &Network) -> Result<(), String> {
        let area = Area::of(network.first());
        let widest = if network.first().is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
        if network.bits() < widest {
            return Err(format!(
                "{network} is wider than any private network; name the network that is meant"
            ));
        }
        match area {
            Area::Public => Err(format!("{network} is public and open anyway; take it out")),
            area if !area.may_be_allowed() => Err(format!(
                "{network} holds addresses {}, which can be allowed to nobody; take it out",
                area.about()
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn is_private_allowed(&self, address: IpAddr) -> bool {
        self.allow_private.iter().any(|network| network.holds(address))
    }

    pub(super) fn is_port_allowed(&self, port: u16) -> bool {
        port == 443 || self.allow_ports.iter().any(|ports| ports.contains(&port))
    }

    pub(super) fn denies(&self, address: IpAddr) -> bool {
        self.deny.iter().any(|whom| whom.has(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_somebodys_own_can_be_allowed() {
        let check = |text: &str| EgressPolicy::check_private(&Network::parse(text).unwrap());
        for good in [
            "10.0.0.0/8",
            "127.0.0.0/8",
            "::1",
            "fd12::/32",
            "fc00::/7",
            "100.64.0.0/10",
            "240.0.0.0/8",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("0.0.0.0/0", "wider"),
            ("10.0.0.0/7", "wider"),
            ("::/0", "wider"),
            ("8.8.8.0/24", "public"),
            ("2a00::/32", "public"),
            ("169.254.0.0/16", "on the same cable"),
            ("169.254.169.254", "credentials"),
            ("224.0.0.0/8", "many at once"),
            ("0.0.0.0/8", "nobody"),
            ("2002::/16", "tunnel"),
            ("fe80::/10", "on the same cable"),
        ] {
            let error = check(bad).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}

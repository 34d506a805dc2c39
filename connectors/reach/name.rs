//! What can be told of a host by its name alone.

use url::Host;

use super::network::plain;

/// Ends of names that the public internet does not have (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476, and what ICANN has
/// set aside): within somebody's network they lead to what is theirs alone.
const NOT_PUBLIC: [&str; 22] = [
    "alt",
    "arpa",
    "cluster",
    "corp",
    "consul",
    "docker",
    "domain",
    "home",
    "host",
    "internal",
    "intranet",
    "invalid",
    "kubernetes",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "svc",
    "test",
];

/// Whether the public internet may have a name.
pub(super) fn is_public(name: &str) -> bool {
    let name = plain(name);
    let top = name.rsplit_once('.').map(|(_, top)| top);
    top.is_some_and(|top| !top.is_empty() && !NOT_PUBLIC.contains(&top))
}

/// Whether a name is that of this machine.
pub(super) fn is_localhost(name: &str) -> bool {
    let name = plain(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a host is this machine for certain.
pub(super) fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_localhost(name),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_networks_of_ones_own_are_told_from_public_ones() {
        for name in ["a.example", "api.foodbank.org", "xn--bcher-kva.example", "a.example."] {
            assert!(is_public(name), "{name}");
        }
        for name in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "metadata.google.internal",
            "metadata.google.internal.",
            "kubernetes.default.svc",
            "a.svc.cluster.local",
            "intranet",
            "metadata",
            "router.home.arpa",
            "a.Local",
            ".",
        ] {
            assert!(!is_public(name), "{name}");
        }
    }
}

//! Which addresses a name may stand for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a name may stand for an address. Systems of hospitals have names in networks of their own, so private addresses
/// are good ones; this machine has one name, and links, groups and nobody have none.
pub(crate) fn is_allowed(name: &str, address: IpAddr) -> bool {
    let is_local = name == "localhost" || name.ends_with(".localhost");
    match address.to_canonical() {
        IpAddr::V4(address) => is_allowed_v4(is_local, address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_allowed_v4(false, inner),
            None if address.is_loopback() => is_local,
            None => {
                let is_metadata = address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
                let is_nobody = address.is_unspecified() || address.is_multicast();
                !(is_nobody || is_metadata || address.is_unicast_link_local())
            }
        },
    }
}

fn is_allowed_v4(is_local: bool, address: Ipv4Addr) -> bool {
    if address.is_loopback() {
        return is_local;
    }
    let is_nobody = address.octets()[0] == 0 || address.is_broadcast() || address.is_multicast();
    !(is_nobody || address.is_link_local())
}

/// The address of version 4 to which one of version 6 leads in the end: by NAT64 (RFC 6052), 6to4 (RFC 3056), or as an
/// old way of writing it.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => of(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => of(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_places_that_are_no_part_of_this_machine() {
        let allows = |name, address: &str| is_allowed(name, address.parse().unwrap());
        for good in
            ["192.0.2.1", "10.0.0.1", "172.16.9.9", "2001:db8::1", "fd12::1", "64:ff9b::a00:1"]
        {
            assert!(allows("fhir.example", good), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "fe80::1",
            "fd00:ec2::254",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!allows("fhir.example", bad), "{bad}");
            assert!(!allows("localhost.example", bad), "{bad}");
        }
        assert!(allows("localhost", "127.0.0.1") && allows("gate.localhost", "::1"));
        assert!(!allows("localhost", "169.254.169.254"));
    }
}

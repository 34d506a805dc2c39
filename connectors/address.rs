//! What kind of place an address is, by the registries of special addresses (RFC 6890 and what IANA added since).
//!
//! A table of our own: what the standard library says of it is not stable, and leaves out tunnels and the places where
//! clouds give their credentials away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// A single host of the public internet.
    Public,
    /// This very machine.
    Loopback,
    /// A network of somebody's own.
    Private,
    /// A network of a provider of access, behind which its customers are (RFC 6598).
    Shared,
    /// An address for examples in texts.
    Documentation,
    /// A network for measuring devices.
    Benchmark,
    /// Set aside, and nobody's yet.
    Reserved,
    /// Whoever is on the same cable.
    LinkLocal,
    /// Where a cloud gives credentials to its machines.
    Metadata,
    /// Many at once.
    Group,
    /// Nobody, or everybody here.
    Nobody,
    /// The end of a tunnel, behind which is who knows what.
    Tunnel,
}

impl Area {
    /// What kind of place an address is. One that leads on to another is what that is.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Whether configuration may allow it. What may not is no place for a source on any network.
    pub fn may_be_allowed(self) -> bool {
        match self {
            Self::Public
            | Self::Loopback
            | Self::Private
            | Self::Shared
            | Self::Documentation
            | Self::Benchmark
            | Self::Reserved => true,
            Self::LinkLocal | Self::Metadata | Self::Group | Self::Nobody | Self::Tunnel => false,
        }
    }

    /// What it is, after "an address".
    pub fn about(self) -> &'static str {
        match self {
            Self::Public => "of the public internet",
            Self::Loopback => "of this machine itself",
            Self::Private => "of a private network",
            Self::Shared => "of a provider's own network",
            Self::Documentation => "for examples alone",
            Self::Benchmark => "for measuring devices alone",
            Self::Reserved => "that is set aside and nobody's",
            Self::LinkLocal => "of whoever is on the same cable",
            Self::Metadata => "where a cloud gives its credentials away",
            Self::Group => "of many at once",
            Self::Nobody => "of nobody",
            Self::Tunnel => "at the end of a tunnel",
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Area {
    match address.octets() {
        // Of AWS, GCP, Azure and others; of ECS; of Alibaba; of Azure's own agent; of Oracle.
        [169, 254, 169, 254]
        | [169, 254, 170, 2]
        | [100, 100, 100, 200]
        | [168, 63, 129, 16]
        | [192, 0, 0, 192] => Area::Metadata,
        [0, ..] | [255, 255, 255, 255] => Area::Nobody,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Area::Private,
        [100, 64..=127, ..] => Area::Shared,
        [127, ..] => Area::Loopback,
        [169, 254, ..] => Area::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Area::Documentation,
        [192, 88, 99, _] => Area::Tunnel,
        [198, 18..=19, ..] => Area::Benchmark,
        [224..=239, ..] => Area::Group,
        [192, 0, 0, _] | [240..=255, ..] => Area::Reserved,
        _ => Area::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Area {
    if address.is_unspecified() {
        return Area::Nobody;
    }
    if address.is_loopback() {
        return Area::Loopback;
    }
    if let Some(inner) = translated(address) {
        // This machine cannot be reached by way of a translator, only the translator itself.
        return match of_v4(inner) {
            Area::Loopback => Area::Nobody,
            area => area,
        };
    }
    match address.segments() {
        // Ways of writing addresses of version 4 that nobody routes (RFC 4291, RFC 2765).
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low] => set_aside(inner(high, low)),
        // 6to4 (RFC 3056), Teredo (RFC 4380), and whatever interface is within a tunnel (ISATAP, RFC 5214).
        [0x2002, ..] | [0x2001, 0, ..] | [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => Area::Tunnel,
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            Area::Metadata
        }
        [0x2001, 2, 0, ..] => Area::Benchmark,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Area::Documentation,
        [0x2001, 0..=0x1ff, ..] => Area::Reserved,
        [0x100, 0, 0, 0 | 1, ..] => Area::Nobody,
        [0x2000..=0x3fff, ..] => Area::Public,
        [0xfc00..=0xfdff, ..] => Area::Private,
        [0xfe80..=0xfebf, ..] => Area::LinkLocal,
        [0xff00..=0xffff, ..] => Area::Group,
        _ => Area::Reserved,
    }
}

/// What an address of version 4 is when it is written in a way that leads nobody to it in public.
fn set_aside(address: Ipv4Addr) -> Area {
    match of_v4(address) {
        Area::Public => Area::Reserved,
        // However it is written, it may be taken for this machine.
        Area::Loopback => Area::Nobody,
        area => area,
    }
}

/// The address to which one leads in the end: what is mapped (`::ffff:…`) or translated leads to one of version 4.
pub(crate) fn end(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => translated(address).map_or(IpAddr::V6(address), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The address of version 4 to which a translator leads (RFC 6052, RFC 8215).
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        // Within the prefix for networks of one's own the address may stand in several places: here it is the usual one,
        // and whatever has something in the others is set aside below.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, 0, 0, high, low] => {
            Some(inner(high, low))
        }
        _ => None,
    }
}

fn inner(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the registries, at both ends where it has two, and what lies just beside it.
    const TABLE: [(Area, &str); 12] = [
        (
            Area::Public,
            "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 \
             172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 \
             198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 168.63.129.15 \
             2000:: 2001:200:: 2001:db7:ffff:: 2001:db9:: 2003:: 3ffe:ffff:: 3fff:1000:: 2606:4700::1111 ::ffff:8.8.8.8 \
             64:ff9b::808:808 64:ff9b:1:abcd::808:808",
        ),
        (Area::Loopback, "127.0.0.0 127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 ::ffff:7f00:1"),
        (
            Area::Private,
            "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fc00:: fdff:ffff:: \
             ::ffff:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::192.168.0.1 ::10.0.0.1",
        ),
        (Area::Shared, "100.64.0.0 100.127.255.255 ::ffff:100.64.0.1"),
        (
            Area::Documentation,
            "192.0.2.0 192.0.2.255 198.51.100.7 203.0.113.255 2001:db8:: 2001:db8:ffff::1 3fff:: 3fff:fff::1",
        ),
        (Area::Benchmark, "198.18.0.0 198.19.255.255 2001:2::1"),
        (
            Area::Reserved,
            "192.0.0.0 192.0.0.255 240.0.0.0 255.255.255.254 ::8.8.8.8 ::ffff:0:8.8.8.8 1:: 64:: 64:ff9b:2:: 100:0:0:2:: \
             64:ff9b:1:0:a00:1:: 64:ff9b::1:0:7f00:1 200:: 1fff:: 2001:10:: 2001:20::1 2001:1ff:: 4000:: 5f00:: fe00:: fec0:: \
             feff::1",
        ),
        (
            Area::LinkLocal,
            "169.254.0.0 169.254.255.255 fe80:: febf:ffff::1 ::ffff:169.254.1.1 64:ff9b::169.254.1.1",
        ),
        (
            Area::Metadata,
            "169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254 \
             ::ffff:169.254.169.254 ::169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::169.254.169.254",
        ),
        (Area::Group, "224.0.0.0 239.255.255.255 ff00:: ff02::1 ffff::1 ::ffff:224.0.0.1"),
        (
            Area::Nobody,
            "0.0.0.0 0.255.255.255 255.255.255.255 :: ::ffff:0.0.0.0 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 \
             64:ff9b:1:2::7f00:1 100:: 100::ffff 100:0:0:1::1",
        ),
        (
            Area::Tunnel,
            "192.88.99.0 192.88.99.255 2002:: 2002:7f00:1:: 2002:808:808::1 2001:: 2001:0:7f00:1:: 2a00::5efe:7f00:1 \
             2a00::200:5efe:a00:1",
        ),
    ];

    #[test]
    fn every_row_of_the_registries_is_what_it_is_from_end_to_end() {
        for (area, addresses) in TABLE {
            for address in addresses.split_whitespace() {
                assert_eq!(Area::of(address.parse().unwrap()), area, "{address}");
            }
        }
    }

    #[test]
    fn what_is_written_otherwise_leads_to_the_same_end() {
        for (address, expected) in [
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("64:ff9b::a01:203", "10.1.2.3"),
            ("10.1.2.3", "10.1.2.3"),
            ("2a00::1", "2a00::1"),
        ] {
            let expected: IpAddr = expected.parse().unwrap();
            assert_eq!(end(address.parse().unwrap()), expected, "{address}");
        }
    }
}

//! Why somebody may not be asked.

use crate::address::Area;

/// Why a URL may not be asked: one sentence that says what is wrong with it and what to do, after "it".
///
/// It tells whoever registered a connector nothing about networks that they cannot see: where a name leads is not in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is none, or is written in a way that is read differently by different readers.
    #[error("is no plain URL ({0}); write https://HOST/PATH with the host in ASCII letters")]
    Unclear(&'static str),
    /// The scheme is another one.
    #[error("begins with {0}:, and only https is spoken; write https://…")]
    Scheme(String),
    /// It would be asked in the clear.
    #[error(
        "is plain http, which others on the way can read and change; use https, or name {0} in [egress] allow_http if its \
         network is trusted"
    )]
    Plain(String),
    /// A user or password stands in it.
    #[error("holds a user name or a password; take them out and give them in auth")]
    UserInfo,
    /// Another host than the connector's own.
    #[error(
        "leads to {0}, which is not the host and port of this connector; name it in [egress] allow_hosts if it is meant"
    )]
    OtherHost(String),
    /// A port that is not open to it.
    #[error(
        "uses port {0}, and only 443 is open to it; use that, or have [egress] allow_ports name the port"
    )]
    Port(u16),
    /// A name that the public internet does not have.
    #[error(
        "names the host {0}, which is no name of the public internet; use a full public name, or have [egress] allow_hosts \
         name it"
    )]
    Name(String),
    /// An address that is not open to it.
    #[error(
        "is an address {}; use a public one, or have [egress] allow_private name its network", .0.about()
    )]
    Address(Area),
    /// An address that is open to nobody.
    #[error("is an address {}, where no source is; use the address of the source itself", .0.about())]
    NoPlace(Area),
    /// The name stands for an address that is not open to it.
    #[error(
        "names the host {0}, which stands for an address that is not open to it; use a host with public addresses alone, or \
         have [egress] allow_private name its network"
    )]
    Leads(String),
    /// Somebody has forbidden it.
    #[error(
        "leads to {0}, which [egress] deny forbids; take it out there once it may be asked again"
    )]
    Denied(String),
    /// Nobody knows what the name stands for.
    #[error(
        "names the host {0}, which cannot be resolved; look whether it is right and the name servers answer"
    )]
    Unresolved(String),
}

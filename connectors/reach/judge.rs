//! The judgement itself: that of a registration and that of a connection are one.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::Refusal;
use crate::resolver::Resolver;

/// A URL that may be asked, and at which addresses; a connection that is made to these asks nobody again.
#[derive(Clone, Debug)]
pub struct Checked {
    url: Url,
    addresses: Vec<SocketAddr>,
}

impl Checked {
    /// The URL, as it is asked.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where it leads, with the port.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// Whether a URL may be asked, and where it leads now. No network is used but to look its name up. The resolver brings the
/// reach along, so that nobody looks up by one and is judged by another.
pub async fn judge(url: &Url, names: &Resolver) -> Result<Checked, Refusal> {
    let reach = names.reach();
    reach.check(url)?;
    let addresses: Vec<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        Some(Host::Domain(name)) => names.resolve(name).await?.to_vec(),
        None => return Err(Refusal::Unclear("there is no host in it")),
    };
    reach.check_plain_addresses(url, &addresses)?;
    let port = url.port_or_known_default().unwrap_or_default();
    let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
    Ok(Checked { url: url.clone(), addresses })
}

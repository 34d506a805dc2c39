//! The demo's configuration: written as a person would write it, and read the same way.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::super::Failed;
use super::hooks::Hooks;
use super::running::Home;
use crate::config::{Config, load};
use caregraph_connectors::builtin;
use caregraph_sandbox::{Sandbox, System};

/// Partners of the demo are programs on this machine, at whatever port they have.
const OPEN: &str =
    "[egress]\nallow_private = [\"127.0.0.0/8\", \"::1\"]\nallow_ports = [\"1024-65535\"]\n\n";

/// The configuration that fits the running sandbox.
pub(super) fn of(
    sandbox: &Sandbox,
    listen: SocketAddr,
    home: &Home,
    hooks: &Hooks,
) -> Result<Config, Failed> {
    let text = text(sandbox, listen, home, hooks);
    load(&text, &builtin())
        .map_err(|mistakes| Failed(format!("the demo's own configuration is wrong:\n{mistakes}")))
}

fn text(sandbox: &Sandbox, listen: SocketAddr, home: &Home, hooks: &Hooks) -> String {
    let own = format!(
        "[server]\nlisten = \"{listen}\"\n\n[store]\nurl = \"sqlite://{}\"\n\n[telemetry]\nwaterfall = [\"COORDINATOR\"]\n\n{OPEN}",
        home.store().display(),
    );
    own + &with(sandbox, |system| hooks.settings(system, home))
}

/// What every gateway before these systems needs.
pub(super) fn of_systems(sandbox: &Sandbox) -> String {
    with(sandbox, |_| String::new())
}

fn with(sandbox: &Sandbox, more: impl Fn(&System) -> String) -> String {
    let mut text = format!(
        "[auth]\nissuer = \"{}\"\naudience = \"caregraph\"\n\n[access]\nrelationship = \"not-required\"\n",
        sandbox.issuer().url(),
    );
    for system in sandbox.systems() {
        let _ = write!(
            text,
            "\n[[connector]]\nid = \"{}\"\nname = {:?}\norganization = {:?}\ncategory = \"{}\"\nkind = \"{}\"\nbase_url = \"{}\"\n",
            system.id(),
            system.name(),
            system.organization(),
            system.category(),
            system.kind(),
            system.base_url(),
        );
        text += &more(system);
    }
    text
}

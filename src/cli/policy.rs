//! `caregraph policy`: whether a policy can be used, who approved it, and how that is done.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failed, check, print};
use crate::access::{ApprovalKey, Policy, PolicyFile, matrix};
use crate::graphql::Engine;
use crate::store::load_or_create_key;

/// For what the seed of a key is derived.
const PURPOSE: &[u8] = b"caregraph policy approval";

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key for one person who approves policies, and print its public half for the configuration.
    Key {
        /// Where to keep the secret half, for its owner alone. What is there already is left as it is.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Approve a policy as it stands: adds one line to the file of its approvals, beside it.
    Approve {
        /// The secret key of whoever approves.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The policy.
        #[arg(value_name = "POLICY")]
        policy: PathBuf,
    },
    /// Say what is wrong with a policy, without starting.
    Check {
        /// The policy.
        #[arg(value_name = "POLICY")]
        policy: PathBuf,
        /// Print who may see which field by it.
        #[arg(long)]
        matrix: bool,
        /// The configuration that names the approvers: the policy must be approved as it says.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(command: &Command) -> Result<(), Failed> {
    match command {
        Command::Key { out } => make_key(out),
        Command::Approve { key, policy } => approve(key, policy),
        Command::Check { policy, matrix, config } => {
            check_policy(policy, *matrix, config.as_deref())
        }
    }
}

fn make_key(out: &Path) -> Result<(), Failed> {
    if out.exists() {
        let shown = out.display();
        return Err(Failed(format!(
            "{shown} is there already: name a file that is not, or keep it"
        )));
    }
    print(&key(out)?.public().to_string());
    Ok(())
}

/// The key in a file; a file that is not there is made.
fn key(path: &Path) -> Result<ApprovalKey, Failed> {
    let secret = load_or_create_key(path)?;
    Ok(ApprovalKey::of_seed(&secret.derive(PURPOSE))?)
}

fn approve(secret: &Path, path: &Path) -> Result<(), Failed> {
    let (policy, text) = read(path)?;
    if !secret.exists() {
        let shown = secret.display();
        return Err(Failed(format!(
            "there is no key at {shown}: make one with caregraph policy key"
        )));
    }
    let line = key(secret)?.approve(&text);
    let approvals = PolicyFile::approvals_of(path);
    let failed = |error: std::io::Error| {
        Failed(format!("{} cannot be written: {error}", approvals.display()))
    };
    // One write, so that nobody reads half a line.
    let mut file = OpenOptions::new().create(true).append(true).open(&approvals).map_err(failed)?;
    file.write_all(format!("{line}\n").as_bytes()).map_err(failed)?;
    let (version, shown) = (policy.version(), approvals.display());
    print(&format!("{}: version {version} is approved in {shown}", path.display()));
    Ok(())
}

fn check_policy(path: &Path, shows_matrix: bool, config: Option<&Path>) -> Result<(), Failed> {
    let (policy, _) = read(path)?;
    let mut approved = String::new();
    if let Some(config) = config {
        let access = check::read(config)?.access;
        let file = PolicyFile::open(Some(path.to_owned()), access.approvers, access.enforced)?;
        let approvers = file.current().approvers().join(", ");
        approved = if approvers.is_empty() {
            "; it needs no approval".to_owned()
        } else {
            format!("; approved by {approvers}")
        };
    }
    if shows_matrix {
        print(matrix(&policy, &Engine::classes()?).trim_end());
        return Ok(());
    }
    let version = policy.version();
    print(&format!("{}: no mistakes; version {version}{approved}", path.display()));
    Ok(())
}

/// A policy, and its text.
fn read(path: &Path) -> Result<(Policy, String), Failed> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failed(format!("{shown} cannot be read: {error}")))?;
    let policy = Policy::parse(&text)
        .map_err(|mistakes| Failed(format!("{shown} cannot be used:\n{mistakes}")))?;
    Ok((policy, text))
}

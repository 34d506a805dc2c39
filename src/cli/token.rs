//! `caregraph token`: a token for the running demo.

use clap::Args;

use super::{Failed, demo, print, runtime};
use crate::access::{PurposeOfUse, Role};
use caregraph_connectors::egress::{Credentials, Egress};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// In which role: coordinator, primary-care, specialist, pharmacist, community-worker, patient, caregiver, partner,
    /// auditor or admin.
    #[arg(long)]
    role: String,
    /// The patient whom a patient or caregiver may see; the demo's own when absent.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// The purpose of use; the role's usual one when absent.
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// The organisation; the role's usual one when absent.
    #[arg(long, value_name = "NAME")]
    org: Option<String>,
    /// For how many minutes it is good.
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// The demo's issuer; found by itself when the demo runs on this machine.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let role = Role::named(&options.role).ok_or_else(|| {
        let names: Vec<String> = Role::ALL
            .iter()
            .map(|role| role.name().to_ascii_lowercase().replace('_', "-"))
            .collect();
        Failed(format!("there is no role {:?}; roles are {}", options.role, names.join(", ")))
    })?;
    if let Some(purpose) =
        options.purpose.as_deref().filter(|code| PurposeOfUse::of_code(code).is_none())
    {
        return Err(Failed(format!(
            "there is no purpose of use {purpose:?}; known are HL7's, such as TREAT or CAREMGT"
        )));
    }
    let issuer = match &options.issuer {
        Some(issuer) => issuer.clone(),
        None => demo::Running::find()?.issuer,
    };
    let mut url = Url::parse(&format!("{}/token", issuer.trim_end_matches('/')))
        .map_err(|error| Failed(format!("{issuer:?} is no URL: {error}")))?;
    url.query_pairs_mut()
        .append_pair("role", role.name())
        .append_pair("minutes", &options.minutes.to_string());
    let (patient, purpose, org) = (&options.patient, &options.purpose, &options.org);
    for (name, value) in [("patient", patient), ("purpose", purpose), ("org", org)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let token = runtime()?.block_on(fetch(url)).map_err(|what| {
        Failed(format!(
            "the demo's issuer at {issuer} gave no token ({what}); is the demo running?"
        ))
    })?;
    print(&token);
    Ok(())
}

async fn fetch(url: Url) -> Result<String, String> {
    let egress = Egress::new().map_err(|error| error.to_string())?;
    let deadline = Instant::now() + Duration::from_secs(5);
    let body = egress
        .get_json(url, &Credentials::None, deadline)
        .await
        .map_err(|problem| problem.to_string())?;
    let answer: serde_json::Value =
        serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    answer["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| "the answer holds no token".to_owned())
}

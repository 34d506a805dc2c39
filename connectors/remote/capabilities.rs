//! What a partner says of itself, held against what its manifest says. The manifest decides what is asked; this finds out
//! that the two do not agree.

use tokio::time::Instant;

use super::settings::{MOST_PATIENTS, PROTOCOL, Settings};
use super::site::Site;
use super::wire::{Capabilities, Health};
use crate::connector::Problem;
use crate::record::Section;

/// In what a partner contradicts its manifest.
pub(super) async fn contradictions(
    site: &Site,
    settings: &Settings,
    deadline: Instant,
) -> Result<Vec<String>, Problem> {
    let said = site.get("capabilities", &[], deadline).await?;
    let said: Capabilities = serde_json::from_slice(&said).map_err(|_| Problem::Garbled)?;
    Ok(compared(&said, settings))
}

/// What the manifest of a partner would say of this kind, by what the partner says of itself. Sections that nobody knows here
/// are left out.
pub(super) async fn described(site: &Site, deadline: Instant) -> Result<String, Problem> {
    let said = site.get("capabilities", &[], deadline).await?;
    let said: Capabilities = serde_json::from_slice(&said).map_err(|_| Problem::Garbled)?;
    let known = Section::ALL.iter().map(|section| section.name());
    let sections: Vec<&str> =
        known.filter(|name| said.sections.iter().any(|said| said == name)).collect();
    let most = said.max_patients.clamp(1, MOST_PATIENTS);
    Ok(format!(
        "protocol = {PROTOCOL}\nsections = {sections:?}\nmax_patients = {most}\nroster = {}\nevent_stream = {}\n",
        said.roster, said.events
    ))
}

/// Whether a partner says that it can answer.
pub(super) async fn is_up(site: &Site, deadline: Instant) -> Result<bool, Problem> {
    let said = site.get("health", &[], deadline).await?;
    let said: Health = serde_json::from_slice(&said).map_err(|_| Problem::Garbled)?;
    Ok(said.status == "up")
}

/// Names and numbers of ours alone: what a partner writes is not repeated.
fn compared(said: &Capabilities, settings: &Settings) -> Vec<String> {
    let mut wrong = Vec::new();
    if said.protocol != PROTOCOL {
        wrong.push(format!(
            "It speaks another version of the protocol; answer with version {PROTOCOL} to who asks for that."
        ));
    }
    for section in settings.sections.iter().map(|section| section.name()) {
        if said.sections.iter().all(|known| known != section) {
            wrong.push(format!(
                "Its manifest offers {section}, and its capabilities do not; take it out of `sections`, or offer it."
            ));
        }
    }
    if said.max_patients < settings.max_patients {
        let most = settings.max_patients;
        wrong.push(format!(
            "Its manifest allows {most} patients in one question, and its capabilities fewer; lower `max_patients`."
        ));
    }
    if settings.roster && !said.roster {
        wrong.push("Its manifest says that it has a roster, and its capabilities that it has none; set `roster = false`, or list the patients.".to_owned());
    }
    if settings.event_stream && !said.events {
        wrong.push("Its manifest says that it tells what has changed, and its capabilities that it does not; set `event_stream = false`, or offer events.".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_does_not_agree_is_told_and_nothing_of_the_partners_is_repeated() {
        let settings = Settings::read(&super::super::EXAMPLE.parse().unwrap()).unwrap();
        let compare = |text: &str| compared(&serde_json::from_str(text).unwrap(), &settings);
        let good = r#"{"protocol": 1, "sections": ["GOALS", "DEMOGRAPHICS", "ALLERGIES", "MEDICATIONS"],
            "maxPatients": 50, "roster": true, "events": true, "directory": false, "madeBy": "us"}"#;
        assert_eq!(compare(good), [""; 0]);
        let bad = r#"{"protocol": 2, "sections": ["canary"], "maxPatients": 1, "roster": false, "events": false}"#;
        let told = compare(bad);
        assert_eq!(told.len(), 7, "{told:?}");
        assert!(!told.join(" ").contains("canary"), "{told:?}");
        assert!(serde_json::from_str::<Capabilities>(r#"{"protocol": 1}"#).is_err());
    }
}

//! What can go wrong with a system on purpose, and how people write it down.

use std::{fmt, str::FromStr, time::Duration};

use crate::site::{PARTNERS, PROFILES};

/// One way for a system to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fault {
    /// Behaves.
    #[default]
    None,
    /// Answers rightly, but this much later.
    Delay(Duration),
    /// Takes the request and never answers, until the fault is lifted.
    Hang,
    /// Answers 500 to this share of the requests, chosen at random.
    Errors {
        /// From 0 to 1.
        rate: f64,
    },
    /// Answers 200 with a body that is no JSON.
    Garbage,
    /// Announces a whole body, sends a part and closes the connection.
    Truncated,
    /// Answers with the records of somebody else; directories, which have no patients, behave.
    WrongPatient,
    /// The same to this share of the requests, chosen at random.
    SometimesWrongPatient {
        /// From 0 to 1.
        rate: f64,
    },
    /// Answers every request with this status.
    Status(u16),
    /// Every page says that there is a next page, which shows the same again.
    EndlessPaging,
    /// Answers well-formed JSON of 64 MiB.
    Huge,
    /// Closes its listener: connections are refused.
    Dead,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) =
            text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
        let fault = match (name, value) {
            ("none", None) => Self::None,
            ("delay", Some(value)) => {
                Self::Delay(duration(value).ok_or_else(|| FaultError::Delay(value.to_owned()))?)
            }
            ("hang", None) => Self::Hang,
            ("errors", Some(value)) => Self::Errors {
                rate: rate(value).ok_or_else(|| FaultError::Rate(value.to_owned()))?,
            },
            ("garbage", None) => Self::Garbage,
            ("truncated", None) => Self::Truncated,
            ("wrong-patient", None) => Self::WrongPatient,
            ("wrong-patient", Some(value)) => Self::SometimesWrongPatient {
                rate: rate(value).ok_or_else(|| FaultError::Rate(value.to_owned()))?,
            },
            ("status", Some(value)) => {
                Self::Status(status(value).ok_or_else(|| FaultError::Status(value.to_owned()))?)
            }
            ("endless-paging", None) => Self::EndlessPaging,
            ("huge", None) => Self::Huge,
            ("dead", None) => Self::Dead,
            _ => return Err(FaultError::Unknown(text.to_owned())),
        };
        Ok(fault)
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

fn rate(text: &str) -> Option<f64> {
    text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate))
}

fn status(text: &str) -> Option<u16> {
    text.parse().ok().filter(|status| (200..=599).contains(status))
}

/// The faults to start with: which system, which fault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Vec<(&'static str, Fault)>);

impl Faults {
    /// The fault that a system starts with.
    pub fn of(&self, system: &str) -> Fault {
        self.0.iter().find(|(id, _)| *id == system).map_or(Fault::None, |(_, fault)| *fault)
    }

    /// The same faults and one more.
    pub fn with(mut self, system: &str, fault: Fault) -> Result<Self, FaultError> {
        let id = ids().find(|id| *id == system);
        let id = id.ok_or_else(|| FaultError::System(system.to_owned()))?;
        if self.0.iter().any(|(known, _)| *known == id) {
            return Err(FaultError::Twice(id));
        }
        self.0.push((id, fault));
        Ok(self)
    }
}

impl FromStr for Faults {
    type Err = FaultError;

    /// Reads `cornerstone=delay:300ms,stmary=hang`; nothing at all means no faults.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| entry.split_once('=').ok_or_else(|| FaultError::Entry(entry.to_owned())))
            .try_fold(Self::default(), |faults, entry| {
                let (system, fault) = entry?;
                faults.with(system.trim(), fault.trim().parse()?)
            })
    }
}

/// Why a text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no equals sign.
    #[error("`{0}` is not written as system=fault")]
    Entry(String),
    /// No such system.
    #[error("there is no system `{0}`; the systems are {names}", names = Names)]
    System(String),
    /// A system is named twice.
    #[error("the system `{0}` is named twice")]
    Twice(&'static str),
    /// No such fault.
    #[error(
        "there is no fault `{0}`; the faults are none, delay:300ms, hang, errors:0.3, garbage, truncated, wrong-patient, \
         wrong-patient:0.01, status:503, endless-paging, huge, dead"
    )]
    Unknown(String),
    /// Not a time.
    #[error("`{0}` is not a delay; write it as 300ms or 2s")]
    Delay(String),
    /// Not a share.
    #[error("`{0}` is not a rate; write a number from 0 to 1")]
    Rate(String),
    /// Not a status.
    #[error("`{0}` is not a status; write a number from 200 to 599")]
    Status(String),
}

/// The ids of all systems, for error texts.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ids().collect::<Vec<_>>().join(", "))
    }
}

/// The systems, and then those of partners.
fn ids() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().chain(&PARTNERS).map(|profile| profile.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_faults_is_read() {
        let line = "cornerstone=delay:300ms, stmary=hang,lakeside=errors:0.3,harbor=status:503,northgate=wrong-patient";
        let faults: Faults = line.parse().unwrap();
        assert_eq!(faults.of("cornerstone"), Fault::Delay(Duration::from_millis(300)));
        assert_eq!(faults.of("stmary"), Fault::Hang);
        assert_eq!(faults.of("lakeside"), Fault::Errors { rate: 0.3 });
        assert_eq!(faults.of("harbor"), Fault::Status(503));
        assert_eq!(faults.of("northgate"), Fault::WrongPatient);
        assert_eq!(faults.of("commons"), Fault::None);
        let of_partners: Faults = "greenleaf=hang,clearview=dead".parse().unwrap();
        assert_eq!(of_partners.of("clearview"), Fault::Dead);
        assert_eq!("".parse::<Faults>(), Ok(Faults::default()));
    }

    #[test]
    fn every_mistake_is_told_apart() {
        let error = |line: &str| line.parse::<Faults>().unwrap_err();
        assert_eq!(error("lakeside"), FaultError::Entry("lakeside".into()));
        assert_eq!(error("lakesid=hang"), FaultError::System("lakesid".into()));
        assert!(error("lakesid=hang").to_string().contains("cornerstone, commons, greenleaf"));
        assert_eq!(error("lakeside=hang,lakeside=none"), FaultError::Twice("lakeside"));
        assert_eq!(error("lakeside=hangs"), FaultError::Unknown("hangs".into()));
        assert_eq!(error("lakeside=hang:3"), FaultError::Unknown("hang:3".into()));
        assert_eq!(error("lakeside=delay:3"), FaultError::Delay("3".into()));
        assert_eq!(error("lakeside=errors:1.3"), FaultError::Rate("1.3".into()));
        assert_eq!(error("lakeside=status:99"), FaultError::Status("99".into()));
    }
}

//! All systems together, and the issuer of tokens.

use std::{io, sync::Arc};

use time::Date;

use crate::{
    controls::Controls,
    day::REFERENCE_DAY,
    fault::Fault,
    issuer::Issuer,
    options::Options,
    population::Population,
    site::{PARTNERS, PROFILES, Profile},
    system::System,
    truth::Truth,
};

/// Running systems over one population.
#[derive(Debug)]
pub struct Sandbox {
    population: Arc<Population>,
    systems: Vec<System>,
    partners: Vec<System>,
    issuer: Issuer,
    controls: Controls,
}

impl Sandbox {
    /// Starts everything; the population lives on [`REFERENCE_DAY`].
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        Self::start_on(options, REFERENCE_DAY).await
    }

    /// Starts everything with a population that lives on another day: today, for whoever shows it.
    pub async fn start_on(options: Options, today: Date) -> Result<Self, SandboxError> {
        let population = Arc::new(Population::on(options.seed, options.patients, today));
        let systems = start(&PROFILES, 0, &options, &population).await?;
        let after = |places: usize| {
            let place = u16::try_from(PROFILES.len() + places).ok();
            place.and_then(|place| options.ports.at(place)).ok_or(SandboxError::Ports)
        };
        let issuer = Issuer::start(after(0)?).await?;
        let (port, what) = (after(1)?, "the place where records are changed");
        let records = systems.iter().map(System::records).collect();
        let controls = Controls::start(port, records).await;
        let controls = controls.map_err(|source| SandboxError::Listen { what, port, source })?;
        let partners = start(&PARTNERS, PROFILES.len() + 2, &options, &population).await?;
        Ok(Self { population, systems, partners, issuer, controls })
    }

    /// The systems, in a fixed order.
    pub fn systems(&self) -> &[System] {
        &self.systems
    }

    /// The systems of partners, in a fixed order: they run, and nobody is told of them.
    pub fn partners(&self) -> &[System] {
        &self.partners
    }

    /// The system with an id, be it a partner's.
    pub fn system(&self, id: &str) -> Option<&System> {
        self.systems.iter().chain(&self.partners).find(|system| system.id() == id)
    }

    /// The issuer of tokens.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where records are changed over HTTP: `POST` to this and the id of a system, with what is to change in the query.
    pub fn controls(&self) -> &str {
        self.controls.url()
    }

    /// The people.
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// What is true of a person.
    pub fn truth(&self, person: u64) -> Truth {
        self.population.truth(person)
    }

    /// The truth about everyone, one after the other.
    pub fn truths(&self) -> impl Iterator<Item = Truth> {
        self.population.truths()
    }

    /// Closes all ports and breaks what is still connected; when this returns, nothing listens any more.
    pub async fn stop(mut self) {
        for system in self.systems.iter_mut().chain(&mut self.partners) {
            system.close().await;
        }
        self.issuer.close().await;
        self.controls.close().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let systems = self.systems.iter().chain(&self.partners);
        systems.for_each(|system| system.set_fault(Fault::Dead));
        self.issuer.set_fault(Fault::Dead);
    }
}

/// Starts systems, from a place in the row of ports on.
async fn start(
    profiles: &'static [Profile],
    first: usize,
    options: &Options,
    population: &Arc<Population>,
) -> Result<Vec<System>, SandboxError> {
    let mut systems = Vec::with_capacity(profiles.len());
    for (profile, place) in profiles.iter().zip(first..) {
        let place = u16::try_from(place).ok();
        let port = place.and_then(|place| options.ports.at(place)).ok_or(SandboxError::Ports)?;
        let fault = options.faults.of(profile.id);
        let system = System::start(profile, port, fault, population).await;
        systems.push(system.map_err(|source| SandboxError::Listen {
            what: profile.id,
            port,
            source,
        })?);
    }
    Ok(systems)
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// There are not enough ports after the first one.
    #[error("the ports from the first one on do not suffice")]
    Ports,
    /// A port cannot be opened.
    #[error("{what} cannot listen on port {port} of loopback")]
    Listen {
        /// The system, `issuer`, or whatever else listens.
        what: &'static str,
        /// The port; 0 for any.
        port: u16,
        /// What the machine says.
        source: io::Error,
    },
    /// No key can be made.
    #[error("the issuer cannot make its key")]
    Key,
}

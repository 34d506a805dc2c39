//! Community services, as a directory lists them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FuzzyDate;

/// Where a service is offered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ServiceLocation {
    /// Name of the place.
    pub name: Option<String>,
    /// Address in one line.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Latitude in degrees (WGS 84).
    pub latitude: Option<f64>,
    /// Longitude in degrees (WGS 84).
    pub longitude: Option<f64>,
}

/// One service of a directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ServiceRecord {
    /// The directory's own id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Other names.
    pub alternate_name: Option<String>,
    /// The organisation that runs it.
    pub organization: Option<String>,
    /// What it is, in words.
    pub description: Option<String>,
    /// `active`, `inactive`, `defunct`, `temporarily closed`.
    pub status: Option<String>,
    /// Web page.
    pub url: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Who may use it, in words.
    pub eligibility: Option<String>,
    /// Youngest age, in years.
    pub minimum_age: Option<f64>,
    /// Oldest age, in years.
    pub maximum_age: Option<f64>,
    /// How to apply.
    pub application: Option<String>,
    /// How long one waits, in words.
    pub wait_time: Option<String>,
    /// What it costs, in words.
    pub cost: Option<String>,
    /// A notice that matters now.
    pub alert: Option<String>,
    /// What one must bring.
    pub documents: Vec<String>,
    /// Languages spoken.
    pub languages: Vec<String>,
    /// Interpreting, in words.
    pub interpretation: Option<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Opening hours, one line a schedule.
    pub schedules: Vec<String>,
    /// Areas served, in words.
    pub areas: Vec<String>,
    /// Where it is offered.
    pub locations: Vec<ServiceLocation>,
    /// Terms of the directory's taxonomies.
    pub categories: Vec<String>,
    /// When somebody last vouched for the entry.
    pub assured: Option<FuzzyDate>,
    /// When the directory last changed the entry.
    pub updated: Option<FuzzyDate>,
}

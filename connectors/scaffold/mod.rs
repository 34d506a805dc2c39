//! Writes the first version of a manifest of the kind `mapped-http`, from what a partner has: samples of answers, or an OpenAPI
//! description. What is certain is written; what is guessed says so; what cannot be known stands open, in a line that
//! `caregraph check --manifest` names.
//!
//! Reading order: [`read`] makes a [`tree`] of a sample, [`shape`] what all its values have in common, [`outline`] the items and
//! what stands beside them, [`leaf`] their single values. [`guess`] says what they are about; [`fact`], [`person`] and
//! [`service`] find the fields of records by [`targets`], [`whose`] whose they are, [`sensitive`] which are confidential, [`paging`] how answers go on.
//!
//! Must never ask anybody anything, nor write a value of a sample into a manifest, since it may be about a patient. The codes of
//! closed lists are the only exception.

mod block;
mod closed;
mod codes;
mod dates;
mod fact;
mod guess;
mod head;
mod leaf;
mod manifest;
mod openapi;
mod outline;
mod paging;
mod person;
mod persons_names;
mod read;
mod rules;
mod sensitive;
mod service;
mod shape;
mod targets;
mod toml_text;
mod tree;
mod whose;
mod words;
mod xml;
mod yaml;

use std::fmt;

pub use guess::Target;
pub(crate) use leaf::step;

/// Why nothing was written: what is wrong with a sample, in words that follow its name. They hold no value of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// What every source has; what is not given stands open.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Short name.
    pub id: Option<String>,
    /// Its name, as people know it.
    pub name: Option<String>,
    /// What kind of care it belongs to.
    pub category: Option<String>,
    /// Where it is.
    pub base_url: Option<String>,
}

/// One answer of a partner's system.
#[derive(Clone, Debug)]
pub struct Sample<'t> {
    /// What it is called in messages, such as the name of its file.
    pub label: &'t str,
    /// What it becomes, if somebody said so.
    pub target: Option<Target>,
    /// What was asked for, below the base URL, with `{patient}` and the like.
    pub path: Option<&'t str>,
    /// The answer itself.
    pub text: &'t str,
}

/// A manifest to be corrected and filled in.
#[derive(Debug)]
pub struct Draft {
    /// In TOML.
    pub manifest: String,
    /// What its author should know, a line each.
    pub remarks: Vec<String>,
}

/// Writes a manifest from samples of answers.
pub fn from_samples(head: &Head, samples: &[Sample<'_>]) -> Result<Draft, Refused> {
    manifest::of_samples(head, samples)
}

/// What a sample is taken for: what somebody said, or what its fields suggest.
pub fn target_of(sample: &Sample<'_>) -> Option<Target> {
    sample.target.or_else(|| manifest::target_of(sample))
}

/// Writes a manifest from a description in OpenAPI 3.0 or 3.1, in JSON or YAML.
pub fn from_openapi(head: &Head, text: &str) -> Result<Draft, Refused> {
    openapi::draft(head, text)
}

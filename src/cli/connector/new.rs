//! `caregraph connector new`: the first version of a manifest, from what a partner has.

use std::path::{Path, PathBuf};

use caregraph_connectors::builtin;
use caregraph_connectors::scaffold::{
    Draft, Head, Sample, Target, from_openapi, from_samples, target_of,
};
use clap::Args;

use super::super::{Failed, check, print, say};
use crate::config::load_manifest;

/// What the manifest is made of.
#[derive(Debug, Args)]
pub(in super::super) struct Options {
    /// Answers of your system: each a file in JSON, NDJSON, CSV or XML, such as roster=members.json fill=fills.json
    /// directory=sites.csv. Without SECTION= it is guessed from the fields.
    #[arg(
        value_name = "[SECTION=]FILE",
        required_unless_present = "openapi",
        conflicts_with = "openapi"
    )]
    samples: Vec<String>,
    /// A description of your API in OpenAPI 3, in JSON or YAML.
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// What is asked for to get such an answer, such as fill='members/{patient}/fills?page={page}'.
    #[arg(long = "path", value_name = "SECTION=PATH", conflicts_with = "openapi")]
    paths: Vec<String>,
    /// Your short name: lower-case letters, digits and hyphens; made of the name when absent.
    #[arg(long)]
    id: Option<String>,
    /// Your name, as people know it.
    #[arg(long)]
    name: Option<String>,
    /// `primary-care`, `specialist`, `pharmacy`, `community`, `hospital` or `behavioral-health`.
    #[arg(long)]
    category: Option<String>,
    /// Where your API is.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

const CATEGORIES: [&str; 6] =
    ["PRIMARY_CARE", "SPECIALIST", "PHARMACY", "COMMUNITY", "HOSPITAL", "BEHAVIORAL_HEALTH"];

/// How many bytes a file may have.
const BYTES: u64 = 8 * 1024 * 1024;

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let head = head(options)?;
    let draft = match &options.openapi {
        Some(path) => {
            let of_file = |why| Failed(format!("{}: {why}", path.display()));
            from_openapi(&head, &text(path)?).map_err(of_file)?
        }
        None => of_samples(&head, options)?,
    };
    print(draft.manifest.trim_end());
    tell(&draft);
    Ok(())
}

/// Says on standard error what was guessed of the whole, and what stands open.
fn tell(draft: &Draft) {
    for remark in &draft.remarks {
        say(remark);
    }
    match load_manifest(&draft.manifest, &builtin()) {
        Ok(_) => say("Nothing stands open; look at what is guessed and at what is not mapped."),
        Err(mistakes) => {
            say("What stands open, by the lines of the manifest:");
            say(&mistakes.located(&draft.manifest, "manifest"));
        }
    }
    say("Then: caregraph check --manifest FILE, and caregraph connector check FILE.");
}

fn head(options: &Options) -> Result<Head, Failed> {
    let category = options.category.as_deref().map(category).transpose()?;
    let id = options.id.clone().or_else(|| options.name.as_deref().and_then(short));
    let (name, base_url) = (options.name.clone(), options.base_url.clone());
    Ok(Head { id, name, category, base_url })
}

fn category(text: &str) -> Result<String, Failed> {
    let name = text.trim().to_uppercase().replace(['-', ' '], "_");
    match CATEGORIES.iter().find(|known| **known == name) {
        Some(known) => Ok((*known).to_owned()),
        None => Err(Failed(format!(
            "there is no category {text:?}; known are {}",
            CATEGORIES.join(", ")
        ))),
    }
}

/// A short name made of a long one.
fn short(name: &str) -> Option<String> {
    let signs = name.to_lowercase().replace('\'', "");
    let words: Vec<&str> =
        signs.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let id: String = words.join("-").chars().take(64).collect();
    (!id.is_empty()).then(|| id.trim_end_matches('-').to_owned())
}

fn of_samples(head: &Head, options: &Options) -> Result<Draft, Failed> {
    let files: Vec<(Option<Target>, PathBuf)> =
        options.samples.iter().map(|it| named(it)).collect::<Result<_, _>>()?;
    let texts: Vec<String> = files.iter().map(|(_, path)| text(path)).collect::<Result<_, _>>()?;
    let labels: Vec<String> = files.iter().map(|(_, path)| path.display().to_string()).collect();
    let mut asked = Vec::new();
    for pair in &options.paths {
        let (section, path) = pair.split_once('=').ok_or_else(|| {
            Failed(format!("--path {pair:?} names no section; write it as in --path fill='members/{{patient}}/fills'"))
        })?;
        asked.push((target(section)?, path));
    }
    let samples: Vec<Sample<'_>> = files
        .iter()
        .zip(texts.iter().zip(&labels))
        .map(|((target, _), (text, label))| {
            let sample = Sample { label, target: *target, path: None, text };
            let is = target_of(&sample);
            let path = asked.iter().find(|(known, _)| Some(*known) == is).map(|(_, path)| *path);
            Sample { path, ..sample }
        })
        .collect();
    if let Some((unasked, _)) =
        asked.iter().find(|(known, _)| !samples.iter().any(|it| target_of(it) == Some(*known)))
    {
        let words = unasked.words();
        return Err(Failed(format!(
            "--path is for {words}, and no sample is taken for that; write SECTION=FILE with the same section"
        )));
    }
    from_samples(head, &samples).map_err(|why| Failed(why.0))
}

/// Reads `SECTION=FILE`, or a file alone, in whose name there may be a `=` too.
fn named(text: &str) -> Result<(Option<Target>, PathBuf), Failed> {
    match text.split_once('=') {
        Some((section, file)) if !Path::new(text).exists() => {
            Ok((Some(target(section)?), PathBuf::from(file)))
        }
        _ => Ok((None, PathBuf::from(text))),
    }
}

fn target(name: &str) -> Result<Target, Failed> {
    Target::named(name).ok_or_else(|| {
        Failed(format!("there is no section {name:?}; known are {}", Target::names().join(", ")))
    })
}

/// The text of a file, if it is not too large to be a sample.
fn text(path: &Path) -> Result<String, Failed> {
    let size = std::fs::metadata(path).map_or(0, |about| about.len());
    if size > BYTES {
        return Err(Failed(format!(
            "{}: is larger than 8 MiB; some hundred items are enough",
            path.display()
        )));
    }
    check::text(path)
}

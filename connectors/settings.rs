//! The settings that only one kind has, read from its config block.
//!
//! Must never know which kinds there are.

use serde::de::DeserializeOwned;

use crate::mistake::Mistake;
use crate::registry::BuildError;

/// How alike two names must be for one to be taken for a slip of the other.
const ALIKE: f64 = 0.6;

/// Reads `table`; a setting that is not in `known` is refused with the nearest one that is.
pub(crate) fn read<T: DeserializeOwned>(
    table: toml::Table,
    known: &[&str],
) -> Result<T, BuildError> {
    if let Some(unknown) = table.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(BuildError::Settings(unknown_setting(unknown, known)));
    }
    T::deserialize(toml::Value::Table(table))
        .map_err(|error| BuildError::Settings(error.to_string().trim_end().replace('\n', " ")))
}

/// What is wrong, as one mistake about all of the settings.
pub(crate) fn mistakes<T>(checked: Result<T, BuildError>) -> Vec<Mistake> {
    match checked {
        Ok(_) => Vec::new(),
        Err(BuildError::Mistakes(mistakes)) => mistakes,
        Err(error) => {
            vec![Mistake { path: String::new(), why: error.to_string(), remedy: String::new() }]
        }
    }
}

fn unknown_setting(unknown: &str, known: &[&str]) -> String {
    let likeness = |name: &&&str| strsim::jaro_winkler(unknown, name);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match nearest.filter(|name| likeness(name) >= ALIKE) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if known.is_empty() => "; this kind has no settings of its own".to_owned(),
        None => format!("; this kind has `{}`", known.join("`, `")),
    };
    format!("unknown setting `{unknown}`{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        page_size: u16,
    }

    impl Default for Settings {
        fn default() -> Self {
            Self { page_size: 100 }
        }
    }

    fn check(text: &str, expected: Result<u16, &str>) {
        let read = read::<Settings>(text.parse().unwrap(), &["page_size"]);
        let read = read.map(|settings| settings.page_size).map_err(|error| error.to_string());
        match (&read, expected) {
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            _ => assert_eq!(read, expected.map_err(str::to_owned)),
        }
    }

    #[test]
    fn settings_are_read_with_their_defaults() {
        check("", Ok(100));
        check("page_size = 7", Ok(7));
    }

    #[test]
    fn mistakes_are_named() {
        check("pagesize = 7", Err("did you mean `page_size`?"));
        check("zzz = 7", Err("this kind has `page_size`"));
        check("page_size = 'many'", Err("invalid type"));
        check("page_size = 70000", Err("70000"));
    }
}

//! The secrets that were given for one connector, before anything is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use secrecy::SecretString;

/// The settings of a manifest that may hold a secret.
pub const SECRET_SETTINGS: [&str; 7] = [
    "auth.client_secret",
    "auth.key",
    "auth.password",
    "auth.token",
    "tls.ca",
    "tls.cert",
    "tls.key",
];

/// The secrets that were given for one connector. `Debug` shows none of them.
#[derive(Clone, Default)]
pub enum Secrets {
    /// None was given.
    #[default]
    None,
    /// One, for whatever setting wants one.
    One(SecretString),
    /// Each for a setting, by its path such as `tls.key`.
    Named(BTreeMap<String, SecretString>),
}

impl Secrets {
    /// True when none was given.
    pub fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::One(_) => false,
            Self::Named(all) => all.is_empty(),
        }
    }

    /// The secret for a setting.
    pub fn of(&self, setting: &str) -> Option<&SecretString> {
        match self {
            Self::None => None,
            Self::One(secret) => Some(secret),
            Self::Named(all) => all.get(setting),
        }
    }

    /// The same, each by its setting: one alone is that of all of these.
    #[must_use]
    pub fn named(self, settings: &BTreeSet<String>) -> Self {
        Self::Named(self.for_settings(settings))
    }

    fn for_settings(self, settings: &BTreeSet<String>) -> BTreeMap<String, SecretString> {
        match self {
            Self::None => BTreeMap::new(),
            Self::One(secret) => {
                settings.iter().map(|setting| (setting.clone(), secret.clone())).collect()
            }
            Self::Named(all) => all,
        }
    }

    /// These, and in the place of some of them others; `own` are the settings that want these, `theirs` those that want the others.
    /// One alone stays one alone.
    #[must_use]
    pub fn but(self, own: &BTreeSet<String>, others: Self, theirs: &BTreeSet<String>) -> Self {
        match (self, others) {
            (these, others) if others.is_none() => these,
            (Self::None | Self::One(_), one @ Self::One(_)) if own.is_subset(theirs) => one,
            (these, others) => {
                let mut all = these.for_settings(own);
                all.extend(others.for_settings(theirs));
                Self::Named(all)
            }
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn settings(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    fn named(pairs: &[(&str, &str)]) -> Secrets {
        let pair = |(path, secret): &(&str, &str)| ((*path).to_owned(), (*secret).into());
        Secrets::Named(pairs.iter().map(pair).collect())
    }

    fn told(secrets: &Secrets) -> Vec<(&'static str, String)> {
        let told = |path| Some((path, secrets.of(path)?.expose_secret().to_owned()));
        SECRET_SETTINGS.into_iter().filter_map(told).collect()
    }

    #[test]
    fn some_secrets_are_replaced_and_the_others_stay() {
        let tls = settings(&["tls.cert", "tls.key"]);
        let all = settings(&["auth.token", "tls.cert", "tls.key"]);
        let kept = named(&[("auth.token", "t"), ("tls.cert", "c"), ("tls.key", "k")]);
        let newer = named(&[("tls.cert", "c2"), ("tls.key", "k2")]);
        let both = kept.clone().but(&all, newer, &tls);
        let expected = [("auth.token", "t"), ("tls.cert", "c2"), ("tls.key", "k2")];
        assert_eq!(told(&both), expected.map(|(path, secret)| (path, secret.to_owned())));
        assert_eq!(told(&kept.clone().but(&all, Secrets::None, &tls)), told(&kept));
        // One that was given alone is that of the settings that wanted it.
        let token = settings(&["auth.token"]);
        let one = Secrets::One("t".into()).but(&token, named(&[("tls.ca", "a")]), &all);
        assert_eq!(told(&one), [("auth.token", "t".to_owned()), ("tls.ca", "a".to_owned())]);
        let one = Secrets::One("t".into()).but(&token, Secrets::One("t2".into()), &token);
        assert!(matches!(one, Secrets::One(_)));
        let one = kept.but(&all, Secrets::One("t3".into()), &token);
        assert_eq!(told(&one)[0], ("auth.token", "t3".to_owned()));
        assert_eq!(told(&one).len(), 3);
        assert_eq!(format!("{one:?}"), "Secrets");
    }
}

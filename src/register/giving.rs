//! Whether the secrets that somebody gives are those for which a manifest asks.

use std::collections::BTreeSet;

use caregraph_connectors::egress::{SECRET_SETTINGS, Secrets};
use caregraph_connectors::locate::Locator;

use super::Mistake;

/// What is wrong with secrets that are given for settings, of those whose secret is given beside the manifest. That one is
/// missing is told when the manifest is read. What somebody wrote in the place of a name may be a secret, and is not repeated.
pub fn misgiven(manifest: &str, fresh: &Secrets, given: &BTreeSet<String>) -> Vec<Mistake> {
    let locator = Locator::of(manifest);
    let mistake = |path: &str, message: String| {
        let place = locator.place(path).map(|place| (place.line, place.column));
        Mistake { path: path.to_owned(), place, message }
    };
    match fresh {
        Secrets::None => Vec::new(),
        Secrets::One(_) if given.is_empty() => vec![mistake("auth", wanted_by_none())],
        Secrets::One(_) if given.len() == 1 => Vec::new(),
        Secrets::One(_) => {
            given.iter().map(|setting| mistake(setting, one_of_several(setting))).collect()
        }
        Secrets::Named(all) => {
            let strange = all.keys().filter(|name| !given.contains(*name));
            let told = |name: &String| match SECRET_SETTINGS.iter().find(|known| *known == name) {
                Some(setting) => mistake(setting, unwanted(setting)),
                None => mistake("", unknown(given)),
            };
            strange.map(told).collect()
        }
    }
}

/// That these settings have a secret already, where one comes with the next version: the version in use may show it.
pub fn kept_already<'s>(
    manifest: &str,
    settings: impl IntoIterator<Item = &'s String>,
) -> Vec<Mistake> {
    let locator = Locator::of(manifest);
    let told = |setting: &String| {
        Mistake {
        path: setting.clone(),
        place: locator.place(setting).map(|place| (place.line, place.column)),
        message: "has a secret already, which may be in use; leave it out, and change it by rotateConnectorCredential".to_owned(),
    }
    };
    settings.into_iter().map(told).collect()
}

fn wanted_by_none() -> String {
    "holds no setting that says \"given\", so that the credential would be used nowhere; write \"given\" where it belongs, such as \
     token = \"given\", or give none"
        .to_owned()
}

fn one_of_several(setting: &str) -> String {
    format!(
        "needs a secret of its own, since several settings say \"given\"; give each by its name, this one as {{ name: {setting:?}, \
         secret: … }} in credentials, or with --credential {setting}=env:NAME"
    )
}

fn unwanted(setting: &str) -> String {
    format!(
        "does not say \"given\", so that its secret would be used nowhere; write \"given\" there, or give none for {setting:?}"
    )
}

fn unknown(given: &BTreeSet<String>) -> String {
    let known: Vec<&str> = if given.is_empty() {
        SECRET_SETTINGS.to_vec()
    } else {
        given.iter().map(String::as_str).collect()
    };
    format!(
        "a secret was given by a name that is no setting; write in its place the one that says \"given\": {}",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "id = \"a\"\n[auth]\ntype = \"bearer\"\ntoken = \"given\"\n[tls]\ncert = \"given\"\nkey = \"given\"\nca = \"x\"\n";

    fn told(fresh: &Secrets, given: &[&str]) -> Vec<(String, Option<usize>, String)> {
        let given = given.iter().map(|setting| (*setting).to_owned()).collect();
        let told = |it: Mistake| (it.path, it.place.map(|place| place.0), it.message);
        misgiven(MANIFEST, fresh, &given).into_iter().map(told).collect()
    }

    fn named(names: &[&str]) -> Secrets {
        Secrets::Named(names.iter().map(|name| ((*name).to_owned(), "s3cret".into())).collect())
    }

    #[test]
    fn exactly_the_settings_that_say_so_are_given_a_secret() {
        let all = ["auth.token", "tls.cert", "tls.key"];
        assert_eq!(told(&named(&all), &all), []);
        assert_eq!(told(&Secrets::None, &all), []);
        assert_eq!(told(&Secrets::One("s3cret".into()), &all[..1]), []);
        let one = told(&Secrets::One("s3cret".into()), &all);
        let places: Vec<_> = one.iter().map(|(path, line, _)| (path.as_str(), *line)).collect();
        assert_eq!(places, [("auth.token", Some(4)), ("tls.cert", Some(6)), ("tls.key", Some(7))]);
        assert!(one[2].2.contains("--credential tls.key=env:NAME"), "{one:?}");
        let none = told(&Secrets::One("s3cret".into()), &[]);
        assert!(none[0].2.contains("give none"), "{none:?}");
        let more = told(&named(&["auth.token", "tls.ca", "s3cret-as-a-name"]), &all);
        assert_eq!(more.len(), 2);
        assert_eq!((more[1].0.as_str(), more[1].1), ("tls.ca", Some(8)));
        assert!(more[0].2.ends_with("auth.token, tls.cert, tls.key"), "{more:?}");
        assert!(!format!("{more:?}{one:?}{none:?}").contains("s3cret"));
    }
}

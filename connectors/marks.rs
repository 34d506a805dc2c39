//! Which names of members sound as if they said how confidential something is, or that it does not hold, and which values mean
//! that nothing is so.

/// What names of members begin with, without signs, that tell how confidential something is.
const TELLING: [&str; 25] = [
    "confiden",
    "isconfiden",
    "accesslevel",
    "visibility",
    "vertraulich",
    "istvertraulich",
    "gesperrt",
    "schweigepflicht",
    "reservad",
    "restring",
    "sensib",
    "vertrouwelijk",
    "riservat",
    "sensitiv",
    "issensitiv",
    "restrict",
    "isrestrict",
    "secur",
    "issecur",
    "privacy",
    "part2",
    "is42cfr",
    "42cfr",
    "psychotherapy",
    "breaktheglass",
];

/// Whole names that tell so too, without signs and without what is put before and behind a name: each is the beginning of
/// others that mean something else.
const SHORT: [&str; 16] = [
    "sens",
    "conf",
    "vip",
    "secret",
    "private",
    "sealed",
    "masked",
    "protected",
    "privileged",
    "classified",
    "hidden",
    "secrecy",
    "btg",
    "geheim",
    "privado",
    "confid",
];

/// Whole names that tell that something does not hold: it was taken back, or was never so.
const VOID: [&str; 41] = [
    "void",
    "voided",
    "deleted",
    "delete",
    "removed",
    "enteredinerror",
    "inerror",
    "iserror",
    "errorflag",
    "isdel",
    "delflag",
    "erroneous",
    "invalid",
    "invalidated",
    "cancelled",
    "canceled",
    "cancel",
    "retracted",
    "withdrawn",
    "revoked",
    "rescinded",
    "annulled",
    "nullified",
    "struckout",
    "strickenout",
    "superseded",
    "discarded",
    "geloscht",
    "geloescht",
    "storniert",
    "storno",
    "ungultig",
    "ungueltig",
    "anulado",
    "eliminado",
    "cancelado",
    "annule",
    "supprime",
    "annullato",
    "verwijderd",
    "vervallen",
];

/// What is put before such a name, and behind it.
const BEFORE: [&str; 6] = ["is", "was", "has", "ist", "est", "es"];
const BEHIND: [&str; 13] = [
    "flag",
    "ind",
    "indicator",
    "cd",
    "code",
    "level",
    "class",
    "status",
    "yn",
    "at",
    "on",
    "date",
    "time",
];

/// Values that mean that nothing is sensitive.
const HARMLESS: [&str; 15] = [
    "",
    "0",
    "n",
    "no",
    "none",
    "normal",
    "false",
    "public",
    "u",
    "unrestricted",
    "nein",
    "non",
    "nee",
    "all",
    "standard",
];

/// True for a name that sounds so, be it of a member, an attribute or a column.
pub(crate) fn is_mark(name: &str) -> bool {
    let plain = plain(name);
    TELLING.iter().any(|it| plain.starts_with(it)) || is_one_of(&plain, &SHORT)
}

/// True for a name that sounds as if it said of a record that it does not hold.
pub(crate) fn is_void(name: &str) -> bool {
    is_one_of(&plain(name), &VOID)
}

/// A name without case and signs.
fn plain(name: &str) -> String {
    // The prefix of a namespace says nothing.
    let name = name.rsplit(':').next().unwrap_or(name);
    let letters = name.chars().map(|it| match it {
        'ä' | 'Ä' | 'á' | 'Á' => 'a',
        'ö' | 'Ö' | 'ó' | 'Ó' => 'o',
        'ü' | 'Ü' | 'ú' | 'Ú' => 'u',
        'é' | 'É' | 'è' | 'È' => 'e',
        other => other,
    });
    letters.filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// True for one of these, with or without what is put before it and behind it.
fn is_one_of(plain: &str, names: &[&str]) -> bool {
    let whole = std::iter::once(plain);
    let begun = whole.chain(BEFORE.iter().filter_map(|it| plain.strip_prefix(it)));
    let mut both = begun.flat_map(|name| {
        std::iter::once(name).chain(BEHIND.iter().filter_map(move |it| name.strip_suffix(it)))
    });
    both.any(|name| names.contains(&name))
}

/// True for a value that means that nothing is sensitive.
pub(crate) fn is_harmless(value: &str) -> bool {
    HARMLESS.contains(&value.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        for name in [
            "sens",
            "SENS_CD",
            "sens_code",
            "sensitivity",
            "isVIP",
            "vip-flag",
            "conf",
            "restrictLevel",
            "secured",
        ] {
            assert!(is_mark(name), "{name}");
        }
        for name in ["conference", "confirmed", "sensor", "private_insurer", "vipassana", "sense"] {
            assert!(!is_mark(name), "{name}");
        }
        for name in [
            "void",
            "isVoided",
            "deleted_flag",
            "DeletedAt",
            "entered_in_error",
            "is_error",
            "x:cancelled",
            "gelöscht",
        ] {
            assert!(is_void(name), "{name}");
        }
        for name in ["avoid", "voiding", "delivery", "invalidity", "cancellationPolicy", "modelled"]
        {
            assert!(!is_void(name), "{name}");
        }
    }
}

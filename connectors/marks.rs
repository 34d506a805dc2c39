//! Which names of members sound as if they said how confidential something is, and which values mean that nothing is.

/// What names of members begin with, without signs, that tell how confidential something is.
const TELLING: [&str; 24] = [
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
    "issensitive",
    "restricted",
    "isrestricted",
    "security",
    "privacy",
    "part2",
    "is42cfr",
    "42cfr",
    "psychotherapy",
    "breaktheglass",
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
    // The prefix of a namespace says nothing.
    let name = name.rsplit(':').next().unwrap_or(name);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    TELLING.iter().any(|it| plain.starts_with(it))
}

/// True for a value that means that nothing is sensitive.
pub(crate) fn is_harmless(value: &str) -> bool {
    HARMLESS.contains(&value.trim().to_ascii_lowercase().as_str())
}

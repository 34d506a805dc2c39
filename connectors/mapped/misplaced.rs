//! Settings of a block that somebody wrote among the fields of its records.

use super::part::At;

/// The settings of blocks that people take for fields of a record: of all blocks, and of each.
const OF_ALL: [&str; 14] = [
    "get",
    "post",
    "query",
    "headers",
    "body",
    "format",
    "paging",
    "total",
    "success",
    "none_when",
    "errors",
    "items",
    "left_out",
    "revalidate",
];
const OF_FETCH: [&str; 13] = [
    "section",
    "fact",
    "subject",
    "reference",
    "recorded",
    "updated",
    "identifiers",
    "labels",
    "withdrawn",
    "each",
    "feed",
    "patients_per_ask",
    "fields",
];
const OF_ROSTER: [&str; 3] = ["id", "active", "fields"];

/// What to do about a setting of a block that stands among its fields.
pub(super) fn one_level_up(key: &str, at: &At) -> Option<String> {
    let block = at.as_str().strip_suffix(".fields")?;
    let (name, known) = match block {
        "roster" => ("[roster]", &OF_ROSTER[..]),
        "directory" => ("[directory]", &OF_ALL[..]),
        _ => ("[[fetch]]", &OF_FETCH[..]),
    };
    (known.contains(&key) || OF_ALL.contains(&key)).then(|| {
        format!(
            "write it one level up, beside `fields`: in {name}, above [{}.fields]",
            name.trim_matches(['[', ']'])
        )
    })
}

//! What the parser says of a wrong value, in our own words and with what to do.

use caregraph_connectors::nearest;

/// What a person does about `invalid type: string "2s", expected u64` and its like.
pub(super) fn of_value(message: &str) -> String {
    let words = message.split_whitespace().collect::<Vec<_>>().join(" ");
    mistyped(&words).or_else(|| unknown(&words)).or_else(|| lacking(&words)).unwrap_or(words)
}

fn mistyped(words: &str) -> Option<String> {
    let (found, expected) = words.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let (needed, remedy) = match expected {
        "u64" | "u32" | "u16" | "usize" | "i64" => ("a whole number", "write it without quotes"),
        "a sequence" => ("a list", "write it in [ ]"),
        "a string" => ("a text", "write it in quotes"),
        "a boolean" => ("true or false", "write it without quotes"),
        _ => ("a table", "write { … }"),
    };
    let is = match found.split(' ').next()? {
        "string" => "a text",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "sequence" => "a list",
        _ => "a table",
    };
    Some(format!("must be {needed}, and is {is}; {remedy}"))
}

fn unknown(words: &str) -> Option<String> {
    let rest =
        ["unknown variant ", "unknown field "].iter().find_map(|it| words.strip_prefix(it))?;
    let (name, known) = rest.split_once(", expected ")?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let known = match nearest(name.trim_matches('`'), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known are `{}`", known.join("`, `")),
        None => format!("known are `{}`", known.join("`, `")),
    };
    Some(format!("there is no {name} here; {known}"))
}

fn lacking(words: &str) -> Option<String> {
    let name = words.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(format!("needs `{name}`; write {name} = \"…\" beside the others"))
}

/// The name that was probably meant, and all that are known.
pub(super) fn known<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let all = known.clone().into_iter().collect::<Vec<_>>().join(", ");
    match nearest(unknown, known) {
        Some(near) => format!("did you mean {near:?}? Known are {all}"),
        None => format!("known are {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_says_becomes_what_to_do() {
        for (message, expected) in [
            (
                "invalid type: string \"2s\", expected u64",
                "must be a whole number, and is a text; write it without quotes",
            ),
            (
                "invalid type: string \"PART_2\", expected a sequence",
                "must be a list, and is a text; write it in [ ]",
            ),
            (
                "unknown variant `apikey`, expected one of `none`, `api-key`",
                "there is no `apikey` here; did you mean `api-key`? Known are `none`, `api-key`",
            ),
            ("missing field `token`", "needs `token`; write token = \"…\" beside the others"),
            ("something else\n", "something else"),
        ] {
            assert_eq!(of_value(message), expected);
        }
    }
}

//! Whether what is personal stands where it does not belong: in headers and in answers that refuse.

use hyper::header::CACHE_CONTROL;

use super::Trial;
use super::cast::Roster;
use super::reading::Reading;
use super::report::{Finding, Topic};
use super::stage::Take;
use crate::record::Person;

/// Shorter texts stand anywhere by chance.
const SHORTEST: usize = 4;

impl Trial<'_> {
    /// Looks through all that came for what is personal.
    pub(super) fn leaks(&mut self, roster: &Roster, readings: &[&Reading]) {
        let check = "personal";
        let takes = || readings.iter().flat_map(|it| &it.takes).chain(&roster.takes);
        let people: Vec<Vec<String>> = roster
            .people
            .iter()
            .filter(|it| self.cast.contains(&it.id))
            .map(|it| personal(&it.person))
            .collect();
        let holds = |text: &str| people.iter().flatten().any(|word| has_word(text, word));
        let in_header = takes().find_map(|take| Some((header(take, &holds)?, asked(take, roster))));
        let refuses = |take: &&Take| take.answer().is_some_and(|it| it.status >= 400);
        let is_told = |take: &&Take| {
            take.answer().is_some_and(|it| holds(&String::from_utf8_lossy(&it.body)))
        };
        let in_refusal = takes().filter(refuses).find(is_told).map(|take| asked(take, roster));
        if let Some((name, asked)) = &in_header {
            let message =
                format!("The header `{name}` of an answer to {asked} holds personal data.");
            let remedy = "Leave them out: headers are written into logs on their way.";
            self.report.add(Finding::failed(Topic::Privacy, check, message, remedy));
        }
        if let Some(asked) = &in_refusal {
            let message = format!("An answer to {asked} that refuses holds personal data.");
            let remedy =
                "Say what is wrong without naming anybody: such answers are written into logs.";
            self.report.add(Finding::failed(Topic::Privacy, check, message, remedy));
        }
        if in_header.is_none() && in_refusal.is_none() {
            let message = "No header and no answer that refuses holds personal data.";
            self.report.add(Finding::passed(Topic::Privacy, check, message));
        }
        if takes().any(is_public) {
            let message = "An answer about a patient allows everybody on its way to keep it (Cache-Control: public).";
            let remedy = "Send Cache-Control: no-store.";
            self.report.add(Finding::warned(Topic::Privacy, "kept", message, remedy));
        }
    }
}

/// A request by the parts of its path that name nobody.
fn asked(take: &Take, roster: &Roster) -> String {
    let is_id = |part: &str| roster.people.iter().any(|it| it.id.as_str() == part);
    let is_sign = |it: u8| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_');
    let is_word = |part: &&str| part.bytes().all(is_sign) && !is_id(part);
    let parts: Vec<&str> =
        take.asked.url.path().split('/').map(|it| if is_word(&it) { it } else { "…" }).collect();
    format!("{} {}", take.asked.method, parts.join("/"))
}

fn is_public(take: &Take) -> bool {
    let value = take.answer().and_then(|it| it.headers.get(CACHE_CONTROL)?.to_str().ok());
    value.is_some_and(|it| it.contains("public") || it.contains("s-maxage"))
}

/// The name of a header of which this is so.
fn header(take: &Take, holds: &impl Fn(&str) -> bool) -> Option<String> {
    let headers = &take.answer()?.headers;
    let value =
        |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().find(|(_, it)| holds(&value(it))).map(|(name, _)| name.to_string())
}

/// What is personal of somebody, as words to look for.
fn personal(person: &Person) -> Vec<String> {
    let families = person.names.iter().filter_map(|name| name.family.clone());
    let contacts = person.telecom.iter().map(|it| it.value.clone());
    let birth = person.birth_date.iter().filter_map(|it| it.as_day().map(str::to_owned));
    let words = families.chain(contacts).chain(birth).map(|it| it.to_lowercase());
    words.filter(|word| word.len() >= SHORTEST).collect()
}

/// True when the word stands there as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    let is_letter = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(place, _)| {
        let before = text.get(..place).and_then(|it| it.chars().next_back());
        let after = text.get(place + word.len()..).and_then(|it| it.chars().next());
        !is_letter(before) && !is_letter(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_only_as_a_word() {
        for (text, word, expected) in [
            ("no member Hall here", "hall", true),
            ("x-name: HALL", "hall", true),
            ("shallow", "hall", false),
            ("born 1980-02-03.", "1980-02-03", true),
            ("", "hall", false),
        ] {
            assert_eq!(has_word(text, word), expected, "{text}");
        }
    }
}

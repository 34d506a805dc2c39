//! The index behind [`super::Catalogue::search`]: words to services, by prefix.
//!
//! Holds no text of a service but its words; must never know how hits are shown.

use std::collections::HashMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::record::ServiceRecord;

/// The part of a service in which all words of a query were found; better parts order higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Matched {
    /// Words were not all in a better part than the description, eligibility, area or address.
    Details = 1,
    /// All words are in the organisation's name, the categories or the service's names.
    Topic = 2,
    /// All words are in the service's own names.
    Name = 3,
}

/// Longer words are cut: nobody types them, and garbage may consist of nothing else.
const WORD: usize = 40;

/// How many words of a query count.
const QUERY_WORDS: usize = 16;

/// How much of a query is looked at, in bytes.
const QUERY_BYTES: usize = 1_000;

/// Words that say nothing about a service. They are in the index, but a query only asks for them when it
/// has no others.
const STOP_WORDS: [&str; 28] = [
    "a", "an", "and", "at", "by", "de", "del", "el", "en", "for", "from", "in", "is", "la", "las",
    "los", "near", "of", "on", "or", "para", "por", "that", "the", "to", "with", "y", "your",
];

/// Words in order, each with the services that hold it.
#[derive(Debug, Default)]
pub(super) struct Index {
    words: Vec<(Box<str>, Vec<Posting>)>,
    services: usize,
}

/// A service's place in the catalogue, shifted by two bits that hold a [`Matched`].
#[derive(Clone, Copy, Debug)]
struct Posting(u32);

impl Posting {
    fn new(place: usize, part: Matched) -> Option<Self> {
        let place = u32::try_from(place).ok().filter(|place| place.leading_zeros() >= 2)?;
        Some(Self(place << 2 | part as u32))
    }

    fn place(self) -> usize {
        (self.0 >> 2) as usize
    }

    fn part(self) -> Option<Matched> {
        match self.0 & 3 {
            1 => Some(Matched::Details),
            2 => Some(Matched::Topic),
            3 => Some(Matched::Name),
            _ => None,
        }
    }
}

impl Index {
    /// Reads the words of `services`, which keep their places.
    pub(super) fn of(services: &[Arc<ServiceRecord>]) -> Self {
        let mut words: HashMap<Box<str>, Vec<Posting>> = HashMap::new();
        for (place, service) in services.iter().enumerate() {
            for (part, text) in parts(service) {
                let Some(posting) = Posting::new(place, part) else { continue };
                each_word(text, |word| note(&mut words, word, posting));
            }
            // "AB1 2CD" is also typed without its gap.
            for code in service.locations.iter().filter_map(|at| at.postal_code.as_deref()) {
                let joined: String = fold(code).chars().filter(|c| c.is_alphanumeric()).collect();
                if let Some(posting) = Posting::new(place, Matched::Details) {
                    note(&mut words, cut(&joined), posting);
                }
            }
        }
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (_, postings) in &mut words {
            postings.shrink_to_fit();
        }
        Self { words, services: services.len() }
    }

    /// The places of all services that hold every word of `text`, in their order; all when it has no word.
    pub(super) fn find(&self, text: &str) -> Vec<(usize, Matched)> {
        let mut found = vec![Some(Matched::Name); self.services];
        for word in query_words(text) {
            let best = self.best(&word);
            for (found, best) in found.iter_mut().zip(best) {
                // A service is as good as the worst of the words' places; `None` is the worst of all.
                *found = (*found).min(best);
            }
        }
        found.into_iter().enumerate().filter_map(|(place, part)| Some((place, part?))).collect()
    }

    /// For each service the best part in which a word begins with `prefix`.
    fn best(&self, prefix: &str) -> Vec<Option<Matched>> {
        let mut best = vec![None; self.services];
        let first = self.words.partition_point(|(word, _)| &**word < prefix);
        let words = self.words.iter().skip(first);
        for (_, postings) in words.take_while(|(word, _)| word.starts_with(prefix)) {
            for posting in postings {
                if let Some(best) = best.get_mut(posting.place()) {
                    *best = (*best).max(posting.part());
                }
            }
        }
        best
    }
}

fn note(words: &mut HashMap<Box<str>, Vec<Posting>>, word: &str, posting: Posting) {
    if word.is_empty() {
        return;
    }
    // Looked up before it is owned: most words have been seen before.
    let Some(postings) = words.get_mut(word) else {
        words.insert(word.into(), vec![posting]);
        return;
    };
    match postings.last_mut() {
        // Services come in order, so a second mention can only be the last one noted.
        Some(last) if last.place() == posting.place() => last.0 = last.0.max(posting.0),
        _ => postings.push(posting),
    }
}

fn parts(service: &ServiceRecord) -> impl Iterator<Item = (Matched, &str)> {
    let names = std::iter::once((Matched::Name, service.name.as_str()));
    let one = [
        service.alternate_name.as_deref().map(|text| (Matched::Name, text)),
        service.organization.as_deref().map(|text| (Matched::Topic, text)),
        service.description.as_deref().map(|text| (Matched::Details, text)),
        service.eligibility.as_deref().map(|text| (Matched::Details, text)),
    ];
    let categories = service.categories.iter().map(|text| (Matched::Topic, text.as_str()));
    let areas = service.areas.iter().map(|text| (Matched::Details, text.as_str()));
    let places = service.locations.iter().flat_map(|at| {
        [&at.city, &at.postal_code]
            .into_iter()
            .flatten()
            .map(|text| (Matched::Details, text.as_str()))
    });
    names.chain(one.into_iter().flatten()).chain(categories).chain(areas).chain(places)
}

fn query_words(text: &str) -> Vec<String> {
    let text = text.get(..text.floor_char_boundary(QUERY_BYTES)).unwrap_or_default();
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    if words.iter().any(|word| !is_stop_word(word)) {
        words.retain(|word| !is_stop_word(word));
    }
    words.truncate(QUERY_WORDS);
    words
}

fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

fn each_word(text: &str, mut each: impl FnMut(&str)) {
    let folded = fold(text);
    folded.split(|letter: char| !letter.is_alphanumeric()).map(cut).for_each(|word| {
        if !word.is_empty() {
            each(word);
        }
    });
}

fn cut(word: &str) -> &str {
    word.get(..word.floor_char_boundary(WORD)).unwrap_or_default()
}

/// Lower case without accents or apostrophes, so that "Women's" and "womens", "Café" and "cafe" are one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        folded.extend(text.chars().filter(|c| *c != '\'').map(|c| c.to_ascii_lowercase()));
        return folded;
    }
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            '\'' | '’' | '‘' | 'ʼ' => {}
            // Letters of their own, which have no decomposition but are typed as these.
            'ß' | 'ẞ' => folded.push_str("ss"),
            'Æ' | 'æ' => folded.push_str("ae"),
            'Œ' | 'œ' => folded.push_str("oe"),
            'Ø' | 'ø' => folded.push('o'),
            'Ł' | 'ł' => folded.push('l'),
            'Đ' | 'đ' | 'Ð' | 'ð' => folded.push('d'),
            'Þ' | 'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_makes_one_of_what_is_typed_differently() {
        for (written, typed) in [
            ("Café Ñandú", "cafe nandu"),
            ("WOMEN’S Women's", "womens womens"),
            ("Straße Øst Łódź", "strasse ost lodz"),
            ("ﬁne Ⅳ", "fine iv"),
            ("İstanbul ISTANBUL", "istanbul istanbul"),
        ] {
            assert_eq!(fold(written), typed);
        }
    }

    #[test]
    fn stop_words_are_in_order_for_the_search_in_them() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn a_query_is_bounded_and_loses_its_stop_words() {
        assert_eq!(query_words("Food for the HUNGRY, in Zürich!"), ["food", "hungry", "zurich"]);
        assert_eq!(query_words("the"), ["the"]);
        assert_eq!(query_words(" …!? "), Vec::<String>::new());
        assert_eq!(query_words(&"é ".repeat(5_000)).len(), QUERY_WORDS);
        assert_eq!(query_words(&"x".repeat(5_000)), ["x".repeat(WORD)]);
    }
}

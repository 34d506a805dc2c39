//! Text as plain words: lower case, no accents, no punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Splits text into plain words: lower case, no accents, no punctuation.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for char in text.nfkd() {
        if is_latin_accent(char) {
            continue;
        }
        if char.is_alphanumeric() || is_combining_mark(char) {
            if let Some(word) = words.last_mut() {
                push_plain(word, char);
            }
        } else if char.is_whitespace() || separates(char) {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Letters that have no decomposition, though people leave the stroke out.
fn push_plain(word: &mut String, char: char) {
    for char in char.to_lowercase() {
        match char {
            'ß' => word.push_str("ss"),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            'þ' => word.push_str("th"),
            'ø' => word.push('o'),
            'ł' => word.push('l'),
            'đ' | 'ð' => word.push('d'),
            'ı' => word.push('i'),
            // Lower-casing can bring an accent back (İ).
            char if is_latin_accent(char) => {}
            char => word.push(char),
        }
    }
}

/// Accents of European scripts; marks of other scripts are letters in their own right.
fn is_latin_accent(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Punctuation that stands between words; all other punctuation (apostrophes, full stops) stands inside one.
fn separates(char: char) -> bool {
    matches!(
        char,
        '-' | '\u{2010}'..='\u{2015}' | ',' | ';' | '/' | '_' | '(' | ')' | '"' | '&' | '+'
    )
}

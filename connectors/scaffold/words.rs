//! Names of fields, taken apart: `memberNo`, `member_no`, `MEMBER-NO` and `Member No.` are the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The letters and digits of a name, in lower case and without accents.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim_start_matches(['@', '#']);
    // The prefix of a namespace says nothing.
    let name = name.rsplit(':').next().unwrap_or(name);
    let folded = name.nfkd().filter(|it| !is_combining_mark(*it));
    folded.flat_map(char::to_lowercase).flat_map(sharp).filter(|it| it.is_alphanumeric()).collect()
}

/// The sign ß as everybody else writes it.
fn sharp(sign: char) -> impl Iterator<Item = char> {
    let twice = sign == 'ß';
    std::iter::once(if twice { 's' } else { sign }).chain(twice.then_some('s'))
}

/// How surely a name is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    Guessed,
    Plain,
}

/// Whether a name, with the name above it, is one that a pattern means. A pattern is `dob`, `*phone` for what ends so,
/// `name/last` for a field of something that ends with the first part; with `~` before it, it is but a guess.
pub(super) fn meant(pattern: &str, above: &str, name: &str) -> Option<Sure> {
    let (pattern, sure) = match pattern.strip_prefix('~') {
        Some(rest) => (rest, Sure::Guessed),
        None => (pattern, Sure::Plain),
    };
    let (parent, pattern) = match pattern.split_once('/') {
        Some((parent, pattern)) => (Some(parent), pattern),
        None => (None, pattern),
    };
    let fits = match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == pattern,
    };
    (fits && parent.is_none_or(|parent| above.ends_with(parent))).then_some(sure)
}

/// True for a key that may stand in a manifest: a name, and not a value that somebody uses as a key.
pub(super) fn is_name(key: &str) -> bool {
    let digits = key.chars().filter(char::is_ascii_digit).count();
    let length = key.chars().count();
    let rest = key.trim_start_matches(['@', '#', '_', '$']);
    rest.chars().next().is_some_and(char::is_alphabetic)
        && length <= 48
        && digits <= 4
        && digits * 2 <= length
        && key.chars().all(|it| it.is_alphanumeric() || "@#_$-.:/()? ".contains(it))
}

//! Words from a directory, made fit to keep: no control characters, no invisible ones, bounded length.
//!
//! Must never know what a word is used for.

use url::Url;

/// The longest name that is kept, in characters.
pub(super) const NAME: usize = 300;

/// The longest single line that is kept (a schedule, an area, a document), in characters.
pub(super) const LINE: usize = 600;

/// The longest free text that is kept, in characters. The longest seen in a public directory is about half.
pub(super) const PROSE: usize = 4_000;

/// The longest address of a web page or mailbox; a longer one is left out, since a part of it is of no use.
const ADDRESS: usize = 2_000;

/// The longest id that is believed.
const ID: usize = 200;

/// `text` on one line, at most `cap` characters long; nothing when nothing is left.
///
/// Control characters and runs of white space become one space. Invisible characters that can turn the
/// direction of a text around or hide a part of it are dropped.
pub(super) fn clean(text: &str, cap: usize) -> Option<String> {
    let mut kept = String::with_capacity(text.len().min(cap));
    let mut length = 0;
    let mut gap = false;
    for letter in text.chars().filter(|letter| !is_invisible(*letter)) {
        if letter.is_whitespace() || letter.is_control() {
            gap = true;
            continue;
        }
        if length + 1 + usize::from(gap) > cap {
            if length == cap {
                kept.pop();
            }
            kept.push('…');
            break;
        }
        if gap && length > 0 {
            kept.push(' ');
            length += 1;
        }
        gap = false;
        kept.push(letter);
        length += 1;
    }
    (!kept.is_empty()).then_some(kept)
}

/// An id as the directory wrote it, if it can be put into a path.
pub(super) fn id(text: &str) -> Option<String> {
    let text = text.trim();
    // A URL swallows these two, so asking for them would ask for something else.
    let is_path = text == "." || text == "..";
    let fits = !text.is_empty() && text.chars().count() <= ID;
    (fits && !is_path && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// The address of a web page. Anything that a browser would run instead of open is left out.
pub(super) fn web_page(text: &str) -> Option<String> {
    let text = clean(text, ADDRESS + 1).filter(|text| text.chars().count() <= ADDRESS)?;
    let opens = match Url::parse(&text) {
        // `example.org:8080/x` reads as a scheme called `example.org`.
        Ok(url) => matches!(url.scheme(), "http" | "https") || url.scheme().contains('.'),
        Err(_) => !text.contains(char::is_whitespace),
    };
    opens.then_some(text)
}

/// A mailbox.
pub(super) fn mailbox(text: &str) -> Option<String> {
    clean(text, ADDRESS + 1).filter(|text| text.chars().count() <= ADDRESS && text.contains('@'))
}

fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_one_space() {
        assert_eq!(clean(" a\u{0}\u{1b}[31m\r\n\t b ", LINE).as_deref(), Some("a [31m b"));
        assert_eq!(clean("\u{7}\n", LINE), None);
    }

    #[test]
    fn invisible_characters_are_dropped() {
        assert_eq!(clean("safe\u{202e}txt\u{feff}", LINE).as_deref(), Some("safetxt"));
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis_at_the_cap() {
        let kept = clean(&"é".repeat(50), 10).unwrap();
        assert_eq!((kept.chars().count(), kept.ends_with('…')), (10, true));
        assert_eq!(clean("exactly ten", 11).as_deref(), Some("exactly ten"));
        assert_eq!(clean(&"a b ".repeat(9), 10).unwrap().chars().count(), 10);
    }

    #[test]
    fn ids_that_would_leave_the_path_are_refused() {
        assert_eq!(id(" 4711 ").as_deref(), Some("4711"));
        assert_eq!(id("a/b?c").as_deref(), Some("a/b?c"));
        for bad in ["", ".", "..", "a\nb"] {
            assert_eq!(id(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_pages_that_open_are_kept() {
        for good in ["https://a.example/x", "www.example.org", "example.org:8080/x"] {
            assert_eq!(web_page(good).as_deref(), Some(good));
        }
        for bad in ["javascript:alert(1)", "data:text/html,x", "ask us", ""] {
            assert_eq!(web_page(bad), None, "{bad}");
        }
    }
}

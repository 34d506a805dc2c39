//! Strings and block strings (§2.9.4).

/// Reads the string that begins at `start`: what it means, and where it ends.
pub(super) fn read(document: &str, start: usize) -> Option<(String, usize)> {
    let rest = document.get(start..)?;
    if let Some(inner) = rest.strip_prefix("\"\"\"") {
        let (text, length) = block(inner)?;
        return Some((text, start + 3 + length));
    }
    let (text, length) = line(rest.strip_prefix('"')?)?;
    Some((text, start + 1 + length))
}

/// A string within one line.
fn line(inner: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = inner.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((text, place + 1)),
            '\n' | '\r' => return None,
            '\\' => {
                let (meant, length) = escape(inner.get(place + 1..)?)?;
                text.push(meant);
                // All characters of an escape are one byte long.
                for _ in 0..length {
                    characters.next();
                }
            }
            _ => text.push(character),
        }
    }
    None
}

/// What stands behind a backslash, and how many bytes it takes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let meant = match rest.as_bytes().first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        _ => return None,
    };
    Some((meant, 1))
}

/// `u{…}`, `uXXXX`, or two of the latter that are one character together.
fn unicode(rest: &str) -> Option<(char, usize)> {
    if let Some(braced) = rest.strip_prefix("u{") {
        let digits = braced.get(..braced.bytes().take(9).position(|byte| byte == b'}')?)?;
        return Some((char::from_u32(hexadecimal(digits)?)?, digits.len() + 3));
    }
    let first = hexadecimal(rest.get(1..5)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    let second = hexadecimal(rest.get(5..11)?.strip_prefix("\\u")?)?;
    if !(0xD800..0xDC00).contains(&first) || !(0xDC00..0xE000).contains(&second) {
        return None;
    }
    let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    Some((char::from_u32(code)?, 11))
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sound { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// A block string: raw, but for `\"""`, and without the indentation that all its lines share.
fn block(inner: &str) -> Option<(String, usize)> {
    let mut raw = String::new();
    let mut place = 0;
    loop {
        let rest = inner.get(place..)?;
        let quotes = rest.find("\"\"\"")?;
        let before = rest.get(..quotes)?;
        place += quotes + 3;
        if let Some(escaped) = before.strip_suffix('\\') {
            raw.push_str(escaped);
            raw.push_str("\"\"\"");
        } else {
            raw.push_str(before);
            return Some((dedent(&raw), place));
        }
    }
}

fn dedent(raw: &str) -> String {
    let plain = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = plain.split('\n').collect();
    let indentation =
        |line: &str| line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let is_blank = |line: &str| indentation(line) == line.len();
    let shared =
        lines.iter().skip(1).filter(|line| !is_blank(line)).map(|line| indentation(line)).min();
    let shared = shared.unwrap_or(0);
    let first = lines.iter().position(|line| !is_blank(line)).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !is_blank(line)).map_or(first, |last| last + 1);
    let kept = lines.iter().enumerate().take(last).skip(first);
    let kept: Vec<&str> = kept
        .map(|(place, line)| if place == 0 { line } else { line.get(shared..).unwrap_or_default() })
        .collect();
    kept.join("\n")
}

//! Counts tokens, so that a document can be refused before it is parsed.

/// Counts the tokens of a document (GraphQL specification §2.1.6) without building any.
pub(super) fn tokens(document: &str) -> usize {
    let bytes = document.as_bytes();
    let (mut place, mut count) = (0, 0);
    while let Some(&byte) = bytes.get(place) {
        place = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => place + 1,
            b'#' => bytes[place..]
                .iter()
                .position(|byte| matches!(byte, b'\n' | b'\r'))
                .map_or(bytes.len(), |end| place + end),
            _ => {
                count += 1;
                end_of_token(bytes, place)
            }
        };
    }
    count
}

fn end_of_token(bytes: &[u8], start: usize) -> usize {
    let run =
        |of: fn(&u8) -> bool| start + bytes[start..].iter().take_while(|byte| of(byte)).count();
    match bytes[start] {
        b'"' => end_of_string(bytes, start),
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') => {
            run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.'))
                .max(start + 1)
        }
        b'.' => run(|byte| *byte == b'.'),
        _ => start + 1,
    }
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let block = bytes[start..].starts_with(b"\"\"\"");
    let mut place = start + if block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 2,
            b'"' if !block => return place + 1,
            b'"' if bytes[place..].starts_with(b"\"\"\"") => return place + 3,
            b'\n' if !block => return place,
            _ => place += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn counts_as_the_specification_does() {
        for (document, count) in [
            ("", 0),
            ("{ a }", 3),
            ("# a comment { } \n{a}", 3),
            ("{ a(b: \"x } { y\", c: -1.5e+3) ...F }", 13),
            ("{ a(b: \"\"\" \"quoted\" \\\"\"\" more \"\"\") }", 8),
            ("query($x:Int!=3){a(x:$x)@include(if:true)}", 26),
            ("\"never ends", 1),
        ] {
            assert_eq!(tokens(document), count, "{document}");
        }
    }
}

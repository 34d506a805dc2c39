//! Telephone numbers and e-mail addresses.

use super::{one_digit_only, says_nothing};

/// The number as `+` and digits; a number without a country is taken to be of the United States.
pub(crate) fn plain_phone(text: &str) -> Option<String> {
    let text = without_extension(text);
    let international = text
        .trim_start_matches(|char: char| char != '+' && !char.is_ascii_digit())
        .starts_with('+');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = match (international, digits.len()) {
        (true, 8..=15) => digits,
        (false, 10) => format!("1{digits}"),
        (false, 11) if digits.starts_with('1') => digits,
        (false, 12..=17) if digits.starts_with("00") => digits.strip_prefix("00")?.to_owned(),
        (false, 12..=17) if digits.starts_with("011") => digits.strip_prefix("011")?.to_owned(),
        (true | false, _) => return None,
    };
    let national = number.strip_prefix('1').unwrap_or(&number);
    let stand_in = one_digit_only(national, 7)
        || matches!(national, "1234567890" | "0123456789")
        || national.get(3..).is_some_and(|local| one_digit_only(local, 7));
    (!stand_in).then(|| format!("+{number}"))
}

/// What stands before an extension (`x12`, `ext. 12`, `;ext=12`, `#12`).
fn without_extension(text: &str) -> &str {
    text.split(['x', 'X', ';', '#']).next().unwrap_or(text)
}

/// The address in lower case.
pub(crate) fn plain_email(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text).to_lowercase();
    let (user, host) = text.split_once('@')?;
    let stand_in = matches!(
        user,
        "noemail" | "no-email" | "no.email" | "nomail" | "email" | "noreply" | "no-reply"
    ) || says_nothing(user)
        || matches!(host, "none.com" | "noemail.com" | "test.com" | "unknown.com");
    let whole = !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace);
    (whole && !stand_in).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_with_a_country() {
        for text in [
            "(617) 555-0101",
            "617.555.0101",
            "1-617-555-0101",
            "+1 617 555 0101",
            "tel:+16175550101",
            "001 617 555 0101",
            "617-555-0101 ext. 12",
            "617-555-0101x12",
        ] {
            assert_eq!(plain_phone(text).as_deref(), Some("+16175550101"), "{text}");
        }
        assert_eq!(plain_phone("+49 30 1234567").as_deref(), Some("+49301234567"));
        assert_eq!(plain_phone("011 49 30 1234567").as_deref(), Some("+49301234567"));
        let nothing = [
            "",
            "none",
            "555-0101",
            "000-000-0000",
            "999-999-9999",
            "617-999-9999",
            "1234567890",
            "+1",
        ];
        for text in nothing {
            assert_eq!(plain_phone(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_lower_case() {
        assert_eq!(plain_email(" Ada@Example.ORG").as_deref(), Some("ada@example.org"));
        for text in [
            "",
            "ada",
            "@example.org",
            "none@none.com",
            "noemail@clinic.org",
            "a b@c.org",
            "ada@local",
        ] {
            assert_eq!(plain_email(text), None, "{text}");
        }
    }
}

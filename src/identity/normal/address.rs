//! Postal addresses, in the abbreviations of the United States Postal Service.

use caregraph_connectors::record::Address;

use super::says_nothing;
use super::words::words;

/// Words and their usual abbreviation (USPS publication 28, the ones that occur).
const ABBREVIATIONS: [(&str, &str); 66] = [
    ("alley", "aly"),
    ("annex", "anx"),
    ("apartment", "apt"),
    ("av", "ave"),
    ("aven", "ave"),
    ("avenu", "ave"),
    ("avenue", "ave"),
    ("basement", "bsmt"),
    ("boul", "blvd"),
    ("boulevard", "blvd"),
    ("building", "bldg"),
    ("bypass", "byp"),
    ("causeway", "cswy"),
    ("center", "ctr"),
    ("centre", "ctr"),
    ("circle", "cir"),
    ("court", "ct"),
    ("cove", "cv"),
    ("crescent", "cres"),
    ("crossing", "xing"),
    ("department", "dept"),
    ("drive", "dr"),
    ("east", "e"),
    ("estates", "ests"),
    ("expressway", "expy"),
    ("extension", "ext"),
    ("floor", "fl"),
    ("fort", "ft"),
    ("freeway", "fwy"),
    ("gardens", "gdns"),
    ("heights", "hts"),
    ("highway", "hwy"),
    ("hill", "hl"),
    ("island", "is"),
    ("junction", "jct"),
    ("lane", "ln"),
    ("manor", "mnr"),
    ("mount", "mt"),
    ("mountain", "mtn"),
    ("north", "n"),
    ("northeast", "ne"),
    ("northwest", "nw"),
    ("parkway", "pkwy"),
    ("pkway", "pkwy"),
    ("place", "pl"),
    ("plaza", "plz"),
    ("point", "pt"),
    ("ridge", "rdg"),
    ("road", "rd"),
    ("room", "rm"),
    ("route", "rte"),
    ("saint", "st"),
    ("south", "s"),
    ("southeast", "se"),
    ("southwest", "sw"),
    ("square", "sq"),
    ("station", "sta"),
    ("str", "st"),
    ("street", "st"),
    ("suite", "ste"),
    ("terrace", "ter"),
    ("trail", "trl"),
    ("turnpike", "tpke"),
    ("unit", "apt"),
    ("valley", "vly"),
    ("west", "w"),
];

/// Lines that many people share because they have no address.
const STAND_INS: [&str; 7] = [
    "generaldelivery",
    "homeless",
    "nofixedabode",
    "nofixedaddress",
    "noaddress",
    "unabletoobtain",
    "badaddress",
];

/// Lines and postal code in one plain line; `None` when either is missing or stands for "not known".
pub(crate) fn plain_address(address: &Address) -> Option<String> {
    let line: Vec<String> = address
        .line
        .iter()
        .flat_map(|line| words(&line.replace('#', " apt ")))
        .map(|word| abbreviated(&word).unwrap_or(word))
        .collect();
    let bare = line.concat();
    let stand_in = bare.is_empty() || says_nothing(&bare) || STAND_INS.contains(&bare.as_str());
    let postal = plain_postal(address.postal_code.as_deref()?)?;
    (!stand_in).then(|| format!("{}|{postal}", without_repeated_unit(line).join(" ")))
}

fn abbreviated(word: &str) -> Option<String> {
    let found = ABBREVIATIONS.binary_search_by_key(&word, |(long, _)| long).ok()?;
    ABBREVIATIONS.get(found).map(|(_, short)| (*short).to_owned())
}

/// `Apt #4` says the unit twice.
fn without_repeated_unit(mut line: Vec<String>) -> Vec<String> {
    line.dedup_by(|word, before| word == before && word == "apt");
    line
}

/// Five digits of a United States code (ZIP+4 says the same place more finely), any other code as it is.
fn plain_postal(code: &str) -> Option<String> {
    let code: String =
        code.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    let stand_in = code.is_empty()
        || says_nothing(&code)
        || code.bytes().all(|byte| byte == b'0')
        || code == "99999";
    let short = if digits && code.len() == 9 { code.get(..5)?.to_owned() } else { code };
    (!stand_in).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[&str], postal: &str) -> Option<String> {
        plain_address(&Address {
            line: lines.iter().map(|&line| line.to_owned()).collect(),
            postal_code: Some(postal.to_owned()),
            ..Address::default()
        })
    }

    #[test]
    fn abbreviations_can_be_looked_up() {
        assert!(ABBREVIATIONS.is_sorted_by_key(|(long, _)| long));
    }

    #[test]
    fn spellings_of_one_address_are_equal() {
        let expected = plain(&["12 N Main St Apt 4"], "02139");
        assert_eq!(expected.as_deref(), Some("12 n main st apt 4|02139"));
        for (lines, postal) in [
            (vec!["12 North Main Street", "Apartment 4"], "02139-1234"),
            (vec!["12 N. MAIN STR. #4"], "02139"),
            (vec!["12 N. Main St, Apt #4"], "021391234"),
            (vec!["12 North Main St Unit 4"], " 02139 "),
        ] {
            assert_eq!(plain(&lines, postal), expected, "{lines:?}");
        }
        assert_ne!(plain(&["12 N Main St Apt 5"], "02139"), expected);
        assert_ne!(plain(&["12 N Main St Apt 4"], "02138"), expected);
    }

    #[test]
    fn what_is_no_address_has_no_plain_form() {
        for (line, postal) in [
            ("", "02139"),
            ("12 Main St", ""),
            ("Unknown", "02139"),
            ("HOMELESS", "02139"),
            ("12 Main St", "00000"),
        ] {
            assert_eq!(plain(&[line], postal), None, "{line} {postal}");
        }
    }
}

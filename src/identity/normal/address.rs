//! Postal addresses, in the abbreviations of the United States Postal Service.

use caregraph_connectors::record::Address;

use super::name::words;
use super::says_nothing;

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

//! Code systems, by the names of fields and by the form of codes.

use super::leaf::Leaf;
use super::words::Sure;

/// The names that fields with codes of a system have, by the system's short name.
const NAMES: [(&str, &[&str]); 12] = [
    ("ndc", &["*ndc", "ndc11", "ndccode", "*nationaldrugcode"]),
    ("rxnorm", &["*rxnorm", "*rxnormcode", "*rxcui", "*rxnormid"]),
    (
        "icd10cm",
        &[
            "*icd10cm",
            "*icd10",
            "*icd10code",
            "*icd10cmcode",
            "~icd",
            "~icdcode",
            "~*dxcode",
            "~*icd",
        ],
    ),
    ("icd10pcs", &["*icd10pcs"]),
    ("snomed", &["*snomed", "*snomedct", "*snomedcode", "*snomedctcode", "*sctid", "*snomedid"]),
    ("loinc", &["*loinc", "*loinccode", "*loincnum", "*loincnumber"]),
    ("cvx", &["*cvx", "*cvxcode"]),
    ("cpt", &["*cpt", "*cptcode", "cpt4"]),
    ("hcpcs", &["*hcpcs", "*hcpcscode"]),
    ("unii", &["*unii", "*uniicode"]),
    ("npi", &["*npi", "*npinumber"]),
    ("ssn", &["ssn", "*socialsecuritynumber", "socialsecurityno"]),
];

/// The system whose codes a field holds, if it is one of these.
pub(super) fn system_of(leaf: &Leaf, allowed: &[&'static str]) -> Option<(&'static str, Sure)> {
    let known = NAMES.iter().filter(|(system, _)| allowed.contains(system));
    let by_name = |(system, names): &(&'static str, &[&str])| {
        let sure = names.iter().find_map(|name| leaf.meant_by(name))?;
        Some((*system, sure))
    };
    known
        .clone()
        .find_map(by_name)
        .or_else(|| by_form(leaf, allowed).map(|system| (system, Sure::Guessed)))
}

/// The names of fields of which the form of their values says of which system they are.
const CODES: [&str; 14] = [
    "code",
    "*code",
    "codes",
    "id",
    "*dx",
    "dx",
    "diagnosis",
    "diagnoses",
    "test",
    "drug",
    "product",
    "#text",
    "value",
    "key",
];

fn by_form(leaf: &Leaf, allowed: &[&'static str]) -> Option<&'static str> {
    if !leaf.is_any(&CODES) {
        return None;
    }
    let is = |system: &&&'static str| match **system {
        "icd10cm" => leaf.facts.all(is_icd),
        "loinc" => leaf.facts.all(is_loinc),
        "ndc" => leaf.facts.all(is_ndc),
        "snomed" => leaf.facts.all(is_snomed),
        _ => false,
    };
    allowed.iter().find(is).copied()
}

fn is_icd(text: &str) -> bool {
    let mut signs = text.chars();
    let begins = signs.next().is_some_and(|it| it.is_ascii_uppercase())
        && signs.next().is_some_and(|it| it.is_ascii_digit())
        && signs.next().is_some_and(|it| it.is_ascii_digit() || it.is_ascii_uppercase());
    let rest = signs.as_str();
    let end = rest.strip_prefix('.').unwrap_or(rest);
    begins && end.len() <= 4 && rest != "." && end.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn is_ndc(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    digits && matches!(parts.as_slice(), [4, 4, 2] | [5, 3, 2] | [5, 4, 1 | 2])
}

/// A number, a hyphen and its check digit (Luhn).
fn is_loinc(text: &str) -> bool {
    let Some((number, check)) = text.split_once('-') else { return false };
    let digits =
        number.bytes().all(|it| it.is_ascii_digit()) && check.bytes().all(|it| it.is_ascii_digit());
    digits
        && (1..=7).contains(&number.len())
        && check.len() == 1
        && luhn(&format!("{number}{check}"))
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.saturating_sub(b'0'));
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Six to eighteen digits whose last is a check digit (Verhoeff), and which say in between that they mean a concept.
fn is_snomed(text: &str) -> bool {
    let digits = (6..=18).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    let kind = text.get(text.len().saturating_sub(3)..text.len().saturating_sub(1));
    digits && matches!(kind, Some("00" | "10")) && verhoeff(text)
}

fn verhoeff(digits: &str) -> bool {
    const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    // The group of the ten symmetries of a pentagon.
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let check = digits.bytes().rev().enumerate().fold(0, |sum, (place, digit)| {
        let permuted = (0..place % 8).fold(digit.saturating_sub(b'0'), |it, _| {
            PERMUTED.get(usize::from(it)).copied().unwrap_or(0)
        });
        product(sum, permuted)
    });
    check == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_by_their_form() {
        assert!(["44054006", "38341003", "195967001"].into_iter().all(is_snomed));
        assert!(!["44054007", "4405400", "2026030"].into_iter().any(is_snomed));
        assert!(["2345-7", "718-7", "85354-9"].into_iter().all(is_loinc));
        assert!(!["2345-6", "541-555", "12-31"].into_iter().any(is_loinc));
        assert!(["E11.9", "I10", "S72001A"].into_iter().all(is_icd));
        assert!(!["GL-00017", "e11.9", "A", "Asthma"].into_iter().any(is_icd));
        assert!(is_ndc("0093-1048-01") && !is_ndc("541-555-0100"));
    }
}

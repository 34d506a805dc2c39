//! What the pharmacy hands out: its own words for drugs, and codes in the form of National Drug Codes. They are samples, which
//! were not held against the directory of the FDA: nothing may conclude from them what a package holds.

use crate::terms::drugs::Drug;

/// How a drug is sold here.
pub(super) struct Product {
    pub(super) label: &'static str,
    /// Eleven digits, without hyphens. What is counted out of a bulk package has none.
    pub(super) code: Option<&'static str>,
    pub(super) form: &'static str,
}

/// `RxCUI`, National Drug Code, label: what is handed out in the package of its maker.
#[rustfmt::skip] // A row a line.
const PACKAGES: [(&str, &str, &str); 18] = [
    ("314076", "00310013110", "Zestril 10 mg tablet"),
    ("197361", "00069153066", "Norvasc 5 mg tablet"),
    ("308135", "00069154066", "Norvasc 10 mg tablet"),
    ("979492", "00006095254", "Cozaar 50 mg tablet"),
    ("861007", "00093104801", "Metformin 500 mg tablet"),
    ("311041", "00088222033", "Lantus 100 units/mL vial"),
    ("617310", "00071015623", "Lipitor 20 mg tablet"),
    ("617311", "00071015723", "Lipitor 40 mg tablet"),
    ("866436", "00186109005", "Toprol-XL 50 mg tablet"),
    ("855332", "00056017270", "Coumadin 5 mg tablet"),
    ("1364445", "00003089421", "Eliquis 5 mg tablet"),
    ("896209", "00173069600", "Advair Diskus 250/50"),
    ("310431", "00071080524", "Neurontin 300 mg capsule"),
    ("863669", "00597005801", "Flomax 0.4 mg capsule"),
    ("312941", "00049490066", "Zoloft 50 mg tablet"),
    ("310385", "00777310502", "Prozac 20 mg capsule"),
    ("349332", "00456201001", "Lexapro 10 mg tablet"),
    ("312743", "00310027110", "Seroquel 100 mg tablet"),
];

/// How the drug is sold.
pub(super) fn product(drug: &Drug) -> Product {
    let package = PACKAGES.iter().find(|(rxcui, ..)| *rxcui == drug.rxcui);
    let (code, label) = package.map_or((None, drug.plain), |(_, code, label)| (Some(*code), label));
    Product { label, code, form: form(drug) }
}

fn form(drug: &Drug) -> &'static str {
    match drug.unit {
        "{tbl}" => "tablet",
        "{capsule}" => "capsule",
        "{puff}" => "inhaler",
        _ => "vial",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::drugs::{DRUGS, drug};

    #[test]
    fn every_package_is_of_a_drug_of_the_tables_and_codes_have_eleven_digits() {
        for (rxcui, code, label) in PACKAGES {
            assert_eq!(product(drug(rxcui)).label, label);
            assert!(code.len() == 11 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
        assert!(DRUGS.iter().all(|drug| !product(drug).label.is_empty()));
    }
}

//! Vaccines by CVX code, and the ages at which they are given.

use super::Code;

/// A vaccine and its schedule.
pub(crate) struct Vaccine {
    pub(crate) code: Code,
    pub(crate) plain: &'static str,
    /// The ages, in years, at which it is due.
    pub(crate) ages: &'static [i32],
    /// How many of a hundred who are due get it.
    pub(crate) uptake: u64,
}

pub(crate) const INFLUENZA: Code = ("140", "Influenza, seasonal, injectable, preservative free");

#[rustfmt::skip] // A row a line.
pub(crate) const VACCINES: &[Vaccine] = &[
    Vaccine { code: ("20", "DTaP"), plain: "DTaP", ages: &[1, 4], uptake: 95 },
    Vaccine { code: ("10", "IPV"), plain: "Polio", ages: &[1, 4], uptake: 95 },
    Vaccine { code: ("03", "MMR"), plain: "MMR", ages: &[1, 5], uptake: 95 },
    Vaccine { code: ("21", "varicella"), plain: "Chickenpox", ages: &[1], uptake: 90 },
    Vaccine { code: ("165", "HPV9"), plain: "HPV", ages: &[12, 13], uptake: 70 },
    Vaccine { code: ("114", "meningococcal MCV4P"), plain: "Meningitis", ages: &[12, 16], uptake: 75 },
    Vaccine { code: ("115", "Tdap"), plain: "Tdap", ages: &[12, 32, 52], uptake: 70 },
    Vaccine { code: ("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), plain: "Tetanus booster", ages: &[22, 42, 62, 72], uptake: 60 },
    Vaccine { code: ("43", "Hep B, adult"), plain: "Hepatitis B", ages: &[25], uptake: 30 },
    Vaccine { code: ("187", "zoster recombinant"), plain: "Shingrix", ages: &[51, 52], uptake: 55 },
    Vaccine { code: ("33", "pneumococcal polysaccharide PPV23"), plain: "Pneumovax", ages: &[66], uptake: 60 },
    Vaccine { code: ("216", "Pneumococcal conjugate PCV20, polysaccharide CRM197 conjugate, adjuvant, PF"), plain: "Prevnar 20", ages: &[65], uptake: 45 },
];

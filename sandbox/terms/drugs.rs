//! Clinical drugs of `RxNorm`: one ingredient, one strength, one form.

use super::Sensitivity;

/// A drug as the tables know it.
#[derive(Clone, Copy)]
pub(crate) struct Drug {
    pub(crate) rxcui: &'static str,
    pub(crate) name: &'static str,
    /// What a prescriber writes who picks no code.
    pub(crate) plain: &'static str,
    /// The directions on the label.
    pub(crate) directions: &'static str,
    /// Units at a time and times a day.
    pub(crate) dose: (f64, u32),
    pub(crate) unit: &'static str,
    pub(crate) as_needed: bool,
    /// Keys of the diagnoses that it is given for.
    pub(crate) treats: &'static [&'static str],
    /// The same ingredient in the strength that another prescriber may order.
    pub(crate) other_strength: Option<&'static str>,
    pub(crate) sensitivity: &'static [Sensitivity],
}

/// The drug with an `RxCUI` of the tables.
pub(crate) fn drug(rxcui: &str) -> &'static Drug {
    DRUGS.iter().find(|drug| drug.rxcui == rxcui).expect("codes are written in these tables only")
}

const DAILY: (f64, u32) = (1.0, 1);
const TWICE: (f64, u32) = (1.0, 2);
const THRICE: (f64, u32) = (1.0, 3);

#[rustfmt::skip] // A row a line.
pub(crate) const DRUGS: &[Drug] = &[
    strength("197884", tablet("314076", "lisinopril 10 MG Oral Tablet", "lisinopril 10 mg", DAILY, &["hypertension", "heart-failure"])),
    tablet("197884", "lisinopril 40 MG Oral Tablet", "lisinopril 40 mg", DAILY, &[]),
    strength("308135", tablet("197361", "amlodipine 5 MG Oral Tablet", "amlodipine 5 mg", DAILY, &["hypertension"])),
    tablet("308135", "amlodipine 10 MG Oral Tablet", "amlodipine 10 mg", DAILY, &[]),
    tablet("310798", "hydrochlorothiazide 25 MG Oral Tablet", "HCTZ 25 mg", DAILY, &["hypertension"]),
    tablet("979492", "losartan potassium 50 MG Oral Tablet", "losartan 50 mg", DAILY, &["hypertension"]),
    strength("861004", tablet("861007", "metformin hydrochloride 500 MG Oral Tablet", "metformin 500 mg", TWICE, &["diabetes"])),
    tablet("861004", "metformin hydrochloride 1000 MG Oral Tablet", "metformin 1000 mg", TWICE, &[]),
    Drug {
        unit: "[iU]",
        dose: (22.0, 1),
        directions: "Inject 22 units under the skin every night at bedtime",
        ..tablet("311041", "insulin glargine 100 UNT/ML Injectable Solution", "glargine insulin", DAILY, &["diabetes"])
    },
    strength("617311", tablet("617310", "atorvastatin 20 MG Oral Tablet", "atorvastatin 20 mg", DAILY, &["hyperlipidemia", "coronary"])),
    tablet("617311", "atorvastatin 40 MG Oral Tablet", "atorvastatin 40 mg", DAILY, &[]),
    tablet("312961", "simvastatin 20 MG Oral Tablet", "simvastatin 20 mg", DAILY, &["hyperlipidemia"]),
    tablet("313988", "furosemide 40 MG Oral Tablet", "Lasix 40 mg", DAILY, &["heart-failure"]),
    tablet("313096", "spironolactone 25 MG Oral Tablet", "spironolactone 25 mg", DAILY, &["heart-failure"]),
    strength("200031", tablet("200033", "carvedilol 25 MG Oral Tablet", "carvedilol 25 mg", TWICE, &["heart-failure"])),
    tablet("200031", "carvedilol 6.25 MG Oral Tablet", "carvedilol 6.25 mg", TWICE, &[]),
    tablet("866436", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", "Toprol XL 50", DAILY, &["coronary", "atrial-fibrillation"]),
    tablet("855332", "warfarin sodium 5 MG Oral Tablet", "Coumadin 5 mg", DAILY, &["atrial-fibrillation"]),
    tablet("1364445", "apixaban 5 MG Oral Tablet", "Eliquis 5 mg", TWICE, &["atrial-fibrillation"]),
    tablet("197604", "digoxin 0.125 MG Oral Tablet", "digoxin 0.125 mg", DAILY, &["atrial-fibrillation"]),
    tablet("309362", "clopidogrel 75 MG Oral Tablet", "Plavix 75", DAILY, &["coronary"]),
    tablet("243670", "aspirin 81 MG Oral Tablet", "baby aspirin", DAILY, &["coronary"]),
    tablet("966224", "levothyroxine sodium 0.125 MG Oral Tablet", "levothyroxine 125 mcg", DAILY, &["hypothyroidism"]),
    inhaler("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "albuterol inhaler", &["asthma", "copd"]),
    Drug {
        as_needed: false,
        directions: "Inhale 1 puff twice daily and rinse the mouth",
        dose: TWICE,
        ..inhaler("896209", "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler", "Advair 250/50", &["asthma", "copd"])
    },
    capsule("310431", "gabapentin 300 MG Oral Capsule", "gabapentin 300", THRICE, &["neuropathy"]),
    capsule("198051", "omeprazole 20 MG Delayed Release Oral Capsule", "omeprazole 20 mg", DAILY, &["reflux"]),
    tablet("197319", "allopurinol 100 MG Oral Tablet", "allopurinol 100 mg", DAILY, &["gout"]),
    tablet("310325", "ferrous sulfate 325 MG Oral Tablet", "iron tablets", DAILY, &["iron-deficiency", "pregnancy"]),
    needed(tablet("310965", "ibuprofen 200 MG Oral Tablet", "ibuprofen 200 mg", THRICE, &["osteoarthritis"])),
    needed(tablet("313782", "acetaminophen 325 MG Oral Tablet", "Tylenol", THRICE, &["osteoarthritis", "forearm-fracture"])),
    tablet("904419", "alendronic acid 10 MG Oral Tablet", "alendronate 10 mg", DAILY, &["osteoporosis"]),
    needed(tablet("313161", "sumatriptan 50 MG Oral Tablet", "sumatriptan 50 mg", DAILY, &["migraine"])),
    tablet("311372", "loratadine 10 MG Oral Tablet", "Claritin", DAILY, &["rhinitis"]),
    capsule("863669", "tamsulosin hydrochloride 0.4 MG Oral Capsule", "Flomax", DAILY, &["prostate"]),
    capsule("308191", "amoxicillin 500 MG Oral Capsule", "amoxicillin 500", THRICE, &["pneumonia", "sinusitis"]),
    private(&[Sensitivity::Psychiatry], tablet("312941", "sertraline 50 MG Oral Tablet", "Zoloft 50 mg", DAILY, &["depression", "anxiety", "ptsd"])),
    private(&[Sensitivity::Psychiatry], capsule("310385", "fluoxetine 20 MG Oral Capsule", "Prozac 20 mg", DAILY, &["depression"])),
    private(&[Sensitivity::Psychiatry], tablet("349332", "escitalopram 10 MG Oral Tablet", "Lexapro 10 mg", DAILY, &["anxiety"])),
    private(&[Sensitivity::Psychiatry], capsule("197889", "lithium carbonate 300 MG Oral Capsule", "lithium 300", TWICE, &["bipolar"])),
    private(&[Sensitivity::Psychiatry], tablet("312743", "quetiapine 100 MG Oral Tablet", "Seroquel 100 mg", DAILY, &["bipolar"])),
    private(&[Sensitivity::Alcohol], tablet("1483744", "naltrexone hydrochloride 50 MG Oral Tablet", "naltrexone 50 mg", DAILY, &["alcohol-dependence"])),
    private(&[Sensitivity::Opioids], Drug {
        directions: "Dissolve 1 tablet under the tongue once daily",
        ..tablet("351267", "buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet", "Suboxone 8/2", DAILY, &["opioid-dependence"])
    }),
];

const fn tablet(
    rxcui: &'static str,
    name: &'static str,
    plain: &'static str,
    dose: (f64, u32),
    treats: &'static [&'static str],
) -> Drug {
    let directions = match dose.1 {
        1 => "Take 1 by mouth once daily",
        2 => "Take 1 by mouth twice daily",
        _ => "Take 1 by mouth three times daily",
    };
    Drug {
        rxcui,
        name,
        plain,
        directions,
        dose,
        unit: "{tbl}",
        as_needed: false,
        treats,
        other_strength: None,
        sensitivity: &[],
    }
}

const fn capsule(
    rxcui: &'static str,
    name: &'static str,
    plain: &'static str,
    dose: (f64, u32),
    treats: &'static [&'static str],
) -> Drug {
    Drug { unit: "{capsule}", ..tablet(rxcui, name, plain, dose, treats) }
}

const fn inhaler(
    rxcui: &'static str,
    name: &'static str,
    plain: &'static str,
    treats: &'static [&'static str],
) -> Drug {
    let directions = "Inhale 2 puffs every 4 to 6 hours as needed";
    Drug {
        unit: "{puff}",
        directions,
        dose: (2.0, 4),
        as_needed: true,
        ..tablet(rxcui, name, plain, DAILY, treats)
    }
}

const fn needed(drug: Drug) -> Drug {
    Drug { as_needed: true, ..drug }
}

const fn strength(other: &'static str, drug: Drug) -> Drug {
    Drug { other_strength: Some(other), ..drug }
}

const fn private(sensitivity: &'static [Sensitivity], drug: Drug) -> Drug {
    Drug { sensitivity, ..drug }
}

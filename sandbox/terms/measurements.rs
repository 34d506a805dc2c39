//! What is measured: laboratory tests, vital signs, scores; and what to expect in health and in sickness.

use super::Code;

/// A measurement of the tables.
pub(crate) struct Test {
    pub(crate) code: Code,
    pub(crate) plain: &'static str,
    /// Of UCUM.
    pub(crate) unit: &'static str,
    /// The normal range.
    pub(crate) range: (f64, f64),
    pub(crate) decimals: u32,
    /// What healthy people have, and how far they differ.
    pub(crate) healthy: (f64, f64),
    /// What people with these diagnoses have instead; the first that fits counts.
    pub(crate) sick: &'static [(&'static str, f64, f64)],
    pub(crate) panel: Panel,
}

/// Which tests are made together, and in whom.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panel {
    /// Adults, yearly; the sick more often.
    Metabolic,
    Blood,
    Lipids,
    /// People with diabetes.
    Sugar,
    Thyroid,
    Heart,
    /// People who take warfarin.
    Clotting,
    Vitals,
}

impl Panel {
    pub(crate) const LABORATORY: [Self; 7] = [
        Self::Metabolic,
        Self::Blood,
        Self::Lipids,
        Self::Sugar,
        Self::Thyroid,
        Self::Heart,
        Self::Clotting,
    ];

    /// The diagnosis that calls for the panel, and the months between two of them.
    pub(crate) fn indication(self) -> (Option<&'static str>, i64) {
        match self {
            Self::Metabolic => (None, 11),
            Self::Blood => (None, 14),
            Self::Lipids => (None, 13),
            Self::Sugar => (Some("diabetes"), 4),
            Self::Thyroid => (Some("hypothyroidism"), 7),
            Self::Heart => (Some("heart-failure"), 6),
            Self::Clotting => (Some("atrial-fibrillation"), 3),
            Self::Vitals => (None, 6),
        }
    }
}

use Panel::{Blood, Clotting, Heart, Lipids, Metabolic, Sugar, Thyroid, Vitals};

#[rustfmt::skip] // A row a line.
pub(crate) const TESTS: &[Test] = &[
    test(("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), "Creatinine", "mg/dL", (0.6, 1.3), 2, (0.9, 0.15), &[("kidney-disease", 1.7, 0.25)], Metabolic),
    test(("33914-3", "Glomerular filtration rate/1.73 sq M.predicted"), "eGFR", "mL/min/{1.73_m2}", (60.0, 130.0), 0, (92.0, 12.0), &[("kidney-disease", 44.0, 7.0)], Metabolic),
    test(("6298-4", "Potassium [Moles/volume] in Blood"), "Potassium", "mmol/L", (3.5, 5.1), 1, (4.2, 0.3), &[("kidney-disease", 4.8, 0.4)], Metabolic),
    test(("2947-0", "Sodium [Moles/volume] in Blood"), "Sodium", "mmol/L", (135.0, 145.0), 0, (140.0, 2.0), &[("heart-failure", 135.0, 3.0)], Metabolic),
    test(("6299-2", "Urea nitrogen [Mass/volume] in Blood"), "BUN", "mg/dL", (7.0, 20.0), 0, (13.0, 3.0), &[("kidney-disease", 29.0, 6.0)], Metabolic),
    test(("2339-0", "Glucose [Mass/volume] in Blood"), "Glucose", "mg/dL", (70.0, 110.0), 0, (92.0, 9.0), &[("diabetes", 158.0, 30.0)], Metabolic),
    test(("718-7", "Hemoglobin [Mass/volume] in Blood"), "Hemoglobin", "g/dL", (12.0, 17.0), 1, (14.2, 1.0), &[("iron-deficiency", 10.4, 0.8), ("kidney-disease", 11.8, 0.8)], Blood),
    test(("6690-2", "Leukocytes [#/volume] in Blood by Automated count"), "WBC", "10*3/uL", (4.0, 11.0), 1, (7.0, 1.4), &[], Blood),
    test(("777-3", "Platelets [#/volume] in Blood by Automated count"), "Platelets", "10*3/uL", (150.0, 400.0), 0, (250.0, 45.0), &[("alcohol-dependence", 165.0, 30.0)], Blood),
    test(("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"), "Total cholesterol", "mg/dL", (100.0, 200.0), 0, (178.0, 20.0), &[("hyperlipidemia", 226.0, 28.0)], Lipids),
    test(("18262-6", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay"), "LDL", "mg/dL", (0.0, 130.0), 0, (102.0, 18.0), &[("hyperlipidemia", 148.0, 26.0)], Lipids),
    test(("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"), "HDL", "mg/dL", (40.0, 90.0), 0, (55.0, 9.0), &[("obesity", 42.0, 6.0)], Lipids),
    test(("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma"), "Triglycerides", "mg/dL", (0.0, 150.0), 0, (115.0, 28.0), &[("diabetes", 190.0, 45.0)], Lipids),
    test(("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "A1c", "%", (4.0, 5.6), 1, (5.4, 0.2), &[("diabetes", 8.1, 1.0)], Sugar),
    test(("14959-1", "Microalbumin/Creatinine [Mass Ratio] in Urine"), "Urine albumin ratio", "mg/g", (0.0, 30.0), 0, (12.0, 6.0), &[("kidney-disease", 140.0, 60.0), ("diabetes", 38.0, 18.0)], Sugar),
    test(("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), "TSH", "m[IU]/L", (0.4, 4.5), 2, (1.9, 0.7), &[("hypothyroidism", 5.2, 2.1)], Thyroid),
    test(("30934-4", "Natriuretic peptide B [Mass/volume] in Serum or Plasma"), "BNP", "pg/mL", (0.0, 100.0), 0, (35.0, 20.0), &[("heart-failure", 480.0, 180.0)], Heart),
    test(("6301-6", "INR in Platelet poor plasma by Coagulation assay"), "INR", "{INR}", (0.9, 1.1), 1, (1.0, 0.05), &[("atrial-fibrillation", 2.6, 0.5)], Clotting),
    test(("8302-2", "Body height"), "Height", "cm", (0.0, 0.0), 0, (169.0, 8.0), &[], Vitals),
    test(("29463-7", "Body weight"), "Weight", "kg", (0.0, 0.0), 1, (71.0, 10.0), &[("obesity", 102.0, 12.0)], Vitals),
    test(("39156-5", "Body mass index (BMI) [Ratio]"), "BMI", "kg/m2", (18.5, 25.0), 1, (24.6, 2.4), &[("obesity", 34.5, 3.0)], Vitals),
    test(("8867-4", "Heart rate"), "Pulse", "/min", (60.0, 100.0), 0, (72.0, 8.0), &[("atrial-fibrillation", 91.0, 12.0)], Vitals),
];

pub(crate) const BLOOD_PRESSURE: Code =
    ("85354-9", "Blood pressure panel with all children optional");
pub(crate) const SYSTOLIC: Code = ("8480-6", "Systolic blood pressure");
pub(crate) const DIASTOLIC: Code = ("8462-4", "Diastolic blood pressure");
pub(crate) const SMOKING: Code = ("72166-2", "Tobacco smoking status");
pub(crate) const PHQ9: Code =
    ("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]");
pub(crate) const HUNGER: Code =
    ("88122-7", "Worried that food would run out before money to buy more");
pub(crate) const HUNGER_ANSWERS: [Code; 2] =
    [("LA28397-0", "Often true"), ("LA6729-3", "Sometimes true")];
pub(crate) const GAD7: Code =
    ("70274-6", "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]");

#[expect(clippy::too_many_arguments, reason = "one row of a table, read as a row")]
const fn test(
    code: Code,
    plain: &'static str,
    unit: &'static str,
    range: (f64, f64),
    decimals: u32,
    healthy: (f64, f64),
    sick: &'static [(&'static str, f64, f64)],
    panel: Panel,
) -> Test {
    Test { code, plain, unit, range, decimals, healthy, sick, panel }
}

//! Procedures, and on whom they are done.

use super::Code;

/// A procedure of the tables.
pub(crate) struct ProcedureTerm {
    pub(crate) key: &'static str,
    pub(crate) code: Code,
    pub(crate) plain: &'static str,
    /// The diagnosis that calls for it; none for a screening of everyone of that age.
    pub(crate) reason: Option<&'static str>,
    pub(crate) from_age: i32,
    pub(crate) percent: u64,
}

#[rustfmt::skip] // A row a line.
pub(crate) const PROCEDURES: &[ProcedureTerm] = &[
    procedure("echocardiography", ("40701008", "Echocardiography (procedure)"), "Echo", Some("heart-failure"), 18, 90),
    procedure("cardioversion", ("180325003", "Direct current cardioversion (procedure)"), "Cardioversion", Some("atrial-fibrillation"), 18, 30),
    procedure("spirometry", ("127783003", "Spirometry (procedure)"), "Lung function test", Some("copd"), 18, 80),
    procedure("spirometry-asthma", ("127783003", "Spirometry (procedure)"), "Lung function test", Some("asthma"), 6, 40),
    procedure("appendectomy", ("80146002", "Appendectomy (procedure)"), "Appendix removed", Some("appendicitis"), 5, 95),
    procedure("chest-xray", ("399208008", "Plain chest X-ray (procedure)"), "Chest X-ray", Some("pneumonia"), 1, 95),
    procedure("immobilisation", ("274474001", "Bone immobilization (procedure)"), "Cast", Some("forearm-fracture"), 1, 95),
    procedure("medication-reconciliation", ("430193006", "Medication reconciliation (procedure)"), "Medication list reviewed", Some("hypertension"), 18, 60),
    procedure("eye-exam", ("410451008", "Ophthalmic examination and evaluation (procedure)"), "Diabetic eye exam", Some("diabetes"), 18, 60),
    procedure("depression-screening", ("171207006", "Depression screening (procedure)"), "Depression screening", Some("depression"), 12, 80),
    procedure("colonoscopy", ("73761001", "Colonoscopy (procedure)"), "Colonoscopy", None, 50, 65),
    procedure("bone-density", ("312681000", "Bone density scan (procedure)"), "DEXA scan", Some("osteoporosis"), 50, 85),
];

const fn procedure(
    key: &'static str,
    code: Code,
    plain: &'static str,
    reason: Option<&'static str>,
    from_age: i32,
    percent: u64,
) -> ProcedureTerm {
    ProcedureTerm { key, code, plain, reason, from_age, percent }
}

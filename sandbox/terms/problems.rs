//! Diagnoses, with the code of each system of terms, and in whom they are found.

use super::{Code, Sensitivity};
use crate::person::Sex;

/// A diagnosis as the tables know it.
#[derive(Clone, Copy)]
pub(crate) struct ProblemTerm {
    pub(crate) key: &'static str,
    pub(crate) snomed: Code,
    pub(crate) icd10: Code,
    /// What people write who write no code.
    pub(crate) plain: &'static str,
    pub(crate) course: Course,
    pub(crate) care: Care,
    pub(crate) sex: Option<Sex>,
    /// How many of a thousand have it: children, 18 to 39, 40 to 64, older.
    pub(crate) rates: [u64; 4],
    pub(crate) sensitivity: &'static [Sensitivity],
}

/// How long a diagnosis lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Chronic,
    /// Some weeks.
    Acute,
    /// Under way now, or over within the year.
    Pregnancy,
}

/// Who looks after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    Practice,
    Heart,
    Hormones,
    Mind,
    Hospital,
    Social,
}

/// The diagnosis with a key of the tables.
pub(crate) fn problem(key: &str) -> &'static ProblemTerm {
    PROBLEMS.iter().find(|term| term.key == key).expect("keys are written in these tables only")
}

use Care::{Heart, Hormones, Hospital, Mind, Practice, Social};
use Course::{Acute, Chronic};

#[rustfmt::skip] // A row a line.
pub(crate) const PROBLEMS: &[ProblemTerm] = &[
    term("diabetes", ("44054006", "Diabetes mellitus type 2 (disorder)"), ("E11.9", "Type 2 diabetes mellitus without complications"), "Type 2 diabetes", Hormones, [2, 30, 150, 260]),
    term("hypertension", ("59621000", "Essential hypertension (disorder)"), ("I10", "Essential (primary) hypertension"), "High blood pressure", Practice, [2, 60, 340, 620]),
    term("hyperlipidemia", ("55822004", "Hyperlipidemia (disorder)"), ("E78.5", "Hyperlipidemia, unspecified"), "High cholesterol", Practice, [4, 60, 300, 480]),
    term("heart-failure", ("42343007", "Congestive heart failure (disorder)"), ("I50.9", "Heart failure, unspecified"), "CHF", Heart, [0, 2, 25, 110]),
    term("coronary", ("53741008", "Coronary arteriosclerosis (disorder)"), ("I25.10", "Atherosclerotic heart disease of native coronary artery without angina pectoris"), "Coronary artery disease", Heart, [0, 2, 45, 170]),
    term("atrial-fibrillation", ("49436004", "Atrial fibrillation (disorder)"), ("I48.91", "Unspecified atrial fibrillation"), "A-fib", Heart, [0, 2, 25, 120]),
    term("copd", ("13645005", "Chronic obstructive lung disease (disorder)"), ("J44.9", "Chronic obstructive pulmonary disease, unspecified"), "COPD", Practice, [0, 3, 50, 120]),
    term("asthma", ("195967001", "Asthma (disorder)"), ("J45.909", "Unspecified asthma, uncomplicated"), "Asthma", Practice, [95, 80, 70, 60]),
    term("kidney-disease", ("433144002", "Chronic kidney disease stage 3 (disorder)"), ("N18.30", "Chronic kidney disease, stage 3 unspecified"), "CKD 3", Practice, [0, 3, 40, 180]),
    term("hypothyroidism", ("40930008", "Hypothyroidism (disorder)"), ("E03.9", "Hypothyroidism, unspecified"), "Underactive thyroid", Hormones, [3, 25, 70, 120]),
    term("neuropathy", ("368581000119106", "Neuropathy due to type 2 diabetes mellitus (disorder)"), ("E11.40", "Type 2 diabetes mellitus with diabetic neuropathy, unspecified"), "Diabetic nerve pain", Hormones, [0, 2, 25, 60]),
    term("osteoarthritis", ("239873007", "Osteoarthritis of knee (disorder)"), ("M17.9", "Osteoarthritis of knee, unspecified"), "Knee arthritis", Practice, [0, 10, 120, 320]),
    term("osteoporosis", ("64859006", "Osteoporosis (disorder)"), ("M81.0", "Age-related osteoporosis without current pathological fracture"), "Osteoporosis", Practice, [0, 0, 30, 180]),
    term("reflux", ("235595009", "Gastroesophageal reflux disease (disorder)"), ("K21.9", "Gastro-esophageal reflux disease without esophagitis"), "Acid reflux", Practice, [15, 80, 170, 220]),
    term("obesity", ("414916001", "Obesity (disorder)"), ("E66.9", "Obesity, unspecified"), "Obesity", Practice, [60, 160, 260, 220]),
    term("gout", ("90560007", "Gout (disorder)"), ("M10.9", "Gout, unspecified"), "Gout", Practice, [0, 8, 40, 80]),
    term("sleep-apnea", ("78275009", "Obstructive sleep apnea syndrome (disorder)"), ("G47.33", "Obstructive sleep apnea (adult) (pediatric)"), "Sleep apnea", Practice, [4, 25, 90, 110]),
    term("iron-deficiency", ("87522002", "Iron deficiency anemia (disorder)"), ("D50.9", "Iron deficiency anemia, unspecified"), "Low iron", Practice, [15, 45, 40, 60]),
    term("migraine", ("37796009", "Migraine (disorder)"), ("G43.909", "Migraine, unspecified, not intractable, without status migrainosus"), "Migraine headaches", Practice, [30, 110, 80, 25]),
    term("rhinitis", ("61582004", "Allergic rhinitis (disorder)"), ("J30.9", "Allergic rhinitis, unspecified"), "Hay fever", Practice, [150, 130, 110, 80]),
    of(Some(Sex::Male), term("prostate", ("266569009", "Benign prostatic hyperplasia (disorder)"), ("N40.0", "Benign prostatic hyperplasia without lower urinary tract symptoms"), "Enlarged prostate", Practice, [0, 2, 90, 330])),
    labelled(&[Sensitivity::Psychiatry], term("depression", ("370143000", "Major depressive disorder (disorder)"), ("F32.9", "Major depressive disorder, single episode, unspecified"), "Depression", Mind, [30, 110, 120, 90])),
    labelled(&[Sensitivity::Psychiatry], term("anxiety", ("21897009", "Generalized anxiety disorder (disorder)"), ("F41.1", "Generalized anxiety disorder"), "Anxiety", Mind, [40, 110, 100, 60])),
    labelled(&[Sensitivity::Psychiatry], term("bipolar", ("13746004", "Bipolar disorder (disorder)"), ("F31.9", "Bipolar disorder, unspecified"), "Bipolar", Mind, [2, 18, 16, 8])),
    labelled(&[Sensitivity::Psychiatry], term("ptsd", ("47505003", "Posttraumatic stress disorder (disorder)"), ("F43.10", "Post-traumatic stress disorder, unspecified"), "PTSD", Mind, [6, 35, 35, 20])),
    labelled(&[Sensitivity::Alcohol], term("alcohol-dependence", ("66590003", "Alcohol dependence (disorder)"), ("F10.20", "Alcohol dependence, uncomplicated"), "Alcohol use disorder", Mind, [0, 25, 35, 15])),
    labelled(&[Sensitivity::Opioids], term("opioid-dependence", ("75544000", "Opioid dependence (disorder)"), ("F11.20", "Opioid dependence, uncomplicated"), "Opioid use disorder", Mind, [0, 16, 14, 3])),
    labelled(&[Sensitivity::Hiv], term("hiv", ("86406008", "Human immunodeficiency virus infection (disorder)"), ("B20", "Human immunodeficiency virus [HIV] disease"), "HIV", Practice, [0, 5, 6, 2])),
    for_course(Course::Pregnancy, of(Some(Sex::Female), labelled(&[Sensitivity::Reproductive], term("pregnancy", ("72892002", "Normal pregnancy (finding)"), ("Z34.90", "Encounter for supervision of normal pregnancy, unspecified, unspecified trimester"), "Pregnancy", Practice, [0, 70, 0, 0])))),
    term("food-insecurity", ("733423003", "Food insecurity (finding)"), ("Z59.41", "Food insecurity"), "Not enough food at home", Social, [50, 70, 60, 50]),
    term("transport", ("713458007", "Lack of access to transportation (finding)"), ("Z59.82", "Transportation insecurity"), "No ride to appointments", Social, [0, 30, 40, 80]),
    term("homeless", ("32911000", "Homeless (finding)"), ("Z59.00", "Homelessness unspecified"), "No home at present", Social, [3, 12, 12, 4]),
    labelled(&[Sensitivity::Violence], term("partner-violence", ("706893006", "Victim of intimate partner abuse (finding)"), ("Z69.11", "Encounter for mental health services for victim of spousal or partner abuse"), "Hurt by partner", Social, [0, 12, 10, 3])),
    acute("sinusitis", ("444814009", "Viral sinusitis (disorder)"), ("J01.90", "Acute sinusitis, unspecified"), "Sinus infection", Practice, [140, 110, 90, 60]),
    acute("bronchitis", ("10509002", "Acute bronchitis (disorder)"), ("J20.9", "Acute bronchitis, unspecified"), "Chest cold", Practice, [110, 90, 100, 110]),
    acute("urinary-infection", ("68566005", "Urinary tract infectious disease (disorder)"), ("N39.0", "Urinary tract infection, site not specified"), "UTI", Practice, [20, 60, 60, 120]),
    acute("pneumonia", ("233604007", "Pneumonia (disorder)"), ("J18.9", "Pneumonia, unspecified organism"), "Pneumonia", Hospital, [15, 12, 25, 70]),
    acute("appendicitis", ("74400008", "Appendicitis (disorder)"), ("K37", "Unspecified appendicitis"), "Appendicitis", Hospital, [15, 20, 10, 4]),
    acute("forearm-fracture", ("65966004", "Fracture of forearm (disorder)"), ("S52.90XA", "Unspecified fracture of unspecified forearm, initial encounter for closed fracture"), "Broken forearm", Hospital, [35, 15, 15, 30]),
];

const fn term(
    key: &'static str,
    snomed: Code,
    icd10: Code,
    plain: &'static str,
    care: Care,
    rates: [u64; 4],
) -> ProblemTerm {
    ProblemTerm {
        key,
        snomed,
        icd10,
        plain,
        course: Chronic,
        care,
        sex: None,
        rates,
        sensitivity: &[],
    }
}

const fn acute(
    key: &'static str,
    snomed: Code,
    icd10: Code,
    plain: &'static str,
    care: Care,
    rates: [u64; 4],
) -> ProblemTerm {
    for_course(Acute, term(key, snomed, icd10, plain, care, rates))
}

const fn of(sex: Option<Sex>, term: ProblemTerm) -> ProblemTerm {
    ProblemTerm { sex, ..term }
}

const fn labelled(sensitivity: &'static [Sensitivity], term: ProblemTerm) -> ProblemTerm {
    ProblemTerm { sensitivity, ..term }
}

const fn for_course(course: Course, term: ProblemTerm) -> ProblemTerm {
    ProblemTerm { course, ..term }
}

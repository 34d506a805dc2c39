//! Measurements, results and answers.

use std::borrow::Cow;

use super::concept::{Concept, Quantity};
use super::connection::{Connection, Entry, item};
use super::gate::{ArgMeta, Args, Id, choice, object, variants};
use super::merge::{Fit, Key, Mergeable, claims, concept_keys, merge, same_concept};
use super::paging::{AFTER, FIRST, newest_first};
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Precision, Record, Section, systems};

object! {
    /// A measurement, result or answer.
    struct Observation in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What was observed.
        code: Option<Concept>, Observations;
        /// What kind of observation.
        category: Option<ObservationCategory>, Observations;
        /// HL7 status: preliminary, final, amended, …
        status: Option<String>, Observations;
        /// What was found.
        value: Option<ObservationValue>, ObservationValues;
        /// Why there is no value.
        absent: Option<Concept>, Observations;
        /// Normal, high, low, …
        interpretation: Option<Concept>, Observations;
        /// Reference range, in words.
        range: Option<String>, Observations;
        /// When it was true of the patient.
        taken: Option<FuzzyDate>, Observations;
        /// Its parts, such as the two numbers of a blood pressure.
        components: Option<Vec<ObservationComponent>>, ObservationValues;
        /// Where in the body.
        body_site: Option<Concept>, Observations;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Observation);

object! {
    /// One part of an observation that has several.
    struct ObservationComponent {
        /// What was observed.
        code: Option<Concept>, Inherit;
        /// What was found.
        value: Option<ObservationValue>, Inherit;
        /// Normal, high, low, …
        interpretation: Option<Concept>, Inherit;
        /// Reference range, in words.
        range: Option<String>, Inherit;
        /// Why there is no value.
        absent: Option<Concept>, Inherit;
    }
}

variants! {
    /// What was found: a number, a coded answer, or words.
    enum ObservationValue { Quantity(Quantity), ConceptValue(ConceptValue), TextValue(TextValue) }
}

object! {
    /// A coded answer.
    struct ConceptValue {
        /// The answer.
        concept: Concept, Inherit;
    }
}

object! {
    /// Words.
    struct TextValue {
        /// The words.
        text: String, Inherit;
    }
}

choice! {
    /// What kind of observation.
    enum ObservationCategory {
        /// Laboratory result.
        Laboratory = "LABORATORY",
        /// Vital sign.
        VitalSigns = "VITAL_SIGNS",
        /// Social history.
        SocialHistory = "SOCIAL_HISTORY",
        /// Survey or assessment.
        Survey = "SURVEY",
        /// Imaging.
        Imaging = "IMAGING",
        /// Anything else.
        Other = "OTHER",
    }
}

/// The arguments of `Patient.observations`.
pub(crate) const ARGS: &[ArgMeta] = &[
    ArgMeta {
        name: "category",
        about: "Only of this kind.",
        type_ref: "ObservationCategory",
        default: None,
    },
    ArgMeta {
        name: "codes",
        about: "Only with one of these codes: \"4548-4\" (LOINC) or \"http://loinc.org|4548-4\".",
        type_ref: "[String!]",
        default: None,
    },
    ArgMeta {
        name: "since",
        about: "Only taken on or after this day.",
        type_ref: "Date",
        default: None,
    },
    FIRST,
    AFTER,
];

impl ObservationCategory {
    /// HL7 observation-category; the first category that we know counts.
    fn of(categories: &[record::Concept]) -> Self {
        let mut codes = categories
            .iter()
            .flat_map(|category| &category.codings)
            .filter_map(|coding| coding.code.as_deref());
        codes
            .find_map(|code| match code {
                "laboratory" => Some(Self::Laboratory),
                "vital-signs" => Some(Self::VitalSigns),
                "social-history" => Some(Self::SocialHistory),
                "survey" => Some(Self::Survey),
                "imaging" => Some(Self::Imaging),
                _ => None,
            })
            .unwrap_or(Self::Other)
    }
}

impl Mergeable for record::Observation {
    /// The code, at the minute at which it was taken.
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(
            self.code.as_ref(),
            self.taken.as_ref().map_or(i64::MIN, |taken| taken.starts_ms() / 60_000),
        )
    }

    /// The same code, taken at the same minute, with the same value. Values at the same minute that differ are two
    /// observations, since nothing tells which one is wrong.
    fn fit(&self, other: &Self) -> Fit {
        let exact = |observation: &Self| {
            observation.taken.as_ref().map(FuzzyDate::precision) >= Some(Precision::Day)
        };
        let same = same_concept(self.code.as_ref(), other.code.as_ref())
            && exact(self)
            && exact(other)
            && self.taken.as_ref().map(FuzzyDate::precision)
                == other.taken.as_ref().map(FuzzyDate::precision)
            && same_value(self.value.as_ref(), other.value.as_ref())
            && self.components.len() == other.components.len()
            && self.components.iter().zip(&other.components).all(|(a, b)| {
                same_concept(a.code.as_ref(), b.code.as_ref())
                    && same_value(a.value.as_ref(), b.value.as_ref())
            });
        if same { Fit::Same } else { Fit::Different }
    }
}

/// Equal words, equal codes, or equal numbers to three significant digits in the same unit.
fn same_value(a: Option<&record::ObservationValue>, b: Option<&record::ObservationValue>) -> bool {
    use record::ObservationValue::{Concept, Quantity, Text};
    match (a, b) {
        (None, None) => true,
        (Some(Quantity(a)), Some(Quantity(b))) => {
            let unit = |quantity: &record::Quantity| {
                quantity.code.clone().or_else(|| quantity.unit.clone())
            };
            a.comparator == b.comparator
                && unit(a) == unit(b)
                && three_digits(a.value.as_deref()) == three_digits(b.value.as_deref())
        }
        (Some(Concept(a)), Some(Concept(b))) => same_concept(Some(a), Some(b)),
        (Some(Text(a)), Some(Text(b))) => super::merge::fold(a) == super::merge::fold(b),
        _ => false,
    }
}

fn three_digits(number: Option<&str>) -> Option<String> {
    Some(format!("{:.2e}", number?.parse::<f64>().ok()?))
}

fn of(fact: &Fact) -> Option<&record::Observation> {
    match fact {
        Fact::Observation(observation) => Some(observation),
        _ => None,
    }
}

fn value(value: &record::ObservationValue) -> ObservationValue {
    match value {
        record::ObservationValue::Quantity(quantity) => ObservationValue::Quantity(quantity.into()),
        record::ObservationValue::Concept(concept) => {
            ObservationValue::ConceptValue(ConceptValue { concept: concept.into() })
        }
        record::ObservationValue::Text(text) => {
            ObservationValue::TextValue(TextValue { text: text.clone() })
        }
    }
}

fn component(component: &record::Component) -> ObservationComponent {
    ObservationComponent {
        code: component.code.as_ref().map(Into::into),
        value: component.value.as_ref().map(value),
        interpretation: component.interpretation.as_ref().map(Into::into),
        range: component.range.clone(),
        absent: component.absent.as_ref().map(Into::into),
    }
}

/// All observations of the view, the most recently taken first.
pub(crate) fn read(view: &View) -> Connection<Observation> {
    let section = view.section(Section::Observations);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Observation {
            id: reading.id(Section::Observations, view.person()),
            code: reading.concept(|observation| observation.code.as_ref()),
            category: reading
                .first(|observation| Some(ObservationCategory::of(&observation.categories))),
            status: reading.text("status", |observation| observation.status.as_ref()),
            value: reading.first(|observation| observation.value.as_ref()).map(value),
            absent: reading.concept(|observation| observation.absent.as_ref()),
            interpretation: reading
                .agreed(
                    "interpretation",
                    |observation| observation.interpretation.as_ref(),
                    |interpretation| {
                        interpretation
                            .words()
                            .map_or(Cow::Borrowed(""), |words| Cow::Owned(words.to_owned()))
                    },
                )
                .map(Into::into),
            range: reading.first(|observation| observation.range.clone()),
            taken: reading.date("taken", |observation| observation.taken.as_ref()),
            components: reading
                .first(|observation| {
                    (!observation.components.is_empty()).then_some(&observation.components)
                })
                .map(|components| components.iter().map(component).collect()),
            body_site: reading.concept(|observation| observation.body_site.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.taken.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}

/// The part of the list that the arguments ask for.
pub(crate) fn filtered(all: &Connection<Observation>, args: &Args) -> Connection<Observation> {
    let category = args.choice("category");
    let codes: Option<Vec<String>> = args.get("codes");
    let since = args.get::<String>("since").and_then(|since| FuzzyDate::parse(&since));
    all.filtered(|observation| {
        category
            .is_none_or(|category| observation.category.is_some_and(|own| own.name() == category))
            && codes.as_deref().is_none_or(|codes| has_code(observation, codes))
            && since
                .as_ref()
                .is_none_or(|since| observation.taken.as_ref().is_some_and(|taken| taken >= since))
    })
}

fn has_code(observation: &Observation, codes: &[String]) -> bool {
    codes.iter().any(|wanted| {
        let (system, code) = wanted.rsplit_once('|').unwrap_or((systems::LOINC, wanted));
        observation.code.iter().flat_map(|concept| &concept.codings).any(|coding| {
            coding.code.as_deref() == Some(code) && coding.system.as_deref() == Some(system)
        })
    })
}

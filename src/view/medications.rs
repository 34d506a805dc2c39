//! Medicines: one row a clinical drug, with what was ordered, dispensed and reported.

use super::concept::{Concept, Dosage, Quantity};
use super::connection::{Connection, Entry, item};
use super::gate::{Id, choice, object};
use super::mention::{Mention, mention};
use super::merge::{Claim, Member, merge};
use super::provenance::{Provenance, SourceRecord};
use super::reading::{Reading, source_record};
use super::snapshot::View;
use caregraph_connectors::record::{FuzzyDate, Section};

object! {
    /// One drug that the patient may be taking, from every system that mentions it.
    struct Medication in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Which drug: ingredient, strength and form, as far as the sources say.
        drug: Option<Concept>, Medications;
        /// Whether it is taken, by what the sources state; a fill alone does not tell.
        status: Option<MedicationStatus>, Medications;
        /// How it is to be taken: by the order, else by report, else by the label.
        dosage: Option<Vec<Dosage>>, Medications;
        /// Who ordered it most recently.
        prescriber: Option<String>, Medications;
        /// When it was last ordered or reported.
        authored: Option<FuzzyDate>, Medications;
        /// What clinicians ordered, the most recent first.
        orders: Option<Vec<MedicationOrder>>, Medications;
        /// What pharmacies dispensed, the most recent first.
        fills: Option<Vec<Fill>>, Medications;
        /// What somebody says is taken, the most recent first.
        reports: Option<Vec<MedicationReport>>, Medications;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Medication);

object! {
    /// A medicine that a clinician ordered.
    struct MedicationOrder {
        /// HL7 status of the order.
        status: Option<String>, Inherit;
        /// HL7 intent of the order.
        intent: Option<String>, Inherit;
        /// When it was ordered.
        authored: Option<FuzzyDate>, Inherit;
        /// Who ordered it.
        prescriber: Option<String>, Inherit;
        /// How it is to be taken.
        dosage: Vec<Dosage>, Inherit;
        /// Why.
        reasons: Option<Vec<Concept>>, Conditions;
        /// The record that says so.
        record: SourceRecord, Inherit;
    }
}

object! {
    /// A medicine that a pharmacy handed out.
    struct Fill {
        /// HL7 status of the fill.
        status: Option<String>, Inherit;
        /// When it was handed over.
        dispensed: Option<FuzzyDate>, Inherit;
        /// How much.
        quantity: Option<Quantity>, Inherit;
        /// For how long.
        days_supply: Option<Quantity>, Inherit;
        /// Which pharmacy.
        pharmacy: Option<String>, Inherit;
        /// What the label says.
        dosage: Vec<Dosage>, Inherit;
        /// The record that says so.
        record: SourceRecord, Inherit;
    }
}

object! {
    /// A medicine that somebody says is taken, or not.
    struct MedicationReport {
        /// HL7 status of the statement.
        status: Option<String>, Inherit;
        /// When it was said.
        asserted: Option<FuzzyDate>, Inherit;
        /// Who said it.
        informant: Option<String>, Inherit;
        /// How it is taken.
        dosage: Vec<Dosage>, Inherit;
        /// The record that says so.
        record: SourceRecord, Inherit;
    }
}

choice! {
    /// Whether a drug is taken.
    enum MedicationStatus {
        /// To be taken.
        Active = "ACTIVE",
        /// Paused.
        OnHold = "ON_HOLD",
        /// Stopped before its end.
        Stopped = "STOPPED",
        /// Taken to its end.
        Completed = "COMPLETED",
        /// The patient is said not to take it.
        NotTaken = "NOT_TAKEN",
        /// The sources do not say.
        Unknown = "UNKNOWN",
    }
}

/// All medicines of the view: those that are taken first, then the most recent.
pub(crate) fn read(view: &View) -> Connection<Medication> {
    let section = view.section(Section::Medications);
    let mentions: Vec<(&Member, Mention<'_>)> = section
        .members()
        .iter()
        .filter_map(|member| Some((member, mention(&member.record.fact)?)))
        .collect();
    let claims = mentions.iter().map(|(member, fact)| Claim { member, fact }).collect();
    let entries = merge(claims).into_iter().map(|mut group| {
        group.sort_by_key(|claim| std::cmp::Reverse(claim.fact.date().map(FuzzyDate::starts_ms)));
        let mut reading = Reading::of(group);
        let status = status(&mut reading);
        let node = Medication {
            id: reading.id(Section::Medications, view.person()),
            drug: reading.concept(Mention::drug),
            status: Some(status),
            dosage: dosage(&reading),
            prescriber: reading.first(|mention| match mention {
                Mention::Order(order) => order.prescriber.clone(),
                Mention::Report(_) | Mention::Fill(_) => None,
            }),
            authored: reading.first(|mention| mention.status().and(mention.date())).cloned(),
            orders: Some(list(&reading, order)),
            fills: Some(list(&reading, fill)),
            reports: Some(list(&reading, report)),
            provenance: reading.provenance(),
        };
        let place = place(node.status, reading.first(Mention::date));
        Entry { place: (place, reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}

/// By status, then the most recent first. No date comes near the bounds, which lie some ten thousand years away.
fn place(status: Option<MedicationStatus>, date: Option<&FuzzyDate>) -> i64 {
    const BOUND: i64 = 1 << 50;
    let rank = status.unwrap_or(MedicationStatus::Unknown) as i64;
    (rank << 52) + date.map_or(BOUND, |date| (-date.starts_ms()).clamp(-BOUND, BOUND))
}

/// The most recent statement counts. Sources disagree when their own latest statements do.
fn status<'m>(reading: &mut Reading<'m, Mention<'m>>) -> MedicationStatus {
    let mut latest: Vec<(MedicationStatus, &'m Member)> = Vec::new();
    for (member, mention) in reading.members() {
        let Some(status) = mention.status() else { continue };
        if !latest.iter().any(|(_, known)| known.source.id == member.source.id) {
            latest.push((status, member));
        }
    }
    let shown = latest.first().map_or(MedicationStatus::Unknown, |(status, _)| *status);
    if latest.iter().any(|(status, _)| *status != shown) {
        reading.conflict(
            "status",
            latest.into_iter().map(|(status, member)| (status.name().to_owned(), member)),
        );
    }
    shown
}

fn dosage<'m>(reading: &Reading<'m, Mention<'m>>) -> Option<Vec<Dosage>> {
    let stated = reading.facts().filter(|mention| !mention.dosage().is_empty());
    let best = stated.min_by_key(|mention| mention.dosage_rank())?;
    Some(best.dosage().iter().map(Into::into).collect())
}

fn list<'m, T>(
    reading: &Reading<'m, Mention<'m>>,
    of: impl Fn(&Mention<'m>, SourceRecord) -> Option<T>,
) -> Vec<T> {
    reading.members().filter_map(|(member, mention)| of(mention, source_record(member))).collect()
}

fn order(mention: &Mention<'_>, record: SourceRecord) -> Option<MedicationOrder> {
    let Mention::Order(order) = mention else { return None };
    Some(MedicationOrder {
        status: order.status.clone(),
        intent: order.intent.clone(),
        authored: order.authored.clone(),
        prescriber: order.prescriber.clone(),
        dosage: order.dosage.iter().map(Into::into).collect(),
        reasons: super::concept::concepts(&order.reasons),
        record,
    })
}

fn fill(mention: &Mention<'_>, record: SourceRecord) -> Option<Fill> {
    let Mention::Fill(fill) = mention else { return None };
    Some(Fill {
        status: fill.status.clone(),
        dispensed: fill.dispensed.clone(),
        quantity: fill.quantity.as_ref().map(Into::into),
        days_supply: fill.days_supply.as_ref().map(Into::into),
        pharmacy: fill.pharmacy.clone(),
        dosage: fill.dosage.iter().map(Into::into).collect(),
        record,
    })
}

fn report(mention: &Mention<'_>, record: SourceRecord) -> Option<MedicationReport> {
    let Mention::Report(report) = mention else { return None };
    Some(MedicationReport {
        status: report.status.clone(),
        asserted: report.asserted.clone(),
        informant: report.informant.clone(),
        dosage: report.dosage.iter().map(Into::into).collect(),
        record,
    })
}

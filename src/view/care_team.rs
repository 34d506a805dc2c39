//! Who takes care of the patient.

use super::concept::Concept;
use super::gate::{Id, object};
use super::id::{GlobalId, RecordHash, record_hash};
use super::merge::{Claim, Fit, Key, Mergeable, fold, merge, same_concept};
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use crate::gather::SourceId;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section, Text, systems};

object! {
    /// Somebody who takes care of the patient.
    struct CareTeamMember in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Their name.
        name: Option<Text>, CareTeam;
        /// National Provider Identifier.
        npi: Option<Text>, CareTeam;
        /// What they do for the patient.
        roles: Option<Vec<Concept>>, CareTeam;
        /// For which organisation.
        organization: Option<Text>, CareTeam;
        /// HL7 status of the team in which they stand.
        team_status: Option<Text>, CareTeam;
        /// From when.
        start: Option<FuzzyDate>, CareTeam;
        /// Until when.
        end: Option<FuzzyDate>, CareTeam;
        /// Whether it is the patient, listed in their own team.
        is_patient: Option<bool>, CareTeam;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}

/// One member of one team.
struct Seat<'m> {
    team: &'m record::CareTeam,
    who: &'m record::Participant,
}

impl Mergeable for Seat<'_> {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        let npi = self.who.npi.as_deref().map(|npi| (systems::NPI.into(), npi.into(), 0));
        let name = self.who.name.as_deref().map(|name| ("name".into(), fold(name).into(), 0));
        npi.into_iter().chain(name).collect()
    }

    /// The same National Provider Identifier; without one, the same name, organisation and role.
    fn fit(&self, other: &Self) -> Fit {
        if let (Some(mine), Some(theirs)) = (&self.who.npi, &other.who.npi) {
            return if mine == theirs { Fit::Same } else { Fit::Different };
        }
        let name = |seat: &Self| seat.who.name.as_deref().map(fold);
        let organization = |seat: &Self| seat.who.organization.as_deref().map(fold);
        let roles_meet = (self.who.roles.is_empty() && other.who.roles.is_empty())
            || self.who.roles.iter().any(|mine| {
                other.who.roles.iter().any(|theirs| same_concept(Some(mine), Some(theirs)))
            });
        let same = name(self).is_some()
            && name(self) == name(other)
            && organization(self) == organization(other)
            && self.who.is_patient == other.who.is_patient
            && roles_meet;
        if same { Fit::Same } else { Fit::Different }
    }
}

/// Everybody who takes care of the patient; `None` when no source could say.
pub(crate) fn read(view: &View) -> Option<Vec<CareTeamMember>> {
    let section = view.section(Section::CareTeam);
    if !section.is_answered() {
        return None;
    }
    let seats: Vec<_> = section
        .members()
        .iter()
        .filter_map(|member| match &member.record.fact {
            Fact::CareTeam(team) => Some((member, team)),
            _ => None,
        })
        .flat_map(|(member, team)| {
            team.participants.iter().map(move |who| (member, Seat { team, who }))
        })
        .collect();
    let claims = seats.iter().map(|(member, fact)| Claim { member, fact }).collect();
    let mut members: Vec<(RecordHash, CareTeamMember)> =
        merge(claims).into_iter().map(|group| member(view, group)).collect();
    members.sort_by(|(first, a), (second, b)| {
        (a.is_patient, &a.name, first).cmp(&(b.is_patient, &b.name, second))
    });
    Some(members.into_iter().map(|(_, member)| member).collect())
}

/// A member with the name of its seat, which does not depend on whose team it is.
fn member(view: &View, group: Vec<Claim<'_, Seat<'_>>>) -> (RecordHash, CareTeamMember) {
    let mut reading = Reading::of(group);
    let is_patient = reading.facts().any(|seat| seat.who.is_patient);
    let roles = {
        let mut distinct: Vec<&record::Concept> = Vec::new();
        for role in reading.facts().flat_map(|seat| &seat.who.roles) {
            if !distinct.iter().any(|known| same_concept(Some(known), Some(role))) {
                distinct.push(role);
            }
        }
        distinct.into_iter().map(Into::into).collect::<Vec<_>>()
    };
    let seats =
        reading.members().map(|(member, seat)| seat_hash(member.hash(), seat.who.name.as_deref()));
    let hash = seats.min().unwrap_or_default();
    let member = CareTeamMember {
        id: GlobalId::Thing(Section::CareTeam, view.person(), hash).encode(),
        name: reading.first(|seat| seat.who.name.clone()),
        npi: reading.first(|seat| seat.who.npi.clone()),
        roles: (!roles.is_empty()).then_some(roles),
        organization: reading.first(|seat| seat.who.organization.clone()),
        team_status: reading.first(|seat| seat.team.status.clone()),
        start: reading.date("start", |seat| seat.who.start.as_ref()),
        end: reading.date("end", |seat| seat.who.end.as_ref()),
        is_patient: Some(is_patient),
        provenance: reading.provenance(),
    };
    (hash, member)
}

/// Several members stand in one record, so a member is named by the record and the name that stands there.
fn seat_hash(record: RecordHash, name: Option<&str>) -> RecordHash {
    let name = fold(name.unwrap_or_default());
    record_hash(&SourceId::new(format!("{record:02x?}")), &name)
}

impl CareTeamMember {
    /// True when one of the seats has that name.
    pub(crate) fn sits_at(&self, hash: &RecordHash) -> bool {
        let records = &self.provenance.records;
        records.iter().any(|record| {
            seat_hash(record_hash(&record.source.0.id, &record.reference), self.name.as_deref())
                == *hash
        })
    }
}

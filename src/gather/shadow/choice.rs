//! Which questions are asked in the shadow too.

use aws_lc_rs::digest::{Context, SHA256};
use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;

use crate::identity::SourceId;

/// True for a share of all patients in all sections, the same on every node and whenever it is asked.
pub(super) fn is_chosen(
    source: &SourceId,
    section: Section,
    patient: &LocalId,
    share: f64,
) -> bool {
    let mut hash = Context::new(&SHA256);
    for part in [source.as_str(), section.name(), patient.as_str()] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    let mut beginning = [0; 4];
    beginning.copy_from_slice(&hash.finish().as_ref()[..4]);
    f64::from(u32::from_be_bytes(beginning)) < share * (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_patients_is_chosen_and_more_of_them_with_a_greater_one() {
        let source = SourceId::new("greenleaf");
        let chosen = |share: f64, section| {
            let of = |number: &u32| {
                is_chosen(&source, section, &LocalId::new(number.to_string()), share)
            };
            (0..10_000).filter(of).collect::<Vec<_>>()
        };
        let medicines = |share| chosen(share, Section::Medications);
        assert_eq!((medicines(0.0).len(), medicines(1.0).len()), (0, 10_000));
        let tenth = medicines(0.1);
        assert!((900..1_100).contains(&tenth.len()), "{}", tenth.len());
        let half = medicines(0.5);
        assert!(tenth.iter().all(|number| half.contains(number)));
        assert_ne!(tenth, chosen(0.1, Section::Allergies));
    }
}

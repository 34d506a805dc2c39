//! What is counted of a version that is asked in the shadow.

use caregraph_connectors::record::Section;

use super::comparison::Comparison;
use crate::telemetry::Counter;

/// How far a version agrees with the one in use, since this node asks it. Each number only grows, and none is about a patient.
#[derive(Debug, Default)]
pub struct ShadowFigures {
    /// Questions that were to be asked of it and were not, or were not compared.
    pub dropped: Counter,
    /// Answers of it with records of somebody else.
    pub strangers: Counter,
    sections: [ShadowedSection; Section::ALL.len()],
}

/// The same of one section.
#[derive(Debug, Default)]
pub struct ShadowedSection {
    /// Questions about one patient that both versions were asked.
    pub asked: Counter,
    /// Records that both read alike.
    pub same: Counter,
    /// Records that both have and read otherwise.
    pub differing: Counter,
    /// Records that only the version in use has.
    pub gone: Counter,
    /// Records that only the next version has.
    pub new: Counter,
    /// Questions that only the next version did not answer in full.
    pub problems: Counter,
    /// Questions that only the version in use did not answer in full.
    pub mended: Counter,
}

impl ShadowFigures {
    /// The sections in which anything was asked.
    pub fn sections(&self) -> impl Iterator<Item = (Section, &ShadowedSection)> {
        let all = Section::ALL.iter().copied().zip(&self.sections);
        all.filter(|(_, figures)| figures.asked.get() > 0)
    }

    /// How many questions about one patient both versions were asked.
    pub fn asked(&self) -> u64 {
        self.sections.iter().map(|figures| figures.asked.get()).sum()
    }

    pub(super) fn take(&self, section: Section, comparison: &Comparison) {
        let Some(figures) = self.sections.get(section as usize) else { return };
        let Comparison { same, differing, gone, new, is_problem, is_mended } = *comparison;
        figures.asked.add();
        figures.same.add_all(same);
        figures.differing.add_all(differing);
        figures.gone.add_all(gone);
        figures.new.add_all(new);
        figures.problems.add_all(usize::from(is_problem));
        figures.mended.add_all(usize::from(is_mended));
    }
}

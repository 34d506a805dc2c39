//! How far the next version of a connector agrees with the one in use.

use super::super::gate::{Instant, object};
use super::number;
use crate::gather::{Shadow, ShadowedSection, Source};
use crate::register::Shadowed;
use caregraph_connectors::record::{FuzzyDate, Section};

object! {
    /// A version that is asked in the shadow of the one in use: nobody is shown what it answers. The figures are of the node that
    /// answers, since it began to ask it; the sum over all nodes is in their metrics.
    struct ConnectorShadow {
        /// Which version it is.
        version: i32, Inherit;
        /// For how many of the questions it is asked, from 0 to 1.
        share: f64, Inherit;
        /// Since when this node counts; null while it does not ask the version, such as when it cannot build it.
        since: Option<Instant>, Inherit;
        /// How many questions about one patient in one section both versions were asked; null while the version is not asked.
        asked: Option<i32>, Inherit;
        /// How many were to be asked and were not, or brought nothing to compare: too many were under way, the source was to be
        /// left alone, or nobody waited for the answer any more.
        dropped: Option<i32>, Inherit;
        /// How far the two agree, by sections in which something was asked. No record is told, only how many there are.
        sections: Option<Vec<ConnectorShadowSection>>, Inherit;
    }
}

object! {
    /// How far two versions of a connector agree in one section. Records are the same when they stand at the same place in the
    /// source.
    struct ConnectorShadowSection {
        /// Which section.
        section: Section, Inherit;
        /// How many questions about one patient both versions were asked.
        asked: i32, Inherit;
        /// Records that both read alike.
        same: i32, Inherit;
        /// Records that both have and read otherwise.
        differing: i32, Inherit;
        /// Records that the version in use has and the next has not.
        gone: i32, Inherit;
        /// Records that the next version has and the one in use has not.
        new: i32, Inherit;
        /// Questions that the next version did not answer in full, and the one in use did. What is missing in such an answer is
        /// not among `gone`.
        problems: i32, Inherit;
        /// Questions that the version in use did not answer in full, and the next did. What such an answer has more is not among
        /// `new`.
        mended: i32, Inherit;
    }
}

impl ConnectorShadow {
    /// `source`: what is in force of the connector on this node.
    pub(super) fn of(shadowed: Shadowed, source: Option<&Source>) -> Self {
        let asked = source.and_then(|source| source.shadow.get());
        let asked = asked.filter(|shadow| shadow.entry == shadowed.entry);
        let figures = asked.as_deref().map(Shadow::figures);
        Self {
            version: number(shadowed.version),
            share: shadowed.share,
            since: asked.as_ref().map(|it| Instant(FuzzyDate::of_instant(it.since.into()))),
            asked: figures.map(|it| count(it.asked())),
            dropped: figures.map(|it| count(it.dropped.get())),
            sections: figures.map(|it| it.sections().map(ConnectorShadowSection::of).collect()),
        }
    }
}

impl ConnectorShadowSection {
    fn of((section, figures): (Section, &ShadowedSection)) -> Self {
        Self {
            section,
            asked: count(figures.asked.get()),
            same: count(figures.same.get()),
            differing: count(figures.differing.get()),
            gone: count(figures.gone.get()),
            new: count(figures.new.get()),
            problems: count(figures.problems.get()),
            mended: count(figures.mended.get()),
        }
    }
}

fn count(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

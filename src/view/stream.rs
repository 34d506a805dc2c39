//! What a stream about a patient says at one moment.

use super::gate::{Instant, object};
use super::patient::Patient;
use super::source::Source;
use caregraph_connectors::record::Section;

/// A patient at one moment.
pub(crate) struct PatientView {
    pub(crate) patient: Patient,
    pub(crate) pending: Vec<Source>,
    pub(crate) changed: Vec<Section>,
    pub(crate) complete: bool,
    pub(crate) cursor: String,
}

object! {
    /// A patient at one moment, as far as sources have answered by then.
    impl PatientView {
        /// The patient. What was not asked for with "sections" is empty and unavailable.
        patient: Patient, Inherit => |it, _field| it.patient;
        /// The sources that have not answered yet; another event follows when they have, or have failed.
        pending: Vec<Source>, SourceStatus => |it, _field| it.pending;
        /// The sections that are not what they were in the event before; in the first event, all that are shown.
        changed: Vec<Section>, Inherit => |it, _field| it.changed;
        /// Whether every source has answered or failed. False, and this is not all there is.
        complete: bool, Inherit => |it, _field| it.complete;
        /// Names what is shown here. A stream that is opened with it begins when something else is to be shown.
        cursor: String, Inherit => |it, _field| it.cursor;
    }
}

object! {
    /// That something of a patient has changed, and not what.
    struct PatientChange {
        /// The sections that may now show something else.
        sections: Vec<Section>, Inherit;
        /// The sources of which that is.
        sources: Vec<Source>, Inherit;
        /// When it was noticed.
        at: Instant, Inherit;
        /// Whether more may have changed than is told here, because the stream was away for too long: read the patient.
        missed: bool, Inherit;
        /// Names what was known at this moment. A stream that is opened with it tells what has changed since.
        cursor: String, Inherit;
    }
}

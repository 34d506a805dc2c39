//! The parts of a panel of observations, some of which may be hidden while the rest is shown.

use caregraph_connectors::record::{Component, Fact, Record};

/// What came of taking hidden parts out of a record.
pub(super) struct Cut {
    /// The parts that were taken out.
    pub(super) taken: Vec<Component>,
    /// False when every part was.
    pub(super) is_something_left: bool,
}

/// Takes the hidden parts out of a panel. What the panel says as a whole may be said of a hidden part, so it goes with it:
/// its own value, whether that is normal, its range, and why it has none.
pub(super) fn take_out(record: &mut Record, is_hidden: impl Fn(&Component) -> bool) -> Cut {
    let Fact::Observation(panel) = &mut record.fact else {
        return Cut { taken: Vec::new(), is_something_left: true };
    };
    let taken: Vec<Component> = panel.components.extract_if(.., |part| is_hidden(part)).collect();
    if !taken.is_empty() {
        panel.value = None;
        panel.interpretation = None;
        panel.range = None;
        panel.absent = None;
    }
    Cut { is_something_left: taken.is_empty() || !panel.components.is_empty(), taken }
}

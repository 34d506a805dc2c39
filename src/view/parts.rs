//! The parts of a panel of observations, some of which may be hidden while the rest is shown.

use crate::gather::Said;
use caregraph_connectors::record::{Component, Fact};

/// What came of taking hidden parts out of a record.
pub(super) struct Cut {
    /// The parts that were taken out.
    pub(super) taken: Vec<Component>,
    /// False when every part was.
    pub(super) is_something_left: bool,
}

/// Takes the hidden parts out of a panel. What the panel says as a whole may be said of a hidden part, so it goes with it:
/// its own value, whether that is normal, its range, and why it has none.
pub(super) fn take_out(said: &mut Said, is_hidden: impl Fn(&Component) -> bool) -> Cut {
    let whole = Cut { taken: Vec::new(), is_something_left: true };
    match &said.fact {
        Fact::Observation(panel) if panel.components.iter().any(&is_hidden) => {}
        _ => return whole,
    }
    let Fact::Observation(panel) = &mut said.change().fact else { return whole };
    let taken: Vec<Component> = panel.components.extract_if(.., |part| is_hidden(part)).collect();
    panel.value = None;
    panel.interpretation = None;
    panel.range = None;
    panel.absent = None;
    Cut { is_something_left: !panel.components.is_empty(), taken }
}

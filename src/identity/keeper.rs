//! Reading rosters in the background.

/// How often and how patiently rosters are read.
#[derive(Clone, Debug)]
pub struct Pace;

/// Reads the roster of one source, for as long as it lives.
#[derive(Debug)]
pub struct RosterKeeper;

//! Which patient is which in each source.

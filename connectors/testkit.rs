//! One compliance suite that every kind must pass.

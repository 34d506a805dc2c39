//! The cache that all nodes share, in Redis or Valkey: what sources said, sealed, under names that say nothing.
//!
//! It must never fail a request, nor keep one waiting: what Redis does not tell within [`PATIENCE`] is not known, and while
//! it is broken it is not asked. Only [`link`] and [`hearing`] speak to it. It must never know a viewer, nor what a record
//! means.

mod codec;
#[cfg(test)]
mod tests;

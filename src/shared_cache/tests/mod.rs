//! The shared cache over records of simulated systems, and over a Redis of its own.

mod codec;
mod records;

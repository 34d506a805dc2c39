//! The shared cache over records of simulated systems, and over a Redis of its own.

mod codec;
mod dump;
mod faults;
mod intruders;
mod nodes;
mod records;
mod redis;

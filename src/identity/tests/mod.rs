//! The index of persons from roster entries to answers, on SQLite always and on PostgreSQL where it is installed.

mod administration;
mod change;
mod circle;
mod febrl;
mod keeper;
mod looked_up;
mod lookup;
mod postgres;
mod random;
mod rules;
mod world;

//! The report on records made by hand.

mod cost;
mod headline;
mod pages;
mod synthetic;
mod table;

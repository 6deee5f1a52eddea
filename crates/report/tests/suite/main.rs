//! The report on records made by hand.

mod headline;
mod pages;
mod synthetic;
mod table;

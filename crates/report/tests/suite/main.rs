//! The report on records made by hand.

mod certificates;
mod cost;
mod headline;
mod pages;
mod synthetic;
mod table;

//! The command from the outside.

mod bad_input;
mod certificates;
mod commands;
mod questions;
mod workplace;

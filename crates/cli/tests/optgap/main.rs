//! The command from the outside.

mod bad_input;
mod certificates;
mod commands;
mod families;
mod questions;
mod workplace;

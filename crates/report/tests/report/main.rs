//! The tests of `report`, in one program: to link one is quicker than to link many.

mod columns;
mod comparison;
mod language;
mod log;
mod page;
mod statistics;
mod tasks;

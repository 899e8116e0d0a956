//! The files of `mistakes/`, as modules: answers as people get them wrong.

#[path = "../../mistakes/adam.rs"]
pub mod adam;
#[path = "../../mistakes/arrays.rs"]
pub mod arrays;
#[path = "../../mistakes/attention.rs"]
pub mod attention;
#[path = "../../mistakes/beginnings.rs"]
pub mod beginnings;
#[path = "../../mistakes/checks_and_layers.rs"]
pub mod checks_and_layers;
#[path = "../../mistakes/fast_and_second.rs"]
pub mod fast_and_second;
#[path = "../../mistakes/operations.rs"]
pub mod operations;
#[path = "../../mistakes/swiglu.rs"]
pub mod swiglu;
#[path = "../../mistakes/words.rs"]
pub mod words;

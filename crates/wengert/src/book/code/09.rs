include!("08.rs");
include!("09_swiglu.rs");

include!("01_tape.rs");
include!("01_operations.rs");
include!("01_backward.rs");

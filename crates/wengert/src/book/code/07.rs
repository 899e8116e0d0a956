include!("06.rs");
include!("07_adam.rs");

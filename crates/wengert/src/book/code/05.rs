include!("04.rs");
include!("05_check.rs");

include!("09.rs");
include!("10_attention.rs");

include!("01.rs");
include!("02_both_ways.rs");
include!("02_heat.rs");

include!("03_array.rs");
include!("03_expand.rs");
include!("03_zip.rs");

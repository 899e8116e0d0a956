include!("07.rs");
include!("08_vocabulary.rs");
include!("08_mean_of_rows.rs");

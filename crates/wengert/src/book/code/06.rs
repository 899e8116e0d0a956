include!("05.rs");
include!("06_parameters.rs");
include!("06_layers.rs");
include!("06_losses.rs");
include!("06_xor.rs");
include!("06_bulls_eye.rs");

//! The tests of `nn`, in one program: to compile one is quicker than to compile many.

mod decoder;
mod enrolled;
mod images;
mod laws;
mod layers;
mod messages;
mod norms;
mod precision;
mod sequences;
mod sequential;

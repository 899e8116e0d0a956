//! The tests of `nn`, in one program: to compile one is quicker than to compile many.

mod causal;
mod curvature;
mod decoder;
mod enrolled;
mod images;
mod laws;
mod layers;
mod messages;
mod mutants;
mod norms;
mod precision;
mod sequences;
mod sequential;

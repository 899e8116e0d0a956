//! The tests of `distributed`, in one program. They need `mpirun`.

mod picture;
mod processes;

//! The tests of `train`, in one program: to link one is quicker than to link many.

mod checkpoints;
mod comparison;
mod evaluate;
mod false_checkpoints;
mod fit;
mod interchange;
mod log;
mod metrics;
mod report;
mod saved;
mod shards;
mod statistics;

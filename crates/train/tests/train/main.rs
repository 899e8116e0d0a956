//! The tests of `train`, in one program: to link one is quicker than to link many.

mod evaluate;
mod fit;
mod metrics;
mod shards;

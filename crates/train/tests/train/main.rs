//! The tests of `train`, in one program: to link one is quicker than to link many.

mod activity;
mod evaluate;
mod explain;
mod fit;
mod losses;
mod metrics;
mod rate_finder;
mod shards;
mod streams;
mod workers;

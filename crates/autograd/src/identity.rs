//! Numbers that tell tapes, stores of parameters and their copies apart.
//!
//! An index alone would be valid on every tape and in every store. So each index carries the number of the
//! tape or store that it belongs to, and a mix-up causes an error message instead of a wrong gradient.

use std::sync::atomic::{AtomicU64, Ordering};

/// Returns a number that it has not returned before.
pub(crate) fn new_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Names a node after its [`Var`](crate::Var) is gone, for
/// [`Tape::backward_freeing`](crate::Tape::backward_freeing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId {
    /// The tape, from one `clear` to the next.
    pub(crate) tape: u64,
    pub(crate) index: usize,
}

/// Tells the stores of a program apart. Copies of a store share its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub(crate) u64);

/// Names one parameter of a [`Parameters`](crate::Parameters) and of its copies. A copy shares the parameters
/// that were added before it was made, and not those added later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId {
    pub(crate) store: StoreId,
    pub(crate) index: usize,
    /// Tells it from what is added to another copy of the store at the same position.
    pub(crate) number: u64,
}

impl ParameterId {
    /// Returns the store that made it.
    pub fn store(self) -> StoreId {
        self.store
    }

    /// Returns its position in the order of creation, from 0.
    pub fn index(self) -> usize {
        self.index
    }
}

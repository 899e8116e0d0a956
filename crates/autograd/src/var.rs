//! A value on the tape.

use tensor::{Scalar, Shape, Tensor};

use crate::identity::NodeId;
use crate::tape::Tape;

/// A value on a tape. It is `Copy`, so formulas are written as on paper: `a * b + c`.
///
/// Its operations are defined beside their ops, in `ops/`.
#[derive(Clone, Copy)]
pub struct Var<'t, T: Scalar = f32> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) index: usize,
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Returns the tape it is on.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// Returns the index of its node.
    pub fn index(self) -> usize {
        self.index
    }

    /// Returns the id of its node, which does not borrow the tape.
    pub fn id(self) -> NodeId {
        NodeId { tape: self.tape.id, index: self.index }
    }

    /// Returns its value. The buffer is shared, not copied.
    pub fn value(self) -> Tensor<T> {
        self.tape.nodes.borrow()[self.index].value.clone()
    }

    /// Returns the shape of its value.
    pub fn shape(self) -> Shape {
        Shape::from_slice(self.tape.nodes.borrow()[self.index].value.shape())
    }

    /// Returns the value of a result that holds a single number, such as a loss.
    ///
    /// # Panics
    /// If it does not hold exactly one number.
    #[track_caller]
    pub fn item(self) -> T {
        self.value().item()
    }

    /// Records the same value as a constant: no gradient flows back through it, and no tangent forward.
    #[track_caller]
    pub fn detach(self) -> Self {
        self.tape.constant(self.value().map(T::without_tangent))
    }
}

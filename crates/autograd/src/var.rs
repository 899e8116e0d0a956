//! A value on the tape.

use std::fmt;

use tensor::{Scalar, Shape, Tensor};

use crate::tape::Tape;

/// A value on a tape. It is `Copy`, so formulas are written as on paper: `a * b + c`.
///
/// What can be done with it is listed below; each method is defined beside its op, in `ops/`.
pub struct Var<'t, T: Scalar = f32> {
    tape: &'t Tape<T>,
    index: usize,
}

impl<T: Scalar> Clone for Var<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Copy for Var<'_, T> {}

impl<'t, T: Scalar> Var<'t, T> {
    pub(crate) fn new(tape: &'t Tape<T>, index: usize) -> Self {
        Self { tape, index }
    }

    /// The tape it is on.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// Its line on the tape.
    pub fn index(self) -> usize {
        self.index
    }

    /// Its value. The buffer is shared, not copied.
    ///
    /// # Panics
    /// When [`backward_releasing`](Self::backward_releasing) has released it.
    #[track_caller]
    pub fn value(self) -> Tensor<T> {
        self.tape.assert_whole();
        self.tape.nodes.borrow()[self.index].value.clone()
    }

    /// The shape of its value.
    ///
    /// # Panics
    /// As [`value`](Self::value).
    #[track_caller]
    pub fn shape(self) -> Shape {
        self.tape.assert_whole();
        Shape::from_slice(self.tape.nodes.borrow()[self.index].value.shape())
    }

    /// The value of a result that holds a single number, such as a loss.
    ///
    /// # Panics
    /// When it does not hold exactly one.
    #[track_caller]
    pub fn item(self) -> T {
        self.value().item()
    }

    /// The same value as a constant: no gradient flows back through it.
    #[track_caller]
    pub fn detach(self) -> Self {
        self.tape.constant(self.value())
    }
}

impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{} = {:?}", self.index, self.value())
    }
}

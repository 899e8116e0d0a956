//! The walk back that takes the tape apart on the way.
//!
//! [`Var::backward`](crate::Var::backward) leaves the tape as it is. A training loop clears it next
//! anyway, so here each node is freed as the walk passes it.

use tensor::Scalar;

use crate::backward::{one, start, visit};
use crate::gradients::Gradients;
use crate::identity::NodeId;
use crate::mistakes::assert_on_tape;
use crate::tape::Tape;

impl<T: Scalar> Tape<T> {
    /// Returns the derivatives of a single number, like [`Var::backward`](crate::Var::backward), and
    /// takes the tape apart on the way: each node's value, and what its op kept for the VJP, are freed
    /// as the walk passes it.
    /// So the adjoints of early nodes reuse the memory of late values, and the peak is lower. Use it
    /// for training. The tape is empty afterwards, and the borrow checker proves that no
    /// [`Var`](crate::Var) of it is left; adjoints of ops are not kept.
    ///
    /// ```
    /// use autograd::{Parameters, Tape};
    /// use tensor::Tensor;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let x = parameters.add("x", Tensor::from([1.0, 2.0]));
    /// let mut tape = Tape::new();
    /// let loss = {
    ///     let x = tape.parameter(&parameters, x);
    ///     (x * x).sum_all().id()
    /// };
    /// let gradients = tape.backward_freeing(loss);
    /// assert_eq!(gradients.get(x), Some(&Tensor::from([2.0, 4.0])));
    /// assert!(tape.is_empty());
    /// ```
    ///
    /// # Panics
    /// If the node is not on this tape, is not a single number, or the tape does not record.
    #[track_caller]
    pub fn backward_freeing(&mut self, result: NodeId) -> Gradients<T> {
        assert_on_tape("backward_freeing", self.id, result);
        let cotangent = one(self.nodes.get_mut()[result.index].value.shape());
        let mut gradients = start(self, &self.nodes.borrow(), result.index, cotangent);
        let mut nodes = std::mem::take(self.nodes.get_mut());
        // First, so that after a panic of a VJP no id names a node of another recording.
        self.clear();
        while let Some(node) = nodes.pop() {
            visit(&mut gradients, &node, &nodes);
        }
        // Its memory is for the next recording.
        *self.nodes.get_mut() = nodes;
        gradients
    }
}

//! Methods of a tape for layers behind pointers. A call through a trait object cannot be generic over the
//! scalar, and it does not know its caller's line.

use std::panic::Location;

use tensor::Scalar;

use crate::identity::NodeId;
use crate::mistakes::assert_on_tape;
use crate::tape::Tape;
use crate::var::Var;

impl<T: Scalar> Tape<T> {
    /// Returns the [`Var`] of the node with this [id](Var::id) on this tape.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::new();
    /// let x = tape.variable(Tensor::scalar(3.0));
    /// let y = tape.var(x.id()) * x;
    /// assert_eq!(y.backward().of(x).item(), 6.0);
    /// ```
    ///
    /// # Panics
    /// If the node is not on this tape, or was before the tape was cleared.
    #[track_caller]
    pub fn var(&self, id: NodeId) -> Var<'_, T> {
        assert_on_tape("var", self.id, id);
        Var { tape: self, index: id.index }
    }

    /// Changes the recorded line of the nodes from number `first` on that were recorded in `file` (as
    /// `file!()` names it) to the caller's line. Code that calls layers through pointers uses it: otherwise
    /// those nodes would carry lines of its own file, which tell the user nothing.
    ///
    /// # Panics
    /// If a view of the tape's [`nodes`](Self::nodes) is held.
    #[track_caller]
    pub fn give_callers_line(&self, file: &str, first: usize) {
        let at = Location::caller();
        let mut nodes = self.nodes_mut();
        nodes[first..].iter_mut().filter(|node| node.at.file() == file).for_each(|node| {
            node.at = at;
        });
    }
}

use std::cell::RefCell;
use std::ops::{Add, Mul};

/// A step: its value, and the derivative with respect to each value that it read.
struct Node {
    value: f64,
    inputs: Vec<(usize, f64)>,
}

/// All steps, in the order in which they ran.
#[derive(Default)]
struct Tape {
    nodes: RefCell<Vec<Node>>,
}

/// A value on a tape: which tape, and which step.
#[derive(Clone, Copy)]
struct Var<'t> {
    tape: &'t Tape,
    index: usize,
}

impl Tape {
    fn push(&self, value: f64, inputs: Vec<(usize, f64)>) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { value, inputs });
        Var { tape: self, index: nodes.len() - 1 }
    }

    fn variable(&self, value: f64) -> Var<'_> {
        self.push(value, Vec::new())
    }
}

impl Var<'_> {
    fn value(self) -> f64 {
        self.tape.nodes.borrow()[self.index].value
    }
}

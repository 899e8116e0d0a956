//! y holds the elements of x in order along an axis, or the first of them. The order is a constant
//! around each point without ties, so an element of ȳ goes back to the place its element came from.

use std::cell::RefCell;
use std::rc::Rc;

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Sort {
    axis: isize,
    descending: bool,
    /// The number of largest elements, in descending order; `None` for all elements.
    k: Option<usize>,
    /// Where the elements of y were in x: written by `forward`, read by the caller too.
    ids: Rc<RefCell<Tensor<u32>>>,
}

impl<T: Scalar> Op<T> for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y[k] = x[id[k]], in order").vjp("x̄[id[k]] = ȳ[k], 0 elsewhere"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::axis(self.axis, shapes[0].len()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let (y, ids) = match self.k {
            Some(k) => x[0].topk(k, self.axis),
            None => x[0].sort(self.axis, self.descending),
        };
        *self.ids.borrow_mut() = ids;
        y
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let at = shape::expect("sort", shape::axis(self.axis, dy.rank()));
        dx.add(0, || dy.scatter_add(self.axis, &self.ids.borrow(), x[0].shape()[at]));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the elements in order along an axis; also returns the index that each had before.
    /// Equal ones stay in the order they had, and each gets the gradient of its own place; NaN counts
    /// as the largest (PyTorch's `sort` with `stable=True`).
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([3.0, 1.0, 2.0]));
    /// let (sorted, ids) = x.sort(0, false);
    /// assert_eq!(ids, Tensor::from([1, 2, 0]));
    /// let gradients = sorted.vjp(Tensor::from([10.0, 20.0, 30.0]));
    /// assert_eq!(gradients.of(x), Tensor::from([30.0, 10.0, 20.0]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn sort(self, axis: isize, descending: bool) -> (Self, Tensor<u32>) {
        self.ordered(axis, descending, None)
    }

    /// Records the `k` largest elements along an axis, the largest first; also returns the index of
    /// each (PyTorch's `topk`). Equal elements stay in their order; NaN counts as the largest.
    ///
    /// # Panics
    /// If the axis does not exist or has fewer than `k` elements.
    #[track_caller]
    pub fn topk(self, k: usize, axis: isize) -> (Self, Tensor<u32>) {
        shape::expect("topk", shape::topk(&self.shape(), k, axis));
        self.ordered(axis, true, Some(k))
    }

    #[track_caller]
    fn ordered(self, axis: isize, descending: bool, k: Option<usize>) -> (Self, Tensor<u32>) {
        let ids = Rc::new(RefCell::new(Tensor::full([0], 0)));
        let sort = Sort { axis, descending, k, ids: Rc::clone(&ids) };
        let y = self.tape().apply(sort, &[self]);
        let ids = ids.borrow().clone();
        (y, ids)
    }
}

/// Draws cases without ties: for three equal elements, no convention gives the middle one a slope.
#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::Index};

    use crate::check::{Case, strategy::with_axis};

    (with_axis(-2.0..2.0), any::<bool>(), any::<Option<Index>>())
        .prop_filter("ties", |((x, _), _, _)| {
            let mut values = x.to_vec();
            values.sort_by(f64::total_cmp);
            values.windows(2).all(|pair| pair[1] - pair[0] > 1e-3)
        })
        .prop_map(|((x, axis), descending, pick)| {
            let k = pick.map(|pick| pick.index(x.shape()[axis as usize] + 1));
            Case::new("sort", [x], move |[x]| match k {
                Some(k) => x.topk(k, axis).0,
                None => x.sort(axis, descending).0,
            })
        })
        .boxed()
}

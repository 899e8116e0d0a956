//! Gradients that a program puts together itself.

use autograd::functional::Dual;
use autograd::{Gradient, Gradients, ParameterId, Parameters, SparseGradient, Tape};
use mistakes::message;
use tensor::Tensor;

fn table() -> (Parameters<f64>, ParameterId) {
    let mut parameters = Parameters::with_seed(0);
    let id = parameters.add("table", Tensor::ones([4, 2]));
    (parameters, id)
}

#[test]
fn an_inserted_gradient_is_the_one_that_a_walk_back_finds() {
    let (parameters, id) = table();
    let tape = Tape::default();
    let walked = tape.parameter(&parameters, id).powi(2).sum_all().backward();
    let mut by_hand = Gradients::new();
    let replaced = by_hand.insert(&parameters, id, parameters.get(id) * 2.0);
    assert!(replaced.is_none());
    assert_eq!(by_hand.get(id), walked.get(id));
    let replaced = by_hand.insert(&parameters, id, Tensor::zeros([4, 2]));
    assert_eq!(replaced.expect("the first").dense(), walked.get(id).expect("a gradient"));
}

#[test]
fn inserted_rows_stay_rows_and_add_to_others() {
    let (parameters, id) = table();
    let mut by_hand = Gradients::new();
    let rows = SparseGradient::from_rows(&[4, 2], &[0, 3], Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    by_hand.insert(&parameters, id, rows);
    assert!(by_hand.iter().all(|(_, gradient)| matches!(gradient, Gradient::Sparse(_))));
    let tape = Tape::default();
    let walked = tape.parameter_rows(&parameters, id, vec![3]).sum_all().backward();
    let sum = by_hand.plus(&walked);
    let expected = Tensor::from([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [4.0, 5.0]]);
    assert_eq!(sum.get(id), Some(&expected));
    let mut in_place = by_hand.clone();
    in_place += &walked;
    assert_eq!(in_place.get(id), Some(&expected));
    assert!(in_place.iter().all(|(_, gradient)| matches!(gradient, Gradient::Sparse(_))));
}

#[test]
fn parameters_are_vectors() {
    let (mut parameters, _) = table();
    let bias = parameters.add("bias", Tensor::from([2.0]));
    let direction = parameters.map(|_, x| x * 0.5);
    let square: f64 = parameters.iter().map(|(_, _, x)| (x * x).sum_all().item()).sum();
    assert_eq!(parameters.dot(&direction), square / 2.0);
    let moved = parameters.zip_map(&direction, |x, d| x - d * 2.0);
    assert_eq!(moved.dot(&moved), 0.0);
    assert_eq!(moved.name(bias), "bias");

    let (others, _) = table();
    assert_eq!(
        message(|| parameters.dot(&others)),
        "dot: the two are not of one store of parameters: make one from the other, with `clone` or `map`"
    );
    let transposed = parameters.map(|_, x| x.reshape([1, x.len()]));
    assert_eq!(
        message(|| parameters.dot(&transposed)),
        "dot: the parameter `table` has shapes [4, 2] and [1, 8]: they must be equal"
    );
}

#[test]
fn tangents_of_gradients_keep_their_rows() {
    let (parameters, id) = table();
    let in_duals = parameters.map(|_, value| Dual::tensor(value, &(value * 0.5)));
    let tape = Tape::default();
    let walked = tape.parameter_rows(&in_duals, id, vec![1]).powi(3).sum_all().backward();
    let tangents = walked.map(|slope| slope.tangent);
    assert!(tangents.iter().all(|(_, gradient)| matches!(gradient, Gradient::Sparse(_))));
    // 3 x² moves by 6 x · ½.
    let expected = Tensor::from([[0.0, 0.0], [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]]);
    assert_eq!(tangents.get(id), Some(&expected));
}

/// f of 0 is 0 + ε: equal to 0, but it moves, and rows that are not stored would not.
#[test]
fn a_function_that_moves_0_does_not_keep_it() {
    let (parameters, id) = table();
    let tape = Tape::default();
    let rows = tape.parameter_rows(&parameters, id, vec![1]).sum_all().backward();
    assert_eq!(
        message(|| rows.map(|x| Dual::new(x, 1.0))),
        "map: a gradient of some rows needs a function that keeps 0"
    );
    let kept = rows.map(|x| Dual::new(x, 2.0 * x));
    let expected = Tensor::from([[0.0, 0.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]);
    assert_eq!(Dual::tangents(kept.get(id).expect("a gradient")), expected);
}

/// Broadcasting, or rows of another table, would give a sum of neither shape.
#[test]
fn gradients_of_different_shapes_are_not_added() {
    let dense = |shape: &[usize]| Gradient::from(Tensor::<f64>::ones(shape));
    let rows = |shape: &[usize]| {
        let values = Tensor::<f64>::ones([&[1], &shape[1..]].concat());
        Gradient::from(SparseGradient::from_rows(shape, &[0], values))
    };
    for (left, right) in [
        (dense(&[2, 1]), dense(&[2])),
        (rows(&[5, 1]), rows(&[4, 1])),
        (rows(&[5, 1]), rows(&[5, 2])),
        (rows(&[5, 1]), dense(&[5, 2])),
        (dense(&[5, 2]), rows(&[5, 1])),
    ] {
        let shapes = format!("{:?} and {:?}", left.shape(), right.shape());
        assert_eq!(
            message(|| left.plus(&right)),
            format!("plus: the gradients have shapes {shapes}: they must be equal")
        );
        assert_eq!(
            message(|| left.clone().add(&right)),
            format!("add: the gradients have shapes {shapes}: they must be equal")
        );
    }
}

#[test]
fn gradients_that_do_not_fit_are_refused() {
    let (parameters, id) = table();
    let (_, foreign) = table();
    let insert = |id, shape: [usize; 2]| {
        message(|| Gradients::new().insert(&parameters, id, Tensor::zeros(shape)))
    };
    assert_eq!(
        insert(id, [4, 3]),
        "insert: the gradient of `table` has shape [4, 3], the parameter [4, 2]: they must be equal"
    );
    assert!(insert(foreign, [4, 2]).contains("was made by another store"));
    let from_rows = |ids: &[u32]| {
        message(|| SparseGradient::from_rows(&[4, 2], ids, Tensor::<f64>::zeros([2, 2])))
    };
    assert_eq!(from_rows(&[3, 1]), "from_rows: row 1 comes after 3: they must ascend, each once");
    assert_eq!(from_rows(&[2, 2]), "from_rows: row 2 comes after 2: they must ascend, each once");
    assert_eq!(from_rows(&[3, 4]), "from_rows: there is no row 4: the 4 rows are numbered from 0");
    assert_eq!(
        message(|| SparseGradient::from_rows(&[], &[], Tensor::<f64>::zeros([0]))),
        "from_rows: a scalar has no rows: give the shape of a table, with at least one axis"
    );
    assert_eq!(
        from_rows(&[1]),
        "from_rows: the values have shape [2, 2], but 1 rows of a table [4, 2] have shape [1, 2]"
    );
    let tape = Tape::default();
    let rows = tape.parameter_rows(&parameters, id, vec![1]).sum_all().backward();
    assert_eq!(
        message(|| rows.map(|x| x + 1.0)),
        "map: a gradient of some rows needs a function that keeps 0"
    );
}

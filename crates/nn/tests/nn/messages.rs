//! What a mistake is told.

use autograd::{Parameters, Pass, Tape, Var};
use mistakes::{message, told};
use nn::{
    Dense, Dropout, Embedding, Features, GatedSwiGLU, Layer, Model, MultiLabelCrossEntropy,
    SoftmaxCrossEntropy, SwiGLU, TokenCrossEntropy,
};
use tensor::{Key, Scalar, Tensor};

#[test]
fn classes_without_weight_are_not_smoothed() {
    let refused = "SoftmaxCrossEntropy: class 1 has the weight 0, but smoothing makes its samples count: leave out the \
                   smoothing, or give the class a weight and ignore(1)";
    let loss = SoftmaxCrossEntropy::new;
    assert_eq!(message(|| loss().class_weights([1.0, 0.0]).smoothing(0.1)), refused);
    assert_eq!(message(|| loss().smoothing(0.1).class_weights([1.0, 0.0])), refused);
    let _ = loss().smoothing(0.0).class_weights([1.0, 0.0]);
}

#[test]
fn a_mistake_is_explained_at_the_users_line() {
    let mut parameters = Parameters::new(0);
    let dense = Dense::new(&mut parameters, "dense", 3, 2);
    let stack = Features::new(5).then(dense.clone());
    let per_feature = SwiGLU::per_feature(&mut parameters, "swiglu", 4);
    let gated = GatedSwiGLU::new(&mut parameters, "gated", -1);
    let embedding = Embedding::new(&mut parameters, "embedding", 10, 4).mean();
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let x = tape.constant(Tensor::zeros([7, 5]));
    let (column, flat) = (tape.constant(Tensor::zeros([3, 1])), tape.constant(Tensor::zeros([3])));

    let cases: [(&str, &dyn Fn()); 23] = [
        (
            "dense in layer `dense`: x [7, 5], weight [3, 2], bias [2] do not fit: they must be [..., inputs], \
             [inputs, outputs], [outputs]",
            &|| drop(dense.forward(pass, x).value()),
        ),
        (
            "dense in layer `dense`: x [7, 5], weight [3, 2], bias [2] do not fit: they must be [..., inputs], \
             [inputs, outputs], [outputs]",
            &|| drop(stack.forward(pass, &Tensor::zeros([7, 5])).value()),
        ),
        ("features: a batch must have shape [batch, 5], not [7, 6]", &|| {
            drop(stack.forward(pass, &Tensor::zeros([7, 6])).value())
        }),
        (
            "swiglu in layer `swiglu`: shape [4] does not expand to [7, 5]: aligned at the last axis, each length \
             must be equal to the target's or 1",
            &|| drop(per_feature.forward(pass, x).value()),
        ),
        ("gated_swiglu: axis 1 of shape [7, 5] is 5 long and cannot be halved", &|| {
            drop(gated.forward(pass, x).value())
        }),
        (
            "embedding_mean in layer `embedding`: there is no row 10: the 10 rows are numbered from 0",
            &|| drop(embedding.forward(pass, &Tensor::from([[1, 10]])).value()),
        ),
        ("embedding_mean in layer `embedding`: ids must be [batch, time], not [2]", &|| {
            drop(embedding.forward(pass, &Tensor::from([1, 9])).value())
        }),
        (
            "softmax_cross_entropy: there is no class 5: logits [7, 5] have the classes 0..5",
            &|| drop(nn::softmax_cross_entropy(x, &Tensor::from([0, 1, 2, 3, 4, 5, 0])).value()),
        ),
        (
            "softmax_cross_entropy: logits [7, 5] and labels [2] must have the same number of rows, at \
             least one",
            &|| drop(nn::softmax_cross_entropy(x, &Tensor::from([0, 1])).value()),
        ),
        (
            "mean_squared_error: prediction [3, 1] and target [3] must have the same shape, with at \
             least one element: reshape one to the shape of the other",
            &|| drop(nn::mean_squared_error(column, flat).value()),
        ),
        (
            "bce_with_logits: logits [3, 1] and targets [3] must have the same shape, with at least \
             one element",
            &|| drop(nn::bce_with_logits(column, &Tensor::zeros([3])).value()),
        ),
        ("bce_with_logits: targets must be between 0 and 1, but that at index [1] is 5", &|| {
            drop(nn::bce_with_logits(flat, &Tensor::from([0.0, 5.0, 1.0])).value())
        }),
        (
            "bce_with_logits: targets must be between 0 and 1, but that at index [2, 0] is -1",
            &|| drop(nn::bce_with_logits(column, &Tensor::from([[0.0], [1.0], [-1.0]])).value()),
        ),
        ("bce_with_logits: targets must be between 0 and 1, but that at index [0] is NaN", &|| {
            drop(nn::bce_with_logits(flat, &Tensor::from([f32::NAN, 0.0, 0.0])).value())
        }),
        // With smoothing, 1.05 would be 0.995.
        (
            "MultiLabelCrossEntropy: targets must be between 0 and 1, but that at index [2, 0] is 1.05",
            &|| {
                let loss = MultiLabelCrossEntropy::new().smoothing(0.1);
                drop(loss.of(column, &Tensor::from([[0.0], [1.0], [1.05]])).value())
            },
        ),
        (
            "MultiLabelCrossEntropy: targets must be between 0 and 1, but that at index [0, 0] is -0.05",
            &|| {
                let loss = MultiLabelCrossEntropy::new().smoothing(0.1).positive_weights([2.0]);
                drop(loss.of(column, &Tensor::from([[-0.05], [1.0], [0.0]])).value())
            },
        ),
        (
            "MultiLabelCrossEntropy: logits [3, 1] and targets [3] must have the same shape, with at \
             least one element",
            &|| drop(MultiLabelCrossEntropy::new().of(column, &Tensor::zeros([3])).value()),
        ),
        // Another id would pad nothing, and the padding would learn.
        (
            "Embedding: the padding 9 is not an id of a table of 2 rows, which are numbered from 0",
            &|| {
                let _ = Embedding::new(&mut Parameters::<f32>::new(0), "words", 2, 3).padding(9);
            },
        ),
        (
            "embedding: the padding 7 is not an id of a table of 7 rows, which are numbered from 0",
            &|| drop(nn::embedding(x, &Tensor::from([0]), Some(7)).value()),
        ),
        (
            "embedding_mean: the padding 7 is not an id of a table of 7 rows, which are numbered from 0",
            &|| drop(nn::embedding_mean(x, &Tensor::from([[0]]), Some(7)).value()),
        ),
        ("softmax_cross_entropy: logits [1, 0] must have at least one class", &|| {
            let ignored = Tensor::from([[TokenCrossEntropy::IGNORED]]);
            drop(
                TokenCrossEntropy
                    .of(x.slice(0, ..1).slice(1, ..0).reshape([1, 1, 0]), &ignored)
                    .value(),
            )
        }),
        ("dropout: a rate must be at least 0 and below 1, not 1", &|| {
            drop(Dropout::new("dropout", 1.0))
        }),
        ("dropout: a rate must be at least 0 and below 1, not -0.5", &|| {
            drop(nn::dropout(x, -0.5, Key::new(0)).value())
        }),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}

/// A layer as a user writes it, with a mistake of his own and one in how he calls a built-in layer.
struct SkipConnection {
    hidden: Dense,
    adds: bool,
}

/// The lines of the two mistakes.
const CALL: u32 = line!() + 5;
const SUM: u32 = CALL + 1;

impl Layer for SkipConnection {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = self.hidden.forward(pass, x);
        if self.adds { y + x } else { y }
    }
}

#[test]
fn a_mistake_inside_a_users_own_layer_is_reported_there() {
    let report = |features, inputs, adds| {
        let mut parameters = Parameters::new(0);
        let hidden = Dense::new(&mut parameters, "hidden", inputs, 4);
        let model = Features::new(features).then(SkipConnection { hidden, adds });
        let tape = Tape::default();
        let pass = Pass::eval(&tape, &parameters);
        told(|| model.forward(pass, &Tensor::zeros([2, features])).value())
    };
    let call = report(3, 5, false);
    assert!(
        call.message.starts_with("dense in layer `hidden`: x [2, 3], weight [5, 4]"),
        "{call:?}"
    );
    assert_eq!((call.file.as_str(), call.line), (file!(), CALL));

    let sum = report(3, 3, true);
    assert!(sum.message.starts_with("add: "), "{sum:?}");
    assert_eq!((sum.file.as_str(), sum.line), (file!(), SUM));
}

#[test]
fn a_batch_from_outside_gets_an_error_instead_of_a_panic() {
    let mut parameters = Parameters::new(0);
    let table = Embedding::new(&mut parameters, "table", 10, 4);
    let texts = table.clone().mean().then(Dense::new(&mut parameters, "output", 4, 2));
    let numbers = Features::new(3).then(Dense::new(&mut parameters, "numbers", 3, 2));
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let refused = |outcome: Result<Var<'_, f32>, tensor::ShapeError>| {
        outcome.expect_err("the batch does not fit").to_string()
    };

    let no_row = "there is no row 10: the 10 rows are numbered from 0";
    assert_eq!(refused(texts.try_forward(pass, &Tensor::from([[1, 10]]))), no_row);
    assert_eq!(refused(table.try_forward(pass, &Tensor::from([10]))), no_row);
    assert_eq!(
        refused(texts.try_forward(pass, &Tensor::from([1, 2]))),
        "ids must be [batch, time], not [2]"
    );
    for shape in [vec![], vec![3], vec![2, 4], vec![1, 2, 3]] {
        assert_eq!(
            refused(numbers.try_forward(pass, &Tensor::zeros(&shape))),
            format!("a batch must have shape [batch, 3], not {shape:?}")
        );
    }
    let fitting = texts.try_forward(pass, &Tensor::from([[1, 9]])).expect("it fits");
    assert_eq!(fitting.shape().as_slice(), [1, 2]);
}

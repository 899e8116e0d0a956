//! What a mistake is told.

use std::panic::{AssertUnwindSafe, catch_unwind};

use autograd::{Parameters, Pass, Tape};
use nn::{Dense, Dropout, Embedding, Features, GatedSwiGLU, Layer, Model, SwiGLU};
use tensor::{Key, Tensor};

/// The message and the file of the panic that a mistake brings.
fn mistake<R>(mistake: impl FnOnce() -> R) -> (String, String) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let words = panic.payload_as_str().unwrap_or_default().to_string();
        let file = panic.location().map(|at| at.file().to_string()).unwrap_or_default();
        sender.lock().expect("one panic at a time").send((words, file)).expect("the test listens");
    }));
    let outcome = catch_unwind(AssertUnwindSafe(|| drop(mistake())));
    std::panic::set_hook(hook);
    outcome.expect_err("this is a mistake");
    receiver.recv().expect("the hook ran")
}

#[test]
fn a_mistake_is_explained_at_the_users_line() {
    let mut parameters = Parameters::<f32>::new(0);
    let dense = Dense::new(&mut parameters, "dense", 3, 2);
    let stack = Features::new(5).then(dense.clone());
    let per_feature = SwiGLU::per_feature(&mut parameters, "swiglu", 4);
    let gated = GatedSwiGLU::new(&mut parameters, "gated", -1);
    let embedding = Embedding::new(&mut parameters, "embedding", 10, 4).mean();
    let tape = Tape::new();
    let pass = Pass::evaluation(&tape, &parameters);
    let x = tape.constant(Tensor::zeros([7, 5]));

    let mistakes: [(&str, &dyn Fn()); 11] = [
        (
            "dense: x [7, 5], weight [3, 2], bias [2] do not fit: they must be [..., inputs], \
             [inputs, outputs], [outputs]",
            &|| drop(dense.forward(pass, x).value()),
        ),
        (
            "dense: x [7, 5], weight [3, 2], bias [2] do not fit: they must be [..., inputs], \
             [inputs, outputs], [outputs]",
            &|| drop(stack.forward(pass, &Tensor::zeros([7, 5])).value()),
        ),
        ("features: a batch must have shape [batch, 5], not [7, 6]", &|| {
            drop(stack.forward(pass, &Tensor::zeros([7, 6])).value())
        }),
        (
            "swiglu: shape [4] does not expand to [7, 5]: aligned at the last axis, each length \
             must be equal to the target's or 1",
            &|| drop(per_feature.forward(pass, x).value()),
        ),
        ("gated_swiglu: axis 1 of shape [7, 5] is 5 long and cannot be halved", &|| {
            drop(gated.forward(pass, x).value())
        }),
        ("embedding_mean: there is no row 10: the 10 rows are numbered from 0", &|| {
            drop(embedding.forward(pass, &Tensor::from([[1, 10]])).value())
        }),
        ("embedding_mean: ids must be [batch, time], not [2]", &|| {
            drop(embedding.forward(pass, &Tensor::from([1, 9])).value())
        }),
        (
            "softmax_cross_entropy: there is no class 5: logits [7, 5] have the classes 0..5",
            &|| drop(nn::softmax_cross_entropy(x, &Tensor::from([0, 1, 2, 3, 4, 5, 0])).value()),
        ),
        (
            "softmax_cross_entropy: logits [7, 5] and labels [2] must have equally many rows, at \
             least one",
            &|| drop(nn::softmax_cross_entropy(x, &Tensor::from([0, 1])).value()),
        ),
        ("dropout: a rate must be at least 0 and below 1, not 1", &|| {
            drop(Dropout::new("dropout", 1.0))
        }),
        ("dropout: a rate must be at least 0 and below 1, not -0.5", &|| {
            drop(nn::dropout(x, -0.5, Key::new(0)).value())
        }),
    ];
    for (expected, run) in mistakes {
        let (words, file) = mistake(run);
        assert_eq!(words, expected);
        assert!(file.ends_with("messages.rs"), "{expected}: reported in {file}");
    }
}

//! A model that answers from many threads at once, and refuses what does not fit.

use std::thread;

use wengert::nn::{Dense, Embedding, Model, SoftmaxCrossEntropy};
use wengert::train::Trainer;
use wengert::{Parameters, Tensor};

#[test]
fn threads_share_one_model_and_get_the_answers_of_a_single_one() {
    let mut parameters = Parameters::new(0);
    let model = Embedding::new(&mut parameters, "words", 100, 16)
        .padding(0)
        .mean()
        .then(Dense::new(&mut parameters, "classes", 16, 3));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let request = |id: u32| Tensor::new([1, 3], vec![id, id + 1, 0]);
    let alone: Vec<Tensor> = (1..90).map(|id| trainer.predict(&parameters, &request(id))).collect();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for (id, expected) in (1..90).zip(&alone) {
                    assert_eq!(&trainer.try_predict(&parameters, &request(id)).unwrap(), expected);
                }
                let refused = trainer.try_predict(&parameters, &request(100)).unwrap_err();
                assert!(refused.to_string().contains("there is no row 101"), "{refused}");
            });
        }
    });
}

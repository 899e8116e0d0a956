//! The accuracy of the article's models on the generated data. A linear model must not reach it:
//! otherwise the data would not tell one activation from another.

use std::path::Path;

use autograd::Parameters;
use data::generated::{TABULAR_FEATURES, tabular};
use nn::{BinaryCrossEntropy, Dense, Features, Model};
use optim::Adam;
use programs::{accuracy, run};
use tensor::Key;
use train::{Fit, Trainer};

const WENGERT: &str = env!("CARGO_BIN_EXE_wengert");

#[test]
fn on_reviews_the_network_is_far_ahead_of_word_counts() {
    let output =
        run(WENGERT, Path::new("."), "compare --seeds 1 --activation relu --baseline").success();
    let (network, linear) = (accuracy(&output, "relu"), accuracy(&output, "linear"));
    assert!(network >= 82.0, "{output}");
    assert!(network - linear >= 15.0, "{output}");
}

#[test]
fn on_the_table_the_network_reaches_85_per_cent() {
    let output = run(WENGERT, Path::new("."), "tabular --activation relu --seeds 1").success();
    assert!(accuracy(&output, "relu") >= 85.0, "{output}");
}

#[test]
fn on_the_table_logistic_regression_is_hardly_better_than_chance() {
    let key = Key::new(0);
    let (train, test) = (tabular(10_000, key.stream("train")), tabular(2_000, key.stream("test")));
    let mut parameters = Parameters::new(0);
    let dense = Dense::new(&mut parameters, "dense", TABULAR_FEATURES, 1);
    let model = Features::new(TABULAR_FEATURES).then(dense);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    trainer.fit(&mut parameters, &mut Adam::new(0.01), &train, &Fit::default()).unwrap();
    let accuracy = trainer.evaluate(&parameters, &test).accuracy();
    assert!((0.5..0.65).contains(&accuracy), "{accuracy}");
}

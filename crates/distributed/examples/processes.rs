//! Trains a text classifier on as many processes as `mpirun` starts, and prints a checksum of its weights: the same
//! for any number.
//!
//!     cargo build --release -p wengert-distributed --example processes
//!     target/release/examples/processes
//!     mpirun -n 2 target/release/examples/processes
//!     mpirun -n 4 --oversubscribe target/release/examples/processes

use std::error::Error;

use autograd::Parameters;
use data::generated::reviews;
use data::{Dataset, Labels, Sequences, Tokenizer};
use distributed::Mpi;
use nn::{Activation, Dense, Dropout, Embedding, Model, SoftmaxCrossEntropy};
use optim::Adam;
use tensor::{Key, Tensor};
use train::{Fit, Trainer, Workers};

fn main() -> Result<(), Box<dyn Error>> {
    let mpi = Mpi::start()?;

    let reviews = reviews(600, Key::new(0));
    let texts: Vec<&str> = reviews.iter().map(|review| review.text.as_str()).collect();
    let names: Vec<&str> = reviews.iter().map(|review| review.label).collect();
    let labels = Labels::of(names.clone());
    let mut tokenizer = Tokenizer::new().with_num_words(2_000);
    tokenizer.fit_on_texts(&texts);
    let ids = Sequences::new(tokenizer.texts_to_sequences(&texts), 0);
    let classes = names.iter().map(|name| labels.class(name)).collect::<Result<Vec<u32>, _>>()?;
    let dataset = Dataset::new(ids, Tensor::from(classes));

    let mut parameters = Parameters::new(1);
    let model = Embedding::new(&mut parameters, "embedding", 2_000, 16)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout", 0.2))
        .then(Dense::new(&mut parameters, "hidden", 16, 16))
        .then(Activation::Relu)
        .then(Dense::new(&mut parameters, "output", 16, labels.len()));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());

    // Four shards are work for up to four processes, or threads.
    let options = Fit { epochs: 3, shards: 4, ..Fit::default() };
    let history = trainer
        .session(&mut parameters, &mut Adam::new(0.01), &dataset, &options)?
        .with_workers(&mpi)
        .run(&mut [])?;

    if mpi.rank() == 0 {
        let bits = parameters.iter().flat_map(|(_, _, value)| value.to_vec()).map(f32::to_bits);
        let checksum = bits.fold(0u32, |sum, bits| sum.rotate_left(5) ^ bits);
        let last = history.epochs.last().expect("an epoch");
        println!("loss {:.4}, weights {checksum:08x}", last.training.loss);
    }
    Ok(())
}

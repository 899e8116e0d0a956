//! A custom data set: lines of a file, read while training, with texts of any length.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use wengert::data::{Dataset, Sequences, SourceError, Stream};
use wengert::nn::{Dense, Embedding, Model, SoftmaxCrossEntropy};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Parameters, Tensor};

/// Reads `class: letters`; a letter's id is its place in the alphabet, from 1.
fn sample(line: &str) -> Result<Dataset<Sequences<u32>>, SourceError> {
    let (class, letters) = line.split_once(": ").ok_or("a line must be `class: letters`")?;
    let ids: Vec<u32> = letters.bytes().map(|letter| u32::from(letter - b'a') + 1).collect();
    Ok(Dataset::new(Sequences::new([ids], 0), Tensor::from([class.parse::<u32>()?])))
}

#[test]
fn a_file_that_is_read_line_by_line_trains_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letters.txt");
    let lines = (0..300_u32).map(|i| match i % 2 {
        0 => format!("0: {}\n", "abcab".repeat(1 + i as usize % 3)),
        _ => format!("1: {}x\n", "bca".repeat(1 + i as usize % 4)),
    });
    fs::write(&file, lines.collect::<String>()).unwrap();

    let lines = Stream::new(move |_| {
        let lines = BufReader::new(File::open(&file).unwrap()).lines();
        lines.map(|line| sample(&line?))
    });
    let mut parameters = Parameters::new(0);
    let model = Embedding::new(&mut parameters, "letters", 27, 8)
        .padding(0)
        .mean()
        .then(Dense::new(&mut parameters, "output", 8, 2));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let (mut adam, options) = (Adam::new(0.05), Fit { epochs: 15, ..Fit::default() });
    let mut session =
        trainer.session_from(&mut parameters, &mut adam, &lines, None, &options).unwrap();
    let history = session.run(&mut []).unwrap();
    assert_eq!(history.kept_epoch().training.metric("accuracy"), Some(1.0));
}

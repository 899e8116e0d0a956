//! Figures as bytes, to be sent to another process with every bit.

use std::collections::BTreeMap;

use super::{ColumnErrors, Errors, Tally};
use crate::wire::{Reader, write_count, write_float, write_text};

impl Tally {
    /// Appends these figures to a message.
    pub(crate) fn write(&self, message: &mut Vec<u8>) {
        match self {
            Tally::Nothing => message.push(0),
            Tally::Classes { samples, correct } => {
                message.push(1);
                write_counts(&[*samples, *correct], message);
            }
            Tally::Labels { hits, predicted, present } => {
                message.push(2);
                [hits, predicted, present]
                    .into_iter()
                    .for_each(|counts| write_counts(counts, message));
            }
            Tally::Numbers(errors) => {
                message.push(3);
                write_count(errors.columns.len(), message);
                errors.columns.iter().for_each(|column| column.write(message));
            }
            Tally::Both(first, second) => {
                message.push(4);
                first.write(message);
                second.write(message);
            }
            Tally::Means(sums) => {
                message.push(5);
                write_count(sums.len(), message);
                for (name, (sum, count)) in sums {
                    write_text(name, message);
                    write_float(*sum, message);
                    write_float(*count, message);
                }
            }
        }
    }

    /// Returns the figures that [`write`](Self::write) has appended.
    pub(crate) fn read(message: &mut Reader<'_>) -> Self {
        match message.byte() {
            0 => Tally::Nothing,
            1 => {
                let counts = read_counts(message);
                Tally::Classes { samples: counts[0], correct: counts[1] }
            }
            2 => Tally::Labels {
                hits: read_counts(message),
                predicted: read_counts(message),
                present: read_counts(message),
            },
            3 => {
                let columns = 0..message.count();
                let columns = columns.map(|_| ColumnErrors::read(message)).collect();
                Tally::Numbers(Errors { columns })
            }
            4 => {
                let first = Box::new(Self::read(message));
                Tally::Both(first, Box::new(Self::read(message)))
            }
            5 => {
                let sum = |message: &mut Reader<'_>| {
                    let name = message.text();
                    (name, (message.float(), message.float()))
                };
                let sums = 0..message.count();
                Tally::Means(sums.map(|_| sum(message)).collect::<BTreeMap<_, _>>())
            }
            kind => panic!("a message has figures of kind {kind}"),
        }
    }
}

impl ColumnErrors {
    fn write(&self, message: &mut Vec<u8>) {
        let Self { count, absolute, squared, mean, spread } = *self;
        write_count(count as usize, message);
        for figure in [absolute, squared, mean, spread] {
            write_float(figure, message);
        }
    }

    fn read(message: &mut Reader<'_>) -> Self {
        Self {
            count: message.count() as u64,
            absolute: message.float(),
            squared: message.float(),
            mean: message.float(),
            spread: message.float(),
        }
    }
}

fn write_counts(counts: &[u64], message: &mut Vec<u8>) {
    write_count(counts.len(), message);
    counts.iter().for_each(|&count| write_count(count as usize, message));
}

fn read_counts(message: &mut Reader<'_>) -> Vec<u64> {
    let counts = 0..message.count();
    counts.map(|_| message.count() as u64).collect()
}

#[cfg(test)]
mod tests {
    use tensor::Tensor;

    use super::*;

    #[test]
    fn figures_arrive_as_they_were_sent() {
        let errors = Errors::of(&Tensor::from([[1.0f32, 2.5], [0.1, 3.0]]), &Tensor::ones([2, 2]));
        let means = [("odd".to_string(), (f64::INFINITY, 3.0)), ("b".to_string(), (-0.0, 1.0))];
        let tallies = [
            Tally::Nothing,
            Tally::Classes { samples: 9, correct: 4 },
            Tally::Labels { hits: vec![1, 2], predicted: vec![3, 4], present: vec![5, 6] },
            Tally::Both(Box::new(Tally::Numbers(errors)), Box::new(Tally::Means(means.into()))),
        ];
        let mut message = Vec::new();
        tallies.iter().for_each(|tally| tally.write(&mut message));
        let mut reader = Reader(&message);
        for sent in &tallies {
            assert_eq!(format!("{:?}", Tally::read(&mut reader)), format!("{sent:?}"));
        }
        assert!(reader.0.is_empty());
    }
}

//! Training on samples that are read while training.

use autograd::Parameters;
use data::{Dataset, Portions, Stream};
use nn::{Dense, Features, MeanSquaredError, Model};
use optim::Sgd;
use tensor::{Key, Tensor};
use train::{Context, Fit, History, Observer, ObserverError, TrainError, Trainer};

type Points = Dataset<Tensor<f32>, Tensor<f32>>;

/// Returns n points of the line 3 x − 1, in parts of ten.
fn parts(n: usize) -> impl Iterator<Item = Points> {
    let part = |first: usize| {
        let x: Vec<f32> = (first..first + 10).map(|i| (i % 17) as f32 / 17.0).collect();
        let y = x.iter().map(|x| 3.0 * x - 1.0).collect();
        Dataset::with_targets(Tensor::new([10, 1], x), Tensor::new([10, 1], y))
    };
    (0..n).step_by(10).map(part)
}

fn line(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(1).then(Dense::new(parameters, "line", 1, 1))
}

fn trained_on(
    stream: &Stream<Tensor<f32>, Tensor<f32>>,
    options: &Fit,
) -> (Parameters, Result<History, TrainError>) {
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let mut sgd = Sgd::new(0.3);
    let session = trainer.session_from(&mut parameters, &mut sgd, stream, None, options);
    let history = session.and_then(|mut session| session.run(&mut []));
    (parameters, history)
}

#[test]
fn a_stream_in_its_own_order_trains_to_the_bits_of_the_same_data_set() {
    let options =
        Fit { epochs: 4, batch_size: 16, validation_split: 0.0, shuffle: false, ..Fit::default() };
    let stream = Stream::new(|_| parts(100).map(Ok)).window(32).length(100);
    let (on_stream, streamed) = trained_on(&stream, &options);

    let whole = Dataset::concat(&parts(100).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let at_once = trainer.fit(&mut parameters, &mut Sgd::new(0.3), &whole, &options).unwrap();

    for ((_, name, a), (_, _, b)) in on_stream.iter().zip(parameters.iter()) {
        assert_eq!(a, b, "{name}");
    }
    let losses = |history: History| {
        history.epochs.into_iter().map(|epoch| epoch.training).collect::<Vec<_>>()
    };
    assert_eq!(losses(streamed.unwrap()), losses(at_once));
}

#[test]
fn the_same_seed_mixes_a_stream_to_the_same_bits() {
    let options = |seed| Fit { epochs: 3, seed, ..Fit::default() };
    let stream = Stream::new(|_| parts(200).map(Ok)).window(64);
    let bits = |seed| {
        let (parameters, history) = trained_on(&stream, &options(seed));
        assert_eq!(history.unwrap().epochs.len(), 3);
        parameters.iter().flat_map(|(_, _, value)| value.to_vec()).map(f32::to_bits).collect()
    };
    let first: Vec<u32> = bits(1);
    assert_eq!(first, bits(1));
    assert_ne!(first, bits(2));
}

#[test]
fn validation_samples_are_given_beside_a_stream() {
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let stream = Stream::new(|_| parts(200).map(Ok));
    let validation = parts(20).next().unwrap();
    let (mut sgd, options) = (Sgd::new(0.3), Fit { epochs: 20, ..Fit::default() });
    let session =
        trainer.session_from(&mut parameters, &mut sgd, &stream, Some(&validation), &options);
    let history = session.unwrap().run(&mut []).unwrap();
    let last = history.epochs.last().unwrap().validation.clone().unwrap();
    assert!(last.metric("r2").unwrap() > 0.99, "{last}");
}

/// Notes what observers are told of the number of steps.
#[derive(Default)]
struct Steps {
    in_epoch: Vec<Option<usize>>,
    taken: Vec<usize>,
    /// The steps, counted over all epochs, that were the last of an epoch.
    last: Vec<usize>,
}

impl Observer<f32> for Steps {
    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.last.extend(now.is_end_of_epoch().then_some(now.steps()));
        Ok(())
    }

    fn epoch(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.in_epoch.push(now.steps_in_epoch);
        self.taken.push(now.steps());
        Ok(())
    }
}

#[test]
fn steps_are_counted_where_their_number_is_not_known_before() {
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    // The second epoch is longer than the first.
    let stream = Stream::new(|epoch| parts(100 * epoch).map(Ok));
    let (mut sgd, options) = (Sgd::new(0.1), Fit { epochs: 2, batch_size: 50, ..Fit::default() });
    let mut steps = Steps::default();
    let mut session =
        trainer.session_from(&mut parameters, &mut sgd, &stream, None, &options).unwrap();
    session.run(&mut [&mut steps]).unwrap();
    assert_eq!((steps.in_epoch, steps.taken), (vec![None, None], vec![2, 6]));
}

#[test]
fn a_shorter_last_epoch_ends_with_its_own_last_step() {
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let portions = Portions::new(parts(10).next().unwrap(), 8, 20, Key::new(1));
    let (mut sgd, options) = (Sgd::new(0.1), Fit { epochs: 3, batch_size: 3, ..Fit::default() });
    let mut steps = Steps::default();
    let mut session =
        trainer.session_from(&mut parameters, &mut sgd, &portions, None, &options).unwrap();
    assert_eq!([1, 2, 3, 4].map(|epoch| session.steps_in(epoch)), [3, 3, 2, 0].map(Some));
    session.run(&mut [&mut steps]).unwrap();
    assert_eq!(steps.last, [3, 6, 8]);
}

#[test]
fn an_error_of_the_source_ends_training_with_the_weights_of_the_last_step() {
    let damaged = || parts(64).map(Ok).chain([Err("part 7 is damaged".into())]);
    let options = Fit { epochs: 1, batch_size: 10, shuffle: false, ..Fit::default() };
    let stream = Stream::new(move |_| damaged()).window(10);
    let (parameters, history) = trained_on(&stream, &options);
    let error = history.unwrap_err().to_string();
    assert_eq!(error, "the samples cannot be read: part 7 is damaged");
    let mut untrained = Parameters::<f32>::new(0);
    line(&mut untrained);
    let weight = parameters.find("line.weight").unwrap();
    assert_ne!(parameters.get(weight), untrained.iter().next().unwrap().2);
}

#[test]
fn a_stream_that_can_be_read_once_trains_for_one_epoch() {
    let once = || Stream::once(parts(100).map(Ok).collect::<Vec<_>>().into_iter());
    let (_, history) = trained_on(&once(), &Fit { epochs: 1, ..Fit::default() });
    assert_eq!(history.unwrap().epochs[0].steps, 4);
    let (_, refused) = trained_on(&once(), &Fit { epochs: 2, ..Fit::default() });
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("so there is no second epoch"), "{refused}");
}

#[test]
fn a_stream_without_samples_is_an_error() {
    let nothing = Stream::new(|_| std::iter::empty());
    let (_, history) = trained_on(&nothing, &Fit::default());
    let error = history.unwrap_err().to_string();
    assert_eq!(error, "the samples cannot be read: the stream has no samples");
}

#[test]
fn portions_of_fewer_samples_than_the_epochs_need_are_refused_before_training() {
    let mut parameters = Parameters::new(0);
    let model = line(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let portions = Portions::new(parts(10).next().unwrap(), 4, 7, Key::new(1));
    let mut sgd = Sgd::new(0.1);
    let options = |epochs| Fit { epochs, batch_size: 2, ..Fit::default() };
    let five = options(5);
    let refused = trainer.session_from(&mut parameters, &mut sgd, &portions, None, &five);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "5 epochs were asked for, but the samples are enough for 2; ask for no more, or give the source more samples"
    );
    let two = options(2);
    let mut session =
        trainer.session_from(&mut parameters, &mut sgd, &portions, None, &two).unwrap();
    assert_eq!(session.run(&mut []).unwrap().epochs.len(), 2);
}

//! Several processes train the same model, bit for bit, as one. The processes are threads here, which pass
//! messages through memory.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};
use std::thread;

use autograd::Parameters;
use data::{Batches, Dataset, LazyBatch, Source, SourceError, Stream};
use nn::{Dense, Dropout, Embedding, Model, SoftmaxCrossEntropy};
use optim::Adam;
use rand::RngExt;
use tensor::{Key, Tensor};
use train::{
    Context, Fit, History, Observer, OneProcess, TrainError, Trainer, WorkerEnded, Workers,
    check_same,
};

/// What threads that take the part of processes share.
struct Table {
    messages: Mutex<Vec<Sent>>,
    all_are_here: Barrier,
}

#[derive(Clone)]
enum Sent {
    Messages(Vec<Vec<u8>>),
    Leaves(String),
}

/// One of these threads.
struct Seat<'t> {
    table: &'t Table,
    rank: usize,
    size: usize,
    ended: OnceCell<WorkerEnded>,
}

impl Seat<'_> {
    /// Puts something on the table, and returns what all have put there.
    fn meet(&self, sent: Sent) -> Result<Vec<Vec<Vec<u8>>>, WorkerEnded> {
        if let Some(ended) = self.ended.get() {
            return Err(ended.clone());
        }
        self.table.messages.lock().unwrap()[self.rank] = sent;
        self.table.all_are_here.wait();
        let all = self.table.messages.lock().unwrap().clone();
        self.table.all_are_here.wait();
        let messages = all.into_iter().enumerate().map(|(rank, sent)| match sent {
            Sent::Messages(messages) => Ok(messages),
            Sent::Leaves(reason) => Err(WorkerEnded { rank, size: self.size, reason }),
        });
        let messages: Result<_, WorkerEnded> = messages.collect();
        messages.inspect_err(|ended| self.ended.set(ended.clone()).unwrap())
    }
}

impl Workers for Seat<'_> {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let all = self.meet(Sent::Messages(messages))?;
        Ok(all.into_iter().map(|mut messages| messages.swap_remove(self.rank)).collect())
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let all = self.meet(Sent::Messages(vec![message]))?;
        Ok(all.into_iter().map(|mut messages| messages.swap_remove(0)).collect())
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        Ok(self.gather(message)?.swap_remove(0))
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        self.gather(Vec::new()).map(drop)
    }

    fn leave(&self, reason: &str) {
        let _ = self.meet(Sent::Leaves(reason.to_string()));
    }
}

/// Returns what each of `size` processes returns.
fn together<R: Send>(size: usize, process: impl Fn(&dyn Workers) -> R + Sync) -> Vec<R> {
    let messages = Mutex::new(vec![Sent::Messages(Vec::new()); size]);
    let table = Table { messages, all_are_here: Barrier::new(size) };
    let process = |rank| {
        let seat = Seat { table: &table, rank, size, ended: OnceCell::new() };
        process(&seat)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..size).map(|rank| scope.spawn(move || process(rank))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

const VOCABULARY: usize = 300;

/// Texts of five words, each with one of three labels.
fn texts(count: usize, seed: u64) -> Dataset<Tensor<u32>> {
    let mut rng = Key::new(seed).rng();
    let mut id = || rng.random_range(0..VOCABULARY as u32).min(rng.random_range(0..90));
    let ids = (0..count * 5).map(|_| id()).collect();
    let labels = (0..count as u32).map(|i| i * i % 3).collect();
    Dataset::new(Tensor::new([count, 5], ids), Tensor::new([count], labels))
}

fn options(shards: usize) -> Fit {
    Fit { epochs: 2, batch_size: 16, shards, clip_norm: Some(0.5), ..Fit::default() }
}

/// Trains a text classifier, and returns its weights and its history.
fn train(
    workers: &dyn Workers,
    texts: &Dataset<Tensor<u32>>,
    options: &Fit,
    observers: &mut [&mut dyn Observer<f32>],
) -> Result<(Vec<u32>, History), TrainError> {
    let mut parameters = Parameters::new(7);
    let model = Embedding::new(&mut parameters, "embedding", VOCABULARY, 6)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout", 0.3))
        .then(Dense::new(&mut parameters, "output", 6, 3));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let mut adam = Adam::new(0.01);
    let session = trainer.session(&mut parameters, &mut adam, texts, options)?;
    let mut history = session.with_workers(workers).run(observers)?;
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    let values = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    Ok((values.map(f32::to_bits).collect(), history))
}

#[test]
fn processes_change_no_bit() {
    let texts = texts(90, 1);
    for shards in [1, 4, 6] {
        let alone = train(&OneProcess, &texts, &options(shards), &mut []).unwrap();
        for size in [1, 2, 3, 4, 7] {
            let all = together(size, |w| train(w, &texts, &options(shards), &mut []).unwrap());
            for one in all {
                assert!(one.0 == alone.0, "{shards} shards, {size} processes");
                assert_eq!(one.1, alone.1, "{shards} shards, {size} processes");
            }
        }
    }
}

#[test]
fn processes_divide_the_batches_of_validation() {
    let texts = texts(1400, 1);
    let options = Fit { epochs: 1, validation_split: 0.5, ..options(2) };
    let (_, alone) = train(&OneProcess, &texts, &options, &mut []).unwrap();
    for size in [2, 4] {
        for (_, history) in together(size, |w| train(w, &texts, &options, &mut []).unwrap()) {
            assert_eq!(history, alone, "{size} processes");
        }
    }
}

/// Samples that are read when they are asked for. It notes how many samples were read.
struct OnDemand<'r> {
    texts: Dataset<Tensor<u32>>,
    read: &'r AtomicUsize,
}

impl Source for OnDemand<'_> {
    type Inputs = Tensor<u32>;
    type Targets = Tensor<u32>;

    fn epoch(
        &self,
        _: usize,
        size: usize,
        key: Option<Key>,
    ) -> Batches<'_, Tensor<u32>, Tensor<u32>> {
        let batches = self.texts.shuffled_batches(size, key.expect("the order is drawn"));
        Box::new(batches.map(move |batch| {
            Ok(LazyBatch::new(batch.len(), move |range| {
                self.read.fetch_add(range.len(), Relaxed);
                Ok(batch.slice(range))
            }))
        }))
    }

    fn samples(&self) -> Option<usize> {
        Some(self.texts.len())
    }

    fn sketch(&self) -> Result<Dataset<Tensor<u32>>, SourceError> {
        Ok(self.texts.clone())
    }
}

/// The weight of a batch takes the labels of all its samples, and a process knows its own only.
#[test]
fn a_process_reads_its_own_part_of_each_batch_and_all_weigh_samples_as_one() {
    let options = Fit { epochs: 1, batch_size: 16, shards: 4, ..Fit::default() };
    let loss = SoftmaxCrossEntropy::new().class_weights([0.3, 1.0, 2.1]).ignore(1);
    let train = |workers: &dyn Workers| {
        let read = AtomicUsize::new(0);
        let source = OnDemand { texts: texts(90, 1), read: &read };
        let mut parameters = Parameters::<f32>::new(7);
        let model = Embedding::new(&mut parameters, "embedding", VOCABULARY, 6)
            .mean()
            .then(Dense::new(&mut parameters, "output", 6, 3));
        let trainer = Trainer::new(&model, loss.clone());
        let mut adam = Adam::new(0.01);
        let session = trainer.session_from(&mut parameters, &mut adam, &source, None, &options);
        let history = session.unwrap().with_workers(workers).run(&mut []).unwrap();
        let values = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
        let bits: Vec<u32> = values.map(f32::to_bits).collect();
        ((bits, history.epochs[0].training.clone()), read.into_inner())
    };
    let (alone, read) = train(&OneProcess);
    assert_eq!(read, 90);
    for size in [2, 3, 4, 7] {
        let all = together(size, train);
        assert!(all.iter().all(|(learned, _)| *learned == alone), "{size} processes");
        assert_eq!(all.iter().map(|(_, read)| read).sum::<usize>(), 90, "{size} processes");
        // Each of the four shards has 22 or 23 samples in all, give or take one for each batch.
        let most = all.iter().map(|&(_, read)| read).max();
        assert!(most <= Some(4usize.div_ceil(size) * 23 + 6), "{size} processes: {most:?}");
    }
}

#[test]
fn a_process_with_other_samples_is_refused_by_all() {
    let ended = together(3, |workers| {
        let texts = texts(60, if workers.rank() == 2 { 5 } else { 1 });
        train(workers, &texts, &options(4), &mut []).unwrap_err().to_string()
    });
    let start = "process 2 of 3 has another run: the checksum of the training inputs is ";
    assert!(ended[0].starts_with(start), "{}", ended[0]);
    assert!(ended.iter().all(|error| *error == ended[0]));
}

#[test]
fn a_process_with_other_options_is_refused_by_all() {
    let ended = together(2, |workers| {
        let options = Fit { seed: workers.rank() as u64, ..options(4) };
        train(workers, &texts(60, 1), &options, &mut []).unwrap_err().to_string()
    });
    let expected = "process 1 of 2 has another run: the seed is 1 there, but 0 in process 0; start all \
                    processes with the same program, options and files";
    assert_eq!(ended, [expected, expected]);
}

/// A process of a program of another version.
struct OtherVersion<'w>(&'w dyn Workers);

impl Workers for OtherVersion<'_> {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        self.0.exchange(messages)
    }

    fn gather(&self, mut message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        let at = message.windows(version.len()).position(|bytes| bytes == version);
        at.into_iter().for_each(|at| message[at] = b'9');
        self.0.gather(message)
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        self.0.broadcast(message)
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        self.0.barrier()
    }

    fn leave(&self, reason: &str) {
        self.0.leave(reason);
    }
}

#[test]
fn a_process_of_another_version_is_refused_by_all() {
    let ended = together(2, |workers| {
        let other = OtherVersion(workers);
        let workers = if workers.rank() == 1 { &other } else { workers };
        train(workers, &texts(60, 1), &options(4), &mut []).unwrap_err().to_string()
    });
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "process 1 of 2 has another run: the version of the program is 9{} there, but {version} in process 0; start \
         all processes with the same program, options and files",
        &version[1..]
    );
    assert_eq!(ended, [expected.clone(), expected]);
}

/// Stops or fails after some steps.
struct After {
    steps: usize,
    fails: bool,
    stops: bool,
}

impl Observer<f32> for After {
    fn step(&mut self, now: &Context<'_>) -> Result<(), train::ObserverError> {
        self.stops = now.steps() == self.steps;
        if self.stops && self.fails { Err("the disk is full".into()) } else { Ok(()) }
    }

    fn wants_stop(&self) -> bool {
        self.stops
    }
}

#[test]
fn what_stops_one_process_stops_all_after_the_same_step() {
    let ended = together(3, |workers| {
        let steps = if workers.rank() == 1 { 3 } else { usize::MAX };
        let mut observer = After { steps, fails: false, stops: false };
        train(workers, &texts(90, 1), &options(3), &mut [&mut observer]).unwrap_err().to_string()
    });
    assert_eq!(ended, vec!["training was stopped in epoch 1 after step 3 of 5"; 3]);
}

#[test]
fn an_error_of_one_process_ends_all() {
    let ended = together(2, |workers| {
        let steps = if workers.rank() == 0 { 2 } else { usize::MAX };
        let mut observer = After { steps, fails: true, stops: false };
        let error = train(workers, &texts(90, 1), &options(2), &mut [&mut observer]).unwrap_err();
        // All that comes after it ends by it as well, and waits for no one.
        assert_eq!(workers.barrier().unwrap_err().reason, "the disk is full");
        error.to_string()
    });
    assert_eq!(ended, ["the disk is full", "process 0 of 2 has ended: the disk is full"]);
}

/// Stops in the first step, and cannot keep what it should.
struct FullDisk;

impl Observer<f32> for FullDisk {
    fn wants_stop(&self) -> bool {
        true
    }

    fn stop(&mut self, _: &Context<'_>) -> Result<(), train::ObserverError> {
        Err("the disk is full".into())
    }
}

#[test]
fn an_error_while_one_process_stops_ends_all() {
    let ended = together(2, |workers| {
        let mut full = FullDisk;
        let mut observers: Vec<&mut dyn Observer<f32>> = Vec::new();
        if workers.rank() == 0 {
            observers.push(&mut full);
        }
        train(workers, &texts(90, 1), &options(2), &mut observers).unwrap_err().to_string()
    });
    assert_eq!(ended, ["the disk is full", "process 0 of 2 has ended: the disk is full"]);
}

#[test]
fn a_source_that_fails_in_one_process_ends_all() {
    let ended = together(2, |workers| {
        let rank = workers.rank();
        let parts = Stream::new(move |_| {
            (0..3).map(move |part| match (part, rank) {
                (2, 1) => Err::<_, SourceError>("line 7 is torn".into()),
                _ => Ok(Dataset::new(Tensor::<f32>::ones([8, 2]), Tensor::new([8], vec![0u32; 8]))),
            })
        });
        let mut parameters = Parameters::new(0);
        let model = nn::Features::new(2).then(Dense::new(&mut parameters, "dense", 2, 2));
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
        let (options, mut adam) =
            (Fit { batch_size: 8, epochs: 1, ..Fit::default() }, Adam::new(0.1));
        let stream = parts.window(8);
        let session = trainer.session_from(&mut parameters, &mut adam, &stream, None, &options);
        session.unwrap().with_workers(workers).run(&mut []).unwrap_err().to_string()
    });
    let torn = "the samples cannot be read: line 7 is torn";
    assert_eq!(ended, [format!("process 1 of 2 has ended: {torn}"), torn.to_string()]);
}

#[test]
fn a_value_that_one_process_does_not_have_is_named() {
    let ended = together(2, |workers| {
        let mut values = vec![("--lr".to_string(), "0.1".to_string())];
        values.extend((workers.rank() == 1).then(|| ("--quiet".to_string(), "true".to_string())));
        check_same(workers, &values).unwrap_err().to_string()
    });
    let start = "process 1 of 2 has another run: --quiet is true there, but not there in process 0";
    assert!(ended[0].starts_with(start), "{}", ended[0]);
}

//! The measured figures, as a file keeps them: `setting,model,figure,value`.

#![allow(dead_code, reason = "the program and the test of its picture take what they need")]

use std::error::Error;

use distributed::cost::{Network, StepCost};

/// The file of figures.
pub const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scaling/figures.csv");

/// The picture.
pub const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scaling/scaling.svg");

/// The models, by name.
pub const MODELS: [&str; 3] = ["text classifier", "language model", "dense network"];

/// The networks that are planned with, besides the one that was measured. Their figures are what such networks are
/// sold and measured with by others, and not ours.
pub const CLUSTERS: [(&str, Network); 2] = [
    ("Ethernet, 10 Gbit/s", Network { latency: 30e-6, bandwidth: 1.25e9 }),
    ("InfiniBand, 200 Gbit/s", Network { latency: 2e-6, bandwidth: 25e9 }),
];

/// All figures that were measured.
pub struct Figures(Vec<(String, String, String, f64)>);

impl Figures {
    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, Box<dyn Error>> {
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            let [setting, model, figure, value] = cells[..] else {
                return Err(format!("`{line}` should have four cells").into());
            };
            Ok((setting.to_string(), model.to_string(), figure.to_string(), value.parse()?))
        };
        Ok(Self(text.lines().map(row).collect::<Result<_, Box<dyn Error>>>()?))
    }

    /// Returns a figure: the lowest, if it was measured several times. What is higher tells of other work of the
    /// machine.
    pub fn of(&self, setting: &str, model: &str, figure: &str) -> f64 {
        let wanted = [setting, model, figure];
        let rows = self.0.iter().filter(|row| [&row.0[..], &row.1, &row.2] == wanted);
        let lowest = rows.map(|row| row.3).reduce(f64::min);
        lowest.unwrap_or_else(|| panic!("{wanted:?} was not measured"))
    }

    /// Returns the cost of a step of this many shards, from steps of 8 and of 16 of them.
    pub fn step(&self, model: &str, shards: usize) -> StepCost {
        let eight = self.of("one thread", model, "seconds");
        let sixteen = self.of("one thread (16 shards)", model, "seconds");
        let shard = (sixteen - eight) / 8.0;
        let bytes = self.of("two processes", model, "gradient bytes");
        StepCost { shards, shard, fixed: (eight - 8.0 * shard).max(0.0), bytes }
    }

    /// Returns the network between two processes here, fitted to exchanges of several sizes. An exchange takes three
    /// messages: what each does, its sizes, and the bytes.
    pub fn network(&self) -> Network {
        let exchanges = self.0.iter().filter(|row| row.1 == "exchange");
        let exchanges: Vec<(f64, f64)> =
            exchanges.map(|row| (row.2.parse().expect("bytes"), row.3)).collect();
        let Network { latency, bandwidth } = Network::fit(&exchanges);
        Network { latency: latency / 3.0, bandwidth }
    }
}

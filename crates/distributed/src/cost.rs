//! What a step costs on many workers: a model, to be fitted to measurements and to plan with.
//!
//! S shards of a batch are divided among P workers. Each computes ⌈S/P⌉ of them, and every worker updates
//! all weights. Between the two, a gradient of n bytes is added up and sent to all:
//!
//! ```text
//! T(P) = ⌈S/P⌉ · shard + fixed + C(P)
//!
//! C(P) = (2 (P − 1) + 4 ⌈log₂ P⌉) · latency + 2 n (P − 1)/P / bandwidth         in slices
//! C(P) = 2 ⌈log₂ P⌉ · (latency + n / bandwidth)                                along a tree of messages
//! ```
//!
//! In slices, as [`train`] does it, a worker exchanges a slice of its gradient with each other one, adds up its own
//! slice, and sends that to all (Thakur, Rabenseifner and Gropp 2005, for the terms). The bytes that it sends hardly
//! depend on P, but they take 2 (P − 1) messages. The logarithmic messages exchange sizes and agree that all continue.
//! Along a tree there are few messages, each of the whole gradient. Both add in the order of the shards, so the bits
//! are the same.

/// A connection between two workers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// The seconds that the shortest message takes.
    pub latency: f64,
    /// The bytes that are sent in a second.
    pub bandwidth: f64,
}

impl Network {
    /// Fits `seconds = latency + bytes / bandwidth` to measurements `(bytes, seconds)` by least squares of the
    /// relative errors, so that short messages count as much as long ones.
    ///
    /// ```
    /// use distributed::cost::Network;
    ///
    /// let network = Network::fit(&[(0.0, 2e-6), (1e6, 102e-6), (4e6, 402e-6)]);
    /// assert!((network.latency - 2e-6).abs() < 1e-12);
    /// assert!((network.bandwidth - 1e10).abs() < 1.0);
    /// ```
    ///
    /// If that would give a negative latency, it is 0, and the bandwidth is fitted alone.
    ///
    /// # Panics
    /// If there are not two sizes, or larger messages take no more time than smaller ones.
    #[track_caller]
    pub fn fit(measured: &[(f64, f64)]) -> Self {
        // Not by the determinant below, which rounding may leave above 0.
        let is_other = |&(bytes, _): &(f64, f64)| bytes != measured[0].0;
        assert!(measured.iter().any(is_other), "fit: a line needs messages of two sizes");
        // Sums over the weights 1/seconds².
        let mut sums = [0.0; 5];
        for &(bytes, seconds) in measured {
            let weight = 1.0 / (seconds * seconds);
            let terms = [1.0, bytes, bytes * bytes, seconds, bytes * seconds];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weight * term);
        }
        let [w, x, xx, y, xy] = sums;
        let determinant = w * xx - x * x;
        let (latency, slope) = ((y * xx - x * xy) / determinant, (w * xy - x * y) / determinant);
        assert!(
            slope > 0.0,
            "fit: each further byte takes {slope:.1e} seconds, and a bandwidth needs more than 0: measure larger \
             messages, or each size several times"
        );
        match latency < 0.0 {
            true => Self { latency: 0.0, bandwidth: xx / xy },
            false => Self { latency, bandwidth: 1.0 / slope },
        }
    }
}

/// A way to add up a gradient over all workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each worker adds up a slice, and sends it to all.
    Slices,
    /// Whole gradients go up a tree of workers, and their sum comes down.
    Tree,
}

/// A step of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepCost {
    /// The number of shards of its batch.
    pub shards: usize,
    /// The seconds of a shard, forward and backward.
    pub shard: f64,
    /// The seconds of what each worker does by itself: the optimizer, the observers.
    pub fixed: f64,
    /// The bytes of a gradient.
    pub bytes: f64,
}

impl StepCost {
    /// Returns the seconds of computing on this number of workers.
    pub fn computation(&self, workers: usize) -> f64 {
        self.shards.div_ceil(workers) as f64 * self.shard + self.fixed
    }

    /// Returns the seconds of communication.
    pub fn communication(&self, network: Network, workers: usize, way: Way) -> f64 {
        if workers == 1 {
            return 0.0;
        }
        let Network { latency, bandwidth } = network;
        let others = (workers - 1) as f64;
        let rounds = f64::from(workers.next_power_of_two().ilog2());
        match way {
            Way::Slices => {
                let messages = 2.0 * others + 4.0 * rounds;
                messages * latency + 2.0 * self.bytes * others / workers as f64 / bandwidth
            }
            Way::Tree => 2.0 * rounds * (latency + self.bytes / bandwidth),
        }
    }

    /// Returns the seconds of the step.
    pub fn seconds(&self, network: Network, workers: usize, way: Way) -> f64 {
        self.computation(workers) + self.communication(network, workers, way)
    }

    /// Returns the seconds of the step if gradients were sent while the last shard of each worker still walks back,
    /// which is two thirds of its time. That hides the first half of the communication at best: the sums can be sent
    /// to all only once they are complete.
    pub fn overlapped(&self, network: Network, workers: usize, way: Way) -> f64 {
        let sent = self.communication(network, workers, way) / 2.0;
        self.seconds(network, workers, way) - sent.min(self.shard * 2.0 / 3.0)
    }

    /// Returns the efficiency: the time that one worker takes alone, divided by the total time of all workers.
    pub fn efficiency(&self, network: Network, workers: usize, way: Way) -> f64 {
        let alone = self.seconds(network, 1, way);
        alone / (workers as f64 * self.seconds(network, workers, way))
    }

    /// Returns the largest number of workers, a power of two up to `most`, that is worth it: a step takes at most
    /// nine tenths of the time that half as many take.
    pub fn worthwhile(&self, network: Network, most: usize, way: Way) -> usize {
        let seconds = |workers| self.seconds(network, workers, way);
        let doublings = std::iter::successors(Some(1), |workers| Some(workers * 2));
        let worth = doublings
            .take_while(|&workers| workers <= most)
            .take_while(|&workers| workers == 1 || seconds(workers) <= 0.9 * seconds(workers / 2));
        worth.last().unwrap_or(1)
    }

    /// Returns the number of shards that each worker must add up before it sends, for communication to take at most
    /// this share of a step.
    pub fn shards_for(&self, share: f64, network: Network, workers: usize, way: Way) -> usize {
        let sent = self.communication(network, workers, way);
        let computed = sent * (1.0 - share) / share - self.fixed;
        ((computed / self.shard).ceil() as usize).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: Network = Network { latency: 1e-6, bandwidth: 1e9 };
    const STEP: StepCost = StepCost { shards: 1024, shard: 1e-3, fixed: 1e-4, bytes: 1e6 };

    /// The determinant of these is 12288, by rounding.
    #[test]
    #[should_panic(expected = "fit: a line needs messages of two sizes")]
    fn messages_of_one_size_are_refused() {
        let seconds = [0.0006867973703249008, 0.0009690716096438056, 0.0007261267488450688];
        Network::fit(&seconds.map(|seconds| (1000.0, seconds)));
    }

    #[test]
    #[should_panic(
        expected = "fit: each further byte takes -1.0e-12 seconds, and a bandwidth needs more than 0: measure larger \
                    messages, or each size several times"
    )]
    fn a_network_in_which_larger_messages_take_less_time_panics() {
        Network::fit(&[(0.0, 2e-6), (1e6, 1e-6)]);
    }

    #[test]
    fn a_latency_that_would_be_negative_is_0_and_the_bandwidth_fits_without_it() {
        let network = Network::fit(&[(1e6, 1e-3), (2e6, 4e-3)]);
        assert_eq!(network.latency, 0.0);
        // The least squares of the relative errors 1 - 1e6 x / 1e-3 and 1 - 2e6 x / 4e-3 are at x = 1.2e-9.
        assert!((network.bandwidth * 1.2e-9 - 1.0).abs() < 1e-12, "{network:?}");
    }

    #[test]
    fn one_worker_sends_nothing_and_is_efficient() {
        assert_eq!(STEP.seconds(NETWORK, 1, Way::Slices), 1024.0 * 1e-3 + 1e-4);
        assert_eq!(STEP.efficiency(NETWORK, 1, Way::Tree), 1.0);
    }

    #[test]
    fn two_workers_exchange_half_a_gradient_twice() {
        let slices = STEP.communication(NETWORK, 2, Way::Slices);
        assert!((slices - (6.0 * 1e-6 + 1e-3)).abs() < 1e-12);
        let tree = STEP.communication(NETWORK, 2, Way::Tree);
        assert!((tree - (2.0 * 1e-6 + 2e-3)).abs() < 1e-12);
    }

    #[test]
    fn long_gradients_are_sent_in_slices_and_short_ones_along_a_tree() {
        let at = |bytes, way| StepCost { bytes, ..STEP }.communication(NETWORK, 256, way);
        assert!(at(1e7, Way::Slices) < at(1e7, Way::Tree));
        assert!(at(1e3, Way::Slices) > at(1e3, Way::Tree));
    }

    #[test]
    fn workers_stop_to_pay_where_communication_outweighs_computation() {
        let step = StepCost { shards: 1024, shard: 1e-4, fixed: 0.0, bytes: 1e6 };
        let most = step.worthwhile(NETWORK, 1024, Way::Slices);
        assert!((8..1024).contains(&most), "{most}");
        let seconds = |workers| step.seconds(NETWORK, workers, Way::Slices);
        assert!(seconds(most) <= 0.9 * seconds(most / 2));
        assert!(seconds(2 * most) > 0.9 * seconds(most));
    }

    #[test]
    fn more_shards_a_worker_bring_communication_down_to_its_share() {
        let shards = STEP.shards_for(0.1, NETWORK, 64, Way::Slices);
        let sent = STEP.communication(NETWORK, 64, Way::Slices);
        let step = sent + STEP.fixed + shards as f64 * STEP.shard;
        assert!(sent / step <= 0.1);
        assert!(sent / (step - STEP.shard) > 0.1);
    }

    #[test]
    fn overlap_hides_no_more_than_half_of_the_communication() {
        let (plain, hidden) =
            (STEP.seconds(NETWORK, 8, Way::Slices), STEP.overlapped(NETWORK, 8, Way::Slices));
        let sent = STEP.communication(NETWORK, 8, Way::Slices);
        assert!(hidden < plain && hidden >= plain - sent / 2.0);
    }
}

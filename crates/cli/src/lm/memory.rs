//! Estimates the memory that a training step takes: a run that the system would kill is refused before it begins.

use std::fs;

use nn::DecoderConfig;
use tensor::parallel::threads;
use train::{EVALUATION_ITEMS, most_at_once};

use super::teaching::Teaching;

/// The bytes of a number.
const NUMBER: f64 = 4.0;

/// The memory that is assumed where the system does not say how much there is, in bytes.
const ASSUMED: f64 = 64e9;

/// Returns an error if a step of training takes more memory than there is, or a validation on this many windows does.
pub fn check(
    config: &DecoderConfig,
    teaching: &Teaching,
    validation_windows: usize,
) -> Result<(), String> {
    let available = available().unwrap_or(ASSUMED);
    check_step(config, teaching, available)?;
    let needed = of_validation(config, validation_windows);
    if needed <= available {
        return Ok(());
    }
    let (needed, available, threads) = (shown(needed), shown(available), threads());
    Err(format!(
        "a validation would need about {needed} of memory, but only {available} is available: it passes \
         {EVALUATION_ITEMS} tokens at a time on each of {threads} threads; choose a smaller --width, --layers or \
         --validation, or fewer threads with RAYON_NUM_THREADS"
    ))
}

fn check_step(config: &DecoderConfig, teaching: &Teaching, available: f64) -> Result<(), String> {
    let windows = windows_at_once(teaching);
    let needed = of_a_step(config, teaching, windows);
    if needed <= available {
        return Ok(());
    }
    let of_attention = of_attention(config, windows);
    let advice = match of_attention < needed / 2.0 {
        true => "choose a smaller --width, --layers, --context or --batch-size".to_string(),
        false => format!(
            "the weights of attention alone are windows · heads · context² numbers in each block, {windows} · {} · {}² \
             in {} of them, about {}; choose a smaller --context or --batch-size, or more --shards",
            config.heads,
            config.context,
            config.layers,
            shown(of_attention),
        ),
    };
    let (needed, available) = (shown(needed), shown(available));
    Err(format!(
        "a step of training would need about {needed} of memory, but only {available} is available: {advice}"
    ))
}

/// Returns the most windows that are on tapes at the same time: each thread has a shard.
fn windows_at_once(teaching: &Teaching) -> usize {
    let shards = shards(teaching);
    teaching.windows().div_ceil(shards) * shards.min(threads())
}

fn shards(teaching: &Teaching) -> usize {
    (teaching.shards * teaching.accumulate).min(teaching.windows())
}

/// Returns the bytes that the weights of attention take.
fn of_attention(config: &DecoderConfig, windows: usize) -> f64 {
    let [heads, context, layers] =
        [config.heads, config.context, config.layers].map(|size| size as f64);
    NUMBER * windows as f64 * layers * heads * context * context
}

/// Returns about how many bytes a step takes: the parameters with Adam's two moments, the gradients of the shards that
/// are added up together, and what the tapes of this many windows hold.
fn of_a_step(config: &DecoderConfig, teaching: &Teaching, windows: usize) -> f64 {
    let (shards, together) = (shards(teaching), most_at_once());
    // Their sum, and that of each larger subtree.
    let sums = shards.ilog2().max(1) as usize;
    let gradients = if shards == 1 { 1 } else { shards.min(together) + sums };
    let parameters = NUMBER * config.parameter_count() as f64;
    (3.0 + gradients as f64) * parameters
        + of_tapes(config, windows * config.context)
        + of_attention(config, windows)
}

/// Returns about how many bytes the tapes of this many places hold, without the weights of attention.
fn of_tapes(config: &DecoderConfig, places: usize) -> f64 {
    let [width, hidden, layers, vocabulary] =
        [config.width, config.feed_forward, config.layers, config.vocabulary]
            .map(|size| size as f64);
    // A block keeps two norms, Q, K and V before and after the rotation, the output of attention, the two outputs that
    // are added to the residual stream, and both sums. The logits come with their softmax and their adjoints.
    NUMBER * places as f64 * (layers * (14.0 * width + 3.0 * hidden) + 3.0 * vocabulary)
}

/// Returns about how many bytes a validation takes: the parameters, the moments, and a batch on each thread.
fn of_validation(config: &DecoderConfig, windows: usize) -> f64 {
    let parameters = 3.0 * NUMBER * config.parameter_count() as f64;
    let together = threads() * EVALUATION_ITEMS.max(config.context);
    parameters + of_tapes(config, together.min(windows * config.context))
}

/// Returns the bytes that a new program can have, if the system says it: Linux does.
fn available() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Returns a number of bytes for people.
fn shown(bytes: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB")];
    let (size, unit) = units.into_iter().find(|(size, _)| bytes >= *size).unwrap_or((1e6, "MB"));
    format!("{:.1} {unit}", bytes / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_takes_memory_for_its_windows_up_to_a_batch_on_each_thread() {
        let config = DecoderConfig::small(256);
        let of_weights = 12.0 * config.parameter_count() as f64;
        assert_eq!(of_validation(&config, 0), of_weights);
        let of_one = of_validation(&config, 1) - of_weights;
        assert_eq!(of_validation(&config, 8), of_weights + 8.0 * of_one);
        let batches = threads() * EVALUATION_ITEMS / config.context;
        let largest = of_validation(&config, batches);
        assert_eq!(of_validation(&config, 10 * batches), largest);
    }
}

//! What the programs share of `lm` and `generate`, the workloads of a language model.
//!
//! Tokens and weights are hashes of their places, which benches/peers/language.py computes alike. So all
//! programs begin with the same model, and `benches/peers/run --agree` compares their first losses.

pub const VOCABULARY: usize = 256;
pub const WIDTH: usize = 128;
pub const LAYERS: usize = 4;
pub const HEADS: usize = 4;
pub const HIDDEN: usize = 344;
pub const BATCH: usize = 8;
pub const CONTEXT: usize = 128;
pub const THETA: f64 = 10_000.0;
pub const EPSILON: f64 = 1e-5;

/// The rate of AdamW, whose decay applies to every parameter.
pub const RATE: f64 = 0.001;
pub const DECAY: f64 = 0.01;

/// Tokens that `generate` begins with, and how many it adds.
pub const PROMPT: usize = 16;
pub const GENERATED: usize = 100;

/// The matrices of a block, [inputs, outputs], in the order that numbers them.
pub const MATRICES: [(&str, [usize; 2]); 7] = [
    ("attention.query", [WIDTH, WIDTH]),
    ("attention.key", [WIDTH, WIDTH]),
    ("attention.value", [WIDTH, WIDTH]),
    ("attention.output", [WIDTH, WIDTH]),
    ("feed_forward.gate", [WIDTH, HIDDEN]),
    ("feed_forward.up", [WIDTH, HIDDEN]),
    ("feed_forward.down", [HIDDEN, WIDTH]),
];

/// Returns tokens `[samples, context]`, and those one place later.
pub fn batch(samples: usize, context: usize) -> [Vec<u32>; 2] {
    let tokens = hashes(0, samples * (context + 1)).map(|hash| hash % VOCABULARY as u32);
    let tokens: Vec<u32> = tokens.collect();
    let rows = || tokens.chunks(context + 1);
    [rows().flat_map(|row| &row[..context]).copied().collect(), {
        rows().flat_map(|row| &row[1..]).copied().collect()
    }]
}

/// Returns the tokens that `generate` begins with.
pub fn prompt() -> Vec<u32> {
    batch(BATCH, CONTEXT)[0][..PROMPT].to_vec()
}

/// Returns the table of the embedding, `[VOCABULARY, WIDTH]`.
pub fn table() -> Vec<f32> {
    uniform(1, 0.05, VOCABULARY * WIDTH)
}

/// Returns the matrix of this number in a block, `[inputs, outputs]`.
pub fn matrix(block: usize, number: usize) -> Vec<f32> {
    let [inputs, outputs] = MATRICES[number].1;
    let seed = 10 * (block + 1) + number;
    uniform(seed as u32, (inputs as f64).powf(-0.5), inputs * outputs)
}

/// Returns numbers from −scale to scale.
fn uniform(seed: u32, scale: f64, count: usize) -> Vec<f32> {
    let number = |hash: u32| scale * (f64::from(hash) / 2f64.powi(31) - 1.0);
    hashes(seed, count).map(|hash| number(hash) as f32).collect()
}

/// Returns numbers hashed by Wellons' lowbias32.
fn hashes(seed: u32, count: usize) -> impl Iterator<Item = u32> {
    (0..count as u32).map(move |place| {
        let mut x = place.wrapping_add(seed.wrapping_mul(0x9E37_79B9));
        x = (x ^ x >> 16).wrapping_mul(0x7FEB_352D);
        x = (x ^ x >> 15).wrapping_mul(0x846C_A68B);
        x ^ x >> 16
    })
}

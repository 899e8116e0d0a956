//! Products of matrices by wengert, which calls the kernels of the crate `gemm`, and by faer, which has its own:
//! GFLOP/s of f32, the best of several rounds, on all cores or as many as `RAYON_NUM_THREADS` says.
//!
//!     RAYON_NUM_THREADS=1 products
//!
//! `A·B`, `A·Bᵀ` and `Aᵀ·B` are the products of a dense layer: forward, and backward to its input and its weight.
//! wengert runs first: the threads of faer stay awake after a product, and would take the cores from it.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use tensor::Tensor;

/// Rows of A, inner length, columns of B.
const SIZES: [[usize; 3]; 4] =
    [[1024, 1024, 1024], [256, 512, 1376], [128, 128, 128], [32, 512, 512]];

const ROUNDS: usize = 50;

fn main() {
    tensor::parallel::use_this_thread();
    let threads = tensor::parallel::threads();
    println!("{:>18} {:>5} {:>8} {:>8}", "size", "", "faer", "wengert");
    for size in SIZES {
        for form in [Form::Plain, Form::RightTransposed, Form::LeftTransposed] {
            let rates = Product::new(size, form).rates(threads);
            let [m, k, n] = size;
            let [faer, wengert] = rates.map(|rate| format!("{rate:8.1}"));
            println!("{:>18} {:>5} {faer} {wengert}", format!("{m}×{k}×{n}"), form.name());
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    RightTransposed,
    LeftTransposed,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::Plain => "A·B",
            Form::RightTransposed => "A·Bᵀ",
            Form::LeftTransposed => "Aᵀ·B",
        }
    }
}

/// The factors, by rows; the one that is transposed is kept as its transpose.
struct Product {
    size: [usize; 3],
    form: Form,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Product {
    fn new(size: [usize; 3], form: Form) -> Self {
        let [m, k, n] = size;
        let numbers = |count| (0..count).map(|i| (i % 97) as f32 / 97.0 - 0.5).collect();
        Self { size, form, left: numbers(m * k), right: numbers(k * n) }
    }

    /// Gives the best rates of faer and of wengert.
    fn rates(&self, threads: usize) -> [f64; 2] {
        let [m, k, n] = self.size;
        let mut by_faer = vec![0.0; m * n];
        let (a, b) = self.tensors();
        let mut by_wengert = a.matmul(&b);
        let ours = seconds(|| by_wengert = black_box(a.matmul(&b)));
        let best = [seconds(|| self.multiply_by_faer(&mut by_faer, threads)), ours];
        for (x, y) in by_wengert.to_vec().iter().zip(&by_faer) {
            assert!((x - y).abs() < 1e-2, "both compute the same: {x} {y}");
        }
        best.map(|seconds| 2e-9 * (m * k * n) as f64 / seconds)
    }

    fn tensors(&self) -> (Tensor, Tensor) {
        let [m, k, n] = self.size;
        let (left, right) = (self.left.clone(), self.right.clone());
        match self.form {
            Form::Plain => (Tensor::new([m, k], left), Tensor::new([k, n], right)),
            Form::RightTransposed => (Tensor::new([m, k], left), Tensor::new([n, k], right).t()),
            Form::LeftTransposed => (Tensor::new([k, m], left).t(), Tensor::new([k, n], right)),
        }
    }

    fn multiply_by_faer(&self, product: &mut [f32], threads: usize) {
        let [m, k, n] = self.size;
        let left = match self.form {
            Form::LeftTransposed => MatRef::from_row_major_slice(&self.left, k, m).transpose(),
            _ => MatRef::from_row_major_slice(&self.left, m, k),
        };
        let right = match self.form {
            Form::RightTransposed => MatRef::from_row_major_slice(&self.right, n, k).transpose(),
            _ => MatRef::from_row_major_slice(&self.right, k, n),
        };
        let product = MatMut::from_row_major_slice_mut(product, m, n);
        let parallelism = if threads > 1 { Par::rayon(threads) } else { Par::Seq };
        matmul(product, Accum::Replace, left, right, 1.0, parallelism);
    }
}

/// The time of the fastest of several rounds.
fn seconds(mut work: impl FnMut()) -> f64 {
    thread::sleep(Duration::from_millis(20));
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

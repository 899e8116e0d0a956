//! From a file to token ids: the speed of reading a CSV file, of counting its words, and of numbering them.
//!
//!     cargo bench --bench reading               a file of 100 MB
//!     cargo bench --bench reading -- 500        of 500 MB
//!     cargo bench --bench reading -- 500 FILE   keeps the file, for other programs to read
//!
//! The texts are of 50,000 different words by Zipf's law, 20 a row in the mean; one row in four is quoted and
//! holds a comma and a doubled quote. Everything runs on one core. The best of five runs counts.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use data::{Table, Tokenizer};
use rand::distr::Distribution;
use rand::{Rng, RngExt};
use rand_distr::Zipf;
use tensor::Key;

const WORDS: usize = 50_000;
const RUNS: usize = 5;

/// Draws words of 2 to 10 letters.
fn words(rng: &mut impl Rng) -> Vec<String> {
    let mut word = || -> String {
        let length = rng.random_range(2..=10);
        (0..length).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
    };
    (0..WORDS).map(|_| word()).collect()
}

/// Writes a file of at least this many bytes, and returns its size.
fn write_file(path: &Path, bytes: usize) -> io::Result<usize> {
    let mut rng = Key::new(1).rng();
    let words = words(&mut rng);
    let ranks = Zipf::new(WORDS as f64, 1.0).expect("a distribution");
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"text,label\n")?;
    let mut written = 0;
    let mut line = String::new();
    while written < bytes {
        line.clear();
        let quoted = rng.random_bool(0.25);
        line.push_str(if quoted { "\"Well, \"\"" } else { "" });
        for number in 0..rng.random_range(10..=30) {
            let rank = ranks.sample(&mut rng) as usize;
            line.push_str(if number > 0 { " " } else { "" });
            line.push_str(&words[rank - 1]);
        }
        line.push_str(if quoted { "\"\".\",yes\n" } else { ".,no\n" });
        file.write_all(line.as_bytes())?;
        written += line.len();
    }
    file.flush()?;
    Ok(written)
}

/// Prints the best rate of several runs, and returns the last result.
fn timed<R>(what: &str, bytes: usize, mut run: impl FnMut() -> R) -> R {
    let (mut best, mut result) = (f64::INFINITY, None);
    for _ in 0..RUNS {
        drop(result.take());
        let start = Instant::now();
        result = Some(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:<28} {:>6.0} MB/s", bytes as f64 / 1e6 / best);
    result.expect("there is at least one run")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo bench` adds an option of its own.
    let mut given = env::args().skip(1).filter(|argument| argument != "--bench");
    let megabytes: usize = given.next().map_or(Ok(100), |argument| argument.parse())?;
    let kept = given.next().map(PathBuf::from);
    let path = kept.clone().unwrap_or_else(|| {
        env::temp_dir().join(format!("wengert-reading-{}.csv", std::process::id()))
    });
    let bytes = write_file(&path, megabytes * 1_000_000)?;
    println!("{} MB", bytes / 1_000_000);

    let table = timed("read the file into rows", bytes, || Table::read(&path))?;
    if kept.is_none() {
        std::fs::remove_file(&path)?;
    }
    let texts = table.text("text")?;
    let bytes = texts.iter().map(|text| text.len()).sum();
    let tokenizer = timed("count and rank the words", bytes, || {
        let mut tokenizer = Tokenizer::new().with_num_words(20_000);
        tokenizer.fit_on_texts(&texts);
        tokenizer
    });
    let sequences = timed("number them", bytes, || tokenizer.texts_to_sequences(&texts));
    println!("{} tokens", sequences.iter().map(Vec::len).sum::<usize>());
    Ok(())
}

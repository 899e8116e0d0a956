//! Wrong answers to the exercises of chapter 8.

use tensor::Tensor;

pub fn merge_overlapping(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    let mut merged = Vec::new();
    let mut used = false;
    for i in 0..ids.len() {
        let is_pair = ids[i..].starts_with(&pair);
        if is_pair {
            merged.push(new);
        } else if !used {
            merged.push(ids[i]);
        }
        used = is_pair;
    }
    merged
}

fn replaced(ids: &[u32], place: usize, new: u32) -> Vec<u32> {
    [&ids[..place], &[new], &ids[place + 2..]].concat()
}

fn place(ids: &[u32], pair: [u32; 2]) -> Option<usize> {
    ids.windows(2).position(|two| two == pair)
}

pub fn merge_first_only(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    place(ids, pair).map_or(ids.to_vec(), |place| replaced(ids, place, new))
}

pub fn merge_last_lost(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    let mut merged = Vec::new();
    let mut i = 0;
    while i + 1 < ids.len() {
        let is_pair = ids[i..].starts_with(&pair);
        merged.push(if is_pair { new } else { ids[i] });
        i += if is_pair { 2 } else { 1 };
    }
    merged
}

pub fn merge_from_the_right(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    let mut merged = Vec::new();
    let mut end = ids.len();
    while end > 0 {
        let is_pair = ids[..end].ends_with(&pair);
        merged.push(if is_pair { new } else { ids[end - 1] });
        end -= if is_pair { 2 } else { 1 };
    }
    merged.reverse();
    merged
}

pub fn merge_again(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    let mut ids = ids.to_vec();
    while let Some(place) = place(&ids, pair) {
        ids = replaced(&ids, place, new);
    }
    ids
}

type T = Tensor<f64>;

fn rows(dy: &T) -> impl Iterator<Item = Vec<f64>> {
    (0..dy.shape()[0]).map(|i| dy.slice(0, i..=i).to_vec())
}

pub fn embedding_overwritten(ids: &[usize], count: usize, dy: &T) -> T {
    let width = dy.shape()[1];
    let mut table = vec![0.0; count * width];
    for (&id, row) in ids.iter().zip(rows(dy)) {
        table[id * width..][..width].copy_from_slice(&row);
    }
    Tensor::new([count, width], table)
}

pub fn embedding_mean(ids: &[usize], count: usize, dy: &T) -> T {
    let width = dy.shape()[1];
    let mut table = vec![0.0; count * width];
    for (&id, row) in ids.iter().zip(rows(dy)) {
        let times = ids.iter().filter(|&&other| other == id).count() as f64;
        table[id * width..][..width].iter_mut().zip(row).for_each(|(sum, dy)| *sum += dy / times);
    }
    Tensor::new([count, width], table)
}

pub fn embedding_by_place(_: &[usize], count: usize, dy: &T) -> T {
    let width = dy.shape()[1];
    let mut table = vec![0.0; count * width];
    table.iter_mut().zip(dy.to_vec()).for_each(|(sum, dy)| *sum += dy);
    Tensor::new([count, width], table)
}

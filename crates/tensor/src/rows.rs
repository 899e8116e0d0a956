//! Picking rows by number, and adding rows back.
//!
//! [`gather_rows`](Tensor::gather_rows) and [`scatter_add_rows`](Tensor::scatter_add_rows) are each
//! other's adjoint: `⟨gather(x), y⟩ = ⟨x, scatter(y)⟩`.

use std::collections::BTreeMap;

use crate::buffer::{self, Buffer};
use crate::pairwise::Pairwise;
use crate::shape::{self, Shape, expect};
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor};

impl<T: Copy + 'static> Tensor<T> {
    /// Returns the rows, that is the entries along the first axis, that `ids` names: the result has the
    /// shape of `ids` followed by the shape of a row.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let table = Tensor::from([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]);
    /// let rows = table.gather_rows(&Tensor::from([2, 0]));
    /// assert_eq!(rows, Tensor::from([[2.0, 2.5], [0.0, 0.5]]));
    /// ```
    ///
    /// # Panics
    /// If the tensor is a scalar, or a row does not exist.
    #[track_caller]
    pub fn gather_rows(&self, ids: &Tensor<u32>) -> Self {
        assert!(self.rank() > 0, "gather_rows: a scalar has no rows");
        let row = &self.shape()[1..];
        let width = shape::len(row);
        let ids_in_order = ids.values();
        expect("gather_rows", shape::rows_exist(&ids_in_order, self.shape()[0]));
        let shape: Shape = ids.shape().iter().chain(row).copied().collect();
        if shape::len(&shape) == 0 {
            return Self::new(shape, Vec::new());
        }
        let mut gathered =
            buffer::stale(shape::len(&shape), self.storage()[self.layout().offset()]);
        let targets = ids_in_order.iter().zip(gathered.chunks_exact_mut(width));
        if !self.layout().is_contiguous() {
            // A view is not written out whole, only these rows.
            for (&id, target) in targets {
                target.copy_from_slice(&self.slice(0, id as usize..id as usize + 1).values());
            }
            return Self::from_buffer(&shape, gathered);
        }
        let values = self.values();
        for (&id, target) in targets {
            let start = id as usize * width;
            target.copy_from_slice(&values[start..start + width]);
        }
        Self::from_buffer(&shape, gathered)
    }
}

impl<T: Scalar> Tensor<T> {
    /// Returns the sum of the rows in each of several lists, `[lists, width]`. The lists follow one another in `rows`,
    /// and `ends` has the end of each. The sum of an empty list is zero. This is as accurate as [`RowSums`],
    /// and faster, because each sum is written once.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let table = Tensor::from([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]);
    /// let sums = table.sum_rows(&[2, 1, 1], &[2, 2, 3]);
    /// assert_eq!(sums, Tensor::from([[3.0, 4.0], [0.0, 0.0], [1.0, 1.5]]));
    /// ```
    ///
    /// # Panics
    /// If the tensor is not a matrix, a row does not exist, or the lists do not end in order, the last of them where
    /// `rows` ends.
    #[track_caller]
    pub fn sum_rows(&self, rows: &[u32], ends: &[usize]) -> Self {
        let &[count, width] = self.shape() else {
            panic!("sum_rows: shape {:?} must have two axes", self.shape());
        };
        expect("sum_rows", shape::rows_exist(rows, count));
        assert!(
            ends.is_sorted() && ends.last().copied().unwrap_or(0) == rows.len(),
            "sum_rows: the lists must end in order, and the last of them after all {} rows",
            rows.len()
        );
        let table = self.values();
        let mut sums = buffer::stale(ends.len() * width, T::ZERO);
        vectorized(
            #[inline(always)]
            || {
                let (mut start, targets) = (0, sums.chunks_exact_mut(width.max(1)));
                for (&end, sum) in ends.iter().zip(targets) {
                    sum_of_rows(&table, &rows[start..end], sum);
                    start = end;
                }
            },
        );
        Self::from_buffer(&[ends.len(), width], sums)
    }

    /// Returns a tensor of `count` rows. Each row of this tensor is added to the row that its id names;
    /// rows that no id names are zero.
    ///
    /// # Panics
    /// If this tensor's shape does not begin with the shape of `ids`, or an id is not below `count`.
    #[track_caller]
    pub fn scatter_add_rows(&self, ids: &Tensor<u32>, count: usize) -> Self {
        assert!(
            self.shape().starts_with(ids.shape()),
            "scatter_add_rows: shape {:?} must begin with the shape of the ids, {:?}",
            self.shape(),
            ids.shape()
        );
        let row = &self.shape()[ids.rank()..];
        let width = shape::len(row);
        let values = self.values();
        let ids_in_order = ids.values();
        expect("scatter_add_rows", shape::rows_exist(&ids_in_order, count));
        let mut sums = RowSums::new(count, width);
        vectorized(
            #[inline(always)]
            || {
                for (i, &id) in ids_in_order.iter().enumerate() {
                    sums.add(id as usize, &values[i * width..(i + 1) * width]);
                }
            },
        );
        let shape: Shape = std::iter::once(count).chain(row.iter().copied()).collect();
        sums.total().reshape(shape)
    }
}

/// Writes the sum of some rows of a table. Rows within a group are added one by one, and groups two by two.
#[inline(always)]
fn sum_of_rows<T: Scalar>(table: &[T], rows: &[u32], sum: &mut [T]) {
    match rows.len() < usize::from(ROWS_IN_A_GROUP) {
        true => sum_of_group(table, rows, sum),
        false => sum_of_groups(table, rows, sum),
    }
}

/// Writes the sum of at most one group of rows. The sum stays in registers, so only the rows are read from memory.
#[inline(always)]
fn sum_of_group<T: Scalar>(table: &[T], rows: &[u32], sum: &mut [T]) {
    let width = sum.len();
    let (blocks, rest) = sum.as_chunks_mut::<BLOCK>();
    for (number, block) in blocks.iter_mut().enumerate() {
        let mut sums = [T::ZERO; BLOCK];
        for &row in rows {
            let row = &table[row as usize * width + number * BLOCK..][..BLOCK];
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
        }
        *block = sums;
    }
    let start = width - rest.len();
    rest.fill(T::ZERO);
    for &row in rows {
        let row = &table[row as usize * width + start..][..rest.len()];
        rest.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
    }
}

#[inline(never)]
fn sum_of_groups<T: Scalar>(table: &[T], rows: &[u32], sum: &mut [T]) {
    let (whole, rest) = rows.as_chunks::<{ ROWS_IN_A_GROUP as usize }>();
    let mut groups = Pairwise::new(sum.len());
    vectorized(
        #[inline(always)]
        || {
            for group in whole {
                groups.push(
                    T::ZERO,
                    #[inline(always)]
                    |sum| sum_of_group(table, group, sum),
                    |x, y| x + y,
                );
            }
            sum_of_group(table, rest, sum);
        },
    );
    let others = groups.total(|x, y| x + y).into_iter().flatten();
    sum.iter_mut().zip(others).for_each(|(sum, &x)| *sum = x + *sum);
}

/// This many rows are added one by one to a sum. More than a [group](crate::pairwise::GROUP), because
/// a sum that is put aside is copied, and most texts have fewer words.
const ROWS_IN_A_GROUP: u8 = 64;

/// This many columns are added up at once, in registers: four of the widest there are, eight of half that width.
const BLOCK: usize = 64;

/// Sums of rows, to which rows are added in any order.
///
/// However many rows a sum gets, it is as accurate as a [sum along an axis](Tensor::sum): after some
/// rows the partial sum is put aside, and partial sums are added two by two.
///
/// ```
/// use tensor::{RowSums, Tensor};
///
/// let mut sums = RowSums::new(2, 3);
/// sums.add(1, &[1.0, 2.0, 3.0]);
/// sums.add(1, &[0.5, 0.5, 0.5]);
/// assert_eq!(sums.total(), Tensor::from([[0.0, 0.0, 0.0], [1.5, 2.5, 3.5]]));
/// ```
#[derive(Debug)]
pub struct RowSums<T: 'static> {
    width: usize,
    sums: Buffer<T>,
    /// The number of rows in each of the sums: fewer than a group.
    terms: Vec<u8>,
    /// By number, the sums that have been put aside.
    groups: BTreeMap<usize, Pairwise<T>>,
}

impl<T: Scalar> RowSums<T> {
    /// Creates `count` sums without rows, each `width` numbers long.
    pub fn new(count: usize, width: usize) -> Self {
        let sums = buffer::filled(count * width, T::ZERO);
        Self { width, sums, terms: vec![0; count], groups: BTreeMap::new() }
    }

    /// Adds a row to sum `number`.
    ///
    /// # Panics
    /// If the sum does not exist, or the row has another width.
    #[track_caller]
    #[inline(always)]
    pub fn add(&mut self, number: usize, row: &[T]) {
        assert!(row.len() == self.width, "a row of {} numbers, not {}", row.len(), self.width);
        let start = number * self.width;
        let sum = &mut self.sums[start..start + self.width];
        sum.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
        self.terms[number] += 1;
        if self.terms[number] == ROWS_IN_A_GROUP {
            self.put_aside(number);
        }
    }

    /// Puts the partial sum aside, and begins again at zero.
    #[inline(never)]
    fn put_aside(&mut self, number: usize) {
        let start = number * self.width;
        let sum = &mut self.sums[start..start + self.width];
        let groups = self.groups.entry(number).or_insert_with(|| Pairwise::new(self.width));
        vectorized(|| {
            groups.push_row(sum, |x, y| x + y);
            sum.fill(T::ZERO);
        });
        self.terms[number] = 0;
    }

    /// Returns the sums, `[count, width]`.
    pub fn total(mut self) -> Tensor<T> {
        for (&number, groups) in &mut self.groups {
            let start = number * self.width;
            let sum = &mut self.sums[start..start + self.width];
            if let Some(others) = groups.total(|x, y| x + y) {
                sum.iter_mut().zip(others).for_each(|(sum, &x)| *sum = x + *sum);
            }
        }
        Tensor::from_buffer(&[self.terms.len(), self.width], self.sums)
    }
}

//! Gradients cut into slices, one for each process to add up.
//!
//! All parameters together form one sequence of numbers, and each process gets about the same number of them.
//! A slice takes whole rows of a parameter. So a sparse gradient can be cut like a dense one, and is sent as
//! rows. Each process receives its slice of the sum of each subtree, completes the tree for this slice and
//! sends the result to all. So a process sends about twice the size of the gradient, however many processes
//! there are.

use std::ops::Range;

use autograd::{Gradient, Gradients, ParameterId, Parameters, SparseGradient};
use tensor::{Scalar, Tensor, shape};

use crate::wire::{Reader, Wire, write_count};

/// The slices of a model's parameters.
pub(super) struct Slices {
    shapes: Vec<Vec<usize>>,
    /// For each parameter, the row with which each slice begins, followed by the number of rows.
    starts: Vec<Vec<usize>>,
}

/// For each parameter a slice of its gradient, if the result depends on it.
pub(super) type Slice<T> = Vec<Option<Gradient<T>>>;

const ABSENT: u8 = 0;
const DENSE: u8 = 1;
const SPARSE: u8 = 2;

impl Slices {
    /// Cuts the parameters into this number of slices.
    pub(super) fn new<T: Scalar>(parameters: &Parameters<T>, size: usize) -> Self {
        let shapes: Vec<Vec<usize>> =
            parameters.ids().map(|id| parameters.shape(id).to_vec()).collect();
        let total: usize = shapes.iter().map(|shape| rows_of(shape) * width(shape).max(1)).sum();
        let mut before = 0;
        let mut starts = Vec::with_capacity(shapes.len());
        for shape in &shapes {
            let (rows, width) = (rows_of(shape), width(shape).max(1));
            // Row i begins at before + i·width, and is in the slice in which that number is.
            let start = |slice: usize| {
                let bound = (slice as u128 * total as u128).div_ceil(size as u128) as usize;
                bound.saturating_sub(before).div_ceil(width).min(rows)
            };
            starts.push((0..=size).map(start).collect());
            before += rows * width;
        }
        Self { shapes, starts }
    }

    /// Returns the rows of a parameter that are in a slice.
    fn rows(&self, parameter: usize, slice: usize) -> Range<usize> {
        self.starts[parameter][slice]..self.starts[parameter][slice + 1]
    }

    /// Returns `true` if a slice has an entry for a parameter. The first slice has the entries for parameters
    /// without rows.
    fn tells(&self, parameter: usize, slice: usize) -> bool {
        !self.rows(parameter, slice).is_empty()
            || (slice == 0 && rows_of(&self.shapes[parameter]) == 0)
    }

    /// Appends a slice of the gradients of all parameters to a message.
    pub(super) fn write<T: Scalar>(
        &self,
        gradients: &[Option<&Gradient<T>>],
        slice: usize,
        wire: &Wire<T>,
        message: &mut Vec<u8>,
    ) {
        for (parameter, gradient) in gradients.iter().enumerate() {
            if !self.tells(parameter, slice) {
                continue;
            }
            let (rows, width) = (self.rows(parameter, slice), width(&self.shapes[parameter]));
            match gradient {
                None => message.push(ABSENT),
                Some(Gradient::Dense(gradient)) => {
                    message.push(DENSE);
                    // If the gradient is a view, only these rows are copied.
                    let part = match gradient.rank() {
                        0 => gradient.clone(),
                        _ => gradient.slice(0, rows),
                    };
                    wire.write(&part.values(), message);
                }
                Some(Gradient::Sparse(gradient)) => {
                    message.push(SPARSE);
                    let places = places(gradient, &rows);
                    write_count(places.len(), message);
                    for &id in &gradient.ids()[places.clone()] {
                        message.extend((id - rows.start as u32).to_le_bytes());
                    }
                    let values = gradient.values().values();
                    wire.write(&values[places.start * width..places.end * width], message);
                }
            }
        }
    }

    /// Appends a slice that is cut already.
    pub(super) fn write_slice<T: Scalar>(
        &self,
        cut: &Slice<T>,
        slice: usize,
        wire: &Wire<T>,
        message: &mut Vec<u8>,
    ) {
        for (parameter, gradient) in cut.iter().enumerate() {
            if !self.tells(parameter, slice) {
                continue;
            }
            match gradient {
                None => message.push(ABSENT),
                Some(Gradient::Dense(gradient)) => {
                    message.push(DENSE);
                    wire.write(&gradient.values(), message);
                }
                Some(Gradient::Sparse(gradient)) => {
                    message.push(SPARSE);
                    write_count(gradient.ids().len(), message);
                    gradient.ids().iter().for_each(|id| message.extend(id.to_le_bytes()));
                    wire.write(&gradient.values().values(), message);
                }
            }
        }
    }

    /// Returns a slice of gradients that was written.
    pub(super) fn read<T: Scalar>(
        &self,
        slice: usize,
        wire: &Wire<T>,
        message: &mut Reader<'_>,
    ) -> Slice<T> {
        let parameters = 0..self.shapes.len();
        let gradient = |parameter| {
            if !self.tells(parameter, slice) {
                return None;
            }
            let kind = message.byte();
            let shape = self.shape(parameter, self.rows(parameter, slice).len());
            match kind {
                ABSENT => None,
                DENSE => Some(Gradient::Dense(Tensor::new(&shape, wire.read(message)))),
                _ => Some(read_rows(&shape, wire, message).into()),
            }
        };
        parameters.map(gradient).collect()
    }

    /// Returns the shape of some rows of a parameter. A single number is one row.
    fn shape(&self, parameter: usize, rows: usize) -> Vec<usize> {
        let row = self.shapes[parameter].iter().skip(1).copied();
        std::iter::once(rows).chain(row).collect()
    }

    /// Cuts a slice out of the gradients of all parameters.
    pub(super) fn cut<T: Scalar>(
        &self,
        gradients: &[Option<&Gradient<T>>],
        slice: usize,
    ) -> Slice<T> {
        let gradient = |(parameter, gradient): (usize, &Option<&Gradient<T>>)| {
            let rows = self.rows(parameter, slice);
            match gradient.filter(|_| self.tells(parameter, slice))? {
                Gradient::Dense(gradient) => {
                    let all = self.shape(parameter, rows_of(&self.shapes[parameter]));
                    Some(Gradient::Dense(gradient.reshape(all).slice(0, rows)))
                }
                Gradient::Sparse(gradient) => {
                    let places = places(gradient, &rows);
                    let own =
                        gradient.ids()[places.clone()].iter().map(|id| id - rows.start as u32);
                    let (own, values) =
                        (own.collect::<Vec<_>>(), gradient.values().slice(0, places));
                    let shape = self.shape(parameter, rows.len());
                    Some(SparseGradient::from_rows(&shape, &own, values).into())
                }
            }
        };
        gradients.iter().enumerate().map(gradient).collect()
    }

    /// Reads the gradients of all parameters from messages that each begin with a slice.
    pub(super) fn join<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        wire: &Wire<T>,
        messages: &mut [Reader<'_>],
    ) -> Gradients<T> {
        let mut gradients = Gradients::new();
        for (parameter, id) in parameters.ids().enumerate() {
            if let Some(gradient) = self.join_one(parameter, wire, messages) {
                gradients.insert(parameters, id, gradient);
            }
        }
        gradients
    }

    /// Reads the gradient of one parameter. It is of one kind in all slices, as each subtree is.
    fn join_one<T: Scalar>(
        &self,
        parameter: usize,
        wire: &Wire<T>,
        messages: &mut [Reader<'_>],
    ) -> Option<Gradient<T>> {
        let (mut kind, mut ids, mut values) = (ABSENT, Vec::new(), Vec::new());
        for (slice, message) in messages.iter_mut().enumerate() {
            if !self.tells(parameter, slice) {
                continue;
            }
            kind = message.byte();
            if kind == SPARSE {
                let start = self.rows(parameter, slice).start as u32;
                ids.extend(read_ids(message).into_iter().map(|id| id + start));
            }
            if kind == DENSE && values.is_empty() {
                values.reserve_exact(shape::len(&self.shapes[parameter]));
            }
            if kind != ABSENT {
                wire.append(message, &mut values);
            }
        }
        let shape = &self.shapes[parameter];
        match kind {
            ABSENT => None,
            DENSE => Some(Gradient::Dense(Tensor::new(shape, values))),
            _ => {
                let values = Tensor::new(self.shape(parameter, ids.len()), values);
                Some(SparseGradient::from_rows(shape, &ids, values).into())
            }
        }
    }
}

/// Returns the gradient of each parameter, in order.
pub(super) fn by_parameter<'g, T: Scalar>(
    parameters: &Parameters<T>,
    gradients: &'g Gradients<T>,
) -> Vec<Option<&'g Gradient<T>>> {
    let mut all: Vec<Option<&Gradient<T>>> = vec![None; parameters.len()];
    for (id, gradient) in gradients.iter() {
        all[place(parameters, id)] = Some(gradient);
    }
    all
}

#[track_caller]
fn place<T: Scalar>(parameters: &Parameters<T>, id: ParameterId) -> usize {
    assert!(
        id.store() == parameters.store(),
        "several processes train the parameters of one store, but the loss depends on parameters of another"
    );
    id.index()
}

/// Returns the sums of two slices, parameter by parameter.
pub(super) fn plus<T: Scalar>(first: Slice<T>, second: Slice<T>) -> Slice<T> {
    let sum = |pair| match pair {
        (Some(first), Some(second)) => Some(Gradient::plus(&first, &second)),
        (first, second) => first.or(second),
    };
    first.into_iter().zip(second).map(sum).collect()
}

/// Returns which of the rows of a sparse gradient are among some rows of its parameter.
fn places<T: Scalar>(gradient: &SparseGradient<T>, rows: &Range<usize>) -> Range<usize> {
    let place = |row| gradient.ids().partition_point(|&id| (id as usize) < row);
    place(rows.start)..place(rows.end)
}

fn read_rows<T: Scalar>(
    shape: &[usize],
    wire: &Wire<T>,
    message: &mut Reader<'_>,
) -> SparseGradient<T> {
    let ids = read_ids(message);
    let of_values: Vec<usize> =
        std::iter::once(ids.len()).chain(shape.iter().skip(1).copied()).collect();
    SparseGradient::from_rows(shape, &ids, Tensor::new(of_values, wire.read(message)))
}

fn read_ids(message: &mut Reader<'_>) -> Vec<u32> {
    let count = message.count();
    let ids = message.take(4 * count).as_chunks().0;
    ids.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect()
}

/// Returns the number of rows of a parameter; a single number is one.
fn rows_of(shape: &[usize]) -> usize {
    shape.first().copied().unwrap_or(1)
}

/// Returns the length of a row.
fn width(shape: &[usize]) -> usize {
    shape.iter().skip(1).product()
}

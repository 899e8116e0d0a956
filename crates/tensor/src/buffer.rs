//! Where the elements of a tensor live, and what becomes of a buffer that is dropped.
//!
//! The operating system gives out fresh memory page by page, at the first touch of each page, and
//! takes longer over a page than a kernel over the numbers on it. A training step asks for the same
//! sizes as the step before. So each thread keeps the buffers that it drops and hands them out
//! again: after the first step, training asks the system for nothing. Buffers of less than a
//! kilobyte are left to the allocator, which is quick with those.
//!
//! A reused buffer still holds its old numbers, so who overwrites all of a buffer anyway
//! ([`stale`]) need not have it filled with zeros first.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

/// Buffers of fewer bytes are not kept.
const SMALLEST_KEPT: usize = 1 << 10;

/// A thread keeps at most so many bytes that nobody uses.
const MOST_KEPT: usize = 1 << 28;

/// The elements of a tensor. Dropped, it leaves its memory to the next buffer of its size.
pub(crate) struct Buffer<T: 'static>(pub(crate) Vec<T>);

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        if self.0.capacity() * size_of::<T>() >= SMALLEST_KEPT {
            // A thread that is ending has no store any more; then the memory is freed.
            let _ = STORE.try_with(|store| store.borrow_mut().keep(mem::take(&mut self.0)));
        }
    }
}

impl<T: Copy> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = empty(self.0.len());
        copy.extend_from_slice(&self.0);
        Self(copy)
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// A vector without elements that has room for `capacity` of them.
pub fn empty<T: 'static>(capacity: usize) -> Vec<T> {
    let mut buffer = with_room(capacity);
    buffer.clear();
    buffer
}

/// A vector of `len` elements that all are `value`.
pub fn filled<T: Copy + 'static>(len: usize, value: T) -> Vec<T> {
    let mut buffer = empty(len);
    buffer.resize(len, value);
    buffer
}

/// A vector of `len` elements with any values, for a kernel that overwrites them all. Where there
/// is nothing to reuse they are `fill`.
pub fn stale<T: Copy + 'static>(len: usize, fill: T) -> Vec<T> {
    let mut buffer = with_room(len);
    buffer.resize(len, fill);
    buffer
}

/// A vector with room for `len` elements; which ones it holds is left open.
fn with_room<T: 'static>(len: usize) -> Vec<T> {
    match len * size_of::<T>() < SMALLEST_KEPT {
        true => Vec::with_capacity(len),
        false => STORE.with(|store| store.borrow_mut().take(len)),
    }
}

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store { types: Vec::new(), bytes: 0 }) };
}

/// The buffers that a thread keeps.
struct Store {
    /// For each element type its [`Bins`].
    types: Vec<(TypeId, Box<dyn Any>)>,
    /// The size of all kept buffers.
    bytes: usize,
}

/// The buffers of one type by size: bin `k` holds those of 2ᵏ elements.
struct Bins<T>(Vec<Bin<T>>);

struct Bin<T> {
    kept: Vec<Vec<T>>,
    /// How many were handed out and have not come back. No more than these are kept, so buffers
    /// that were made elsewhere do not pile up.
    lent: usize,
}

impl Store {
    /// A buffer with room for `len` elements: the last one that came back, as it is the most likely
    /// to be in the cache, or else a new one.
    fn take<T: 'static>(&mut self, len: usize) -> Vec<T> {
        let capacity = len.next_power_of_two();
        let bin = self.bin(capacity);
        bin.lent += 1;
        match bin.kept.pop() {
            Some(buffer) => {
                self.bytes -= capacity * size_of::<T>();
                buffer
            }
            None => Vec::with_capacity(capacity),
        }
    }

    fn keep<T: 'static>(&mut self, buffer: Vec<T>) {
        let size = buffer.capacity() * size_of::<T>();
        if !buffer.capacity().is_power_of_two() || size > MOST_KEPT {
            return;
        }
        if self.bytes + size > MOST_KEPT {
            *self = Self { types: Vec::new(), bytes: 0 };
        }
        let bin = self.bin(buffer.capacity());
        if bin.lent > 0 {
            bin.lent -= 1;
            bin.kept.push(buffer);
            self.bytes += size;
        }
    }

    /// The bin of the buffers of this capacity, a power of two.
    fn bin<T: 'static>(&mut self, capacity: usize) -> &mut Bin<T> {
        let id = TypeId::of::<T>();
        let position = self.types.iter().position(|(known, _)| *known == id);
        let position = position.unwrap_or_else(|| {
            let bins = (0..usize::BITS).map(|_| Bin { kept: Vec::new(), lent: 0 });
            self.types.push((id, Box::new(Bins::<T>(bins.collect()))));
            self.types.len() - 1
        });
        let bins = self.types[position].1.downcast_mut::<Bins<T>>();
        &mut bins.expect("each type has bins of its own").0[capacity.trailing_zeros() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = SMALLEST_KEPT;

    #[test]
    fn a_buffer_is_handed_out_again() {
        let first = Buffer(filled(SIZE, 7.0f32));
        let address = first.as_ptr();
        drop(first);
        let second = stale(SIZE, 0.0f32);
        assert_eq!((second.as_ptr(), second.len()), (address, SIZE));
        assert!(second.iter().all(|&x| x == 7.0), "nobody has filled it");
    }

    #[test]
    fn a_buffer_goes_only_to_its_own_type_and_size() {
        let first = Buffer(filled(SIZE, 1u32));
        let address = first.as_ptr() as usize;
        drop(first);
        let others =
            (filled(SIZE, 1f32), filled(SIZE + 1, 1u32), filled(SIZE / 2, 1u32), vec![0; SIZE]);
        assert_ne!(others.0.as_ptr() as usize, address);
        assert_ne!(others.1.as_ptr() as usize, address);
        assert_ne!(others.2.as_ptr() as usize, address);
        let next = filled(SIZE - 1, 1u32);
        assert_eq!(next.as_ptr() as usize, address);
    }

    #[test]
    fn what_is_asked_for_is_what_is_given() {
        drop(Buffer(filled(SIZE, 1.0f32)));
        assert!(empty::<f32>(SIZE).is_empty());
        drop(Buffer(filled(SIZE, 1.0f32)));
        assert_eq!(filled(SIZE, 2.0f32), vec![2.0; SIZE]);
        drop(Buffer(filled(SIZE / 2 + 1, 1.0f32)));
        assert_eq!(stale(SIZE, 3.0f32).len(), SIZE);
    }

    #[test]
    fn buffers_made_elsewhere_do_not_pile_up() {
        for _ in 0..100 {
            drop(Buffer(vec![0u8; SIZE]));
        }
        assert_eq!(STORE.with(|store| store.borrow().bytes), 0);
    }

    #[test]
    fn what_is_kept_is_limited() {
        let buffers = [(); 3].map(|()| Buffer(filled(MOST_KEPT / 2, 0u8)));
        drop(buffers);
        assert!(STORE.with(|store| store.borrow().bytes) <= MOST_KEPT);
    }
}

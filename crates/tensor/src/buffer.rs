//! The memory of tensors: kept by each thread when a tensor is dropped, and handed out again.
//!
//! The operating system gives out fresh memory page by page, at the first touch of each page. That
//! takes longer than a kernel's arithmetic on the numbers of the page. A training step asks for the
//! same sizes as the step before. So each thread keeps the buffers that it drops and hands them out
//! again: after the first step, training does not request any memory from the system. Buffers of less
//! than a kilobyte are left to the allocator, which is quick with those.
//!
//! The processor moves memory by the cache line of 64 bytes, and so do its widest vector
//! instructions. The allocator puts large blocks 16 bytes after the start of a line, so every vector would
//! straddle two lines. A buffer therefore has a little more room than it needs, and its elements begin
//! where a line does:
//!
//! ```text
//! allocation  │ … unused … │ element 0, 1, 2, …              │ … unused … │
//!                          └ the first multiple of 64 bytes, and up to some lines more
//! ```
//!
//! The extra lines are there because the allocator also gives all large blocks the same place
//! within a page. Arrays that a loop walks side by side would then compete for the same few sets of
//! the cache, so each new buffer begins a little further on than the last.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

use crate::vectorized::vectorized;

/// Buffers of fewer bytes are neither kept nor aligned.
const SMALLEST_KEPT: usize = 1 << 10;

/// A thread keeps at most this many unused bytes.
const MOST_KEPT: usize = 1 << 28;

/// The bytes of a cache line.
const LINE: usize = 64;

/// Buffers begin at this many different lines of a page.
const STARTS: usize = 8;

/// The lines between two such starts.
const LINES_APART: usize = 5;

/// The elements of a tensor. When a buffer is dropped, its memory goes to the next buffer of its size.
#[derive(Debug)]
pub(crate) struct Buffer<T: 'static> {
    values: Vec<T>,
    /// The position of the first element; those before it are unused.
    start: usize,
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        // Buffers are requested for `Copy` types only, so elements that need dropping are not kept.
        // They may contain buffers, whose drop would borrow the store a second time.
        let is_kept = self.values.capacity() * size_of::<T>() >= SMALLEST_KEPT;
        if is_kept && !mem::needs_drop::<T>() {
            // A thread that is ending has no store any more; then the memory is freed.
            let _ = STORE.try_with(|store| store.borrow_mut().keep(mem::take(&mut self.values)));
        }
    }
}

/// Wraps a vector as it is, without aligning it.
impl<T> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        Self { values, start: 0 }
    }
}

impl<T: Copy> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        copied(self)
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..]
    }
}

/// Creates a buffer of `len` elements that are all `value`.
pub(crate) fn filled<T: Copy>(len: usize, value: T) -> Buffer<T> {
    let mut buffer = stale(len, value);
    vectorized(|| buffer.fill(value));
    buffer
}

/// Creates a buffer of `len` elements with arbitrary values, for a kernel that overwrites them all.
/// Elements in memory that is not reused are `fill`.
pub(crate) fn stale<T: Copy>(len: usize, fill: T) -> Buffer<T> {
    let (mut values, start) = with_room(len);
    values.resize(start + len, fill);
    Buffer { values, start }
}

/// Creates a buffer with these elements.
pub(crate) fn copied<T: Copy>(elements: &[T]) -> Buffer<T> {
    let Some(&fill) = elements.first() else { return Vec::new().into() };
    let mut copy = stale(elements.len(), fill);
    copy.copy_from_slice(elements);
    copy
}

/// Returns a vector, and a position in it with room for `len` elements after it. The vector may hold
/// any elements.
fn with_room<T: 'static>(len: usize) -> (Vec<T>, usize) {
    match len * size_of::<T>() < SMALLEST_KEPT {
        true => (Vec::with_capacity(len), 0),
        false => STORE.with(|store| store.borrow_mut().take(len)),
    }
}

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store::new()) };
}

/// The buffers that a thread keeps.
struct Store {
    /// The [`Bins`] of each element type.
    types: Vec<(TypeId, Box<dyn Any>)>,
    /// The size of all kept buffers.
    bytes: usize,
    /// The number of buffers handed out.
    taken: usize,
}

/// The buffers of one type by size: bin `k` holds buffers of 2ᵏ elements.
struct Bins<T>(Vec<Bin<T>>);

struct Bin<T> {
    kept: Vec<Vec<T>>,
    /// The number of buffers handed out that have not come back. No more than this are kept, so
    /// buffers that were made elsewhere do not pile up.
    lent: usize,
}

impl Store {
    const fn new() -> Self {
        Self { types: Vec::new(), bytes: 0, taken: 0 }
    }

    /// Returns a vector with room for `len` elements after its start: the one that came back last,
    /// because it is the most likely to be in the cache, or a new one if there is none.
    fn take<T: 'static>(&mut self, len: usize) -> (Vec<T>, usize) {
        self.taken += 1;
        let later = self.taken % STARTS * LINES_APART * LINE / size_of::<T>();
        let room = len.next_power_of_two();
        let bin = self.bin::<T>(room);
        bin.lent += 1;
        let values = match bin.kept.pop() {
            Some(values) => {
                self.bytes -= values.capacity() * size_of::<T>();
                values
            }
            None => Vec::with_capacity(room + margin::<T>()),
        };
        let start = values.as_ptr().align_offset(LINE).saturating_add(later);
        // Elements of an odd size may never fall on the beginning of a line.
        let start = if start <= values.capacity() - room { start } else { 0 };
        (values, start)
    }

    fn keep<T: 'static>(&mut self, values: Vec<T>) {
        let size = values.capacity() * size_of::<T>();
        let room = values.capacity().saturating_sub(margin::<T>());
        if !room.is_power_of_two() || size > MOST_KEPT {
            return;
        }
        if self.bytes + size > MOST_KEPT {
            *self = Self::new();
        }
        let bin = self.bin(room);
        if bin.lent > 0 {
            bin.lent -= 1;
            bin.kept.push(values);
            self.bytes += size;
        }
    }

    /// Returns the bin for buffers with this room, a power of two.
    fn bin<T: 'static>(&mut self, room: usize) -> &mut Bin<T> {
        let id = TypeId::of::<T>();
        let position = self.types.iter().position(|(known, _)| *known == id);
        let position = position.unwrap_or_else(|| {
            let bins = (0..usize::BITS).map(|_| Bin { kept: Vec::new(), lent: 0 });
            self.types.push((id, Box::new(Bins::<T>(bins.collect()))));
            self.types.len() - 1
        });
        let bins = self.types[position].1.downcast_mut::<Bins<T>>();
        &mut bins.expect("each type has bins of its own").0[room.trailing_zeros() as usize]
    }
}

/// Returns the number of extra elements that a buffer has room for, so that it can choose its start.
fn margin<T>() -> usize {
    (1 + (STARTS - 1) * LINES_APART) * LINE / size_of::<T>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: usize = SMALLEST_KEPT;

    /// Where the allocation begins, which a reused buffer shares with the one before it.
    fn block<T>(buffer: &Buffer<T>) -> *const T {
        buffer.values.as_ptr()
    }

    proptest! {
        #[test]
        fn a_large_buffer_begins_with_a_cache_line(len in SIZE / 4..100_000usize) {
            let (small, large) = (filled(len, 1.0f32), stale(len, 1.0f64));
            prop_assert_eq!(small.as_ptr().align_offset(LINE), 0);
            prop_assert_eq!(large.as_ptr().align_offset(LINE), 0);
            prop_assert_eq!(copied(&small).as_ptr().align_offset(LINE), 0);
            prop_assert_eq!((small.len(), large.len()), (len, len));
        }

        #[test]
        fn a_copy_holds_the_same(elements in prop::collection::vec(any::<u32>(), 0..2000)) {
            prop_assert_eq!(&*copied(&elements), elements.as_slice());
            prop_assert_eq!(&*Buffer::from(elements.clone()).clone(), elements.as_slice());
        }
    }

    #[test]
    fn elements_of_an_odd_size_have_buffers_too() {
        assert_eq!(*filled(SIZE, [7u8; 3]), [[7; 3]; SIZE]);
        assert_eq!(*filled(SIZE, [7u64; 3]), [[7; 3]; SIZE]);
    }

    #[test]
    fn buffers_of_one_size_begin_at_different_places_of_a_page() {
        let buffers: Vec<_> = (0..STARTS).map(|_| filled(1 << 20, 0.0f32)).collect();
        let mut places: Vec<_> = buffers.iter().map(|b| b.as_ptr() as usize % 4096).collect();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), STARTS);
    }

    #[test]
    fn a_buffer_is_handed_out_again() {
        let first = filled(SIZE, 7.0f32);
        let address = block(&first);
        drop(first);
        let second = stale(SIZE - 1, 0.0f32);
        assert_eq!((block(&second), second.len()), (address, SIZE - 1));
        assert!(second.contains(&7.0), "it was not filled");
    }

    #[test]
    fn a_buffer_goes_only_to_its_own_type_and_size() {
        let first = filled(SIZE, 1u32);
        let address = block(&first) as usize;
        drop(first);
        let others = (filled(SIZE, 1f32), filled(SIZE + 1, 1u32), filled(SIZE / 2, 1u32));
        assert_ne!(block(&others.0) as usize, address);
        assert_ne!(block(&others.1) as usize, address);
        assert_ne!(block(&others.2) as usize, address);
        let next = filled(SIZE - 1, 1u32);
        assert_eq!(block(&next) as usize, address);
    }

    #[test]
    fn elements_may_have_buffers_of_their_own() {
        let rows: Vec<Buffer<f32>> = (0..SIZE).map(|_| filled(SIZE, 0.0)).collect();
        drop(Buffer::from(rows));
    }

    #[test]
    fn what_is_asked_for_is_what_is_given() {
        drop(filled(SIZE, 1.0f32));
        assert_eq!(*filled(SIZE, 2.0f32), [2.0; SIZE]);
        drop(filled(SIZE / 2 + 1, 1.0f32));
        assert_eq!(stale(SIZE, 3.0f32).len(), SIZE);
    }

    #[test]
    fn buffers_made_elsewhere_do_not_pile_up() {
        for _ in 0..100 {
            drop(Buffer::from(Vec::<u8>::with_capacity(SIZE + margin::<u8>())));
        }
        assert_eq!(STORE.with(|store| store.borrow().bytes), 0);
    }

    #[test]
    fn what_is_kept_is_limited() {
        let buffers = [(); 3].map(|()| filled(MOST_KEPT / 4 + 1, 0u8));
        drop(buffers);
        assert!(STORE.with(|store| store.borrow().bytes) <= MOST_KEPT);
    }
}

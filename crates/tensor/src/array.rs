//! The tensor itself: a shared buffer seen through a layout.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::buffer::{self, Buffer};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape;
use crate::strided::for_each_run;

/// An n-dimensional array of `T`, row-major when it is made, any strides when it is a view.
///
/// Cloning shares the buffer. Writing ([`as_mut_slice`](Self::as_mut_slice)) copies first if the
/// buffer is shared, so no one sees another's change.
#[derive(Clone)]
pub struct Tensor<T: 'static = f32> {
    storage: Arc<Buffer<T>>,
    layout: Layout,
}

impl<T: 'static> Tensor<T> {
    /// A tensor of this shape with the values in row-major order.
    ///
    /// # Panics
    /// When the number of values is not the product of the shape.
    #[track_caller]
    pub fn new(shape: impl AsRef<[usize]>, values: Vec<T>) -> Self {
        let shape = shape.as_ref();
        let (found, needed) = (values.len(), shape::len(shape));
        assert!(found == needed, "new: shape {shape:?} needs {needed} values, not {found}");
        Self::from_buffer(shape, values.into())
    }

    /// A tensor of this shape whose elements fill the buffer.
    pub(crate) fn from_buffer(shape: &[usize], buffer: Buffer<T>) -> Self {
        debug_assert_eq!(buffer.len(), shape::len(shape), "one element for each index");
        Self { storage: Arc::new(buffer), layout: Layout::contiguous(shape) }
    }

    /// A tensor without axes that holds one value.
    pub fn scalar(value: T) -> Self {
        Self::new([], vec![value])
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Where the elements lie in [`storage`](Self::storage).
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The whole buffer, of which a view shows a part.
    pub fn storage(&self) -> &[T] {
        &self.storage
    }

    /// The same buffer under another layout.
    pub(crate) fn with_layout(&self, layout: Layout) -> Self {
        Self { storage: Arc::clone(&self.storage), layout }
    }
}

impl<T: Copy + 'static> Tensor<T> {
    /// A tensor whose elements all are `value`.
    pub fn full(shape: impl AsRef<[usize]>, value: T) -> Self {
        let shape = shape.as_ref();
        Self::from_buffer(shape, buffer::filled(shape::len(shape), value))
    }

    /// The elements in row-major order: the buffer itself where it already lies so, else a copy.
    pub fn values(&self) -> Cow<'_, [T]> {
        match self.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(self.gather().to_vec()),
        }
    }

    /// The elements in row-major order, copied.
    pub fn to_vec(&self) -> Vec<T> {
        self.values().into_owned()
    }

    /// This tensor with its elements side by side in row-major order: itself where they lie so
    /// already, else a copy.
    pub fn contiguous(&self) -> Self {
        match self.as_slice() {
            Some(_) => self.clone(),
            None => Self::from_buffer(self.shape(), self.gather()),
        }
    }

    /// The elements in row-major order, if they lie so in the buffer.
    fn as_slice(&self) -> Option<&[T]> {
        let start = self.layout.offset();
        self.layout.is_contiguous().then(|| &self.storage[start..start + self.len()])
    }

    /// The elements in row-major order, from whatever layout, in a buffer of their own.
    fn gather(&self) -> Buffer<T> {
        if self.is_empty() {
            return Vec::new().into();
        }
        let mut values = buffer::stale(self.len(), self.storage[self.layout.offset()]);
        let mut rest = &mut values[..];
        for_each_run([&self.layout], |[run], length| {
            let target = rest.split_off_mut(..length).expect("a place for each element");
            match run.stride {
                0 => target.fill(self.storage[run.offset]),
                1 => target.copy_from_slice(&self.storage[run.offset..run.offset + length]),
                stride => {
                    let source = self.storage[run.offset..].iter().step_by(stride);
                    target.iter_mut().zip(source).for_each(|(y, &x)| *y = x);
                }
            }
        });
        values
    }

    /// The elements in row-major order, to write to. Copies first if the buffer is shared with
    /// another tensor or holds more than these elements.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if !self.layout.is_contiguous() || self.storage.len() != self.len() {
            *self = Self::from_buffer(self.shape(), self.gather());
        }
        &mut *Arc::make_mut(&mut self.storage)
    }

    /// The element at this index.
    ///
    /// # Panics
    /// When the index does not lie within the shape.
    #[track_caller]
    pub fn get(&self, index: impl AsRef<[usize]>) -> T {
        let index = index.as_ref();
        let inside =
            index.len() == self.rank() && index.iter().zip(self.shape()).all(|(i, n)| i < n);
        assert!(inside, "get: index {index:?} does not lie within shape {:?}", self.shape());
        let steps: usize =
            index.iter().zip(self.layout.strides()).map(|(i, stride)| i * stride).sum();
        self.storage[self.layout.offset() + steps]
    }

    /// The only element of a tensor that holds one.
    ///
    /// # Panics
    /// When there are none or several.
    #[track_caller]
    pub fn item(&self) -> T {
        assert!(
            self.len() == 1,
            "item: shape {:?} has {} elements, not one: reduce it first, or use get(index)",
            self.shape(),
            self.len()
        );
        self.storage[self.layout.offset()]
    }
}

impl<T: Scalar> Tensor<T> {
    /// A tensor of zeros.
    pub fn zeros(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, T::ZERO)
    }

    /// A tensor of ones.
    pub fn ones(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, T::ONE)
    }

    /// The same numbers as another scalar type, rounded to it. Free when the type is the same.
    ///
    /// ```
    /// let x = tensor::Tensor::from([0.1f32]).cast::<f64>();
    /// assert_eq!(x.item(), 0.1f32 as f64);
    /// ```
    pub fn cast<U: Scalar>(&self) -> Tensor<U> {
        let same: &dyn Any = self;
        match same.downcast_ref::<Tensor<U>>() {
            Some(same) => same.clone(),
            None => self.map(|x| U::from_f64(x.to_f64())),
        }
    }

    /// Whether every element is neither infinite nor NaN.
    pub fn is_finite(&self) -> bool {
        self.values().iter().all(|x| x.is_finite())
    }
}

impl<T: Scalar, const N: usize> From<[T; N]> for Tensor<T> {
    fn from(values: [T; N]) -> Self {
        Self::new([N], values.to_vec())
    }
}

impl<T: Scalar, const N: usize, const M: usize> From<[[T; M]; N]> for Tensor<T> {
    fn from(rows: [[T; M]; N]) -> Self {
        Self::new([N, M], rows.concat())
    }
}

/// Class labels or row numbers.
impl<const N: usize> From<[u32; N]> for Tensor<u32> {
    fn from(ids: [u32; N]) -> Self {
        Self::new([N], ids.to_vec())
    }
}

/// Row numbers, such as one sequence of token ids a row.
impl<const N: usize, const M: usize> From<[[u32; M]; N]> for Tensor<u32> {
    fn from(rows: [[u32; M]; N]) -> Self {
        Self::new([N, M], rows.concat())
    }
}

//! The tensor itself: a shared buffer seen through a layout.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::buffer::{self, Buffer};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape;
use crate::strided::for_each_run;

/// An n-dimensional array of `T`: row-major when it is created, with any strides when it is a view.
///
/// Cloning shares the buffer. Writing ([`as_mut_slice`](Self::as_mut_slice)) copies first if the
/// buffer is shared, so no tensor sees a change to another.
#[derive(Clone)]
pub struct Tensor<T: 'static = f32> {
    storage: Arc<Buffer<T>>,
    layout: Layout,
}

impl<T: 'static> Tensor<T> {
    /// Creates a tensor of this shape from its values in row-major order.
    ///
    /// # Panics
    /// If the number of values is not the product of the shape.
    #[track_caller]
    pub fn new(shape: impl AsRef<[usize]>, values: Vec<T>) -> Self {
        let shape = shape.as_ref();
        let (found, needed) = (values.len(), shape::len(shape));
        assert!(found == needed, "new: shape {shape:?} needs {needed} values, not {found}");
        Self::from_buffer(shape, values.into())
    }

    /// Creates a tensor of this shape whose elements fill the buffer.
    pub(crate) fn from_buffer(shape: &[usize], buffer: Buffer<T>) -> Self {
        debug_assert_eq!(buffer.len(), shape::len(shape), "one element for each index");
        Self { storage: Arc::new(buffer), layout: Layout::contiguous(shape) }
    }

    /// Creates a tensor without axes that holds one value.
    pub fn scalar(value: T) -> Self {
        Self::new([], vec![value])
    }

    /// Returns the length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Returns the number of axes.
    pub fn rank(&self) -> usize {
        self.shape().len()
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Returns `true` if the tensor has no elements.
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Returns the position of each element in [`storage`](Self::storage).
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the whole buffer. A view shows a part of it.
    pub fn storage(&self) -> &[T] {
        &self.storage
    }

    /// Returns the same buffer under another layout.
    pub(crate) fn with_layout(&self, layout: Layout) -> Self {
        Self { storage: Arc::clone(&self.storage), layout }
    }
}

impl<T: Copy + 'static> Tensor<T> {
    /// Creates a tensor whose elements are all `value`.
    ///
    /// # Panics
    /// If the shape has more elements than a `usize` can count.
    #[track_caller]
    pub fn full(shape: impl AsRef<[usize]>, value: T) -> Self {
        let shape = shape.as_ref();
        Self::from_buffer(shape, buffer::filled(shape::len(shape), value))
    }

    /// Returns the elements in row-major order: the buffer itself if that is its order, otherwise a copy.
    pub fn values(&self) -> Cow<'_, [T]> {
        match self.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(self.copied().to_vec()),
        }
    }

    /// Returns a copy of the elements in row-major order.
    pub fn to_vec(&self) -> Vec<T> {
        self.values().into_owned()
    }

    /// Returns this tensor with its elements side by side in row-major order: itself if they are so
    /// already, otherwise a copy.
    pub fn contiguous(&self) -> Self {
        match self.as_slice() {
            Some(_) => self.clone(),
            None => Self::from_buffer(self.shape(), self.copied()),
        }
    }

    /// Returns the elements if they are side by side in row-major order in the buffer.
    fn as_slice(&self) -> Option<&[T]> {
        let start = self.layout.offset();
        self.layout.is_contiguous().then(|| &self.storage[start..start + self.len()])
    }

    /// Returns a buffer of the elements in row-major order, from any layout.
    fn copied(&self) -> Buffer<T> {
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

    /// Returns the elements in row-major order for writing. Copies them first if the buffer is shared
    /// with another tensor or holds more than these elements.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if !self.layout.is_contiguous() || self.storage.len() != self.len() {
            *self = Self::from_buffer(self.shape(), self.copied());
        }
        &mut *Arc::make_mut(&mut self.storage)
    }

    /// Returns the element at this index.
    ///
    /// # Panics
    /// If the index is not within the shape.
    #[track_caller]
    pub fn get(&self, index: impl AsRef<[usize]>) -> T {
        let index = index.as_ref();
        let inside =
            index.len() == self.rank() && index.iter().zip(self.shape()).all(|(i, n)| i < n);
        assert!(inside, "get: index {index:?} is not within shape {:?}", self.shape());
        let steps: usize =
            index.iter().zip(self.layout.strides()).map(|(i, stride)| i * stride).sum();
        self.storage[self.layout.offset() + steps]
    }

    /// Returns the only element of a tensor that holds one.
    ///
    /// # Panics
    /// If there are none or several.
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
    /// Creates a tensor of zeros.
    ///
    /// # Panics
    /// If the shape has more elements than a `usize` can count.
    #[track_caller]
    pub fn zeros(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, T::ZERO)
    }

    /// Creates a tensor of ones.
    ///
    /// # Panics
    /// If the shape has more elements than a `usize` can count.
    #[track_caller]
    pub fn ones(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, T::ONE)
    }

    /// Returns the numbers in another scalar type, rounded to it. Only values are converted, so a dual number loses its
    /// tangent. Free, and without any change, when the type is the same.
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

    /// Returns `true` if no element is infinite or NaN.
    pub fn is_finite(&self) -> bool {
        self.values().iter().all(|x| x.is_finite())
    }
}

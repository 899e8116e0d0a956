//! Numbers as little-endian bytes, the order of most files.

use tensor::Tensor;

/// A number as bytes: `f32`, `f64` or `u32`.
pub trait LittleEndian: Copy + 'static {
    /// Returns its bytes, the lowest first.
    fn to_bytes(self) -> impl AsRef<[u8]>;
}

impl LittleEndian for f32 {
    fn to_bytes(self) -> impl AsRef<[u8]> {
        self.to_le_bytes()
    }
}

impl LittleEndian for f64 {
    fn to_bytes(self) -> impl AsRef<[u8]> {
        self.to_le_bytes()
    }
}

impl LittleEndian for u32 {
    fn to_bytes(self) -> impl AsRef<[u8]> {
        self.to_le_bytes()
    }
}

/// Returns the elements as bytes, the last axis running fastest.
pub fn little_endian<T: LittleEndian>(tensor: &Tensor<T>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of::<T>() * tensor.len());
    for number in tensor.values().iter() {
        bytes.extend_from_slice(number.to_bytes().as_ref());
    }
    bytes
}

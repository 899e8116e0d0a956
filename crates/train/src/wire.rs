//! Numbers and texts as bytes of a message, and back.
//!
//! A message has no names: both sides run the same program, and write and read in the same order. Numbers are
//! little-endian, and a float keeps every bit.

use tensor::Scalar;

/// A number that can be sent to another process.
pub trait Portable: Scalar {
    /// Appends these numbers to a message.
    fn write(numbers: &[Self], message: &mut Vec<u8>);

    /// Appends the numbers that such bytes hold.
    fn read(bytes: &[u8], numbers: &mut Vec<Self>);
}

impl Portable for f32 {
    fn write(numbers: &[Self], message: &mut Vec<u8>) {
        let start = message.len();
        message.resize(start + size_of_val(numbers), 0);
        let places = message[start..].as_chunks_mut().0;
        places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
    }

    fn read(bytes: &[u8], numbers: &mut Vec<Self>) {
        numbers.extend(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
    }
}

impl Portable for f64 {
    fn write(numbers: &[Self], message: &mut Vec<u8>) {
        let start = message.len();
        message.resize(start + size_of_val(numbers), 0);
        let places = message[start..].as_chunks_mut().0;
        places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
    }

    fn read(bytes: &[u8], numbers: &mut Vec<Self>) {
        numbers.extend(bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)));
    }
}

/// Writes numbers of one type to messages, and reads them.
pub(crate) struct Wire<T> {
    write: fn(&[T], &mut Vec<u8>),
    read: fn(&[u8], &mut Vec<T>),
}

impl<T: Portable> Wire<T> {
    pub(crate) fn new() -> Self {
        Self { write: T::write, read: T::read }
    }
}

impl<T: Scalar> Wire<T> {
    pub(crate) fn write(&self, numbers: &[T], message: &mut Vec<u8>) {
        write_count(numbers.len(), message);
        (self.write)(numbers, message);
    }

    pub(crate) fn read(&self, message: &mut Reader<'_>) -> Vec<T> {
        let mut numbers = Vec::new();
        self.append(message, &mut numbers);
        numbers
    }

    /// Appends the numbers that come next in a message.
    pub(crate) fn append(&self, message: &mut Reader<'_>, numbers: &mut Vec<T>) {
        let bytes = message.count() * size_of::<T>();
        (self.read)(message.take(bytes), numbers);
    }
}

pub(crate) fn write_count(count: usize, message: &mut Vec<u8>) {
    message.extend((count as u64).to_le_bytes());
}

pub(crate) fn write_float(number: f64, message: &mut Vec<u8>) {
    message.extend(number.to_le_bytes());
}

pub(crate) fn write_text(text: &str, message: &mut Vec<u8>) {
    write_count(text.len(), message);
    message.extend(text.as_bytes());
}

/// The part of a message that has not been read yet.
///
/// # Panics
/// If the message does not hold what is read, for instance because another program sent it.
pub(crate) struct Reader<'m>(pub(crate) &'m [u8]);

impl<'m> Reader<'m> {
    pub(crate) fn take(&mut self, bytes: usize) -> &'m [u8] {
        let (taken, left) = self.0.split_at_checked(bytes).expect("a whole message");
        self.0 = left;
        taken
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    pub(crate) fn count(&mut self) -> usize {
        u64::from_le_bytes(self.take(8).try_into().expect("8 bytes")) as usize
    }

    pub(crate) fn float(&mut self) -> f64 {
        f64::from_le_bytes(self.take(8).try_into().expect("8 bytes"))
    }

    pub(crate) fn text(&mut self) -> String {
        let bytes = self.count();
        String::from_utf8(self.take(bytes).to_vec()).expect("a text is UTF-8")
    }
}

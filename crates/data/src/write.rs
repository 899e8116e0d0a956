//! Writing CSV files, quoted as RFC 4180 says.

use std::io::{self, Write};

/// Writes rows as CSV, a header first.
///
/// # Errors
///
/// If `writer` fails, or a row's length differs from the header's.
pub fn write_csv<H, R>(
    writer: impl Write,
    header: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    H: AsRef<[u8]>,
    R: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = csv::Writer::from_writer(writer);
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.flush()
}

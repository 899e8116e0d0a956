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
    writer.write_record(header).map_err(of_its_kind)?;
    for row in rows {
        writer.write_record(row).map_err(of_its_kind)?;
    }
    writer.flush()
}

/// Returns an error of the kind that the file's has: a full disk needs other advice than a missing folder.
fn of_its_kind(error: csv::Error) -> io::Error {
    let kind = match error.kind() {
        csv::ErrorKind::Io(of_file) => of_file.kind(),
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

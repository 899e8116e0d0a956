//! Writing CSV files, quoted as RFC 4180 says.

use std::io::{self, Write};

/// Writes rows as CSV, a header first.
///
/// # Errors
///
/// If `writer` fails, or a row's length differs from the header's.
pub fn write_csv<H, R>(
    mut writer: impl Write,
    header: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    H: AsRef<str>,
    R: IntoIterator<Item: AsRef<str>>,
{
    let expected = write_row(&mut writer, header)?;
    for (index, row) in rows.into_iter().enumerate() {
        let found = write_row(&mut writer, row)?;
        if found != expected {
            return Err(io::Error::other(format!(
                "row {} has {found} fields, expected {expected} as in the header",
                index + 1
            )));
        }
    }
    writer.flush()
}

/// Writes one row and returns the number of its fields.
fn write_row(
    writer: &mut impl Write,
    fields: impl IntoIterator<Item: AsRef<str>>,
) -> io::Result<usize> {
    let fields: Vec<String> = fields.into_iter().map(|field| quoted(field.as_ref())).collect();
    // Without quotes a row of one empty field would be a blank line.
    match &fields[..] {
        [only] if only.is_empty() => writer.write_all(b"\"\"")?,
        _ => writer.write_all(fields.join(",").as_bytes())?,
    }
    writer.write_all(b"\n")?;
    Ok(fields.len())
}

/// Returns the field in double quotes if it needs them.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

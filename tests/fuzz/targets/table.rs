//! A CSV file of any bytes: what is accepted has the rows that the `csv` crate finds, and is the same
//! when it is written and read again.

#![no_main]

use csv::{ReaderBuilder, Writer};
use data::Table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = Table::parse("fuzz.csv", bytes) else { return };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    if bytes.starts_with(b"\xef\xbb\xbf") || std::str::from_utf8(bytes).is_ok() {
        assert_eq!(reader.byte_records().count(), table.rows() + 1);
    }

    let columns: Vec<String> = table.columns().map(str::to_string).collect();
    let Ok(texts) = columns.iter().map(|c| table.text(c)).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(&columns).unwrap();
    for row in 0..table.rows() {
        writer.write_record(texts.iter().map(|column| column[row])).unwrap();
    }
    let written = writer.into_inner().unwrap();
    // A header of one empty name is a blank line when it is written.
    if columns.iter().any(|name| !name.is_empty()) {
        let again = Table::parse("again.csv", &written).unwrap();
        for (column, before) in columns.iter().zip(&texts) {
            assert_eq!(&again.text(column).unwrap(), before);
        }
    }
});

//! A table of any bytes, as `wengert train FILE` reads it: the rows do not depend on the pieces in which a file
//! arrives, and what is understood of it can be learned from: inputs are finite, ids have rows in their tables, and
//! the description of all this is the same when it is written and read again.

#![no_main]

use std::io::{self, Read};

use data::{
    ColumnKind, ColumnSummary, DataFrame, FrameEncoder, HeaderRow, RowReader, TargetEncoder,
    TextReader,
};
use libfuzzer_sys::fuzz_target;

/// The number of words that a text column may know.
const WORDS: usize = 20;

fuzz_target!(|bytes: &[u8]| {
    for header in [HeaderRow::Guess, HeaderRow::Present, HeaderRow::Absent] {
        let whole = read(bytes, header);
        let Ok(frame) = &whole else { continue };
        let pieces = read(OneByte(bytes), header).unwrap();
        assert_eq!((&pieces.columns, &pieces.rows), (&frame.columns, &frame.rows));
        // A few targets are enough: each looks at all columns.
        for place in 0..frame.columns.len().min(4) {
            assert_eq!(frame.place(&frame.columns[place]), Some(place));
            learn(frame, place);
        }
    }
});

/// A source that gives one byte at a time.
struct OneByte<'a>(&'a [u8]);

impl Read for OneByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn read(source: impl Read, header: HeaderRow) -> Result<DataFrame, data::TableError> {
    RowReader::open("fuzz.csv", TextReader::new(source), header)?.read_all()
}

/// Encodes a column as the target, and the others as inputs.
fn learn(frame: &DataFrame, target: usize) {
    let rows: Vec<u32> = (0..frame.rows.len() as u32).collect();
    let summary = ColumnSummary::of_target(frame, target, None);
    let usable = |row: &&u32| {
        let cell = &frame.rows[**row as usize].cells[target];
        TargetEncoder::is_usable(summary.kind, summary.decimal, cell)
    };
    let usable: Vec<u32> = rows.iter().filter(usable).copied().collect();
    if usable.is_empty() {
        return;
    }
    let answers = TargetEncoder::fit(frame, &summary, &usable);
    let cells = usable.iter().map(|&row| frame.rows[row as usize].cells[target].as_str());
    if summary.kind != ColumnKind::Labels {
        answers.encode(cells).unwrap_or_else(|(at, error)| panic!("cell {at}: {error}"));
    }

    let others = (0..frame.columns.len()).filter(|&place| place != target);
    let summaries: Vec<_> = others.map(|place| ColumnSummary::of(frame, place, None)).collect();
    let is_input = |summary: &&ColumnSummary| summary.kind != ColumnKind::Ignore;
    let inputs: Vec<&ColumnSummary> = summaries.iter().filter(is_input).collect();
    let encoder = FrameEncoder::fit(frame, &inputs, &usable, WORDS);
    assert!(encoder.is_whole());
    let places: Vec<_> = encoder.columns().map(|name| frame.place(name)).collect();
    let (mixed, _) = encoder.encode(&places, &frame.rows);
    assert!(mixed.numbers.values().iter().all(|x| x.is_finite()));
    let categories = encoder.categories();
    for (at, (name, count)) in categories.iter().enumerate() {
        let ids = (0..frame.rows.len()).map(|row| mixed.categories.get([row, at]));
        assert!(ids.into_iter().all(|id| (id as usize) < *count), "{name}");
    }
    let saved = serde_json::to_string(&(&encoder, &answers)).unwrap();
    let (encoder_again, answers_again): (FrameEncoder, TargetEncoder) =
        serde_json::from_str(&saved).unwrap();
    assert!(encoder_again == encoder && answers_again == answers);
}

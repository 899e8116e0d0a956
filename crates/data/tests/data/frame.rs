//! Tables of any separator and encoding, what is in their columns, and what a model gets of them.

use std::io::{self, Read};

use data::{
    ColumnKind, ColumnSummary, Columns, DataFrame, DateOrder, DecimalMark, Dialect, FrameEncoder,
    HeaderRow, KnownForm, Mixed, Notation, RowReader, Samples, Separator, Sequences, Split,
    TableRow, TargetEncoder, Targets, TextEncoding, TextReader, ambiguous_numbers, folds, held_out,
    repeated_rows, revealing_columns,
};
use proptest::collection::vec;
use proptest::prelude::*;
use tensor::{Key, Tensor};

/// Bytes that come a few at a time, as from a pipe.
struct Drops<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.size.min(buffer.len()).min(self.bytes.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

fn read(bytes: &[u8], header: HeaderRow) -> (DataFrame, TextEncoding) {
    let mut rows = RowReader::open("a.csv", TextReader::new(bytes), header).unwrap();
    let frame = rows.read_all().unwrap();
    (frame, rows.encoding())
}

#[test]
fn a_known_separator_is_taken_where_another_would_be_guessed() {
    let read = |text: &str, separator: &str| {
        let known =
            KnownForm { separator: Some(separator.parse().unwrap()), ..KnownForm::default() };
        let mut rows = RowReader::open("a.csv", TextReader::new(text.as_bytes()), known).unwrap();
        let frame = rows.read_all().unwrap();
        (rows.dialect().to_string(), frame.columns, frame.rows[0].cells.clone())
    };
    let (dialect, columns, cells) = read("a,x~b,y\n1,5~2,5\n", "~");
    assert_eq!(dialect, "the character `~`");
    assert_eq!((columns.join("|"), cells.join("|")), ("a,x|b,y".into(), "1,5|2,5".into()));
    let (dialect, columns, _) = read("a;x\tb;y\n1;5\t2;5\n", "tab");
    assert_eq!((dialect.as_str(), columns.len()), ("tabs", 2));
    for wrong in ["", ";;", "€", "\"", "\n", "\r", "\0", "comma"] {
        let error = wrong.parse::<Separator>().unwrap_err().to_string();
        assert!(error.starts_with("expected one character that is one byte"), "{error}");
    }
}

/// Returns a table of these rows, with every cell in quotes.
fn written(rows: &[Vec<String>], separator: char, line_end: &str) -> String {
    let cell = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let row = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(cell).collect();
        cells.join(&separator.to_string()) + line_end
    };
    rows.iter().map(row).collect()
}

fn encoded(text: &str, encoding: usize) -> Vec<u8> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
        marked.flat_map(bytes).collect()
    };
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        2 => utf16(u16::to_le_bytes),
        _ => utf16(u16::to_be_bytes),
    }
}

proptest! {
    #[test]
    fn a_table_reads_back_the_same_whatever_its_separator_and_encoding(
        rows in vec(vec("[a-z,;|\t\"\r\n 0-9äß€中]{0,8}", 3), 1..8),
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        encoding in 0..4_usize,
        size in 1..50_usize,
        is_live: bool,
    ) {
        let header: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let all: Vec<Vec<String>> = [header.clone()].into_iter().chain(rows.clone()).collect();
        let bytes = encoded(&written(&all, separator, line_end), encoding);
        let drops = Drops { bytes: &bytes, size };
        let text = if is_live { TextReader::live(drops) } else { TextReader::new(drops) };
        let mut reader = RowReader::open("a.csv", text, HeaderRow::Present).unwrap();
        prop_assert_eq!(reader.columns(), &header[..]);
        prop_assert_eq!(reader.dialect().separator, separator);
        let read = reader.read_all().unwrap();
        let cells: Vec<Vec<String>> = read.rows.into_iter().map(|row| row.cells).collect();
        prop_assert_eq!(cells, rows);
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_give_finite_numbers(
        bytes in vec(
            prop::sample::select(b"ab,;\t|\"\"\n\n\r01.9-/ :TZ\xe9\xc3\xa9\xff\xfe\0\x80".to_vec()),
            0..120,
        ),
        size in 1..9_usize,
        is_live: bool,
    ) {
        let drops = Drops { bytes: &bytes, size };
        let text = if is_live { TextReader::live(drops) } else { TextReader::new(drops) };
        let rows = RowReader::open("a.csv", text, HeaderRow::Guess);
        let Ok(frame) = rows.and_then(|mut rows| rows.read_all()) else { return Ok(()) };
        let places: Vec<usize> = (0..frame.columns.len()).collect();
        prop_assert!(frame.rows.iter().all(|row| row.cells.len() == places.len()));
        let summaries: Vec<ColumnSummary> =
            places.iter().map(|&place| ColumnSummary::of(&frame, place, None)).collect();
        let inputs: Vec<&ColumnSummary> =
            summaries.iter().filter(|summary| summary.kind != ColumnKind::Ignore).collect();
        let training: Vec<u32> = (0..frame.rows.len().div_ceil(2) as u32).collect();
        let encoder = FrameEncoder::fit(&frame, &inputs, &training, 10);
        let places: Vec<_> = encoder.columns().map(|name| frame.place(name)).collect();
        let (mixed, _) = encoder.encode(&places, &frame.rows);
        prop_assert!(mixed.numbers.is_finite());
        for (at, (_, values)) in encoder.categories().into_iter().enumerate() {
            let ids = mixed.categories.slice(1, at..at + 1).to_vec();
            prop_assert!(ids.iter().all(|&id| (id as usize) < values));
        }
    }

    #[test]
    fn folds_have_each_row_once_and_groups_stay_together(
        groups in vec(0..6_u32, 6..60),
        classes in vec(0..3_u32, 60),
        count in 2..5_usize,
        seed: u64,
    ) {
        let rows = groups.len();
        let classes = Tensor::new([rows], classes[..rows].to_vec());
        for groups in [None, Some(&groups[..])] {
            let parts = folds(rows, Some(&classes), groups, count, Key::new(seed));
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows as u32).collect::<Vec<_>>());
            let labels = classes.to_vec();
            for class in (0..3).filter(|_| groups.is_none()) {
                let of_class = |part: &Vec<u32>| part.iter().filter(|&&row| labels[row as usize] == class).count();
                let counts: Vec<usize> = parts.iter().map(of_class).collect();
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                prop_assert!(most - least <= 1, "class {class}: {counts:?}");
            }
            if let Some(groups) = groups {
                for (i, part) in parts.iter().enumerate() {
                    let is_here = |row: &u32| part.iter().any(|p| groups[*p as usize] == groups[*row as usize]);
                    let others = parts.iter().enumerate().filter(|(j, _)| *j != i);
                    prop_assert!(!others.flat_map(|(_, other)| other).any(is_here));
                }
            }
        }
        if let Ok(test) = held_out(rows, Split::Stratified, None, Some(&groups), 0.3, Key::new(seed)) {
            let is_test = |row: usize| test.binary_search(&(row as u32)).is_ok();
            for row in 0..rows {
                for other in 0..rows {
                    prop_assert!(groups[row] != groups[other] || is_test(row) == is_test(other));
                }
            }
        }
    }
}

#[test]
fn bytes_outside_ascii_decide_between_utf_8_and_windows_1252_wherever_they_come() {
    let ascii = "word,1\n".repeat(20_000);
    let with = |end: &[u8]| [b"a,b\n", ascii.as_bytes(), end].concat();
    let (frame, encoding) = read(&with(b"caf\xe9,2\n"), HeaderRow::Guess);
    assert_eq!(
        (frame.rows[20_000].cells[0].as_str(), encoding),
        ("café", TextEncoding::Windows1252)
    );
    let (frame, encoding) = read(&with("café – €,2\n".as_bytes()), HeaderRow::Guess);
    assert_eq!((frame.rows[20_000].cells[0].as_str(), encoding), ("café – €", TextEncoding::Utf8));
    let quotes = b"a;b\n\x93so\x94;\x80 3\n";
    assert_eq!(read(quotes, HeaderRow::Guess).0.rows[0].cells, ["“so”", "€ 3"]);
}

#[test]
fn bytes_that_do_not_fit_the_encoding_are_told_with_their_line() {
    let fault = |bytes: &[u8]| {
        let rows = RowReader::open("a.csv", TextReader::new(bytes), HeaderRow::Guess);
        match rows.and_then(|mut rows| rows.read_all()) {
            Ok(_) => panic!("it was read"),
            Err(error) => error.to_string(),
        }
    };
    let late = ["é,1\n".repeat(30_000).as_bytes(), b"\xff,2\n"].concat();
    assert!(
        fault(&late).starts_with("a.csv, line 30001: byte 1 of the line, 0xFF"),
        "{}",
        fault(&late)
    );
    let cyrillic = b"a,b\n\xef\xf0\xe8\xe2\xe5\xf2,1\n";
    assert!(fault(cyrillic).starts_with("a.csv, line 2: "), "{}", fault(cyrillic));
    assert!(fault(b"a,b\n\x90,caf\xe9 1\n").contains("line 2"));
    assert!(fault(b"PK\x03\x04abc").contains("a zip file"));
    assert!(fault(b"").contains("the file is empty"));
    assert!(fault(b"a,b\n").contains("no rows below the header"));
    assert!(fault(b"a,b\n1\n").starts_with("a.csv, line 2: expected 2 fields"));
    assert!(fault(b"a;b\n1;2;3\n").ends_with("put a field that holds semicolons in double quotes"));
    assert!(fault(b"a,b\n1,\"2\n3,4\n").starts_with("a.csv, line 2: a double quote opens"));
    assert!(fault(b"a,a\n1,2\n").contains("`a` occurs twice"));
    assert!(fault(b"\xff\xfea\0,\0b\0\n\x001\0,\0\x00\xd8,\0").contains("line 2"));
}

#[test]
fn utf_8_after_windows_1252_is_refused_where_it_begins() {
    let windows = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
    let outcome = |end: &[u8]| {
        let begin = windows("a,b\ncaf\u{e9},1\n");
        let bytes = [&begin, "word,2\n".repeat(20_000).as_bytes(), end].concat();
        let rows = RowReader::open("a.csv", TextReader::new(&bytes[..]), HeaderRow::Guess);
        rows.and_then(|mut rows| rows.read_all()).map(|frame| frame.rows.len())
    };
    let utf8 = "Größe für Füße,3\n".repeat(9);
    for (before, line) in [("", 20_003), ("caf\u{e9},1\nvoil\u{e0},1\n", 20_005)] {
        let fault = outcome(&[windows(before), utf8.clone().into_bytes()].concat());
        let fault = fault.expect_err("it was read").to_string();
        let begin = format!(
            "a.csv, line {line}: the text is UTF-8 from byte 3 of the line on (0xC3), but Windows-1252 before"
        );
        assert!(fault.starts_with(&begin), "{fault}");
    }
    // Across the parts in which a file is read, before more of Windows-1252, and from a pipe.
    let straddling = "word,2\n".repeat(9362) + "Größe,3\nFüße für Bäume,4\n";
    let bytes =
        [windows("a,b\ncaf\u{e9},1\n"), straddling.into_bytes(), windows("caf\u{e9},5\n")].concat();
    assert_eq!(bytes.len() / (1 << 16), 1);
    for text in [TextReader::new(&bytes[..]), TextReader::live(&bytes[..])] {
        let rows = RowReader::open("a.csv", text, HeaderRow::Guess);
        let fault = rows.and_then(|mut rows| rows.read_all()).expect_err("it was read").to_string();
        assert!(fault.starts_with("a.csv, line 9365: the text is UTF-8 from byte 3"), "{fault}");
    }
    // What could be UTF-8 in a place or two is not.
    for text in
        [&b"\x80\x80\x80,1\n"[..], b"\xabCAF\xc9\xbb,1\n", b"\xbd\xbd\xbd,1\n", b"CAF\xc9\xbb,1\n"]
    {
        assert_eq!(outcome(text).expect("Windows-1252"), 20_002);
    }
    let undefined = outcome(b"caf\xe9,1\nno\x81,1\n").expect_err("no letter").to_string();
    assert!(undefined.starts_with("a.csv, line 20004: byte 3 of the line, 0x81"), "{undefined}");
}

#[test]
fn a_first_line_may_name_the_separator() {
    for line in ["sep=;\n", "sep=;\r\n", "sep=;\r", "\"sep=;\"\n", "\u{feff}SEP=;\n"] {
        let (frame, _) = read(format!("{line}a;b\n1,5,2;3\n").as_bytes(), HeaderRow::Guess);
        assert_eq!(frame.columns, ["a", "b"]);
        assert_eq!(frame.rows[0].cells, ["1,5,2", "3"]);
        assert_eq!(frame.rows[0].line, 3);
    }
    let (frame, _) = read(b"sep=\t\na;b\tc\n2\t3\n", HeaderRow::Guess);
    assert_eq!(frame.columns, ["a;b", "c"]);
    let known = KnownForm { separator: Some(";".parse().unwrap()), ..KnownForm::default() };
    let rows = RowReader::open("a.csv", TextReader::new(&b"sep=,\na;b\n1;2\n"[..]), known);
    assert_eq!(rows.unwrap().columns(), ["a", "b"], "what the caller says goes first");
    let (frame, _) = read(b"sep=no,b\n1,2\n", HeaderRow::Present);
    assert_eq!(frame.columns, ["sep=no", "b"], "it names no character");
}

#[test]
fn a_first_row_with_a_number_or_a_value_of_others_is_no_header() {
    let columns = |text: &str| read(text.as_bytes(), HeaderRow::Guess).0.columns;
    assert_eq!(columns("5.1,iris\n4.9,iris\n"), ["column1", "column2"]);
    assert_eq!(columns("so good,yes\nbad,no\nfine,yes\nwell,yes\n"), ["column1", "column2"]);
    assert_eq!(columns("note,mood\nbad,no\nfine,yes\n"), ["note", "mood"]);
    assert_eq!(columns(",mood\n1,no\n2,yes\n"), ["column1", "mood"]);
    // A class may have the name of its column. A name above numbers tells more.
    assert_eq!(columns("n,y\n1,y\n2,n\n3,y\n"), ["n", "y"]);
    assert_eq!(columns("NA,y\n1,y\n2,n\n3,y\n"), ["column1", "column2"]);
    assert_eq!(columns("$5.00,so\n$6.00,bad\n"), ["column1", "column2"]);
    assert_eq!(columns("1.234,50;so\n2.345,50;bad\n"), ["column1", "column2"]);
    assert_eq!(columns("31.5.2024;so\n1.6.2024;bad\n"), ["column1", "column2"]);
    assert_eq!(read(b"1,2\n3,4\n", HeaderRow::Present).0.columns, ["1", "2"]);
    assert_eq!(read(b"a,b\nc,d\n", HeaderRow::Absent).0.rows.len(), 2);
}

#[test]
fn commas_within_the_cells_of_another_separator_are_decimal() {
    let cells = |text: &str| read(text.as_bytes(), HeaderRow::Absent).0.rows.remove(0).cells;
    assert_eq!(cells("1,21;7,63;8,84\n6,87;2,30;9,17\n"), ["1,21", "7,63", "8,84"]);
    assert_eq!(cells("8,86;17,71;ja\n4,62;9,24;nein\n"), ["8,86", "17,71", "ja"]);
    assert_eq!(cells("Preis, EUR\tqm, ca\n2,30\t9,87\n"), ["Preis, EUR", "qm, ca"]);
    assert_eq!(cells("1,5|2,5\n3,5|4,5\n"), ["1,5", "2,5"]);
    assert_eq!(cells("a;b,1\nc;d,2\ne,3\n"), ["a;b", "1"]);
    assert_eq!(cells("\"a;b\",1\n\"c;d\",2\n"), ["a;b", "1"]);
}

/// A table in memory: a header, and rows of cells separated by `;`.
fn frame(header: &str, rows: impl IntoIterator<Item = String>) -> DataFrame {
    let cells = |row: &str| row.split(';').map(String::from).collect::<Vec<_>>();
    let rows = rows.into_iter().zip(2..);
    let rows = rows.map(|(row, line)| TableRow { line, cells: cells(&row) }).collect();
    DataFrame::new(cells(header), rows, Some(';'))
}

/// Forty rows with a column of each kind.
fn every_kind() -> DataFrame {
    let row = |i: usize| {
        let city = ["Rome", "Oslo", "", "Bern"][i % 4];
        let price = if i % 10 == 3 { "n/a".to_owned() } else { format!("1.{:03},5", i * 7) };
        let (note, day) = (format!("the note number {i} of all"), i % 28 + 1);
        format!("{i};{city};{price};{note};{day}.03.2024;x;{i:x}-{}", i * 31)
    };
    frame("id;city;price;note;sold;same;code", (0..40).map(row))
}

fn summaries(frame: &DataFrame) -> Vec<ColumnSummary> {
    (0..frame.columns.len()).map(|place| ColumnSummary::of(frame, place, None)).collect()
}

/// Returns the encoder of all columns that can be used, measured on some rows.
fn encoder_of(frame: &DataFrame, training: &[u32]) -> FrameEncoder {
    let summaries = summaries(frame);
    let is_input = |summary: &&ColumnSummary| summary.kind != ColumnKind::Ignore;
    let inputs: Vec<&ColumnSummary> = summaries.iter().filter(is_input).collect();
    FrameEncoder::fit(frame, &inputs, training, 1000)
}

#[test]
fn kinds_are_guessed_from_the_cells() {
    use ColumnKind::{Category, Date, Ignore, Number, Text};
    let summaries = summaries(&every_kind());
    let kinds: Vec<ColumnKind> = summaries.iter().map(|summary| summary.kind).collect();
    assert_eq!(kinds, [Ignore, Category, Number, Text, Date, Ignore, Ignore]);
    let remark = |place: usize| summaries[place].remark.clone().unwrap_or_default();
    assert_eq!(remark(0), "it numbers the rows");
    assert_eq!(remark(2), "decimal comma");
    assert_eq!(remark(5), "the same in every row");
    assert_eq!((summaries[2].missing, summaries[2].present), (4, 36));
    assert_eq!((summaries[1].missing, summaries[1].distinct), (10, 3));
}

#[test]
fn targets_are_numbers_classes_or_labels() {
    let kind = |cells: &[&str]| {
        let frame = frame("y", cells.iter().map(|cell| cell.to_string()));
        ColumnSummary::of_target(&frame, 0, None).kind
    };
    assert_eq!(kind(&["0", "1", "1"]), ColumnKind::Category);
    assert_eq!(kind(&["0.5", "1", "1"]), ColumnKind::Number);
    assert_eq!(kind(&["a|b", "b", ""]), ColumnKind::Labels);
    let many: Vec<String> = (0..25).map(|i| i.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(kind(&many), ColumnKind::Number);
}

#[test]
fn a_model_gets_scales_of_the_training_rows_flags_of_gaps_and_ids_of_known_values() {
    let frame = every_kind();
    let training: Vec<u32> = (0..30).collect();
    let encoder = encoder_of(&frame, &training);
    let places: Vec<_> = encoder.columns().map(|name| frame.place(name)).collect();
    let (mixed, gaps) = encoder.encode(&places, &frame.rows);
    // A price with its flag; the day, and two circles of it.
    assert_eq!((encoder.numbers(), mixed.numbers.shape()), (7, &[40, 7][..]));
    assert_eq!((gaps.missing["city"], gaps.missing["price"]), (10, 4));
    assert!(gaps.unreadable.is_empty() && gaps.unknown.is_empty());

    let column = |place: usize| -> Vec<f64> {
        (0..30).map(|row| f64::from(mixed.numbers.get([row, place]))).collect()
    };
    let flags = column(1);
    assert!((0..30).all(|row| flags[row] == f64::from(u8::from(row % 10 == 3))));
    let present: Vec<f64> = (0..30).filter(|row| row % 10 != 3).map(|row| column(0)[row]).collect();
    let mean = present.iter().sum::<f64>() / present.len() as f64;
    assert!(mean.abs() < 1e-6, "{mean}");
    // Known values in order: Bern, Oslo, Rome.
    let cities: Vec<u32> = (0..4).map(|row| mixed.categories.get([row, 0])).collect();
    assert_eq!(cities, [4, 3, 1, 2]);

    let strange = frame_row("9;Paris;far;a new note;99.99.2024;x;y");
    let (_, gaps) = encoder.encode(&places, [&strange]);
    assert_eq!(gaps.unknown["city"], (1, vec![(7, "Paris".to_owned())]));
    assert_eq!(gaps.unreadable["price"].0 + gaps.unreadable["sold"].0, 2);
    let saved = serde_json::to_string(&encoder).unwrap();
    assert_eq!(serde_json::from_str::<FrameEncoder>(&saved).unwrap(), encoder);
}

fn frame_row(cells: &str) -> TableRow {
    TableRow { line: 7, cells: cells.split(';').map(String::from).collect() }
}

#[test]
fn answers_are_classes_yes_or_no_for_each_label_or_numbers_on_a_scale() {
    let table = frame("y", ["b|a", "", "a"].map(String::from));
    let summary = ColumnSummary::of_target(&table, 0, None);
    let labels = TargetEncoder::fit(&table, &summary, &[0, 1, 2]);
    let Ok(Targets::Numbers(answers)) = labels.encode(["b|a", "", "a"]) else { panic!("labels") };
    assert_eq!(answers.to_vec(), [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(labels.encode(["a", "c"]).unwrap_err().0, 1);
    // Not all labels of the second row are known.
    assert_eq!(
        ["b|a", "b|NA", "NA", ""].map(|cell| labels.reads(cell)),
        [true, false, false, true]
    );

    let table = frame("y", ["1,5", "2,5", "9,5"].map(String::from));
    let summary = ColumnSummary::of_target(&table, 0, None);
    let number = TargetEncoder::fit(&table, &summary, &[0, 1]);
    let Ok(Targets::Numbers(answers)) = number.encode(["1,5", "2,5", "9,5"]) else {
        panic!("numbers")
    };
    assert_eq!(answers.to_vec(), [-1.0, 1.0, 15.0]);
    let TargetEncoder::Number { scale, .. } = number else { panic!("a number") };
    assert_eq!(scale.inverse_transform(&answers).to_vec(), [1.5, 2.5, 9.5]);
}

#[test]
fn groups_of_digits_need_three_digits_each() {
    let parse = |mark: DecimalMark, cell: &str| mark.parse(cell);
    for (cell, point, comma) in [
        ("1234.5", Some(1234.5), None),
        ("1,234", Some(1234.0), Some(1.234)),
        ("1.234.567,8", None, Some(1_234_567.8)),
        ("-1 234,5", None, Some(-1234.5)),
        ("1,23,456", None, None),
        ("1e309", None, None),
        ("inf", None, None),
        ("2e3", Some(2000.0), Some(2000.0)),
        ("1 234,567", None, Some(1234.567)),
        ("1'234.567", Some(1234.567), None),
        ("1 234 567", Some(1_234_567.0), Some(1_234_567.0)),
        ("1 234'567", None, None),
        ("12-34", None, None),
        ("0.125", Some(0.125), None),
        ("$1,250", Some(1250.0), Some(1.25)),
        ("7.5 %", Some(7.5), None),
        ("", None, None),
    ] {
        assert_eq!(parse(DecimalMark::Point, cell), point, "{cell}");
        assert_eq!(parse(DecimalMark::Comma, cell), comma, "{cell}");
    }
}

#[test]
fn groups_of_digits_codes_and_units_are_told_from_decimals() {
    let of = |separator: char, cells: &[&str]| {
        let mut frame = frame("x", cells.iter().map(|cell| cell.to_string()));
        frame.separator = Some(separator);
        let summary = ColumnSummary::of(&frame, 0, None);
        (summary.kind, summary.decimal, summary.remark.unwrap_or_default())
    };
    use ColumnKind::{Category, Number};
    let (point, comma) = (DecimalMark::Point, DecimalMark::Comma);
    assert_eq!(of('\t', &["1,993", "311", "311"]), (Number, point, String::new()));
    assert_eq!(of(';', &["1,993", "311", "311"]), (Number, comma, "decimal comma".to_owned()));
    assert_eq!(of(';', &["1.993", "311", "311"]), (Number, comma, "decimal comma".to_owned()));
    assert_eq!(of(';', &["1.99", "311", "311"]), (Number, point, String::new()));
    assert_eq!(of(',', &["$2,000", "$3", "$3"]), (Number, point, "without $".to_owned()));
    assert_eq!(of(',', &["$2,000", "€3", "€3"]).0, Category);
    assert_eq!(of(',', &["01234", "90210", "90210"]).0, Category);
    assert_eq!(of(',', &["7E53", "4E10", "4E10"]).0, Category);
    assert_eq!(of(';', &["192.168.213.224", "192.168.145.114", "192.168.145.114"]).0, Category);
    assert_eq!(of(',', &["45%", "0.45", "0.45"]).0, Category);
    let mut cells = vec!["7"; 40];
    cells.extend(["12", "07"]);
    assert_eq!(of(',', &cells).0, Number);
}

#[test]
fn a_column_that_could_be_either_is_read_as_the_others_of_its_file() {
    let of = |header: &str, rows: [&str; 3]| {
        let table = frame(header, rows.map(String::from));
        let summary = ColumnSummary::of(&table, 0, None);
        (summary.decimal, summary.order, summary.remark.unwrap_or_default())
    };
    use data::DateOrder::{DayFirst, MonthFirst};
    let (point, comma) = (DecimalMark::Point, DecimalMark::Comma);
    assert_eq!(of("x;y", ["7.215;90.8", "3.51;1", "3.770;6.4"]).0, point);
    assert_eq!(of("x;y", ["7.215;90.8", "3.510;1", "3.770;6.4"]).0, point);
    assert_eq!(of("x;y", ["7.215;90,8", "3.510;1", "3.770;6,4"]).0, comma);
    assert_eq!(of("x;y", ["7.215;a, b.", "3.510;1", "3.770;c"]).0, comma);
    let dates = of("x;y", ["3/4/2024;90,8", "5/4/2024;1", "6/4/2024;7,2"]);
    assert_eq!((dates.1, dates.2.as_str()), (DayFirst, "day first"));
    let dates = of("x;y", ["3-4-2024;90.8", "5-4-2024;1", "6-4-2024;7.2"]);
    assert_eq!((dates.1, dates.2.as_str()), (MonthFirst, "month first"));
    let dates = of("x;y", ["3-4-2024;90.8", "25-4-2024;1", "6-4-2024;7.2"]);
    assert_eq!((dates.1, dates.2.as_str()), (DayFirst, "day first"));
}

#[test]
fn only_a_count_from_0_or_1_or_an_id_numbers_the_rows() {
    let kind = |name: &str, first: usize| {
        let table = frame(name, (first..first + 30).map(|i| i.to_string()));
        ColumnSummary::of(&table, 0, None).kind
    };
    assert_eq!([kind("x", 0), kind("x", 1), kind("ID", 500)], [ColumnKind::Ignore; 3]);
    assert_eq!(kind("year", 1960), ColumnKind::Number);
}

#[test]
fn another_unit_is_unreadable_and_a_missing_text_has_no_words() {
    let row = |i: usize| format!("${i}.5;{}%;{}.5;None of the words {i}", 2 * i, i * i);
    let table = frame("price;share;plain;note", (1..31).map(row));
    let summaries = summaries(&table);
    let inputs: Vec<&ColumnSummary> = summaries.iter().collect();
    let kinds: Vec<ColumnKind> = inputs.iter().map(|summary| summary.kind).collect();
    let number = ColumnKind::Number;
    assert_eq!(kinds, [number, number, number, ColumnKind::Text]);
    let encoder = FrameEncoder::fit(&table, &inputs, &(0..30).collect::<Vec<_>>(), 100);
    let places = [0, 1, 2, 3].map(Some);
    let unreadable = |cells: &str| {
        let (mixed, gaps) = encoder.encode(&places, [&frame_row(cells)]);
        let mut names: Vec<String> = gaps.unreadable.into_keys().collect();
        names.sort();
        (names.join(" "), mixed.texts[0].longest())
    };
    assert_eq!(unreadable("$7;7%;7;None"), (String::new(), 0));
    assert_eq!(unreadable("7;7%;7;words"), (String::new(), 1));
    assert_eq!(unreadable("€7;7;7%;"), ("plain price share".to_owned(), 0));
}

/// Returns whether the cell of column x of a row cannot be read, and that of y.
fn unreadable(encoder: &FrameEncoder, cells: &str) -> [bool; 2] {
    let (_, gaps) = encoder.encode(&[Some(0), Some(1)], [&frame_row(cells)]);
    ["x", "y"].map(|name| gaps.unreadable.contains_key(name))
}

#[test]
fn a_number_that_rows_of_the_other_decimal_mark_dispute_is_unreadable() {
    let table = frame("x;y", (1..31).map(|i| format!("{i}.234,5;{i},5")));
    let summaries = summaries(&table);
    let inputs: Vec<&ColumnSummary> = summaries.iter().collect();
    let encoder = FrameEncoder::fit(&table, &inputs, &(0..30).collect::<Vec<_>>(), 100);
    let unreadable = |cells: &str| unreadable(&encoder, cells);
    assert_eq!(unreadable("1.234;3,5"), [false, false]);
    assert_eq!(unreadable("1.234;3"), [false, false]);
    assert_eq!(unreadable("1.234;3.5"), [true, true]);
    assert_eq!(unreadable("12;3.5"), [false, true]);
}

#[test]
fn a_date_that_rows_of_the_other_order_dispute_is_unreadable() {
    let table = frame("x;y", (1..31).map(|i| format!("1/{i}/2024;2/{i}/2024")));
    let order = DateOrder::MonthFirst;
    let of_dates = |summary| ColumnSummary { kind: ColumnKind::Date, order, ..summary };
    let summaries: Vec<ColumnSummary> = summaries(&table).into_iter().map(of_dates).collect();
    let inputs: Vec<&ColumnSummary> = summaries.iter().collect();
    let encoder = FrameEncoder::fit(&table, &inputs, &(0..29).collect::<Vec<_>>(), 100);
    let unreadable = |cells: &str| unreadable(&encoder, cells);
    assert_eq!(unreadable("3/4/2024;2/28/2024"), [false, false]);
    assert_eq!(unreadable("3/4/2024;3/5/2024"), [false, false]);
    assert_eq!(unreadable("3/4/2024;28/2/2024"), [true, true]);
    assert_eq!(unreadable("4/4/2024;28/2/2024"), [false, true]);
    assert_eq!(unreadable("2024-04-03;28/2/2024"), [false, true]);
}

#[test]
fn the_last_of_many_rows_may_show_the_notation_of_all() {
    let table = frame("x;y", (1..31).map(|i| format!("{i}.5;1/{i}/2024")));
    let summaries = summaries(&table);
    let inputs: Vec<&ColumnSummary> = summaries.iter().collect();
    let encoder = FrameEncoder::fit(&table, &inputs, &(0..30).collect::<Vec<_>>(), 100);
    let mut rows: Vec<TableRow> = (0..300).map(|_| frame_row("1,234;3/4/2024")).collect();
    rows.push(frame_row("3,5;28/4/2024"));
    let (_, gaps) = encoder.encode(&[Some(0), Some(1)], &rows);
    assert_eq!(["x", "y"].map(|name| gaps.unreadable[name].0), [301, 301]);
}

#[test]
fn rows_that_come_in_parts_have_one_notation() {
    let table = frame("x;y", (1..31).map(|i| format!("{i}.5;{i}.25")));
    let summaries = summaries(&table);
    let inputs: Vec<&ColumnSummary> = summaries.iter().collect();
    let encoder = FrameEncoder::fit(&table, &inputs, &(0..30).collect::<Vec<_>>(), 100);
    let places = [Some(0), Some(1)];
    let parts = ["1,234;2", "3,5;2", "1,234;2", "3.5;2", "1,234;2"].map(frame_row);
    let mut notation = Notation::default();
    let read = parts.each_ref().map(|row| {
        notation = notation.or(encoder.notation(&places, [row]));
        let (_, gaps) = encoder.encode_as(notation, &places, [row]);
        (gaps.disputed.contains_key("x"), gaps.unreadable.contains_key("x"))
    });
    // The second row shows commas; what was read before it is named.
    assert_eq!(read, [(true, false), (false, true), (false, true), (false, false), (false, true)]);
}

#[test]
fn an_answer_in_another_unit_says_nothing() {
    let table = frame("y", (1..31).map(|i| format!("${i}.50")));
    let summaries = summaries(&table);
    let target = TargetEncoder::fit(&table, &summaries[0], &(0..30).collect::<Vec<_>>());
    let read = ["$7.50", "7.50", "€7.50", "7.5%", ""].map(|cell| target.reads(cell));
    assert_eq!(read, [true, true, false, false, false]);
    assert!(target.has_other_mark(["$7,5", "8,25"].into_iter()));
    assert!(!target.has_other_mark(["$7.5", "8,250"].into_iter()));
}

#[test]
fn zones_have_hours_and_minutes() {
    let parse = |zone: &str| DateOrder::default().parse(&format!("1970-01-02T12:00{zone}"));
    for zone in ["+5:30", "+05:30", "+0530"] {
        assert_eq!(parse(zone), Some(1.5 - 5.5 / 24.0), "{zone}");
    }
    assert_eq!((parse("-06"), parse("-6")), (Some(1.75), Some(1.75)));
    for zone in ["+99:99", "+15:00", "+5:60", "+530", "+", "+5:3"] {
        assert_eq!(parse(zone), None, "{zone}");
    }
}

#[test]
fn rows_in_both_parts_and_rows_with_two_answers_are_found() {
    let table = frame("x;y", ["a;1", "b;1", "a;1", "c;1", "c;2"].map(String::from));
    let line = |at: usize| format!("line {}", table.rows[at].line);
    let notes = repeated_rows(&table, &[0], 1, &[false, false, true, false, false], &line);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with(
        "1 of the rows that are held out occur in training too, such as line 4 (as line 2)"
    ));
    assert!(notes[1].starts_with(
        "2 rows have inputs that occur with different answers, such as line 5 and line 6"
    ));
    assert!(repeated_rows(&table, &[0, 1], 1, &[false; 5], &line).is_empty());
}

#[test]
fn numbers_that_could_be_read_in_two_ways_are_told() {
    let notes = |cells: &[&str]| {
        let table = frame("w;y", cells.iter().map(|cell| format!("{cell};no")));
        let column = ColumnSummary::of(&table, 0, Some(ColumnKind::Number));
        ambiguous_numbers(&table, &[&column])
    };
    let note = "column `w`: no cell shows whether points or commas are decimal marks; `3.280` is read as 3280. If that is \
                wrong, write one of the numbers with more or fewer digits after the mark";
    assert_eq!(notes(&["3.280", "6.560"]), [note]);
    assert_eq!(notes(&["3.280", "6.56"]), [""; 0]);
    assert_eq!(notes(&["3", "6"]), [""; 0]);
}

#[test]
fn columns_that_give_the_answer_away_are_found() {
    let row = |i: usize| {
        let class = i % 2;
        format!("{};{};{};{};{class}", ["no", "yes"][class], class * 100 + i % 50, i % 3, i * i % 7)
    };
    let table = frame("told;range;other;noise;y", (0..60).map(row));
    let target = ColumnSummary::of_target(&table, 4, None);
    let inputs: Vec<ColumnSummary> =
        (0..4).map(|place| ColumnSummary::of(&table, place, None)).collect();
    let inputs: Vec<&ColumnSummary> = inputs.iter().collect();
    let notes = revealing_columns(&table, &inputs, &target);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("`told`") && notes[1].contains("`range`"), "{notes:?}");

    // What a column tells of a few rows, it does not tell of all.
    let seldom = |most: usize| {
        let row = move |i: usize| {
            let cell = if i < most { ["1", "2"][i % 2] } else { "" };
            format!("{cell};{}", ["no", "yes"][i % 2])
        };
        let table = frame("seldom;y", (0..200).map(row));
        let [column, target] =
            [0, 1].map(|place| ColumnSummary::of(&table, place, Some(ColumnKind::Category)));
        revealing_columns(&table, &[&column], &target)
    };
    assert_eq!(seldom(2), Vec::<String>::new());
    assert!(
        seldom(50)[0].contains("it alone tells `y` of the 50 rows that have it"),
        "{:?}",
        seldom(50)
    );

    let row = |i: usize| format!("{};{};{}", i * 2 + 1, i * i % 13, i * 4 + 7);
    let table = frame("line;noise;y", (0..60).map(row));
    let target = ColumnSummary::of_target(&table, 2, None);
    let chosen = Some(ColumnKind::Number);
    let inputs: Vec<ColumnSummary> =
        (0..2).map(|place| ColumnSummary::of(&table, place, chosen)).collect();
    let inputs: Vec<&ColumnSummary> = inputs.iter().collect();
    let notes = revealing_columns(&table, &inputs, &target);
    assert!(notes.len() == 1 && notes[0].contains("`line`"), "{notes:?}");
}

#[test]
fn mixed_samples_are_chosen_and_joined_in_all_their_parts() {
    let frame = every_kind();
    let all: Vec<u32> = (0..40).collect();
    let encoder = encoder_of(&frame, &all);
    let places: Vec<_> = encoder.columns().map(|name| frame.place(name)).collect();
    let (mixed, _) = encoder.encode(&places, &frame.rows);
    let digest = |samples: &Mixed<Sequences<u32>>| {
        let mut bytes = Vec::new();
        samples.digest(&mut |part| bytes.extend_from_slice(part));
        bytes
    };
    let (first, last) = (mixed.range(0..15), mixed.select(&(15..40).collect::<Vec<_>>()));
    let joined = Samples::concat(&[&first, &last]);
    assert_eq!(joined.count(), 40);
    assert_eq!(digest(&joined), digest(&mixed));
    assert_eq!(mixed.batch().count(), 40);
    assert!(mixed.highest().iter().all(|&sample| sample < 40));
}

#[test]
fn a_column_of_a_table_is_exchanged_whole_and_no_other() {
    let frame = every_kind();
    let all: Vec<u32> = (0..40).collect();
    let encoder = encoder_of(&frame, &all);
    let places: Vec<_> = encoder.columns().map(|name| frame.place(name)).collect();
    let (mixed, _) = encoder.encode(&places, &frame.rows);
    let turned: Vec<u32> = (0..40).rev().collect();
    let columns = encoder.places();
    assert_eq!(columns.len(), encoder.columns().count());
    let parts = |samples: &Mixed<Sequences<u32>>| {
        let texts: Vec<Vec<Vec<u32>>> =
            samples.texts.iter().map(|texts| texts.iter().map(<[u32]>::to_vec).collect()).collect();
        (texts, samples.numbers.to_vec(), samples.categories.to_vec())
    };
    for (column, name) in columns.iter().zip(encoder.columns()) {
        let exchanged = mixed.with_column(column, &mixed.select(&turned));
        // The same as encoding rows whose cells of this column are turned round.
        let place = frame.place(name).unwrap();
        let mut rows = frame.rows.clone();
        for (row, other) in rows.iter_mut().zip(frame.rows.iter().rev()) {
            row.cells[place] = other.cells[place].clone();
        }
        let (expected, _) = encoder.encode(&places, &rows);
        assert!(parts(&exchanged) == parts(&expected), "{name}");
        assert!(parts(&exchanged) != parts(&mixed), "{name} is the same turned round");
    }
}

#[test]
fn every_date_is_written_as_it_is_read() {
    for days in (-40_000..120_000).step_by(37) {
        let written = data::iso_date(f64::from(days) + 0.25);
        assert_eq!(DateOrder::default().parse(&written), Some(f64::from(days)), "{written}");
    }
    for any in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert!(data::iso_date(any).ends_with(|letter: char| letter.is_ascii_digit()));
    }
}

#[test]
fn a_minus_may_stand_wherever_people_put_it() {
    let (point, comma) = (DecimalMark::Point, DecimalMark::Comma);
    for (mark, cell, number) in [
        (point, "-$365.64", -365.64),
        (point, "$-365.64", -365.64),
        (point, "- $5", -5.0),
        (point, "-€5", -5.0),
        (point, "\u{2212}163.74", -163.74),
        (point, "(1,234.50)", -1234.5),
        (point, "($1,234.50)", -1234.5),
        (point, "$(1,234.50)", -1234.5),
        (point, "$ (5.00)", -5.0),
        (point, "1,234.50-", -1234.5),
        (comma, "1.234,50-", -1234.5),
        (comma, "- 5,00 €", -5.0),
        (comma, "-5,00%", -5.0),
        (point, "-1.5e-3", -0.0015),
        (point, "+5", 5.0),
    ] {
        assert_eq!(mark.parse(cell), Some(number), "{cell}");
    }
    for cell in [
        "--5", "(-5)", "-$-5", "-5-", "-5.0-", "-+5", "18-", "5-6", "-", "()", "($)", "($(5))",
        "-(5)",
    ] {
        assert_eq!(point.parse(cell), None, "{cell}");
    }
}

#[test]
fn losses_are_numbers_of_the_same_column_as_gains() {
    let cell =
        |i: usize| if i.is_multiple_of(2) { format!("${i}.25") } else { format!("-${i}.25") };
    let summary = &summaries(&frame("profit", (0..40).map(cell)))[0];
    assert_eq!((summary.kind, summary.unit), (ColumnKind::Number, Some('$')));
}

/// A dash is a value among words, such as the opposite of `+`.
#[test]
fn a_dash_among_numbers_or_dates_and_an_error_of_a_spreadsheet_are_gaps() {
    for gap in ["-", "--", "–", ".", "#DIV/0!", "#REF!"] {
        let cell = |i: usize| {
            if i.is_multiple_of(5) { gap.to_owned() } else { format!("{}", i as f64 - 20.5) }
        };
        let table = frame("temperature", (0..40).map(cell));
        let found = summaries(&table);
        assert_eq!(found[0].kind, ColumnKind::Number, "{gap}");
        let all: Vec<&ColumnSummary> = found.iter().collect();
        let encoder = FrameEncoder::fit(&table, &all, &(0..40).collect::<Vec<_>>(), 10);
        let (_, gaps) = encoder.encode(&[Some(0)], &table.rows);
        assert_eq!(
            (gaps.missing.get("temperature"), gaps.unreadable.len()),
            (Some(&8), 0),
            "{gap}"
        );
    }
    let signs = frame("sign", (0..40).map(|i| ["+", "-"][i % 2].to_owned()));
    assert_eq!(
        (summaries(&signs)[0].kind, summaries(&signs)[0].distinct),
        (ColumnKind::Category, 2)
    );
}

#[test]
fn a_column_that_is_mostly_numbers_and_is_not_read_so_has_a_remark() {
    let cell = |i: usize| if i.is_multiple_of(5) { "<0.5".to_owned() } else { format!("{i}.5") };
    let summary = &summaries(&frame("level", (0..40).map(cell)))[0];
    assert_eq!(summary.remark.as_deref(), Some("32 of 40 cells are numbers, but not `<0.5`"));
}

#[test]
fn a_few_rows_of_different_whole_numbers_are_a_regression() {
    let kind = |cells: &[usize]| {
        let table = frame("price", cells.iter().map(usize::to_string));
        ColumnSummary::of_target(&table, 0, None).kind
    };
    assert_eq!(kind(&(0..20).map(|i| 90_974 + 713 * i).collect::<Vec<_>>()), ColumnKind::Number);
    assert_eq!(kind(&[1, 2, 3]), ColumnKind::Category);
    assert_eq!(kind(&(0..30).map(|i| i % 10).collect::<Vec<_>>()), ColumnKind::Category);
}

#[test]
fn dates_of_common_exports_are_read() {
    let (day, month) = (DateOrder::DayFirst, DateOrder::MonthFirst);
    let may_31 = DateOrder::default().parse("2024-05-31").unwrap();
    for (order, cell, time) in [
        (month, "5/31/2024 5:30 PM", 17.5),
        (month, "5/31/2024 12:30 AM", 0.5),
        (month, "5/31/2024 12:30:00 pm", 12.5),
        (month, "5/31/24", 0.0),
        (day, "31/5/24", 0.0),
        (month, "31.05.24", 0.0),
        (month, "31-May-2024", 0.0),
        (month, "31-may-24", 0.0),
        (month, "31/MAY/2024 06:00", 6.0),
        (month, "2024-05-31 12:00:00 UTC", 12.0),
        (month, "2024-05-31T12:00:00 GMT", 12.0),
    ] {
        assert_eq!(order.parse(cell), Some(may_31 + time / 24.0), "{cell}");
    }
    assert_eq!(month.parse("1-OCT-2024"), month.parse("2024-10-01"));
    assert_eq!(
        [68, 69].map(|year| month.parse(&format!("01.01.{year}"))),
        ["2068-01-01", "1969-01-01"].map(|date| month.parse(date))
    );
    for cell in [
        "5/31/2024 13:30 PM",
        "5/31/2024 0:30 AM",
        "5/31/2024 5:30+02:00 PM",
        "1.2.3",
        "1.2.24",
        "1.10.12",
        "10-12-14",
        "31-Mai-2024",
        "31-2-24",
    ] {
        assert_eq!(month.parse(cell), None, "{cell}");
    }
}

#[test]
fn the_numbers_of_the_columns_that_pandas_writes_for_no_names_are_a_header() {
    let has_header = |text: &str| Dialect::sniff(text, HeaderRow::Guess).has_header;
    assert!(has_header("0,1,2\nred,5.5,1\nblue,6.5,2\n"));
    assert!(has_header(",0,1\n0,5.5,1\n1,6.5,2\n"));
    assert!(has_header("0,1,2,3\n5.5,1,7,8\n6.5,2,9,1\n"));
    assert!(!has_header("0,1\n1,0\n1,1\n"), "samples of an exclusive or");
    assert!(!has_header("0,1,1\n1,0,1\n1,1,0\n"));
    assert!(!has_header("0,1\nNA,1\nNA,0\n"), "a missing cell is not text");
}

#[test]
fn dates_above_counts_are_names_and_above_dates_samples() {
    let has_header = |text: &str| Dialect::sniff(text, HeaderRow::Guess).has_header;
    assert!(has_header("country,lat,1/22/20,1/23/20\nItaly,43.1,0,2\nChad,15.4,0,0\n"));
    assert!(has_header("id,1-Jan-24,1-Feb-24\na,5,7\nb,6,8\n"));
    assert!(!has_header("2024-01-01,5\n2024-01-02,6\n"));
}

#[test]
fn codes_are_no_numbers_although_some_are_missing_or_in_parentheses() {
    let kind =
        |cell: &dyn Fn(usize) -> String| summaries(&frame("code", (0..200).map(cell)))[0].kind;
    let zip = |i: usize| match i {
        _ if i.is_multiple_of(10) => "-".to_owned(),
        _ if i % 50 == 7 => format!("0{}", 1000 + i),
        _ => format!("{}", 10_000 + 37 * i),
    };
    assert_ne!(kind(&zip), ColumnKind::Number);
    assert_ne!(kind(&|i| format!("({})", 200 + i % 7)), ColumnKind::Number);
    let loss = |i: usize| if i.is_multiple_of(3) { format!("({i}.50)") } else { format!("{i}.50") };
    assert_eq!(kind(&loss), ColumnKind::Number);
}

#[test]
fn dashes_are_missing_among_percents_too() {
    let cell = |i: usize| if i.is_multiple_of(2) { "-".to_owned() } else { format!("{i}%") };
    let summary = &summaries(&frame("share", (0..60).map(cell)))[0];
    assert_eq!((summary.kind, summary.unit), (ColumnKind::Number, Some('%')));
    assert_eq!((summary.present, summary.missing), (30, 30));
}

#[test]
fn numbers_that_a_program_wrote_have_decimal_points() {
    let cells = |i: usize| format!("{},43;{}.576", 60 + i, 640 + i);
    let table = frame("amount;price", (0..40).map(cells)).with_decimal_points(vec![1]);
    let found = summaries(&table);
    assert_eq!(
        found.iter().map(|c| c.decimal).collect::<Vec<_>>(),
        [DecimalMark::Comma, DecimalMark::Point]
    );
    assert!(ambiguous_numbers(&table, &[&found[1]]).is_empty());
}

/// `да` and `нет` in windows-1251, half of whose letters have a neighbor.
#[test]
fn words_of_other_letters_alone_are_no_windows_1252() {
    let rows = [&b"answer;y\n"[..], &b"\xe4\xe0;1\n\xed\xe5\xf2;2\n".repeat(30)].concat();
    assert!(
        RowReader::open("a.csv", TextReader::new(&rows[..]), HeaderRow::Present)
            .and_then(|mut rows| rows.read_all())
            .is_err()
    );
}

#[test]
fn two_letters_side_by_side_are_still_windows_1252() {
    for text in ["Größe;y\nGröße M;1\nGröße L;2\n", "t;y\n« oui »;1\n« non »;2\n"] {
        let letter = |letter: char| u8::try_from(u32::from(letter)).unwrap();
        let bytes: Vec<u8> = text.chars().map(letter).collect();
        let (_, encoding) = read(&bytes, HeaderRow::Present);
        assert_eq!(encoding, TextEncoding::Windows1252, "{text}");
    }
}

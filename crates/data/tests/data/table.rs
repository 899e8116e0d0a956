//! CSV files: what is read, and the message for each fault.

use std::fs;

use data::{Labels, Table, write_csv};
use proptest::prelude::*;

fn read(content: &str) -> Table {
    Table::parse("train.csv", content.as_bytes()).unwrap()
}

fn fault(content: impl AsRef<[u8]>) -> String {
    Table::parse("train.csv", content.as_ref()).unwrap_err().to_string()
}

#[test]
fn fields_are_quoted_as_rfc_4180_says() {
    let table = read("text,label\n\"a, \"\"b\"\"\nc\",joy\n5\" disk, fear \n");
    assert_eq!(table.text("text").unwrap(), ["a, \"b\"\nc", "5\" disk"]);
    assert_eq!(table.text("label").unwrap(), ["joy", " fear "]);
    assert_eq!(table.names("label").unwrap(), ["joy", "fear"]);
}

#[test]
fn byte_order_mark_crlf_blank_lines_and_spaced_headers_are_accepted() {
    let table = read("\u{feff}\r\n text , label\r\n\r\nhello,joy\r\n\r\n");
    assert_eq!(table.columns().collect::<Vec<_>>(), ["text", "label"]);
    assert_eq!(table.text("text").unwrap(), ["hello"]);
    assert_eq!(read("text\rhello\r").text("text").unwrap(), ["hello"]);
    assert_eq!(read("text\nno line end at the end").rows(), 1);
}

#[test]
fn numbers_come_in_the_order_asked_for() {
    let table = read("a,b,label\n1, 2.5 ,x\n-3e2,+4,y\n");
    let numbers = table.numbers(&["b", "a"]).unwrap();
    assert_eq!(numbers.shape(), [2, 2]);
    assert_eq!(numbers.to_vec(), [2.5, 1.0, 4.0, -300.0]);
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none.csv");
    assert_eq!(
        Table::read(&missing).unwrap_err().to_string(),
        format!(
            "{}: there is no such file; check the path and the current directory",
            missing.display()
        )
    );
    assert_eq!(
        Table::read(directory.path()).unwrap_err().to_string(),
        format!("{}: this is a directory; give the path of a CSV file", directory.path().display())
    );
}

#[test]
fn a_file_without_rows_is_an_error() {
    let empty = "train.csv: the file is empty; expected a header with column names, then a row \
                 for each example";
    assert_eq!(fault(""), empty);
    assert_eq!(fault("\n\r\n\n"), empty);
    assert_eq!(fault("\u{feff}"), empty);
    assert_eq!(
        fault("text,label\n"),
        "train.csv: there are no rows below the header (`text`, `label`); expected a row for each \
         example"
    );
}

#[test]
fn a_ragged_row_is_named_by_its_line_in_the_file() {
    let long = "expected 2 fields, as in the header (`text`, `label`), found 3; put a field that \
                holds commas in double quotes";
    assert_eq!(fault("text,label\na,b\na,b,c\n"), format!("train.csv, line 3: {long}"));
    assert_eq!(fault("text,label\n\"a\n\n\",b\n\na,b,c\n"), format!("train.csv, line 6: {long}"));
    assert_eq!(
        fault("text,label\r\n\r\n\"a\r\nb\",c\r\na,b,c\r\n"),
        format!("train.csv, line 5: {long}")
    );
    assert_eq!(fault("text,label\ra,b\r\ra,b,c\r"), format!("train.csv, line 4: {long}"));
    assert_eq!(
        fault("text\na,b\n"),
        "train.csv, line 2: expected 1 field, as in the header (`text`), found 2; put a field that \
         holds commas in double quotes"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_named_by_line_and_place() {
    assert_eq!(
        fault(b"text,label\ncaf\xe9,joy\n"),
        "train.csv, line 2: byte 4 of the line, 0xE9, is not valid UTF-8; save the file as UTF-8 \
         (from Latin-1: iconv -f latin1 -t utf-8)"
    );
    assert!(fault(b"\xff\xfet\0e\0").starts_with("train.csv, line 1: byte 1 of the line, 0xFF"));
}

#[test]
fn a_quote_that_stays_open_is_named_by_the_row_it_swallows() {
    let open = "a double quote opens in the row that begins here and is never closed; close it, \
                and write a quote inside a quoted field twice";
    assert_eq!(fault("text,label\na,b\nc,\"d\ne,f\n"), format!("train.csv, line 3: {open}"));
    assert_eq!(fault("text,label\na,\""), format!("train.csv, line 2: {open}"));
    assert_eq!(fault("\"text\n"), format!("train.csv, line 1: {open}"));
}

#[test]
fn a_column_that_is_missing_or_double_is_named_with_the_others() {
    let missing = |header: &str, column: &str| {
        read(&format!("{header}\n{header}\n")).text(column).unwrap_err().to_string()
    };
    assert_eq!(
        missing("text,label", "emotion"),
        "train.csv, line 1: there is no column `emotion`; the header has `text`, `label`"
    );
    assert_eq!(
        missing("Text,label", "text"),
        "train.csv, line 1: there is no column `text`; the header has `Text`, `label`; did you \
         mean `Text`?"
    );
    assert_eq!(
        missing("text;label", "text"),
        "train.csv, line 1: there is no column `text`; the header has `text;label`; separate the \
         fields by commas"
    );
    assert_eq!(
        missing("text,label,text", "text"),
        "train.csv, line 1: the column `text` occurs twice, as columns 1 and 3; rename one of them"
    );
    let header = (1..=14).map(|i| format!("x{i}")).collect::<Vec<_>>().join(",");
    assert!(missing(&header, "y").ends_with("`x11`, `x12`, and 2 more"));
}

#[test]
fn a_label_that_is_empty_or_unknown_is_named() {
    let labels = Labels::of(["joy", "fear"]);
    let fault = |label: &str| {
        let table = read(&format!("text,label\na,joy\n\"b\nc\",joy\nd,{label}\n"));
        table.classes("label", &labels).unwrap_err().to_string()
    };
    assert_eq!(
        fault("rage"),
        "train.csv, line 5: column `label`: the label `rage` is not one of the 2 known ones \
         (`fear`, `joy`); correct it, or train on rows that have it"
    );
    assert_eq!(
        fault(" "),
        "train.csv, line 5: column `label`: expected a label, found an empty field"
    );
}

#[test]
fn a_field_that_is_no_finite_number_is_named() {
    let fault = |field: &str| {
        let table = read(&format!("x1,x2\n1,2\n3,{field}\n"));
        table.numbers(&["x1", "x2"]).unwrap_err().to_string()
    };
    let expected = "train.csv, line 3: column `x2`: expected a finite number such as -1.5 or 2e3";
    for field in ["abc", "NaN", "inf", "1e39", "1.2.3", "0x10", "1 000"] {
        assert_eq!(fault(field), format!("{expected}, found `{field}`"));
    }
    assert_eq!(fault(" "), format!("{expected}, found an empty field"));
    let long = format!("{expected}, found `{}…`", "é".repeat(40));
    assert_eq!(fault(&"é".repeat(500)), long);
    assert_eq!(fault("\u{1b}[2J"), format!("{expected}, found `\\u{{1b}}[2J`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_reads_back(
        rows in prop::collection::vec(prop::array::uniform3(any::<String>()), 1..20),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.csv");
        write_csv(&path, ["a", "b", "c"], &rows).unwrap();
        let table = Table::read(&path).unwrap();
        for (column, name) in ["a", "b", "c"].into_iter().enumerate() {
            let expected: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
            prop_assert_eq!(table.text(name).unwrap(), expected);
        }
        let files = fs::read_dir(directory.path()).unwrap().count();
        prop_assert_eq!(files, 1, "the temporary file is gone");
    }

}

proptest! {
    #[test]
    fn a_fault_below_any_rows_is_found_on_its_line(
        fields in prop::collection::vec("[a-z,\"\r\n]{0,8}", 0..8),
        blank in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r"]), 0..3),
    ) {
        let mut content = "text,number\n".to_owned();
        for field in &fields {
            content += &format!("\"{}\",0\n", field.replace('"', "\"\""));
        }
        content += &blank.concat();
        // Counted as an editor does: every `\r\n`, then every `\r` or `\n`, ends a line.
        let line = 1 + content.replace("\r\n", "\n").matches(['\r', '\n']).count() as u64;
        content += "fault,none\n";
        let error = read(&content).numbers(&["number"]).unwrap_err();
        prop_assert_eq!(error.line, Some(line));
    }

    #[test]
    fn any_bytes_give_a_table_or_a_message_on_one_line(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\"\r\n,1\xef\xbb\xbf".to_vec())],
            0..60,
        ),
    ) {
        match Table::parse("fuzz.csv", &bytes) {
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
            Ok(table) => {
                let columns: Vec<&str> = table.columns().collect();
                prop_assert!(table.rows() > 0 && !columns.is_empty());
                for column in &columns {
                    match table.numbers(&[column]) {
                        Ok(numbers) => prop_assert_eq!(numbers.shape(), [table.rows(), 1]),
                        Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
                    }
                }
            }
        }
    }

    #[test]
    fn a_damaged_file_never_panics(
        at in 0..64_usize,
        byte in any::<u8>(),
        cut in 0..64_usize,
    ) {
        let rows = "\u{feff}text,x,label\r\n\"a \"\"b\"\"\r\n\",1,joy\r\nété,2.5,fear\n";
        let mut bytes = rows.as_bytes().to_vec();
        bytes.truncate(cut);
        if let Some(damaged) = bytes.get_mut(at) {
            *damaged = byte;
        }
        if let Ok(table) = Table::parse("fuzz.csv", &bytes) {
            prop_assert!(table.text("text").is_ok_and(|texts| texts.len() == table.rows())
                || !table.columns().any(|column| column == "text"));
        }
    }
}

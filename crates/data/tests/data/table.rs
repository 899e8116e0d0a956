//! CSV files: what is read, and the message for each fault.

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
fn the_error_names_a_file_that_cannot_be_opened() {
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
                 for each sample";
    assert_eq!(fault(""), empty);
    assert_eq!(fault("\n\r\n\n"), empty);
    assert_eq!(fault("\u{feff}"), empty);
    assert_eq!(
        fault("text,label\n"),
        "train.csv: there are no rows below the header (`text`, `label`); expected a row for each \
         sample"
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
fn each_encoding_is_named_with_the_command_that_mends_it() {
    let rows = "text,label\nso happy — truly,joy\nso sad,sad\n";
    let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    };
    let marked = format!("\u{feff}{rows}");
    let chinese = "\u{6587},\u{7c7b}\n\u{9ad8}\u{5174}\u{7684}\u{4e00}\u{5929},\u{559c}\n";
    let cyrillic = "текст,метка\nрадостный день,радость\n";
    let cases: [(Vec<u8>, &str); 13] = [
        (
            utf16(u16::to_le_bytes, &marked),
            "UTF-16 (it begins with a byte-order mark); convert it: iconv -f UTF-16 -t",
        ),
        (
            utf16(u16::to_be_bytes, &marked),
            "UTF-16 (it begins with a byte-order mark); convert it: iconv -f UTF-16 -t",
        ),
        (
            utf16(u16::to_le_bytes, rows),
            "UTF-16 (without a byte-order mark); convert it: iconv -f UTF-16LE -t",
        ),
        (
            utf16(u16::to_be_bytes, rows),
            "UTF-16 (without a byte-order mark); convert it: iconv -f UTF-16BE -t",
        ),
        (utf16(u16::to_le_bytes, chinese), "iconv -f UTF-16LE -t"),
        (utf16(u16::to_be_bytes, cyrillic), "iconv -f UTF-16BE -t"),
        (b"text,label\nI don\x92t care,sad\n".to_vec(), "Windows-1252: iconv -f windows-1252"),
        (b"text,label\n\xe9t\xe9 \x96 fini,sad\n".to_vec(), "Windows-1252: iconv -f windows-1252"),
        (b"text,label\nna\xefve d\xe9j\xe0 vu,sad\n".to_vec(), "from Latin-1: iconv -f latin1"),
        (
            b"text,label\n\xf0\xe0\xe4\xee\xf1\xf2\xfc,joy\n".to_vec(),
            "another encoding, such as windows-1251",
        ),
        (
            b"text,label\n\xc3\xa9t\xc3\xa9 \xc3\xa0 \xff,joy\n".to_vec(),
            "most of it is UTF-8 already",
        ),
        // Half of its rows come from another file.
        (
            b"text,label\nZ\xc3\xbcrich,joy\nZ\xfcrich,joy\nB\xc3\xa4ren,joy\nB\xe4ren,joy\n"
                .to_vec(),
            "most of it is UTF-8 already",
        ),
        (
            b"text,label\nab\0c\xff,joy\n".to_vec(),
            "line 2: byte 3 of the line, 0x00, is not part of UTF-8 text: this is a binary file",
        ),
    ];
    for (bytes, tells) in cases {
        let message = fault(&bytes);
        assert!(message.contains(tells), "{message}\n{bytes:?}");
    }
}

#[test]
fn files_of_other_kinds_are_named_with_what_makes_text_of_them() {
    let cases: [(&[u8], &str); 11] = [
        (
            b"\x1f\x8b\x08\0\0\0\0\0",
            "train.csv: this is a gzip file, not UTF-8 text; unpack it: gunzip -c FILE > NEW",
        ),
        (b"PK\x03\x04\x14\0\0\0data.csv", "a zip file, not UTF-8 text; unpack it: unzip FILE"),
        (
            b"PK\x03\x04\x14\0\0\0[Content_Types].xml",
            "an Excel spreadsheet (.xlsx), not UTF-8 text; open it",
        ),
        (
            b"PK\x03\x04\x14\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            "a spreadsheet (.ods)",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "a spreadsheet (.xls), not UTF-8 text; open it in its program",
        ),
        (b"%PDF-1.7\n%\xe2", "a PDF file"),
        (b"BZh91AY&SY", "bunzip2 -c FILE"),
        (b"\xfd7zXZ\0\0", "xz -dc FILE"),
        (b"\x28\xb5\x2f\xfd\0", "zstd -dc FILE"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"PAR1\x15\x04\x15\x10\x15", "a Parquet file, not UTF-8 text; export it as CSV"),
    ];
    for (bytes, tells) in cases {
        let message = fault(bytes);
        assert!(message.contains(tells), "{message}");
    }
}

#[test]
fn text_after_a_closing_quote_is_reported_on_the_line_where_the_quote_opens() {
    let message = |closed: u64, after: &str| {
        format!(
            "a double quote opens on this line and closes on line {closed}, but is followed by \
             `{after}`; a quoted field ends with its closing quote: remove the quote that should not be \
             there, or write a quote inside a quoted field twice"
        )
    };
    // A lenient reader would turn these six rows into three.
    let stray =
        "text,label\n\"so happy,joy\nwhat a day,joy\nrain again,sad\n\"bad day,sad\nsunny,joy\n";
    assert_eq!(fault(stray), format!("train.csv, line 2: {}", message(5, "bad day,sad")));
    let swallowed = "text,label\nfine,joy\n\"a\nb\" c,joy\nd,joy\n";
    assert_eq!(fault(swallowed), format!("train.csv, line 3: {}", message(4, " c,joy")));
    assert_eq!(
        fault("text,label\n\"a\" ,b\n"),
        format!("train.csv, line 2: {}", message(2, " ,b"))
    );
    assert_eq!(
        fault("\"text\"x,label\na,b\n"),
        format!("train.csv, line 1: {}", message(1, "x,label"))
    );
    assert_eq!(
        fault("text,label\na,\"b\r\n\r\nc\"d\r\n"),
        format!("train.csv, line 2: {}", message(4, "d"))
    );
}

#[test]
fn a_quote_inside_an_unquoted_field_is_a_letter() {
    let table = read("text,label\n5\" nail,joy\nsay \"hi\",joy\n \"x\",joy\na\"\"b,joy\n");
    let texts = ["5\" nail", "say \"hi\"", " \"x\"", "a\"\"b"];
    assert_eq!(table.text("text").unwrap(), texts);
}

#[test]
fn quotes_that_other_programs_write_are_named_as_the_cause() {
    let backslash =
        "text,label\n\"He said \\\"no, never\\\" again\",sad\n\"so \\\"happy\\\"\",joy\n";
    let message = fault(backslash);
    let start =
        "train.csv, line 2: the field that opens here has a backslash before a double quote (";
    let end = "which does not keep it from closing the field; write a quote inside a quoted field twice: \
               \"\" instead of \\\"";
    assert!(message.starts_with(start) && message.ends_with(end), "{message}");
    let ends_so = "text,label\n\"he said \\\"no\\\"\",sad\nfine,joy\n";
    assert!(fault(ends_so).contains("line 2: the field that opens here has a backslash"));
    assert!(
        fault("text,label\nso \\\"a, b\\\",joy\n")
            .contains("has a backslash before a double quote: ")
    );

    let space = fault("label, text\njoy, \"so good, so happy\"\n");
    let start = "train.csv, line 2: expected 2 fields, as in the header (`label`, `text`), found 3; the \
                 field ";
    let end =
        "has a space before its double quote, which therefore does not open it: remove the space";
    assert!(space.starts_with(start) && space.ends_with(end), "{space}");
    let header = read("label, \"text\"\njoy, \"good\"\n").text("text").unwrap_err().to_string();
    assert!(header.contains("has a space before its double quote"), "{header}");
}

#[test]
fn other_separators_are_named_also_where_a_text_holds_a_comma() {
    let cases = [
        ("text;label\nso happy, really;joy\nso sad;sad\n", "semicolons (`text;label`)"),
        ("\"text\";\"label\"\n\"a, b\";\"joy\"\n", "semicolons"),
        ("text\tlabel\nsee, you\tjoy\n", "tabs (`text\\tlabel`)"),
        ("ham\tsee you at six\nspam\tWIN a prize, call now\n", "tabs (`ham\\tsee you at six`)"),
        ("text|label\na, b|joy\n", "vertical bars (`text|label`)"),
        ("text;label\n\"a;b\";joy\n", "semicolons (`text;label`)"),
    ];
    for (content, tells) in cases {
        let message = fault(content);
        assert!(message.starts_with("train.csv, line "), "{message}");
        assert!(message.contains(&format!("the fields are separated by {tells}")), "{message}");
        assert!(message.contains("expected commas"), "{message}");
    }
    let rows = "a;b;label\n1;2;x\n";
    let missing = read(rows).text("label").unwrap_err().to_string();
    assert!(missing.ends_with("; separate the fields by commas"), "{missing}");
}

#[test]
fn a_missing_header_is_named_as_the_cause() {
    let missing = |content: &str, column: &str| read(content).text(column).unwrap_err().to_string();
    let headless = "this line looks like a row: put a header with the column names";
    assert!(missing("so happy,joy\nso glad,joy\n", "text").contains(headless));
    assert!(missing("1.5,2,1\n2.5,3,0\n", "label").contains(headless));
    assert!(!missing("text,emotion\nso glad,joy\n", "label").contains("looks like"));
    assert!(missing("<!doctype html>\n<html>\n", "text").contains("a page (HTML or XML)"));
    assert!(missing("[\n{}\n", "text").contains("JSON"));
}

#[test]
fn numbers_keep_what_32_bits_cannot_tell_apart() {
    let table = read("t\n1700000029\n1700000034\n1e300\n");
    let numbers = table.numbers(&["t"]).unwrap();
    assert_eq!(numbers.to_vec(), [1_700_000_029.0, 1_700_000_034.0, 1e300]);
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
fn a_field_that_is_not_a_finite_number_is_named() {
    let fault = |field: &str| {
        let table = read(&format!("x1,x2\n1,2\n3,{field}\n"));
        table.numbers(&["x1", "x2"]).unwrap_err().to_string()
    };
    let expected = "train.csv, line 3: column `x2`: expected a finite number such as -1.5 or 2e3";
    for field in ["abc", "NaN", "inf", "1e309", "1.2.3", "0x10", "1 000"] {
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
        let mut written = Vec::new();
        write_csv(&mut written, ["a", "b", "c"], &rows).unwrap();
        let table = Table::parse("rows.csv", &written).unwrap();
        for (column, name) in ["a", "b", "c"].into_iter().enumerate() {
            let expected: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
            prop_assert_eq!(table.text(name).unwrap(), expected);
        }
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
        // Editors count lines this way: every `\r\n`, then every `\r` or `\n`, ends a line.
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

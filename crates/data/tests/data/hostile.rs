//! Files meant to do harm: characters that a terminal obeys, sizes that exceed memory, endless
//! bytes.

use std::io::{BufReader, Cursor};

use data::{
    LONGEST_LINE, Table, Tokenizer, excerpt, printable, printable_json, printable_lines, quoted,
    read_line,
};
use proptest::prelude::*;

/// Returns every character that a person cannot see and a terminal, an editor or a browser may
/// obey.
fn hidden() -> impl Iterator<Item = char> {
    let ranges = [
        '\0'..='\u{1f}',
        '\u{7f}'..='\u{9f}',
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{feff}'..='\u{feff}',
    ];
    ranges.into_iter().flatten()
}

#[test]
fn hidden_characters_are_escaped_wherever_a_text_is_shown() {
    for c in hidden() {
        let text = format!("a{c}b");
        for shown in [printable(&text).into_owned(), quoted(&text), excerpt(&text)] {
            assert!(!shown.contains(c) && shown.contains("a\\"), "{shown:?}");
        }
        let json = serde_json::to_string(&text).unwrap();
        let shown = printable_json(&json);
        assert!(!shown.contains(c), "{shown:?}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        assert_eq!(printable_lines(&text).contains(c), c == '\n' || c == '\t');
    }
}

#[test]
fn visible_characters_stay_as_they_are() {
    for text in ["", "so happy", "Ä ß é 你好 עברית", "a\u{a0}b", "it's `quoted` \\n", "❤️"]
    {
        assert_eq!(printable(text), text);
    }
}

#[test]
fn long_names_are_shortened() {
    let name = "x".repeat(1_000_000);
    assert_eq!(quoted(&name).chars().count(), 123);
    assert!(quoted(&name).ends_with("x…`"));
}

proptest! {
    #[test]
    fn shown_text_is_never_obeyed(text in any::<String>()) {
        let shown = printable(&text).into_owned();
        prop_assert!(!hidden().any(|c| shown.contains(c)));
        prop_assert_eq!(printable(&shown), shown.as_str());
    }
}

#[test]
fn a_tokenizer_whose_separator_would_multiply_a_text_is_refused() {
    let json = serde_json::to_value(Tokenizer::new()).unwrap();
    let fault = |field: &str| {
        let mut json = json.clone();
        json["rules"][field] = "x".repeat(10_000).into();
        serde_json::from_value::<Tokenizer>(json).unwrap_err().to_string()
    };
    assert_eq!(fault("split"), "the separator has 10000 bytes, expected at most 32");
    assert_eq!(fault("filters"), "the list of filters has 10000 bytes, expected at most 4096");
}

#[test]
fn word_counts_saturate() {
    let mut json = serde_json::to_value(Tokenizer::new()).unwrap();
    json["counts"] = serde_json::json!([["happy", u64::MAX]]);
    let mut tokenizer: Tokenizer = serde_json::from_value(json).unwrap();
    tokenizer.fit_on_texts(["happy"]);
    assert_eq!(tokenizer.word_counts(), [("happy".to_string(), u64::MAX)]);
}

/// Searching all names for each column would take 2 · 10¹⁰ comparisons.
#[test]
fn a_table_may_have_a_hundred_thousand_columns() {
    let names: Vec<String> = (0..100_000).map(|i| format!("a_feature_of_number_{i}")).collect();
    let row = vec!["1"; names.len()].join(",");
    let text = format!("{}\n{row}\n{row}\n", names.join(","));
    let table = Table::parse("wide.csv", text.as_bytes()).unwrap();
    assert_eq!(table.numbers(&names).unwrap().shape(), [2, names.len()]);
}

#[test]
fn a_line_is_read_up_to_a_limit() {
    let mut line = Vec::new();
    let longest = "x".repeat(LONGEST_LINE);
    let text = format!("{longest}\nnext\n\nlast");
    let mut reader = BufReader::new(Cursor::new(&text));
    for expected in [longest.as_str(), "next", "", "last"] {
        assert!(read_line(&mut reader, &mut line).unwrap());
        assert_eq!(line, expected.as_bytes());
    }
    assert!(!read_line(&mut reader, &mut line).unwrap());
    let longer = format!("{longest}x");
    let error = read_line(&mut Cursor::new(longer), &mut line).unwrap_err();
    assert!(error.to_string().starts_with("the line is longer than 16 MiB"), "{error}");
}

//! What the program says of its answers: unknown words, `unknown`, calibration, and what moved them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::program::{wengert, wengert_with};
use crate::table::{folder, run_reading};
use programs::Outcome;

/// Trains the model of the README on generated reviews.
fn reviews_model(folder: &Path) -> String {
    wengert(folder, "train --activation swiglu --save model.st --report report.html").success()
}

/// Returns the answer to a text.
fn answer(folder: &Path, text: &str) -> Value {
    let arguments = ["predict", "--model", "model.st", "--json", "--why", text];
    serde_json::from_str(&wengert_with(folder, &arguments).success()).unwrap()
}

#[test]
fn forms_of_words_are_understood_and_each_effect_is_that_of_removing_the_word() {
    let folder = tempdir().unwrap();
    let output = reviews_model(folder.path());
    let wrong_by_design = "8 % of these generated reviews are wrong by design";
    assert!(output.contains(wrong_by_design), "{output}");
    assert!(output.contains("expected calibration error"), "{output}");
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for part in [wrong_by_design, "Reliability of swiglu", "How far its probabilities can be"] {
        assert!(page.contains(part), "no `{part}`");
    }
    for (text, class) in [
        ("What a joyful day", "joy"),
        ("I enjoyed it", "joy"),
        ("joy, joy, joy", "joy"),
        ("My sister dreaded the ending", "fear"),
    ] {
        assert_eq!(answer(folder.path(), text)["prediction"], class, "{text}");
    }
    let text = "Quizzaciously, a joyful and merry film, not a gloomy one";
    let whole = answer(folder.path(), text);
    assert_eq!(whole["unknown_words"], json!(["quizzaciously", "one"]));
    let class = whole["prediction"].as_str().unwrap();
    let probability = |answer: &Value| answer["probabilities"][class].as_f64().unwrap();
    let effects = whole["why"].as_array().unwrap();
    assert_eq!(effects.len(), 5);
    for effect in effects {
        let word = effect["word"].as_str().unwrap();
        // `a` occurs twice, and is removed twice.
        let by_hand: Vec<&str> = text.split(' ').filter(|w| w.trim_matches(',') != word).collect();
        let removed = answer(folder.path(), &by_hand.join(" "));
        let found = probability(&whole) - probability(&removed);
        let told = effect["effect"].as_f64().unwrap();
        assert!((found - told).abs() < 1e-6, "{word}: {told}, by hand {found}");
    }
}

#[test]
fn of_a_row_the_columns_and_words_that_moved_the_answer_are_those_found_by_removing_them() {
    let folder = folder();
    let folder = folder.path();
    wengert(folder, "train shop.csv --target sold --vocab 300 --quiet --save shop.st").success();
    let predict = |rows: &str, options: &str| -> Outcome {
        run_reading(rows.as_bytes(), folder, &format!("predict --model shop.st {options} -"))
    };
    let header = "city,price,note,day";
    let ask = |cells: &[&str; 4]| -> Value {
        let rows = format!("{header}\n{}\n", cells.join(","));
        serde_json::from_str(&predict(&rows, "--json --why").success()).unwrap()
    };
    let cells = ["Rome", "8.1", "a lovely thing", "2024-03-05"];
    let whole = ask(&cells);
    let name = format!("probability_{}", whole["prediction"].as_str().unwrap());
    let effects = whole["why"].as_array().unwrap();
    assert_eq!((effects.len(), &effects[0]["column"]), (5, &json!("price")), "{whole}");
    for effect in effects {
        let column = effect["column"].as_str().unwrap();
        let place = header.split(',').position(|name| name == column).unwrap();
        let mut others = cells;
        let left = effect["word"].as_str().map(|word| cells[place].replace(word, ""));
        others[place] = left.as_deref().unwrap_or("");
        let removed = ask(&others);
        let by_hand = whole[&name].as_f64().unwrap() - removed[&name].as_f64().unwrap();
        let told = effect["effect"].as_f64().unwrap();
        assert!((by_hand - told).abs() < 1e-5, "{effect}: by hand {by_hand}");
    }
    let csv = predict(&format!("{header}\n{}\n", cells.join(",")), "--why").success();
    assert!(csv.starts_with("city,price,note,day,prediction,probability_no,probability_yes,why\n"));
    assert!(csv.contains(",price +") || csv.contains(",price -"), "{csv}");
}

#[test]
fn a_row_of_which_nothing_is_known_is_answered_with_unknown() {
    let folder = folder();
    let folder = folder.path();
    wengert(folder, "train shop.csv --target sold --vocab 300 --quiet --save shop.st").success();
    let rows = "city,price,note,day\nAtlantis,NA,zyzzyva,soon\nRome,,,\n,,,\n";
    let arguments = "predict --model shop.st -";
    let Outcome { stdout, stderr, .. } = run_reading(rows.as_bytes(), folder, arguments);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[1], "Atlantis,NA,zyzzyva,soon,unknown,,");
    assert_eq!(lines[3], ",,,,unknown,,");
    assert!(lines[2].contains(",no,0.") || lines[2].contains(",yes,0."), "{stdout}");
    let note =
        "column `note`: 1 word that the model does not know is left out: `zyzzyva` on line 2";
    assert!(stderr.contains(note), "{stderr}");
    let output = run_reading(rows.as_bytes(), folder, &format!("{arguments} --json")).stdout;
    let first: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    assert_eq!((&first["prediction"], &first["probability_no"]), (&json!("unknown"), &json!(null)));
}

#[test]
fn the_temperature_is_saved_and_an_evaluation_uses_it() {
    let folder = folder();
    let folder = folder.path();
    let train = "train shop.csv --target sold --vocab 300 --save shop.st --json=shop.json";
    let output = wengert(folder, train).success();
    assert!(output.contains("without the temperature "), "{output}");
    let report: Value =
        serde_json::from_slice(&fs::read(folder.join("shop.json")).unwrap()).unwrap();
    let temperature = report["best"]["calibration"]["temperature"].as_f64().unwrap();
    let saved = fs::read(folder.join("shop.st")).unwrap();
    let saved = String::from_utf8_lossy(&saved);
    assert!(saved.contains(&format!("{temperature}")[..8]), "{temperature}");
    let figures = |model: &str| -> Value {
        let figures =
            wengert(folder, &format!("evaluate --model {model} shop.csv --json")).success();
        serde_json::from_str(&figures).unwrap()
    };
    // The same model with another temperature, in a file without a checksum.
    let mut other = fs::read(folder.join("shop.st")).unwrap();
    let key = r#"temperature\":"#;
    let first_digit = saved.find(key).unwrap() + key.len();
    other[first_digit] = if other[first_digit] == b'9' { b'4' } else { b'9' };
    let checksum = saved.find("\"crc32\"").unwrap();
    other[checksum + 5] = b'3';
    fs::write(folder.join("other.st"), other).unwrap();
    let [figures, others] = ["shop.st", "other.st"].map(figures);
    assert_eq!(figures["accuracy"], others["accuracy"]);
    for figure in ["loss", "expected_calibration_error"] {
        assert_ne!(figures[figure], others[figure], "{figure}");
    }
}

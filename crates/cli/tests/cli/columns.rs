//! `train FILE` says what the model makes of each column, and how far its numbers are off: printed, and as figures.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::wengert;

/// Rents that follow from size and city. The floor, the day and the note say nothing.
fn homes(rows: usize) -> String {
    let row = |i: usize| {
        let size = 20.0 + (i * 29 % 97) as f64;
        let (city, factor) = [("Rome", 10.0), ("Oslo", 15.0), ("Bern", 20.0)][i * 7 % 11 % 3];
        let note = ["quiet", "bright", "plain", "lovely", "new"][i * 13 % 17 % 5];
        let rent = size * factor;
        let (floor, day) = (i * 31 % 23 % 9, i * 5 % 28 + 1);
        let shown = if i % 19 == 7 { "NA".to_owned() } else { format!("{size}") };
        format!("{city},{shown},{floor},2024-03-{day:02},a {note} place number {i},{rent}\n")
    };
    format!("city,size,floor,day,note,rent\n{}", (0..rows).map(row).collect::<String>())
}

/// Trains on these homes, and returns what is printed and the figures.
fn train(folder: &Path, rows: usize, options: &str) -> (String, Value) {
    fs::write(folder.join("homes.csv"), homes(rows)).unwrap();
    let options = format!("train homes.csv --vocab 50 --json=figures.json {options}");
    let printed = wengert(folder, &options).success();
    let figures = fs::read_to_string(folder.join("figures.json")).unwrap();
    (printed, serde_json::from_str(&figures).unwrap())
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn the_columns_that_make_the_answer_come_first_and_their_shape_is_found() {
    let folder = tempdir().unwrap();
    let (printed, figures) = train(folder.path(), 900, "--target rent");
    let columns = &figures["best"]["columns"];
    let found = columns["importances"].as_array().unwrap();
    let rises: Vec<(&str, f64)> = found
        .iter()
        .map(|found| (found["column"].as_str().unwrap(), found["loss"]["mean"].as_f64().unwrap()))
        .collect();
    assert_eq!(rises.len(), 5);
    assert!(rises[..2].iter().all(|(name, _)| ["size", "city"].contains(name)), "{rises:?}");
    assert!(rises[2..].iter().all(|(_, rise)| rise.abs() < rises[1].1 / 10.0), "{rises:?}");
    assert_eq!(columns["metric"], "mae");

    let dependence = |name: &str| {
        let all = columns["dependences"].as_array().unwrap();
        all.iter().find(|found| found["column"] == name).cloned()
    };
    assert!(dependence("note").is_none(), "a text has no order");
    let size = dependence("size").unwrap();
    let at = numbers(&size["values"]["numbers"]["at"]);
    let means: Vec<f64> =
        (size["means"].as_array().unwrap().iter()).map(|means| numbers(means)[0]).collect();
    assert!(at.len() == 20 && at.is_sorted() && means.is_sorted(), "{at:?} {means:?}");
    // A square metre costs 15 in the mean of the cities.
    let slope = (means[17] - means[2]) / (at[17] - at[2]);
    assert!((slope - 15.0).abs() < 3.0, "{slope}");
    let city = dependence("city").unwrap();
    let names = &city["values"]["categories"]["names"];
    let rent = |name: &str| {
        let place = names.as_array().unwrap().iter().position(|other| other == name).unwrap();
        city["means"][place][0].as_f64().unwrap()
    };
    assert!(rent("Rome") + 200.0 < rent("Oslo") && rent("Oslo") + 200.0 < rent("Bern"), "{city}");

    let (_, table) = printed.split_once("Column importance: ").expect("a table of columns");
    let lines: Vec<&str> = table.lines().skip(2).collect();
    assert!(lines[0].starts_with("column") && lines[0].trim_end().ends_with("MAE"), "{table}");
    for (line, (name, _)) in lines[1..].iter().zip(&rises) {
        assert!(line.starts_with(name) && line.contains(" ± "), "{line}");
    }
}

#[test]
fn residuals_are_those_of_the_rows_tested_on_in_their_unit() {
    let folder = tempdir().unwrap();
    let (_, figures) = train(folder.path(), 300, "--target rent --epochs 5");
    let best = &figures["best"];
    let points = best["residuals"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 60);
    let errors = points.iter().map(|pair| {
        let pair = numbers(pair);
        (pair[0] - pair[1]).abs()
    });
    let mae = errors.sum::<f64>() / 60.0;
    assert!((mae - best["test"]["mae"].as_f64().unwrap()).abs() < 1e-9 * mae, "{mae}");
    let rents: Vec<f64> = homes(300)
        .lines()
        .skip(1)
        .map(|row| row.rsplit_once(',').unwrap().1.parse().unwrap())
        .collect();
    // The 32 bits of a target have seven digits.
    let is_rent = |truth: f64| rents.iter().any(|rent| (rent - truth).abs() < 1e-3);
    assert!(points.iter().all(|pair| is_rent(numbers(pair)[0])));
}

#[test]
fn a_classifier_has_a_probability_of_each_class_and_quiet_prints_no_columns() {
    let folder = tempdir().unwrap();
    let options = "--target city --epochs 5 --seed 3";
    let (printed, figures) = train(folder.path(), 300, options);
    let columns = &figures["best"]["columns"];
    assert_eq!(columns["metric"], "accuracy");
    assert_eq!(columns["outputs"], serde_json::json!(["Bern", "Oslo", "Rome"]));
    for dependence in columns["dependences"].as_array().unwrap() {
        for means in dependence["means"].as_array().unwrap() {
            let sum: f64 = numbers(means).iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{means}");
        }
    }
    assert!(printed.contains("accuracy, points"), "{printed}");
    let (again, same) = train(folder.path(), 300, &format!("{options} --quiet"));
    assert!(!again.contains("Column importance"), "{again}");
    assert_eq!(same["best"]["columns"], *columns, "the seed decides");
}

#[test]
fn of_many_rows_some_are_asked_and_their_number_is_told() {
    let folder = tempdir().unwrap();
    let options = "--target rent --epochs 1 --column note=ignore --report page.html";
    let (printed, figures) = train(folder.path(), 5_500, options);
    let columns = &figures["best"]["columns"];
    assert_eq!((&columns["samples"], &columns["of"]), (&500.into(), &1_100.into()));
    assert!(printed.contains("(5 times, among 500 of these 1100 rows)"), "{printed}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains(">500</span> test samples, drawn from all"));
    assert!(page.contains("the histogram has all"));
}

#[test]
fn of_one_row_nothing_is_said_of_columns() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("one.csv"), homes(1)).unwrap();
    let (printed, figures) = train(folder.path(), 60, "--target rent --epochs 2 --test one.csv");
    assert!(!printed.contains("shuffled"), "{printed}");
    assert_eq!(figures["best"]["columns"], Value::Null);
}

//! `train FILE`, and what its models are used for.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::program::{command, wengert};
use programs::Outcome;

/// A table with every kind of input, gaps, and a class that they tell.
pub fn shop() -> String {
    let row = |i: usize| {
        let city = ["Rome", "Oslo", "Bern", ""][i % 4];
        let price = (i * 37 % 101) as f64 / 10.0;
        let shown = if i % 9 == 4 { "NA".to_owned() } else { format!("{price}") };
        let word = ["lovely", "plain", "awful"][i % 3];
        let is_sold = price + f64::from(u8::from(city == "Rome")) * 3.0 > 6.0;
        let sold = if is_sold { "yes" } else { "no" };
        format!("{city},{shown},\"a {word} thing, number {i}\",2024-03-{:02},{sold}\n", i % 28 + 1)
    };
    format!("city,price,note,day,sold\n{}", (0..240).map(row).collect::<String>())
}

/// Rows whose rent follows from their size, as a German spreadsheet writes them.
pub fn rents() -> Vec<u8> {
    let row = |i: usize| {
        let size = 20.0 + (i * 29 % 97) as f64;
        let rent = size * 11.5 + (i % 3) as f64 * 50.0;
        let street = ["Nu\u{df}allee", "K\u{f6}nigsweg", "M\u{fc}hlbach"][i % 3];
        format!("{street};{size:.1};1.{:06.2}\r\n", rent % 1000.0).replace(".0;", ",0;")
    };
    let text =
        format!("Stra\u{df}e;Gr\u{f6}\u{df}e;Miete\r\n{}", (0..200).map(row).collect::<String>());
    let text = text.lines().map(|line| match line.rsplit_once('.') {
        Some((start, cents)) if cents.len() == 2 => format!("{start},{cents}\r\n"),
        _ => format!("{line}\r\n"),
    });
    text.collect::<String>().chars().map(|letter| letter as u8).collect()
}

/// Texts with one of two labels, or both, as JSON Lines.
fn notes() -> String {
    let row = |i: usize| {
        let (labels, words) = match i % 3 {
            0 => ("[\"warm\"]", "sun and beach"),
            1 => ("[\"wet\"]", "rain and fog"),
            _ => ("[\"warm\", \"wet\"]", "sun and rain"),
        };
        format!(
            "{{\"text\": \"it was {words} on day {i}\", \"n\": {}, \"tags\": {labels}}}\n",
            i * 7 % 10
        )
    };
    // A list without labels is an answer; null and a missing key are none.
    let others = "{\"text\": \"fog\", \"tags\": null}\n{\"text\": \"day\"}\n\
                  {\"text\": \"it was day\", \"tags\": []}\n";
    (0..90).map(row).chain([others.to_owned()]).collect()
}

pub fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(shop().as_bytes()).unwrap();
    let files: [(&str, Vec<u8>); 4] = [
        ("shop.csv", shop().into_bytes()),
        ("shop.csv.gz", packed.finish().unwrap()),
        ("rents.csv", rents()),
        ("notes.jsonl", notes().into_bytes()),
    ];
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Runs the program with this on its standard input.
pub fn run_reading(input: &[u8], folder: &Path, arguments: &str) -> Outcome {
    let mut command = command(folder);
    command.args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Outcome::of(child.wait_with_output().unwrap())
}

/// Returns the accuracy in percent that a run prints for rows it has not seen, or for a file.
#[track_caller]
fn accuracy(output: &str) -> f64 {
    let (_, figures) = output.split_once("accuracy ").expect("an accuracy");
    figures.split(' ').next().unwrap().parse().unwrap()
}

/// Returns `true` for lines with the same cells, but for the last digits of the probabilities at their end:
/// a row alone is summed up in another order than among others.
fn is_nearly(a: &str, b: &str) -> bool {
    let (first, second) = (a.rsplit(',').take(2), b.rsplit(',').take(2));
    let start = |line: &str| line.rsplitn(3, ',').last().map(String::from);
    let mut pairs = first.zip(second);
    start(a) == start(b)
        && pairs.all(|(a, b)| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() < 1e-5,
            _ => a == b,
        })
}

#[test]
fn a_table_of_every_kind_goes_from_a_file_to_predictions() {
    let folder = folder();
    let folder = folder.path();
    let train = "train shop.csv --target sold --vocab 300 --save shop.st";
    let Outcome { code, stdout, stderr } = wengert(folder, train);
    assert_eq!(code, Some(0), "{stderr}");
    let kinds =
        ["sold    category", "city    category", "price   number", "note    text", "day     date"];
    for told in kinds {
        assert!(stdout.contains(told), "no `{told}` in\n{stdout}");
    }
    assert!(stdout.contains("separated by commas, a header, UTF-8"), "{stdout}");
    assert!(stderr.contains("column `city`: 60 cells are missing"), "{stderr}");
    assert!(
        stderr.contains("column `price`: 27 cells are missing, filled with: the median"),
        "{stderr}"
    );
    let (_, held_out) = stdout.split_once("On rows it has not seen: ").expect("a score");
    assert!(accuracy(held_out) > 70.0, "{held_out}");

    let answers = wengert(folder, "predict --model shop.st shop.csv").success();
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(lines.len(), 241);
    assert_eq!(lines[0], "city,price,note,day,sold,prediction,probability_no,probability_yes");
    for (line, row) in lines[1..].iter().zip(shop().lines().skip(1)) {
        let (_, answer) = line.split_at(row.len());
        assert!(line.starts_with(row), "{line}");
        let cells: Vec<&str> = answer.split(',').collect();
        let [no, yes]: [f64; 2] = [cells[2], cells[3]].map(|p| p.parse().unwrap());
        assert!((no + yes - 1.0).abs() < 1e-5 && (cells[1] == "yes") == (yes > no), "{line}");
    }

    let evaluation = wengert(folder, "evaluate --model shop.st shop.csv").success();
    let right = lines[1..].iter().filter(|line| {
        let cells: Vec<&str> = line.rsplit(',').take(4).collect();
        cells[2] == cells[3]
    });
    let share = 100.0 * right.count() as f64 / 240.0;
    assert!((accuracy(&evaluation) - share).abs() < 0.06, "{share} in {evaluation}");
    let figures = wengert(folder, "evaluate --model shop.st --test shop.csv.gz --json").success();
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert!((figures["accuracy"].as_f64().unwrap() * 100.0 - share).abs() < 1e-9, "{figures}");
}

#[test]
fn a_packed_file_and_standard_input_are_the_same_table() {
    let folder = folder();
    let folder = folder.path();
    let options = "--target sold --vocab 300 --epochs 2 --quiet";
    let plain = wengert(folder, &format!("train shop.csv {options} --save a.st")).success();
    let packed = wengert(folder, &format!("train shop.csv.gz {options} --save b.st")).success();
    assert_eq!(plain, packed);
    let bytes = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(bytes("a.st") == bytes("b.st"));
    let read = run_reading(shop().as_bytes(), folder, &format!("train - {options}")).success();
    assert_eq!(plain, read);
    let from_file = wengert(folder, "predict --model a.st shop.csv").success();
    for arguments in ["predict --model a.st -", "predict --model a.st"] {
        let read = run_reading(shop().as_bytes(), folder, arguments).success();
        assert!(read.lines().zip(from_file.lines()).all(|(a, b)| is_nearly(a, b)), "{arguments}");
        assert_eq!(read.lines().count(), 241);
    }
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(shop().replace(',', "\t").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let told = run_reading(&utf16, folder, "predict --model a.st - --json").success();
    assert_eq!(told.lines().count(), 240);
}

/// Numbers of three decimals could be thousands where another column has decimal commas.
#[test]
fn numbers_of_json_lines_have_decimal_points_whatever_other_columns_have() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let rows = |start: usize| -> String {
        let row = |i: usize| {
            let gap = if i % 40 == 3 { "\"n/a\"".to_owned() } else { format!("{}.125", i % 9) };
            format!(
                "{{\"amount\": \"{},43\", \"x\": {gap}, \"y\": {}.576}}\n",
                60 + i % 7,
                640 + i % 9
            )
        };
        (start..start + 120).map(row).collect()
    };
    fs::write(folder.join("a.jsonl"), rows(0)).unwrap();
    fs::write(folder.join("b.jsonl"), rows(1000)).unwrap();
    let options = "--target y --epochs 3 --save a.st";
    let outcome = wengert(folder, &format!("train a.jsonl --test b.jsonl {options}"));
    let notes = outcome.stderr.clone();
    let output = outcome.success();
    let line = |name: &str| output.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("amount ").contains("decimal comma"), "{output}");
    assert!(
        !line("x ").contains("decimal comma") && !line("y ").contains("decimal comma"),
        "{output}"
    );
    assert!(notes.contains("of the rows that are held out occur in training too"), "{notes}");
    let figures = wengert(folder, "evaluate --model a.st --test b.jsonl --json").success();
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert!(figures["mae"].as_f64().unwrap() < 10.0, "{figures}");
}

#[test]
fn the_words_of_a_column_are_counted_in_a_saved_model() {
    let folder = folder();
    let folder = folder.path();
    wengert(folder, "train shop.csv --target sold --vocab 100 --epochs 1 --save a.st --quiet")
        .success();
    let told = wengert(folder, "inspect --model a.st --json").success();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["vocabulary"]["words of column note, the padding included"], 100, "{told}");
}

#[test]
fn numbers_are_predicted_in_their_own_unit_from_a_german_spreadsheet() {
    let folder = folder();
    let folder = folder.path();
    let output = wengert(folder, "train rents.csv --target Miete --save rents.st").success();
    assert!(
        output.contains("separated by semicolons, a header, Windows-1252 (guessed)"),
        "{output}"
    );
    assert!(output.contains("(decimal comma)"), "{output}");
    let figure = |text: &str, name: &str| -> f64 {
        let (_, rest) = text.split_once(name).expect("a figure");
        rest.split([',', ' ', '\n']).next().unwrap().parse().unwrap()
    };
    let (_, score) = output.split_once("On rows it has not seen: ").expect("a score");
    assert!(figure(score, "mean error ") < figure(score, "alone: mean error ") / 2.0, "{score}");

    let answers = wengert(folder, "predict --model rents.st rents.csv --json").success();
    let mut errors = Vec::new();
    for line in answers.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let rent: f64 =
            row["Miete"].as_str().unwrap().replace('.', "").replace(',', ".").parse().unwrap();
        errors.push((row["prediction"].as_f64().unwrap() - rent).abs());
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let evaluation = wengert(folder, "evaluate --model rents.st rents.csv").success();
    let told = figure(&evaluation, "mean error ");
    assert!((told - mean).abs() < 0.01 * mean, "{mean} in {evaluation}");
}

#[test]
fn json_lines_have_several_labels_and_keep_their_objects() {
    let folder = folder();
    let folder = folder.path();
    let Outcome { stdout: output, stderr, .. } =
        wengert(folder, "train notes.jsonl --target tags --epochs 30 --save notes.st");
    assert!(
        stderr.contains("2 of 93 rows are left out, as their `tags` is missing")
            && stderr.contains("`null` on line 91"),
        "{stderr}"
    );
    assert!(output.contains("JSON Lines, UTF-8") && output.contains("micro F1"), "{output}");
    // The first object lacks a key that the second has.
    let objects = "{\"text\": \"sun and rain\", \"extra\": 1}\n\
                   {\"other\": true, \"text\": \"fog\", \"n\": 4}\n";
    let told =
        run_reading(objects.as_bytes(), folder, "predict --model notes.st - --json").success();
    let answers: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&answers[0]["extra"], &answers[1]["other"]), (&Value::from(1), &Value::from(true)));
    assert_eq!(answers[0]["prediction"], Value::from(vec!["warm", "wet"]), "{told}");
    let Outcome { code, stderr, .. } =
        run_reading(objects.as_bytes(), folder, "predict --model notes.st -");
    assert!(code == Some(2) && stderr.contains("line 2: the key `other` is new"), "{stderr}");
    let taken = objects.replace("other", "prediction");
    let Outcome { code, stderr, .. } =
        run_reading(taken.as_bytes(), folder, "predict --model notes.st - --json");
    let told = "line 2: the key `prediction` is new, and answers have this name";
    assert!(code == Some(2) && stderr.contains(told), "{stderr}");
    let Outcome { code, stderr, .. } =
        wengert(folder, "train notes.jsonl --target tags --header yes");
    assert!(code == Some(2) && stderr.contains("--header: notes.jsonl has objects"), "{stderr}");
}

#[test]
fn numbers_far_from_zero_keep_their_digits_and_the_unit_of_their_errors() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let row = |i: usize| format!("{},{}\n", i * 31 % 100, 1_700_000_000 + i * 31 % 100 * 1_000);
    let table = format!("x,t\n{}", (0..100).map(row).collect::<String>());
    fs::write(folder.join("far.csv"), table).unwrap();
    let options = "--save far.st --report a.html --json=a.json --log a.jsonl --quiet --epochs 20";
    wengert(folder, &format!("train far.csv --target t {options}")).success();

    let page = fs::read_to_string(folder.join("a.html")).unwrap();
    assert!(page.contains("MAE and RMSE are in the unit of t"));
    let figures: Value = serde_json::from_slice(&fs::read(folder.join("a.json")).unwrap()).unwrap();
    let tested = figures["best"]["test"]["mae"].as_f64().unwrap();
    assert!(tested > 10.0 && tested < 1e5, "{tested}");
    // In standard deviations, the error would be less than 2 in the first epoch.
    let log = fs::read_to_string(folder.join("a.jsonl")).unwrap();
    let epoch = log.lines().find(|line| line.contains("\"validation\"")).unwrap();
    let epoch: Value = serde_json::from_str(epoch).unwrap();
    assert!(epoch["validation"]["mae"].as_f64().unwrap() > 100.0, "{epoch}");

    let answers = wengert(folder, "predict --model far.st far.csv --json").success();
    let mut error = 0.0;
    let mut is_fine = false;
    for line in answers.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let answer = row["prediction"].as_f64().unwrap();
        // 32 bits have steps of 128 here.
        is_fine |= answer % 128.0 != 0.0;
        error += (answer - row["t"].as_str().unwrap().parse::<f64>().unwrap()).abs() / 100.0;
    }
    let evaluation = wengert(folder, "evaluate --model far.st far.csv --json").success();
    let evaluation: Value = serde_json::from_str(&evaluation).unwrap();
    let told = evaluation["mae"].as_f64().unwrap();
    assert!(is_fine && (told - error).abs() < 1e-3 * told, "{told} and {error}");
}

#[test]
fn small_tables_say_what_folds_and_groups_cannot_do() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let row = |i: usize| format!("{},{},{}\n", ["p", "q"][i % 2], i * 5 % 9, i * 7 % 11);
    let table = format!("g,x,t\n{}", (0..6).map(row).collect::<String>());
    fs::write(folder.join("six.csv"), table).unwrap();
    let train = "train six.csv --target t --column t=number --epochs 1";
    let folds = wengert(folder, &format!("{train} --folds 6 --quiet")).success();
    assert!(folds.contains("R² undefined in all 6 folds") && !folds.contains("NaN"), "{folds}");
    for (options, told) in [
        (
            "--group g --folds 2",
            "fold 1: --validation-split 0.2: the 3 rows to divide are one group of `g`",
        ),
        (
            "--column x=date",
            "--column x=date: none of its cells can be read as its kind, such as `0` on line 2",
        ),
    ] {
        let Outcome { code, stderr, .. } = wengert(folder, &format!("{train} {options}"));
        assert!(code == Some(2) && stderr.contains(told), "{stderr}");
    }
    let drawn = format!("{train} --group g --validation-split 0 --test-split 0.1");
    let Outcome { stderr, .. } = wengert(folder, &drawn);
    assert!(stderr.contains("--test-split 0.1: 3 of 6 rows are held out"), "{stderr}");
}

#[test]
fn a_report_is_written_for_every_kind_of_answer() {
    let folder = folder();
    let folder = folder.path();
    for (file, target) in [("shop.csv", "sold"), ("rents.csv", "Miete"), ("notes.jsonl", "tags")] {
        let options = "--epochs 2 --vocab 300 --quiet --report a.html --json=a.json --log a.jsonl";
        wengert(folder, &format!("train {file} --target {target} {options}")).success();
        let page = fs::read_to_string(folder.join("a.html")).unwrap();
        assert!(page.contains(&format!("A model of {target}")), "{file}");
        for name in ["a.html", "a.json", "a.jsonl"] {
            fs::remove_file(folder.join(name)).unwrap();
        }
    }
}

#[test]
fn folds_groups_and_a_test_file_choose_the_rows_to_test_on() {
    let folder = folder();
    let folder = folder.path();
    let options = "--target sold --vocab 300 --epochs 1";
    let Outcome { stdout: folds, stderr, .. } =
        wengert(folder, &format!("train shop.csv {options} --folds 3 --quiet"));
    assert!(stderr.contains("note: fold 1: column `city`: 60 cells are missing"), "{stderr}");
    assert_eq!(folds.lines().filter(|line| line.starts_with("fold ")).count(), 3, "{folds}");
    assert!(folds.contains("standard deviation over the folds"), "{folds}");
    let Outcome { stdout: grouped, stderr, .. } =
        wengert(folder, &format!("train shop.csv {options} --group city"));
    assert!(grouped.contains("(the groups)"), "{grouped}");
    assert!(
        stderr
            .contains("column `city`: 60 rows have no group; each is taken as a group of its own"),
        "{stderr}"
    );
    let tested = wengert(folder, &format!("train shop.csv {options} --test shop.csv.gz")).success();
    assert!(
        tested.contains("192 rows to train on, 48 to choose the best epoch by, 240 to test on"),
        "{tested}"
    );
    let Outcome { stderr, .. } =
        wengert(folder, &format!("train shop.csv {options} --group city --test shop.csv.gz"));
    for told in [
        "column `city`: 60 rows have no group; each",
        "column `city`: 180 of the 240 rows to test on are of a group that is trained on",
    ] {
        assert!(stderr.contains(told), "{stderr}");
    }
    let Outcome { stderr, .. } =
        wengert(folder, &format!("train shop.csv {options} --test shop.csv"));
    assert!(stderr.contains("240 of the rows that are held out occur in training too"), "{stderr}");
}

#[test]
fn a_test_file_of_the_other_decimal_mark_or_order_of_dates_is_refused() {
    let folder = tempdir().unwrap();
    let rows = |point: &str| -> String {
        let kind = |i: usize| ["small", "large"][i % 2];
        (0..40).map(|i| format!("{}{point}{:03};{}\n", i % 7, 101 + i, kind(i))).collect()
    };
    fs::write(folder.path().join("a.csv"), format!("size;kind\n0,5;small\n{}", rows(","))).unwrap();
    fs::write(folder.path().join("b.csv"), format!("size;kind\n0.5;small\n{}", rows("."))).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "train a.csv --target kind --test b.csv");
    assert_eq!(code, Some(2), "{stderr}");
    let refusal = |what: &str, column: &str| {
        format!("its {what} than those to train on, as column `{column}` shows; write both alike")
    };
    let marks = refusal("numbers have another decimal mark", "size");
    assert!(stderr.contains(&format!("--test b.csv: {marks}")), "{stderr}");
    // Only the last of many rows shows it.
    let late: String = (0..300)
        .map(|i| format!("{}.{:03};small\n", i % 7, 101 + i))
        .chain(["0.5;large\n".into()])
        .collect();
    fs::write(folder.path().join("b.csv"), format!("size;kind\n{late}")).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "train a.csv --target kind --test b.csv");
    assert!(code == Some(2) && stderr.contains(&marks), "{stderr}");

    let dates = |day_first: bool| -> String {
        let row = |i: usize| match (i % 28 + 1, i % 12 + 1) {
            (day, month) if day_first => format!("{day}/{month}/2024,{}\n", i % 2),
            (day, month) => format!("{month}/{day}/2024,{}\n", i % 2),
        };
        (0..60).map(row).collect()
    };
    fs::write(folder.path().join("c.csv"), format!("when,late\n{}", dates(false))).unwrap();
    fs::write(folder.path().join("d.csv"), format!("when,late\n{}", dates(true))).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "train c.csv --target late --test d.csv");
    let order = refusal("dates have another order of day and month", "when");
    assert!(code == Some(2) && stderr.contains(&order), "{stderr}");
}

/// A folder with a model of numbers with decimal points, and the rows that it was trained on.
fn folder_of_points() -> TempDir {
    let folder = tempdir().unwrap();
    let row = |i: usize| format!("{}.125,{},${i}.50\n", i * 797 % 3000, ["lo", "hi"][i % 2]);
    let rows: String = (0..200).map(row).collect();
    fs::write(folder.path().join("rows.csv"), format!("a,y,price\n{rows}")).unwrap();
    for (target, model) in [("y", "y.st"), ("price", "price.st")] {
        let options = format!("train rows.csv --target {target} --epochs 2 --quiet --save {model}");
        wengert(folder.path(), &options).success();
    }
    folder
}

#[test]
fn rows_of_a_pipe_that_show_another_decimal_mark_late_end_the_answers() {
    let folder = folder_of_points();
    let rows = "a;y;price\n1,725;x;\n2,475;x;\n3,5;x;\n";
    fs::write(folder.path().join("commas.csv"), rows).unwrap();
    let at_once = wengert(folder.path(), "predict --model y.st commas.csv --json").success();
    assert_eq!(at_once.matches("\"prediction\":\"unknown\"").count(), 3, "{at_once}");
    let Outcome { code, stderr, .. } =
        run_reading(rows.as_bytes(), folder.path(), "predict --model y.st -");
    assert_eq!(code, Some(2), "{stderr}");
    for told in [
        "standard input, from line 4 on: numbers have another decimal mark than in the rows that the model",
        "`1,725` in column `a` of line 2 can be read either way, and is answered already",
    ] {
        assert!(stderr.contains(told), "{stderr}");
    }
    // Known from the start, or never shown, it is one file.
    for rows in ["a;y;price\n3,5;x;\n1,725;x;\n", "a;y;price\n1,725;x;\n2,475;x;\n"] {
        run_reading(rows.as_bytes(), folder.path(), "predict --model y.st -").success();
    }
}

#[test]
fn answers_of_another_decimal_mark_are_refused_and_of_another_unit_left_out() {
    let folder = folder_of_points();
    fs::write(folder.path().join("commas.csv"), "a;y;price\n1;x;$1,5\n2;x;$2,25\n").unwrap();
    let refused = wengert(folder.path(), "evaluate --model price.st commas.csv");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let told = "commas.csv, column `price`: the decimals are not after a point, as in the rows";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    let rows = "a,y,price\n1,x,$1.5\n2,x,€2.25\n3,x,$2.5\n";
    fs::write(folder.path().join("euros.csv"), rows).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "evaluate --model price.st euros.csv");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("1 of 3 rows are left out, as their `price` is missing"), "{stderr}");
}

#[test]
fn json_replaces_no_file_that_is_read() {
    let folder = folder_of_points();
    let before = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let (rows, model) = (before("rows.csv"), before("y.st"));
    for (arguments, told) in [
        ("predict --model y.st rows.csv --json=rows.csv", "FILE and --json lead to the same place"),
        ("evaluate --model y.st rows.csv --json=rows.csv", "FILE and --json lead to the same"),
        ("evaluate --model y.st --test rows.csv --json=rows.csv", "--test and --json lead to"),
        ("evaluate --model y.st rows.csv --json=y.st", "--model and --json lead to the same place"),
        ("evaluate --model y.st rows.csv --json=none/a.json", "--json none/a.json: cannot be"),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder.path(), arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments}: {stderr}");
        assert!(stderr.contains(told), "{arguments}: {stderr}");
    }
    assert!(rows == before("rows.csv") && model == before("y.st"));
}

#[test]
fn the_columns_of_an_answer_have_different_names() {
    let folder = tempdir().unwrap();
    let row = |i: usize| format!("{},{}\n", i * 7 % 100, ["a", "a_2"][i % 2]);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("rows.csv"), format!("probability_a,y\n{rows}")).unwrap();
    wengert(folder.path(), "train rows.csv --target y --epochs 1 --quiet --save y.st").success();
    let answers = wengert(folder.path(), "predict --model y.st rows.csv").success();
    let header = answers.lines().next().unwrap();
    assert_eq!(header, "probability_a,y,prediction,probability_a_2,probability_a_2_2");
}

#[test]
fn rows_without_an_answer_and_cells_of_another_kind_are_counted_and_named() {
    let folder = tempdir().unwrap();
    let row = |i: usize| match i {
        7 => "8,\n".to_owned(),
        30 => "many,yes\n".to_owned(),
        _ => format!("{},{}\n", i * 31 % 17, if i * 31 % 17 > 8 { "yes" } else { "no" }),
    };
    let table = format!("size,large\n{}", (0..80).map(row).collect::<String>());
    fs::write(folder.path().join("a.csv"), table).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "train a.csv --target large --epochs 2 --save a.st");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains(
            "1 of 80 rows are left out, as their `large` is missing or cannot be read: `` on line 9"
        ),
        "{stderr}"
    );
    assert!(
        stderr.contains(
            "1 of 79 cells cannot be read as its kind and count as missing: `many` on line 32"
        ),
        "{stderr}"
    );
    assert!(stderr.contains("the column `size` gives the answer away"), "{stderr}");
    let told = run_reading(b"size\n4\nlots\n", folder.path(), "predict --model a.st -");
    assert!(
        told.stdout.starts_with("size,prediction,probability_no,probability_yes\n4,"),
        "{}",
        told.stdout
    );
    assert!(told.stderr.contains("`lots` on line 3"), "{}", told.stderr);
}

#[test]
fn a_run_on_a_file_is_resumed_to_the_same_bytes() {
    let folder = folder();
    let folder = folder.path();
    let options = "train shop.csv --target sold --vocab 300 --quiet";
    wengert(folder, &format!("{options} --epochs 4 --save whole.st")).success();
    wengert(folder, &format!("{options} --epochs 2 --checkpoint run")).success();
    // What the run used without being told may be told.
    let told = "--dropout 0.5 --lr 0.001";
    wengert(folder, &format!("{options} {told} --epochs 4 --resume run --save resumed.st"))
        .success();
    let bytes = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(bytes("whole.st") == bytes("resumed.st"));
    let Outcome { code, stderr, .. } =
        wengert(folder, "train shop.csv --target city --vocab 300 --resume run");
    assert!(code == Some(2) && stderr.contains("this run was begun with --target"), "{stderr}");
}

/// Without the option, commas are taken for separators: each row has as many.
#[test]
fn a_separator_that_was_guessed_wrongly_can_be_given() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let row =
        |i: usize| format!("{},{}:{}\n", i % 20, i % 7, if i % 20 > 9 { "yes" } else { "no" });
    let rows: String = (0..80).map(row).collect();
    fs::write(folder.join("a.csv"), format!("size, in m:sold\n{rows}")).unwrap();
    let guessed = wengert(folder, "train a.csv --target sold --epochs 2");
    assert_eq!(guessed.code, Some(2), "{}", guessed.stdout);
    let options = "--target sold --epochs 2 --hidden 4 --save a.st --separator :";
    let told = wengert(folder, &format!("train a.csv {options}")).success();
    assert!(told.contains("2 columns; separated by the character `:`, a header"), "{told}");
    let answers = wengert(folder, "predict --model a.st a.csv --separator :").success();
    assert!(answers.starts_with("\"size, in m\",sold,prediction,"), "{answers}");
    wengert(folder, "evaluate --model a.st a.csv --separator :").success();
    wengert(folder, "gradcheck a.csv --model a.st --separator :").success();
    // It belongs to the file and not to the model.
    fs::write(folder.join("b.csv"), format!("size, in m:sold\n{rows}").replace(':', "~")).unwrap();
    wengert(folder, "evaluate --model a.st b.csv --separator ~").success();
}

#[test]
fn a_separator_that_cannot_be_one_is_refused() {
    let folder = crate::files::folder_with(&crate::files::good_files());
    let folder = folder.path();
    fs::write(folder.join("a.jsonl"), "{\"a\": 1}\n").unwrap();
    let options = "--vocab 50 --embedding 4 --hidden 3 --epochs 1 --save texts.st";
    wengert(folder, &format!("train --train texts.csv --test texts.csv {options}")).success();
    for (arguments, expected) in [
        (
            "train numbers.csv --target label --separator ;;",
            "expected one character that is one byte",
        ),
        (
            "train numbers.csv --target label --separator €",
            "expected one character that is one byte",
        ),
        (
            "train numbers.csv --target label --separator \"",
            "a double quote and the end of a line cannot",
        ),
        ("train --separator ;", "FILE"),
        (
            "train a.jsonl --target a --separator ;",
            "--separator: a.jsonl has objects, which need none",
        ),
        ("predict --model texts.st --separator ; happy", "--separator is for models of tables"),
        (
            "evaluate --model texts.st texts.csv --separator ;",
            "--separator is for models of tables",
        ),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder, arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments}");
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
}

#[test]
fn one_answer_far_from_the_others_leaves_theirs_as_they_are() {
    let folder = folder();
    let folder = folder.path();
    let row = |i: usize| {
        let y = if i == 6 { 1e9 } else { (i * 37 % 101) as f64 / 100.0 };
        format!("{},{y}\n", i * 29 % 97)
    };
    let rows: String = (0..100).map(row).collect();
    fs::write(folder.join("far.csv"), format!("x,y\n{rows}")).unwrap();
    let without: String = (0..100).filter(|&i| i != 6).map(row).collect();
    fs::write(folder.join("near.csv"), format!("x,y\n{without}")).unwrap();
    wengert(folder, "train far.csv --target y --epochs 1 --quiet --save far.st").success();
    let figures = wengert(folder, "evaluate --model far.st near.csv").success();
    // The mean deviation of 0.00, 0.01, ... from their mean is a quarter of their range.
    assert!(figures.contains("The mean of these rows alone: mean error 0.25"), "{figures}");
}

//! Runs that must fail: the program says what is wrong and where, ends with exit code 2, and leaves
//! no files behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::files::{Files, SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::wengert;
use programs::Outcome;

/// A run, and the words by which a person finds the fault.
struct BadInput {
    arguments: String,
    tells: Vec<String>,
}

fn bad(arguments: impl Into<String>, tells: &[&str]) -> BadInput {
    let tells = tells.iter().map(|tell| tell.to_string()).collect();
    BadInput { arguments: arguments.into(), tells }
}

#[test]
fn four_hundred_bad_inputs_are_told_clearly() {
    let inputs: Vec<BadInput> = [
        options(),
        conflicts(),
        csv_files(),
        text_files(),
        number_files(),
        models(),
        uses_of_a_model(),
        outputs(),
        options_of_tables(),
        tables(),
        uses_of_a_table_model(),
        comparisons_and_checks_of_tables(),
        searches(),
        servers(),
        looks_inside(),
        expressions(),
        options_without_their_file(),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(inputs.len() >= 400, "{} bad inputs", inputs.len());
    let mut folder = folder_with(&FILES);
    let mut faults = Vec::new();
    for input in &inputs {
        if let Some(fault) = fault_of(input, folder.path()) {
            faults.push(fault);
            folder = folder_with(&FILES);
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), inputs.len(), faults.join("\n"));
}

/// What is wrong with how the program took a bad input.
fn fault_of(input: &BadInput, folder: &Path) -> Option<String> {
    let BadInput { arguments, tells } = input;
    let Outcome { code, stdout, stderr } = wengert(folder, arguments);
    let absent = |tell: &&String| !stderr.contains(tell.as_str());
    let fault = match tells.iter().find(absent) {
        _ if code != Some(2) => format!("exit code {code:?}"),
        _ if !stderr.starts_with("error: ") => "no `error: ` at the beginning".to_string(),
        _ if stderr.contains("panicked") || stderr.contains("RUST_BACKTRACE") => "a panic".into(),
        _ if stdout.contains("weighted F1") || stdout.contains("Saved as") => "a result".into(),
        _ if contents(folder) != *FILES => "files were changed or left behind".into(),
        Some(tell) => format!("no `{tell}` in the message"),
        None => return None,
    };
    Some(format!("\n{arguments}\n{fault}\n{stderr}"))
}

/// Returns all files below a folder, and its empty folders.
fn contents(folder: &Path) -> Files {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if fs::read_dir(&next).unwrap().next().is_none() {
            found.insert("an empty folder", Vec::new());
        }
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            let name = FILES.keys().find(|known| **known == name).copied().unwrap_or("another");
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

/// Options that do not exist, and values that are out of range, not a number, or not a name.
fn options() -> Vec<BadInput> {
    let whole = "expected a whole number of at least 1";
    let share = "expected a number from 0 to below 1, such as 0.2";
    let rate = "expected a number above 0, such as 0.001";
    let both = [
        ("--epochs 0", ["--epochs <N>", whole]),
        ("--epochs ten", ["--epochs <N>", whole]),
        ("--epochs 1.5", ["--epochs <N>", whole]),
        ("--epochs 99999999999999999999", ["--epochs <N>", whole]),
        ("--batch-size 0", ["--batch-size <N>", whole]),
        ("--shards 0", ["--shards <N>", whole]),
        ("--batch-size=-1", ["--batch-size <N>", whole]),
        ("--batch-size ''", ["--batch-size <N>", whole]),
        ("--patience 0", ["--patience <N>", whole]),
        ("--seed=-1", ["--seed <N>", "invalid digit"]),
        ("--seed 18446744073709551616", ["--seed <N>", "too large"]),
        ("--data-seed x", ["--data-seed <N>", "invalid digit"]),
        ("--lr 0", ["--lr <RATE>", rate]),
        ("--lr=-0.1", ["--lr <RATE>", rate]),
        ("--lr nan", ["--lr <RATE>", rate]),
        ("--lr inf", ["--lr <RATE>", rate]),
        ("--lr fast", ["--lr <RATE>", rate]),
        ("--validation-split 1", ["--validation-split <SHARE>", share]),
        ("--validation-split=-0.1", ["--validation-split <SHARE>", share]),
        ("--validation-split nan", ["--validation-split <SHARE>", share]),
        ("--validation-split 20%", ["--validation-split <SHARE>", share]),
        ("--activation swish", ["--activation", "`swish`: choose one of relu, leaky-relu"]),
        ("--activation relu,", ["--activation", "choose one of relu"]),
        ("--activation ReLU", ["--activation", "choose one of relu"]),
        ("--activation relu,tanh,relu", ["--activation", "`relu` is given twice"]),
        ("--epoch 3", ["'--epoch'", "'--epochs'"]),
        ("--verbose", ["--verbose", "--help"]),
        ("train.csv", ["train.csv", "--help"]),
        ("--epochs", ["--epochs <N>", "value is required"]),
        ("--epochs 1 --epochs 2", ["--epochs <N>", "multiple times"]),
    ];
    let vocabulary = "expected a whole number of at least 2; one of them is the padding";
    let sentiment = [
        ("--vocab 0", ["--vocab <N>", vocabulary]),
        ("--vocab 1", ["--vocab <N>", vocabulary]),
        ("--vocab all", ["--vocab <N>", vocabulary]),
        ("--embedding 0", ["--embedding <N>", whole]),
        ("--hidden 0", ["--hidden <N>", whole]),
        ("--hidden 18446744073709551616", ["--hidden <N>", whole]),
        ("--dropout 1", ["--dropout <SHARE>", share]),
        ("--dropout=-0.5", ["--dropout <SHARE>", share]),
        ("--dropout nan", ["--dropout <SHARE>", share]),
        ("compare --baseline yes", ["[FILE]", "--help"]),
        ("compare --seeds 0", ["--seeds <N>", whole]),
        ("compare --seeds many", ["--seeds <N>", whole]),
        ("compare --save model.st", ["--save", "--help"]),
        ("--seeds 5", ["--seeds", "compare --seeds"]),
        ("train --seeds 5", ["--seeds", "compare --seeds"]),
        ("train --epochs 0", ["--epochs <N>", whole]),
        ("--epochs 1 train", ["'train'", "--epochs <N>"]),
        ("tran", ["'tran'", "'train'"]),
        ("gradcheck --samples 0", ["--samples <N>", whole]),
        ("gradcheck --epochs 3", ["--epochs", "--help"]),
        ("gradcheck --activation relu,relu", ["--activation", "`relu` is given twice"]),
    ];
    let both = both.iter().flat_map(|(arguments, tells)| {
        ["", "tabular"].map(|command| bad(format!("{command} {arguments}"), tells))
    });
    let sentiment = sentiment.iter().map(|(arguments, tells)| bad(*arguments, tells));
    both.chain(sentiment)
        .chain([
            bad("tabular --seeds 0", &["--seeds <N>", whole]),
            bad("tabular --seeds many", &["--seeds <N>", whole]),
            bad("tabular --vocab 1000", &["--vocab", "--help"]),
            bad("tabular --save model.st", &["--save", "--help"]),
        ])
        .collect()
}

/// Options that do not go together, and numbers that do not suit the data.
fn conflicts() -> Vec<BadInput> {
    let large = "make a model of more than 100000000 numbers; choose smaller ones";
    let training = |command, arguments: &str, tells: &[&str]| {
        let data = if command == "train" { TRAIN_TEXTS } else { TRAIN_NUMBERS };
        bad(format!("{command} {data} {arguments}"), tells)
    };
    let mut inputs = vec![
        training("train", "--vocab 1000000000000", &["--vocab 1000000000000", large]),
        training("train", "--hidden 18446744073709551615", &["--hidden", large]),
        training("train", "--embedding 9999999999", &["--embedding 9999999999", large]),
        training(
            "train",
            "--text-column label",
            &["--text-column and --label-column are both `label`"],
        ),
        bad(format!("gradcheck {TRAIN_TEXTS} --hidden 18446744073709551615"), &[large]),
        training("tabular", "--features a,b,a", &["--features: `a` is given twice"]),
        training("tabular", "--features a,label", &["numbers.csv", "none of them the label"]),
        training("tabular", "--features a,,b", &["numbers.csv, line 1", "no column ``"]),
        training("tabular", "--features a,c", &["numbers.csv, line 1", "no column `c`"]),
        training("tabular", "--features A", &["no column `A`", "did you mean `a`?"]),
    ];
    inputs.extend([
        bad("--text-column review", &["--train <FILE>"]),
        bad("gradcheck --text-column review", &["--train <FILE>"]),
        bad("tabular --features a,b", &["--train <FILE>"]),
    ]);
    for command in ["train", "tabular"] {
        inputs.extend([
            bad(format!("{command} --train texts.csv"), &["--test <FILE>"]),
            bad(format!("{command} --test texts.csv"), &["--train <FILE>"]),
            bad(format!("{command} --label-column class"), &["--train <FILE>"]),
            training(command, "--export data", &["--export <DIR>", "--train"]),
            training(command, "--data-seed 1", &["--data-seed <N>", "--train"]),
            training(
                command,
                "--validation-split 0.999",
                &["60 samples with a fraction of 0.999 held out leave 0 for training"],
            ),
            training(
                command,
                "--validation-split 0.0000000000000000001",
                &["leave 60 for training and 0 to hold out"],
            ),
            training(command, "--lr 1e38", &["the loss is NaN in epoch 1, step 2", "lower"]),
            training(
                command,
                "--lr 1e300 --batch-size 100",
                &["after epoch 1 the parameter `", "is infinite or NaN. A lower learning rate"],
            ),
        ]);
    }
    inputs
}

/// Files that are not a table, for both models, as training and as test data.
fn csv_files() -> Vec<BadInput> {
    let faults: [(&str, &[&str]); 11] = [
        ("none.csv", &["none.csv: there is no such file"]),
        ("none/texts.csv", &["none/texts.csv: there is no such file"]),
        ("folder", &["folder: this is a directory"]),
        ("empty.csv", &["empty.csv: the file is empty"]),
        ("blank.csv", &["blank.csv: the file is empty"]),
        ("header.csv", &["header.csv: there are no rows below the header"]),
        ("long.csv", &["long.csv, line 3", "expected 2 fields", "found 3"]),
        ("short.csv", &["short.csv, line 2", "expected 2 fields", "found 1"]),
        ("quote.csv", &["quote.csv, line 3", "never closed"]),
        ("latin1.csv", &["latin1.csv, line 2", "byte 4", "0xE9", "UTF-8"]),
        ("whole.st", &["whole.st, line 1", "UTF-8"]),
    ];
    let inputs = faults.iter().flat_map(|(file, tells)| {
        [
            bad(format!("--train {file} --test texts.csv"), tells),
            bad(format!("--train texts.csv --test {file}"), tells),
            bad(format!("tabular --train {file} --test numbers.csv"), tells),
            bad(format!("tabular --train numbers.csv --test {file}"), tells),
        ]
    });
    inputs.collect()
}

/// Tables without the texts that are expected.
fn text_files() -> Vec<BadInput> {
    let training = |file: &str, tells: &[&str]| bad(format!("--train {file} --test {file}"), tells);
    let testing =
        |file: &str, tells: &[&str]| bad(format!("--train texts.csv --test {file}"), tells);
    vec![
        training("emotion.csv", &["emotion.csv, line 1", "no column `label`", "`emotion`"]),
        testing("emotion.csv", &["emotion.csv, line 1", "no column `label`"]),
        training("numbers.csv", &["numbers.csv, line 1", "no column `text`"]),
        training("capital.csv", &["no column `text`", "did you mean `Text`?"]),
        training("semicolon.csv", &["no column `text`", "separate the fields by commas"]),
        training("twice.csv", &["twice.csv, line 1", "`label` occurs twice", "columns 2 and 3"]),
        training("unlabeled.csv", &["unlabeled.csv, line 3", "column `label`", "empty field"]),
        testing("envy.csv", &["envy.csv, line 3", "column `label`", "`envy`", "`joy`"]),
        training("joy.csv", &["joy.csv, column `label`", "found 1 different label", "`joy`"]),
        training("ids.csv", &["ids.csv, column `label`", "found 1001 different labels"]),
        training("wordless.csv", &["the training texts have no words"]),
        training("one.csv", &["one.csv, column `label`", "found 1 different label"]),
        bad(
            "--train two.csv --test two.csv --validation-split 0.6",
            &["2 samples with a fraction of 0.6 held out leave 0 for training"],
        ),
        bad(
            format!("{TRAIN_TEXTS} --text-column review"),
            &["texts.csv, line 1", "no column `review`"],
        ),
        bad(format!("{TRAIN_TEXTS} --label-column ''"), &["texts.csv, line 1", "no column ``"]),
    ]
}

/// Tables that do not hold numbers with two classes.
fn number_files() -> Vec<BadInput> {
    let training =
        |file: &str, tells: &[&str]| bad(format!("tabular --train {file} --test {file}"), tells);
    let testing = |file: &str, tells: &[&str]| {
        bad(format!("tabular --train numbers.csv --test {file}"), tells)
    };
    let finite = "expected a finite number such as -1.5 or 2e3, found";
    vec![
        training("word.csv", &["word.csv, line 3", "column `b`", finite, "`many`"]),
        testing("word.csv", &["word.csv, line 3", "column `b`", finite]),
        training("nan.csv", &["nan.csv, line 2", "column `a`", finite, "`NaN`"]),
        training("inf.csv", &["inf.csv, line 2", "column `a`", finite, "`-inf`"]),
        training("gap.csv", &["gap.csv, line 3", "column `a`", finite, "an empty field"]),
        training("huge.csv", &["huge.csv, line 2", "column `b`", finite, "`1e309`"]),
        training("comma.csv", &["comma.csv, line 2", finite, "`1,5`"]),
        training("three.csv", &["three.csv, column `label`", "found 3 classes (`x`, `y`, `z`)"]),
        training("same.csv", &["same.csv, column `label`", "found 1 classes (`x`)"]),
        testing("maybe.csv", &["maybe.csv, line 2", "column `label`", "`maybe`", "`no`, `yes`"]),
        training("labels.csv", &["labels.csv", "expected at least one column of features"]),
        training("unnamed.csv", &["unnamed.csv, line 1", "no column `label`"]),
        training("double.csv", &["double.csv, line 1", "`a` occurs twice", "columns 1 and 2"]),
        testing("fewer.csv", &["fewer.csv, line 1", "no column `b`"]),
        bad(
            "tabular --train pair.csv --test pair.csv --validation-split 0.6",
            &["2 samples with a fraction of 0.6 held out leave 0 for training"],
        ),
        bad("tabular --train tiny.csv --test far.csv", &["too far from", "training rows"]),
        bad(
            format!("tabular {TRAIN_NUMBERS} --label-column class"),
            &["numbers.csv, line 1", "no column `class`"],
        ),
        bad(
            format!("tabular {TRAIN_NUMBERS} --label-column a"),
            &["numbers.csv, column `a`", "found 60 classes"],
        ),
    ]
}

/// Files that are not a model, and models that do not fit their description.
fn models() -> Vec<BadInput> {
    let whole = "is not a whole safetensors file";
    let foreign = "holds no model of this program";
    let impossible = "it describes a model that cannot exist";
    let mismatch = "does not fit the model it describes";
    let faults: [(&str, &[&str]); 23] = [
        ("none.st", &["cannot be read", "`wengert train --save`"]),
        ("folder", &["cannot be read", "`wengert train --save`"]),
        ("empty.csv", &[whole]),
        ("texts.csv", &[whole]),
        ("cut.st", &[whole]),
        ("cut_header.st", &[whole]),
        ("longer.st", &[whole]),
        ("foreign.st", &[foreign, "metadata `wengert` is missing", "`wengert train --save`"]),
        ("incomplete.st", &[foreign, "missing field `sizes`"]),
        ("activation.st", &[foreign, "no activation `mish`"]),
        ("vocab.st", &[foreign, impossible]),
        ("embedding.st", &[foreign, impossible]),
        ("dropout.st", &[foreign, impossible]),
        ("negative.st", &[foreign, "invalid value"]),
        ("one_class.st", &[foreign, impossible]),
        ("tokens.st", &[foreign, impossible]),
        ("hidden.st", &[mismatch, "shape [4, 3] instead of [4, 2]"]),
        ("swiglu.st", &[mismatch, "`activation.beta` is missing"]),
        ("renamed.st", &[mismatch, "`output.bias` is missing"]),
        ("integers.st", &[mismatch, "I32 instead of F32"]),
        ("nan.st", &["cannot be used", "infinite or NaN"]),
        ("infinite.st", &["cannot be used", "infinite or NaN"]),
        ("four_classes.st", &[mismatch, "shape [3, 3] instead of [3, 4]"]),
    ];
    let inputs = faults.iter().flat_map(|(file, faults)| {
        let name = format!("{file}: ");
        let tells = [&[name.as_str()], *faults].concat();
        [
            bad(format!("predict --model {file} happy"), &tells),
            bad(format!("evaluate --model {file} --test texts.csv"), &tells),
        ]
    });
    inputs.collect()
}

/// Returns bad uses of a good model.
fn uses_of_a_model() -> Vec<BadInput> {
    let predict = |arguments: &str, tells: &[&str]| {
        bad(format!("predict --model whole.st {arguments}"), tells)
    };
    let evaluate = |arguments: &str, tells: &[&str]| {
        bad(format!("evaluate --model whole.st {arguments}"), tells)
    };
    vec![
        bad("predict hello", &["--model <FILE>"]),
        bad("predict", &["--model <FILE>"]),
        predict("so happy", &["'happy'", "--help"]),
        predict("happy --file texts.csv", &["--file <FILE>", "[FILE or TEXT]"]),
        predict("--file none.txt", &["--file none.txt: cannot be read", "a text on each line"]),
        predict("--file folder", &["--file folder"]),
        predict("--file empty.csv", &["--file empty.csv: there is no text"]),
        predict("--file latin1.txt", &["--file latin1.txt, line 2: byte 4 is not UTF-8"]),
        predict("", &["standard input: there is no text", "TEXT", "--file"]),
        predict("happy --top 0", &["--top <N>", "expected a whole number of at least 1"]),
        predict("happy --top 2 --json", &["--top <N>", "--json"]),
        predict("happy --train texts.csv", &["--train", "--help"]),
        bad("evaluate --test texts.csv", &["--model <FILE>"]),
        evaluate("", &["<FILE>"]),
        evaluate("texts.csv numbers.csv", &["'numbers.csv'", "--help"]),
        evaluate("--test none.csv", &["none.csv: there is no such file"]),
        evaluate("--test empty.csv", &["empty.csv: the file is empty"]),
        evaluate("--test header.csv", &["header.csv: there are no rows below the header"]),
        evaluate("--test latin1.csv", &["latin1.csv, line 2", "UTF-8"]),
        evaluate("--test envy.csv", &["envy.csv, line 3", "`envy`", "`joy`"]),
        evaluate("--test emotion.csv", &["emotion.csv, line 1", "no column `label`", "`emotion`"]),
        evaluate("--test capital.csv", &["no column `text`", "did you mean `Text`?"]),
        evaluate(
            "--test texts.csv --text-column label",
            &["--text-column and --label-column are both `label`"],
        ),
        evaluate("--test texts.csv --seed 3", &["--seed", "--help"]),
    ]
}

/// Places that cannot be written to. A run must find this before training, not after it.
fn outputs() -> Vec<BadInput> {
    let saving =
        |path: &str, tells: &[&str]| bad(format!("{TRAIN_TEXTS} {SMALL} --save {path}"), tells);
    let mut inputs = vec![
        saving("none/model.st", &["--save none/model.st: cannot be written", "directory"]),
        saving("folder", &["--save folder: this is a directory"]),
        saving(".", &["--save .: this is a directory"]),
        saving("texts.csv/model.st", &["--save texts.csv/model.st: cannot be written"]),
        saving("''", &["--save <FILE>"]),
        saving("a --report a", &["--save and --report lead to the same place"]),
        saving("texts.csv", &["--train and --save lead to the same place"]),
        bad("--export data --resume none", &["--resume none: there is no run"]),
        bad("--export folder --save folder/test.csv", &["--export and --save lead to"]),
        bad(
            "tabular --train none.csv --test none.csv --plots plots",
            &["none.csv: there is no such file"],
        ),
    ];
    for command in ["train", "compare"] {
        let writing = |output: &str, tells: &[&str]| {
            bad(format!("{command} {TRAIN_TEXTS} {SMALL} {output}"), tells)
        };
        inputs.extend([
            writing("--report none/a.html", &["--report none/a.html: cannot be written"]),
            writing("--report folder", &["--report folder: this is a directory"]),
            writing("--json=none/a.json", &["--json none/a.json: cannot be written"]),
            writing("--json=.", &["--json .: this is a directory"]),
            writing("--report a --json=a", &["--report and --json lead to the same place, a;"]),
            writing("--report a --json=./folder/../a", &["--report and --json lead to the same"]),
            writing("--report texts.csv", &["--train and --report lead to the same place"]),
            writing("--log a --json=a", &["--log and --json lead to the same place"]),
            writing("--log run --checkpoint run", &["--checkpoint and --log lead to the same"]),
            writing("--log run.jsonl --checkpoint texts.csv", &["--checkpoint texts.csv: cannot"]),
            writing("--log none/a --checkpoint run", &["--log none/a: cannot be written"]),
            writing("--plots plots --log a --resume none", &["--resume none: there is no run"]),
            writing("--checkpoint run --validation-split 0.999", &["leave 0 for training"]),
            writing("--report ''", &["--report <FILE>"]),
            writing("--plots texts.csv", &["--plots texts.csv: cannot be made"]),
            writing("--plots texts.csv/plots", &["--plots texts.csv/plots: cannot be made"]),
        ]);
    }
    for command in ["train", "tabular"] {
        inputs.extend([
            bad(format!("{command} --export texts.csv"), &["--export texts.csv: cannot be made"]),
            bad(
                format!("{command} --export texts.csv/data"),
                &["--export texts.csv/data: cannot be made"],
            ),
            bad(format!("{command} --export occupied"), &["occupied/train.csv: cannot be written"]),
        ]);
    }
    inputs
}

/// Options of `train FILE` that are wrong, or do not suit the file.
fn options_of_tables() -> Vec<BadInput> {
    let train = |options: &str, tells: &[&str]| {
        bad(format!("train numbers.csv --target label {options}"), tells)
    };
    vec![
        bad(
            "train numbers.csv",
            &["which column", "--target label", "numbers.csv (60 rows; separated by commas"],
        ),
        bad("train numbers.csv --target c", &["`c`: there is no such column", "`a`, `b`, `label`"]),
        bad("train --target label", &["FILE"]),
        bad("train --folds 3", &["FILE"]),
        bad("train --column a=text", &["FILE"]),
        bad("train numbers.csv --target", &["--target <NAME>", "value is required"]),
        train("--column c=text", &["--column `c`: there is no such column in numbers.csv"]),
        train("--column a", &["--column <NAME=KIND>", "such as zip=category"]),
        train("--column a=color", &["no kind `color`: choose one of text, number, category"]),
        train("--column a=text --column a=number", &["--column: `a` is given twice"]),
        train(
            "--column label=text",
            &["label=text: the target must be a category, a number or labels"],
        ),
        train("--column label=ignore", &["label=ignore: the target must be"]),
        train("--column a=labels", &["a=labels: only the target can be labels"]),
        train(
            "--column a=ignore --column b=ignore",
            &["no column is left to predict `label` from"],
        ),
        train(
            "--column label=number",
            &["none of the 60 rows has an answer to learn from that is a number"],
        ),
        train("--group c", &["--group `c`: there is no such column"]),
        train("--group label", &["--target and --group are both `label`"]),
        train("--header maybe", &["--header <YES|NO>", "choose one of yes, no"]),
        train("--header no", &["`label`: there is no such column", "`column1`", "--header yes"]),
        train("--folds 1", &["--folds <N>", "expected a whole number from 2 to 1000"]),
        train("--folds many", &["--folds <N>", "expected a whole number from 2 to 1000"]),
        train("--folds 61", &["--folds 61: there are fewer rows"]),
        train("--folds 6 --group b", &["--folds 6: there are fewer groups"]),
        train(
            "--folds 3 --split last",
            &["--folds deals the rows out at random, but --split last"],
        ),
        train("--folds 3 --save a.st", &["--folds <N>", "--save <FILE>"]),
        train("--folds 3 --test numbers.csv", &["--folds <N>", "--test <FILE>"]),
        train("--folds 3 --report a.html", &["--folds <N>", "--report <FILE>"]),
        train("--test-split 1", &["--test-split <SHARE>", "from 0 to below 1"]),
        train("--test-split 0", &["--test-split 0 leaves no rows to test on"]),
        train("--test-split 0.999", &["--test-split 0.999", "leave 0 for"]),
        train("--validation-split 0.999", &["--validation-split 0.999", "leave 0 for"]),
        train("--train numbers.csv --test numbers.csv", &["FILE", "--train <FILE>"]),
        train("--data-seed 3", &["FILE", "--data-seed <N>"]),
        train("--export data", &["FILE", "--export <DIR>"]),
        train("--max-length 3", &["FILE", "--max-length <N>"]),
        train("--text-column a", &["FILE", "cannot be used", "--text-column <NAME>"]),
        train("--label-column a", &["FILE", "cannot be used", "--label-column <NAME>"]),
        train("--group b --split last", &["cannot be used", "--group <NAME>", "--split <HOW>"]),
        bad(
            "train clean.csv --target label --hidden 18446744073709551615",
            &["the model would have", "--hidden"],
        ),
        bad("train clean.csv --target label --lr 1e38", &["the loss is", "lower"]),
        train("--activation relu,relu", &["`relu` is given twice"]),
        train("--folds 3 --activation relu,tanh", &["--folds takes one --activation"]),
        train("--save none/model.st", &["--save none/model.st: cannot be written"]),
        train("--save numbers.csv", &["FILE and --save lead to the same place"]),
        train("--test texts.csv", &["--test texts.csv: there is no column `a`"]),
        train("--test none.csv", &["--test none.csv: there is no such file"]),
        train("--test maybe.csv --folds 2", &["--folds <N>"]),
        train("--test maybe.csv --test-split 0.5", &["--test <FILE>", "--test-split <SHARE>"]),
        train("--plots occupied_plots", &["occupied_plots/loss-swiglu.svg: cannot be written"]),
    ]
}

/// Files that `train FILE` cannot read, or not learn from.
fn tables() -> Vec<BadInput> {
    let train = |file: &str, tells: &[&str]| bad(format!("train {file} --target label"), tells);
    vec![
        train("none.csv", &["none.csv: there is no such file"]),
        train("folder", &["folder: this is a directory"]),
        train("empty.csv", &["empty.csv: the file is empty"]),
        train("blank.csv", &["blank.csv: the file is empty"]),
        train("-", &["standard input: the file is empty"]),
        train("header.csv", &["header.csv: there are no rows below the header"]),
        train("long.csv", &["long.csv, line 3", "expected 2 fields", "found 3"]),
        train("short.csv", &["short.csv, line 2", "expected 2 fields", "found 1"]),
        train("quote.csv", &["quote.csv, line 3", "never closed"]),
        train("twice.csv", &["twice.csv, line 1", "`label` occurs twice"]),
        train("whole.st", &["whole.st"]),
        train("cyrillic.csv", &["cyrillic.csv, line 2", "0xEF", "another encoding"]),
        train("broken.csv", &["broken.csv, line 3", "most of it is UTF-8 already"]),
        train(
            "joy.csv",
            &["joy.csv, column `label`", "found 1 different class in 2 rows", "`joy`"],
        ),
        train(
            "ids.csv --header yes --column label=category --column text=text",
            &["ids.csv, column `label`", "found 1001 different classes"],
        ),
        train("labels.csv", &["labels.csv: no column is left to predict `label` from"]),
        train("unanswered.csv", &["none of the 2 rows has an answer to learn from"]),
        train("bars.csv", &["no row has a label to learn from"]),
        train("pair.csv", &["--validation-split 0.2: 1 samples"]),
        train("list.json", &["list.json: this is one JSON list", "JSON Lines"]),
        train("cut.jsonl", &["cut.jsonl, line 2: expected a JSON object", "EOF"]),
        train("words.jsonl", &["words.jsonl, line 2: expected a JSON object"]),
        train("nested.jsonl", &["nested.jsonl, line 1: the key `a` holds an object"]),
        train(
            "bar.jsonl",
            &["bar.jsonl, line 1: the key `a` has a list with `R|B`, but `|` separates labels"],
        ),
        train(
            "missing.jsonl",
            &["missing.jsonl, line 2: the key `a` has a list with `NA`, which means a missing"],
        ),
        train("twice.jsonl", &["twice.jsonl, line 1: the key `a` occurs twice"]),
        train("cut.gz", &["cut.gz"]),
        train("zip.csv", &["zip.csv: this is a zip file"]),
    ]
}

/// Returns bad uses of a model of a table, and damaged ones.
fn uses_of_a_table_model() -> Vec<BadInput> {
    let predict = |arguments: &str, tells: &[&str]| {
        bad(format!("predict --model table.st {arguments}"), tells)
    };
    let evaluate = |arguments: &str, tells: &[&str]| {
        bad(format!("evaluate --model table.st {arguments}"), tells)
    };
    let mut inputs = vec![
        predict("none.csv", &["none.csv: there is no such file"]),
        predict("folder", &["folder: this is a directory"]),
        predict("empty.csv", &["empty.csv: the file is empty"]),
        predict(
            "texts.csv",
            &["texts.csv: the model needs the columns `a`, `b`", "`text`, `label`"],
        ),
        predict("fewer.csv", &["fewer.csv: the model needs the column `b`"]),
        predict("long_table.csv", &["long_table.csv, line 3", "expected 2 fields"]),
        predict("--top 2 numbers.csv", &["--top is for models of texts"]),
        predict("-", &["standard input: the file is empty"]),
        predict("cut.jsonl", &["cut.jsonl: the model needs"]),
        evaluate("none.csv", &["none.csv: there is no such file"]),
        evaluate("pairs.csv", &["the model answers `label`", "`a`, `b`"]),
        evaluate("maybe.csv", &["maybe.csv, line 2: column `label`", "`maybe`", "`no`, `yes`"]),
        evaluate("unanswered.csv", &["unanswered.csv"]),
        evaluate("fewer.csv", &["fewer.csv: the model needs the column `b`"]),
        evaluate("header.csv", &["header.csv: there are no rows"]),
        evaluate("numbers.csv --text-column a", &["--text-column is for models of texts"]),
        evaluate("numbers.csv --label-column a", &["--label-column is for models of texts"]),
        bad("predict --model whole.st --file numbers.gz", &["numbers.gz", "gzip"]),
    ];
    let impossible = "it describes a model that cannot exist";
    for (file, tells) in [
        ("table_scale.st", [impossible, "holds no model"]),
        ("table_hidden.st", [impossible, "holds no model"]),
        ("table_mish.st", ["no activation `mish`", "holds no model"]),
        ("table_wide.st", ["it describes", "does not fit"]),
        ("table_column.st", ["shape", "does not fit"]),
    ] {
        inputs.push(bad(format!("predict --model {file} numbers.csv"), &tells));
        inputs.push(bad(format!("evaluate --model {file} numbers.csv"), &tells));
    }
    inputs
}

/// `compare FILE` and `gradcheck FILE`, with wrong options or files.
fn comparisons_and_checks_of_tables() -> Vec<BadInput> {
    let both = ["compare", "gradcheck"].into_iter().flat_map(|command| {
        [
            bad(format!("{command} numbers.csv"), &["which column", command, "--target label"]),
            bad(
                format!("{command} numbers.csv --target c"),
                &["--target `c`: there is no such column in numbers.csv"],
            ),
            bad(format!("{command} none.csv --target a"), &["none.csv: there is no such file"]),
            bad(format!("{command} empty.csv --target a"), &["empty.csv: the file is empty"]),
            bad(format!("{command} labels.csv --target label"), &["no column is left to predict"]),
            bad(
                format!("{command} numbers.csv --target label --activation relu,relu"),
                &["`relu` is given twice"],
            ),
        ]
    });
    let compare = |options: &str, tells: &[&str]| {
        bad(format!("compare numbers.csv --target label {options}"), tells)
    };
    both.chain([
        compare("--seeds 0", &["--seeds <N>", "expected a whole number of at least 1"]),
        compare("--save a.st", &["--save", "--help"]),
        compare("--folds 3", &["--folds", "--help"]),
        compare("--baseline", &["--baseline", "cannot be used"]),
        compare("--plots occupied_plots", &["occupied_plots/loss-swiglu.svg: cannot be written"]),
        compare("--report none/a.html", &["--report none/a.html: cannot be written"]),
        bad("gradcheck --model table.st", &["<FILE>"]),
        bad("gradcheck numbers.csv --model none.st", &["none.st: cannot be read"]),
        bad("gradcheck numbers.csv --model folder", &["folder: cannot be read"]),
        bad(
            "gradcheck numbers.csv --model whole.st",
            &["whole.st: holds a text classifier; use it by `wengert predict --model whole.st`"],
        ),
        bad("gradcheck numbers.csv --model cut.st", &["cut.st: is not a whole safetensors file"]),
        bad("gradcheck texts.csv --model table.st", &["the model needs the columns `a`, `b`"]),
        bad("gradcheck pairs.csv --model table.st", &["the model answers `label`"]),
        bad(
            "gradcheck numbers.csv --model table.st --target a",
            &["--model <FILE>", "--target <NAME>"],
        ),
    ])
    .collect()
}

/// `--search` with wrong options.
fn searches() -> Vec<BadInput> {
    let search = |options: &str, tells: &[&str]| {
        bad(format!("train clean.csv --target label {options}"), tells)
    };
    vec![
        search("--search 0", &["--search <N>", "expected a whole number of at least 1"]),
        search("--search many", &["--search <N>", "expected a whole number of at least 1"]),
        search("--search 1001", &["--search <N>", "expected a whole number of at most 1000"]),
        search("--search 3 --folds 2", &["--search <N>", "--folds <N>"]),
        search("--search 3 --seeds 2", &["--seeds", "compare --seeds"]),
        search("--search 3 --resume none", &["--resume none: there is no run to resume"]),
        search("--search 3 --save none/a.st", &["--save none/a.st: cannot be written"]),
        search("--search 3 --checkpoint texts.csv", &["--checkpoint texts.csv: cannot"]),
        bad("train --search 3", &["FILE"]),
    ]
}

/// `serve` without a model, or at no port.
fn servers() -> Vec<BadInput> {
    let serve = |options: &str, tells: &[&str]| bad(format!("serve {options}"), tells);
    vec![
        serve("", &["--model <FILE>"]),
        serve("whole.st", &["'whole.st'", "--help"]),
        serve("--model none.st", &["none.st: cannot be read", "`wengert train --save`"]),
        serve("--model folder", &["folder: cannot be read", "`wengert train --save`"]),
        serve("--model empty.csv", &["empty.csv: is not a whole safetensors file"]),
        serve("--model cut.st", &["cut.st: is not a whole safetensors file"]),
        serve("--model foreign.st", &["foreign.st: holds no model of this program"]),
        serve("--model nan.st", &["nan.st: cannot be used", "infinite or NaN"]),
        serve("--model table_hidden.st", &["it describes a model that cannot exist"]),
        serve("--model table_wide.st", &["table_wide.st", "it describes"]),
        serve("--model whole.st --port 65536", &["--port <PORT>", "0..=65535"]),
        serve("--model whole.st --port=-1", &["--port <PORT>", "0..=65535"]),
        serve("--model whole.st --port http", &["--port <PORT>", "'http'"]),
        serve("--model whole.st --host 0.0.0.0", &["--host", "--help"]),
    ]
}

/// Files that `inspect` cannot read, and wrong options.
fn looks_inside() -> Vec<BadInput> {
    let inspect = |options: &str, tells: &[&str]| bad(format!("inspect {options}"), tells);
    vec![
        inspect("", &["--model <FILE>"]),
        inspect("whole.st", &["'whole.st'", "--help"]),
        inspect("--model none.st", &["--model none.st: cannot be read"]),
        inspect("--model folder", &["--model folder: cannot be read"]),
        inspect("--model empty.csv", &["--model empty.csv: is not a whole safetensors file"]),
        inspect("--model texts.csv", &["--model texts.csv: is not a whole safetensors file"]),
        inspect("--model cut_header.st", &["--model cut_header.st: is not a whole safetensors"]),
        inspect("--model whole.st --json=whole.st", &["--model and --json lead to the same"]),
        inspect("--model whole.st --json=none/a", &["--json none/a: cannot be written"]),
        inspect("--model whole.st --json=folder", &["--json folder: this is a directory"]),
        inspect("--model whole.st --json=", &["--json[=<FILE>]"]),
    ]
}

/// Expressions that `tape` cannot read, and wrong values of their inputs.
fn expressions() -> Vec<BadInput> {
    let tape = |arguments: &str, tells: &[&str]| bad(format!("tape {arguments}"), tells);
    vec![
        tape("", &["<EXPRESSION>"]),
        tape("''", &["the expression is empty", "as in x*y + sin(x)"]),
        tape("x*y", &["x, y have no values", "as in x=2"]),
        tape("x*y x=2", &["y has no value", "y=VALUE"]),
        tape("x*y x=2 y=", &["`y=`: there is no value after `=`"]),
        tape("x*y x=2 y=many", &["`y=many`: `many` is not a number"]),
        tape("x*y x=2 y=3 y=4", &["`y=4`: y has two values"]),
        tape("x*y x=2 y=3 z=4", &["`z=4`: the expression has no input `z`", "x, y"]),
        tape("x 2", &["`2` is not a value; expected NAME=VALUE"]),
        tape("x x=inf", &["`x=inf`: `inf` is not a number"]),
        tape("x* x=2", &["line 1, column 3", "where an operand should"]),
        tape("(x x=2", &["line 1, column 3", "expected `)`"]),
        tape("x) x=2", &["line 1, column 2", "no bracket is open"]),
        tape("x?2 x=2", &["line 1, column 2", "the character `?`"]),
        tape("f(x) x=2", &["there is no function `f`; choose one of abs"]),
        tape("log(x) x=2", &["there is no function `log`", "ln(x)"]),
        tape("sin() x=2", &["sin() has 0 arguments; expected 1"]),
        tape("sin(x,x) x=2", &["sin() has 2 arguments; expected 1"]),
        tape("x x=1 --page none/a.html", &["--page none/a.html: cannot be written"]),
        tape("x x=1 --page folder", &["--page folder: this is a directory"]),
        tape("x x=1 --dot none/a.dot", &["--dot none/a.dot: cannot be written"]),
    ]
}

/// Options of a table or a text, with what excludes it: none of them may be dropped silently.
fn options_without_their_file() -> Vec<BadInput> {
    let of_files = [
        ("--target label", "--target <NAME>"),
        ("--column a=text", "--column <NAME=KIND>"),
        ("--header yes", "--header <YES|NO>"),
        ("--test-split 0.3", "--test-split <SHARE>"),
        ("--group a", "--group <NAME>"),
    ];
    let others = [TRAIN_TEXTS, "--data-seed 1", "--export data", "--max-length 3"];
    let mut inputs = Vec::new();
    for command in ["train", "compare", "gradcheck"] {
        for (option, name) in of_files {
            // A check neither writes samples nor holds out rows.
            let others = &others[..if command == "gradcheck" { 2 } else { 4 }];
            inputs.extend(
                others.iter().map(|other| bad(format!("{command} {option} {other}"), &[name])),
            );
        }
    }
    for other in others {
        inputs.push(bad(format!("train --folds 3 {other}"), &["--folds <N>"]));
        inputs.push(bad(format!("train --search 3 {other}"), &["--search <N>"]));
    }
    inputs.extend([
        bad(format!("gradcheck --model table.st {TRAIN_TEXTS}"), &["--model <FILE>"]),
        bad("gradcheck --model table.st --data-seed 1", &["--model <FILE>"]),
        bad("gradcheck numbers.csv --model table.st --hidden 3", &["--hidden <N>"]),
        bad("gradcheck numbers.csv --model table.st --seed 3", &["--seed <N>"]),
        bad("gradcheck numbers.csv --model table.st --column a=text", &["--column <NAME=KIND>"]),
        bad("lm train --documents lines --data stories", &["--documents <WHAT>"]),
        bad("lm train --documents lines --count 3", &["--documents <WHAT>"]),
        bad("lm train --documents lines --data-seed 3", &["--documents <WHAT>"]),
    ]);
    inputs
}

/// All files that a run finds in its folder.
static FILES: LazyLock<Files> = LazyLock::new(files);

fn files() -> Files {
    let mut files = good_files();
    let texts: [(&str, &[u8]); 21] = [
        ("folder/inside.txt", b""),
        ("occupied/train.csv/inside.txt", b""),
        ("occupied_plots/loss-swiglu.svg/inside.txt", b""),
        ("empty.csv", b""),
        ("blank.csv", b"\r\n\n"),
        ("header.csv", b"text,label\n"),
        ("long.csv", b"text,label\na,joy\nb,fear,anger\n"),
        ("short.csv", b"text,label\na\n"),
        ("quote.csv", b"text,label\na,joy\n\"b,fear\n"),
        ("latin1.csv", b"text,label\ncaf\xe9,joy\n"),
        ("latin1.txt", b"made me happy\ncaf\xe9"),
        ("emotion.csv", b"text,emotion\na,joy\nb,fear\n"),
        ("capital.csv", b"Text,label\na,joy\nb,fear\n"),
        ("semicolon.csv", b"text;label\na;joy\nb;fear\n"),
        ("twice.csv", b"text,label,label\na,joy,fear\n"),
        ("unlabeled.csv", b"text,label\na,joy\nb, \n"),
        ("envy.csv", b"text,label\na,joy\nb,envy\n"),
        ("joy.csv", b"text,label\na,joy\nb,joy\n"),
        ("one.csv", b"text,label\na,joy\n"),
        ("two.csv", b"text,label\na,joy\nb,fear\n"),
        ("wordless.csv", b"text,label\n!!,joy\n...,fear\n"),
    ];
    let numbers: [(&str, &[u8]); 16] = [
        ("word.csv", b"a,b,label\n1,2,yes\n3,many,no\n"),
        ("nan.csv", b"a,b,label\nNaN,2,yes\n3,4,no\n"),
        ("inf.csv", b"a,b,label\n-inf,2,yes\n3,4,no\n"),
        ("gap.csv", b"a,b,label\n1,2,yes\n ,4,no\n"),
        ("huge.csv", b"a,b,label\n1,1e309,yes\n3,4,no\n"),
        ("comma.csv", b"a,b,label\n\"1,5\",2,yes\n3,4,no\n"),
        ("three.csv", b"a,b,label\n1,2,x\n3,4,y\n5,6,z\n"),
        ("same.csv", b"a,b,label\n1,2,x\n3,4,x\n"),
        ("maybe.csv", b"a,b,label\n1,2,maybe\n"),
        ("labels.csv", b"label\nx\ny\nx\ny\n"),
        ("unnamed.csv", b"a,b,c\n1,2,x\n3,4,y\n"),
        ("double.csv", b"a,a,label\n1,2,x\n3,4,y\n"),
        ("fewer.csv", b"a,label\n1,yes\n3,no\n"),
        ("pair.csv", b"a,b,label\n1,2,x\n3,4,y\n"),
        ("tiny.csv", b"a,label\n1e-38,x\n2e-38,y\n"),
        ("far.csv", b"a,label\n3e38,x\n"),
    ];
    files.extend(texts.iter().chain(&numbers).map(|&(name, content)| (name, content.to_vec())));
    let ids = (0..1001).map(|i| format!("text,{i}\n"));
    files.insert("ids.csv", format!("text,label\n{}", ids.collect::<String>()).into_bytes());
    let tables: [(&str, &[u8]); 16] = [
        ("cyrillic.csv", b"text,label\n\xef\xf0\xe8\xe2\xe5\xf2,joy\n"),
        ("broken.csv", b"text,label\n\xc3\xa9\xc3\xa8,joy\n\xff,fear\n"),
        ("unanswered.csv", b"a,b,label\n1,2,\n3,4,NA\n"),
        ("bars.csv", b"a,label\n1,|\n3,|\n"),
        ("list.json", b"[{\"a\": 1, \"label\": 2}]"),
        ("cut.jsonl", b"{\"x\": 1, \"label\": 2}\n{\"x\": 1"),
        ("words.jsonl", b"{\"a\": 1}\nwords\n"),
        ("nested.jsonl", b"{\"a\": {\"b\": 1}}\n"),
        ("bar.jsonl", b"{\"a\": [\"R|B\", \"G\"], \"label\": 1}\n"),
        ("missing.jsonl", b"{\"a\": [\"x\"]}\n{\"a\": [\"x\", \"NA\"]}\n"),
        ("twice.jsonl", b"{\"a\": 1, \"a\": 2}\n"),
        ("cut.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
        ("numbers.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
        ("zip.csv", b"PK\x03\x04"),
        ("long_table.csv", b"a,b\n1,2\n1,2,3\n"),
        ("pairs.csv", b"a,b\n1,2\n3,4\n"),
    ];
    let clean =
        |i: usize| format!("{},{},{}\n", i * 37 % 61, i * 17 % 59, ["x", "y"][i * i % 7 % 2]);
    let clean = format!("a,b,label\n{}", (0..60).map(clean).collect::<String>());
    files.insert("clean.csv", clean.into_bytes());
    files.extend(tables.iter().map(|&(name, content)| (name, content.to_vec())));
    files.extend(damaged_models());
    files.extend(damaged_table_models());
    files
}

/// Returns a model, and damaged versions of it.
fn damaged_models() -> Files {
    let folder = folder_with(&good_files());
    let options = format!("{TRAIN_TEXTS} {SMALL} --activation relu --epochs 1 --save whole.st");
    wengert(folder.path(), &options).success();
    let whole = unchecked(&fs::read(folder.path().join("whole.st")).unwrap());

    let foreign = br#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let foreign = [&(foreign.len() as u64).to_le_bytes()[..], foreign, &[0; 4]].concat();
    let last_number = |number: f32| {
        let (rest, _) = whole.split_at(whole.len() - 4);
        [rest, &number.to_le_bytes()].concat()
    };
    let edited = |from: &str, to: &str| with_header(&whole, from, to);
    BTreeMap::from([
        ("cut.st", whole[..whole.len() - 1].to_vec()),
        ("cut_header.st", whole[..20].to_vec()),
        ("longer.st", [&whole[..], b"!"].concat()),
        ("foreign.st", foreign),
        ("incomplete.st", edited(r#"\"sizes\":"#, r#"\"size\":"#)),
        ("activation.st", edited(r#":\"relu\""#, r#":\"mish\""#)),
        ("vocab.st", edited(r#"\"vocab\":50"#, r#"\"vocab\":1000000000000000"#)),
        ("embedding.st", edited(r#"\"embedding\":4"#, r#"\"embedding\":0"#)),
        ("dropout.st", edited(r#"\"dropout\":0.2"#, r#"\"dropout\":2.0"#)),
        ("negative.st", edited(r#"\"hidden\":3"#, r#"\"hidden\":-3"#)),
        ("one_class.st", edited(r#",\"fear\",\"joy\"]"#, "]")),
        ("tokens.st", edited(r#"\"vocab\":50"#, r#"\"vocab\":5"#)),
        ("hidden.st", edited(r#"\"hidden\":3"#, r#"\"hidden\":2"#)),
        ("swiglu.st", edited(r#":\"relu\""#, r#":\"swiglu\""#)),
        ("renamed.st", edited(r#""output.bias""#, r#""output.base""#)),
        ("integers.st", edited("F32", "I32")),
        ("nan.st", last_number(f32::NAN)),
        ("infinite.st", last_number(f32::INFINITY)),
        ("four_classes.st", edited(r#",\"joy\"]"#, r#",\"joy\",\"zeal\"]"#)),
        ("whole.st", whole.clone()),
    ])
}

/// Returns a model of a table, and damaged versions of it.
fn damaged_table_models() -> Files {
    let folder = folder_with(&good_files());
    let options = "train numbers.csv --target label --hidden 3 --epochs 1 --save table.st";
    wengert(folder.path(), options).success();
    let table = unchecked(&fs::read(folder.path().join("table.st")).unwrap());
    let edited = |from: &str, to: &str| with_header(&table, from, to);
    BTreeMap::from([
        ("table_scale.st", edited(r#"\"scale\":[{"#, r#"\"scale\":[],\"more\":[{"#)),
        ("table_hidden.st", edited(r#"\"hidden\":3"#, r#"\"hidden\":0"#)),
        ("table_mish.st", edited(r#":\"swiglu\""#, r#":\"mish\""#)),
        ("table_wide.st", edited(r#"\"hidden\":3"#, r#"\"hidden\":1000000000"#)),
        ("table_column.st", edited(r#"\"has_gaps\":false"#, r#"\"has_gaps\":true"#)),
        ("table.st", table.clone()),
    ])
}

/// Returns a saved model without its checksum, which would be the first fault of every change.
pub fn unchecked(file: &[u8]) -> Vec<u8> {
    let mark = b"\"crc32\":\"";
    let start = file.windows(mark.len()).position(|window| window == mark).unwrap();
    let entry = &file[start..start + mark.len() + "00000000\",".len()];
    with_header(file, str::from_utf8(entry).unwrap(), "")
}

/// Returns a safetensors file with a text in its header replaced. The header's length comes first.
fn with_header(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let header = str::from_utf8(&rest[..length]).unwrap();
    assert!(header.contains(from), "no {from} in {header}");
    let header = header.replace(from, to);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &rest[length..]].concat()
}

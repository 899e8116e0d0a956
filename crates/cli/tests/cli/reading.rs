//! Reading files as people have them, with the quirks of other programs.

use std::fs;
use std::path::Path;

use crate::files::{SMALL, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{wengert, wengert_with};
use programs::{Outcome, accuracy};

/// Returns a folder with good files, and this one.
fn folder_and(name: &str, content: impl AsRef<[u8]>) -> tempfile::TempDir {
    let folder = folder_with(&good_files());
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

/// Runs the text classifier on a file, which is the test file too.
fn train_on(name: &str, folder: &Path, options: &str) -> Outcome {
    wengert(folder, &format!("--train {name} --test {name} {SMALL} {options}"))
}

#[test]
fn rows_do_not_vanish_in_a_quote_that_is_never_closed() {
    let rows =
        "text,label\n\"so happy,joy\nwhat a day,joy\nrain again,sad\n\"bad day,sad\nsunny,joy\n";
    let folder = folder_and("stray.csv", rows);
    let outcome = train_on("stray.csv", folder.path(), "");
    assert_eq!(outcome.code, Some(2), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("stray.csv, line 2: a double quote opens on this line"));
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_word() {
    let folder = folder_with(&good_files());
    let options =
        format!("{TRAIN_TEXTS} {SMALL} --activation relu --epochs 1 --save model.st --quiet");
    wengert(folder.path(), &options).success();
    let answer = |text: &str| {
        fs::write(folder.path().join("lines.txt"), text).unwrap();
        wengert(folder.path(), "predict --model model.st --file lines.txt").success()
    };
    assert_eq!(answer("\u{feff}happy"), answer("happy"));
    assert_eq!(answer("happy\rscared\r"), answer("happy\nscared\n"), "old programs' line ends");
    // Only the beginning of a file tells its kind.
    let answers = answer("happy\n%PDF-readers are awful\nscared\n");
    assert!(answers.contains("%PDF-readers are awful") && answers.contains("scared"), "{answers}");

    let utf16: Vec<u8> = "\u{feff}happy\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("utf16.txt"), utf16).unwrap();
    let outcome = wengert(folder.path(), "predict --model model.st --file utf16.txt");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("iconv -f UTF-16 -t UTF-8"), "{}", outcome.stderr);
}

#[test]
fn line_ends_of_old_programs_part_words_and_rows() {
    let rows = |end: &str, blank: &str| {
        let words = [("happy", "joy"), ("scared", "fear"), ("furious", "anger")];
        let row = |i: usize| {
            let (word, label) = words[i % 3];
            format!("\"the{blank}number {}{blank}{word}{blank}me\",{label}{end}", i % 7)
        };
        format!("text,label{end}{}", (0..60).map(row).collect::<String>())
    };
    let folder = folder_and("spaces.csv", rows("\n", " "));
    let output = |name: &str| {
        let output = train_on(name, folder.path(), "--activation relu --epochs 2").success();
        let (count, words) = output.split_once('\n').unwrap();
        let words = words.lines().next().unwrap();
        (format!("{count} {words}"), accuracy(&output, "relu"))
    };
    let expected = output("spaces.csv");
    for (end, blank) in [("\r", "\r"), ("\r\n", "\r\n"), ("\n", "\u{a0}"), ("\n", "\u{2028}")] {
        fs::write(folder.path().join("other.csv"), rows(end, blank)).unwrap();
        assert_eq!(output("other.csv"), expected, "{end:?}, {blank:?}");
    }
}

#[test]
fn labels_that_look_alike_get_a_note() {
    let rows = "text,label\nso happy,Joy\nso glad,joy\nso sad,sad\nno label,nan\n";
    let folder = folder_and("alike.csv", rows);
    let Outcome { code, stderr, .. } = train_on("alike.csv", folder.path(), "--epochs 1");
    assert_eq!(code, Some(0), "{stderr}");
    for note in [
        "note: alike.csv, column `label`: the labels `Joy` (1 row) and `joy` (1 row) differ only in case",
        "note: alike.csv, column `label`: the label `nan` (1 row) reads like a missing value",
    ] {
        assert!(stderr.contains(note), "{stderr}");
    }
    let rows = "x,label\n1,1\n2,1.0\n3,1\n4,1.0\n";
    fs::write(folder.path().join("numbers.csv"), rows).unwrap();
    let arguments = "tabular --train numbers.csv --test numbers.csv --epochs 1 --seeds 1 --quiet";
    let Outcome { code, stderr, .. } = wengert(folder.path(), arguments);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("`1` (2 rows) and `1.0` (2 rows) differ only in how the number is"));
}

#[test]
fn large_numbers_that_are_close_together_are_told_apart() {
    let rows = |start: u64| {
        let row = |i: u64| format!("{},7,{}\n", start + i, if i < 30 { "early" } else { "late" });
        format!("t,same,label\n{}", (0..60).map(|i| row(i * 37 % 60)).collect::<String>())
    };
    let folder = folder_with(&good_files());
    let output = |start| {
        fs::write(folder.path().join("time.csv"), rows(start)).unwrap();
        let arguments =
            "tabular --train time.csv --test time.csv --activation relu --seeds 1 --lr 0.01";
        let Outcome { code, stdout, stderr } = wengert(folder.path(), arguments);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(stderr, "note: column `same` is 7 in every row, so it tells nothing\n");
        let figures = stdout.lines().find(|line| line.starts_with("relu  ")).unwrap();
        (accuracy(&stdout, "relu"), figures.to_string())
    };
    let from_zero = output(0);
    assert!(from_zero.0 > 90.0, "{from_zero:?}");
    assert_eq!(output(1_700_000_000), from_zero, "the same to the last digit");
}

#[test]
fn a_text_may_begin_like_an_option() {
    let folder = folder_with(&good_files());
    let options =
        format!("{TRAIN_TEXTS} {SMALL} --activation relu --epochs 1 --save model.st --quiet");
    wengert(folder.path(), &options).success();
    let predict = |arguments: &[&str]| {
        let all = [&["predict", "--model", "model.st"], arguments].concat();
        wengert_with(folder.path(), &all)
    };
    let happy = predict(&["happy"]).success();
    for arguments in [&["-happy !"][..], &["--- happy"], &["--", "--happy"], &["--", "-happy"]] {
        assert_eq!(predict(arguments).success(), happy, "{arguments:?}");
    }
    predict(&["-1"]).success();
    let with_number = predict(&["-99 happy"]).success();
    assert_eq!(with_number, format!("{happy}unknown words: 99\n"));
    for misspelled in ["--modle", "--topp", "-m"] {
        let Outcome { code, stderr, .. } = predict(&[misspelled]);
        assert_eq!(code, Some(2));
        assert!(stderr.contains("there is no such option") && stderr.contains("`--`"), "{stderr}");
    }
}

#[test]
fn a_number_below_zero_is_answered_with_what_is_allowed() {
    let folder = folder_with(&good_files());
    for (arguments, tells) in [
        ("--lr -1", "expected a number above 0, such as 0.001"),
        ("--lr -1e-3", "expected a number above 0, such as 0.001"),
        ("--epochs -1", "expected a whole number of at least 1"),
        ("--batch-size -5", "expected a whole number of at least 1"),
        ("--validation-split -0.2", "expected a number from 0 to below 1"),
        ("--seed -1", "'--seed <N>'"),
    ] {
        for command in ["", "tabular"] {
            let Outcome { code, stderr, .. } =
                wengert(folder.path(), &format!("{command} {arguments}"));
            assert_eq!(code, Some(2));
            assert!(stderr.contains(tells), "{arguments}: {stderr}");
        }
    }
}

#[test]
fn the_macro_average_says_over_which_classes_it_runs() {
    let folder = folder_and("some.csv", "text,label\nso happy,joy\nso scared,fear\n");
    let options = format!("{SMALL} --activation relu --epochs 1 --save model.st");
    let output = wengert(folder.path(), &format!("{TRAIN_TEXTS} {options}")).success();
    assert!(output.contains("The macro average is over all 3 classes.\n"), "{output}");
    let output = wengert(folder.path(), "evaluate --model model.st --test some.csv").success();
    let absent =
        "The macro average is over all 3 classes; 1 of them has no sample here and counts as 0.";
    assert!(output.contains(absent), "{output}");
}

#[test]
fn without_validation_samples_nothing_is_best_in_validation() {
    let folder = folder_with(&good_files());
    let options = "--activation relu --epochs 2 --report page.html --validation-split";
    let texts = |share: &str| {
        let arguments = format!("{TRAIN_TEXTS} {SMALL} {options} {share}");
        let output = wengert(folder.path(), &arguments).success();
        output + &fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    let judged_by_training = texts("0");
    for words in ["best in validation", "best model in validation"] {
        assert!(!judged_by_training.contains(words), "{judged_by_training}");
    }
    assert!(judged_by_training.contains("The model that was best in training (relu)"));
    assert!(judged_by_training.contains("The best model in training: relu"));
    let judged_by_validation = texts("0.2");
    assert!(judged_by_validation.contains("The model that was best in validation (relu)"));
    assert!(judged_by_validation.contains("The best model in validation: relu"));
}

/// Texts sorted by label: the last fifth is all of one class.
fn sorted_by_label() -> String {
    let row = |i: usize| {
        let (word, label) = if i < 80 { ("scared", "fear") } else { ("happy", "joy") };
        format!("the number {} made me {word},{label}\n", i % 7)
    };
    format!("text,label\n{}", (0..100).map(row).collect::<String>())
}

#[test]
fn a_file_sorted_by_label_is_learned_whole() {
    let folder = folder_and("sorted.csv", sorted_by_label());
    let options = "--activation relu --epochs 30 --lr 0.05";
    let output = train_on("sorted.csv", folder.path(), options);
    assert_eq!(output.stderr, "");
    assert_eq!(accuracy(&output.success(), "relu"), 100.0);

    let last = train_on("sorted.csv", folder.path(), &format!("{options} --split last"));
    let warning =
        "warning: no sample of the class `joy` is left to train on: all 20 are kept for validation";
    assert!(last.stderr.starts_with(warning), "{}", last.stderr);
    assert_eq!(last.stderr.lines().count(), 1, "once, not for each epoch");
    assert_eq!(accuracy(&last.success(), "relu"), 80.0);
}

#[test]
fn a_table_sorted_by_label_is_learned_whole() {
    let row = |i: usize| format!("{},{}\n", i * i % 17, if i < 80 { "no" } else { "yes" });
    let rows = format!("x,label\n{}", (0..100).map(row).collect::<String>());
    let folder = folder_and("sorted.csv", rows);
    let arguments =
        "tabular --train sorted.csv --test sorted.csv --seeds 2 --epochs 2 --activation relu";
    let drawn = wengert(folder.path(), arguments);
    assert_eq!((drawn.code, drawn.stderr.as_str()), (Some(0), ""));
    let last = wengert(folder.path(), &format!("{arguments} --split last"));
    assert!(last.stderr.contains("no sample of the class `yes` is left to train on: all 20"));
    assert_eq!(last.stderr.lines().count(), 1, "{}", last.stderr);
}

#[test]
fn one_long_text_costs_only_its_own_words() {
    let long = "the happy ".repeat(100_000);
    let rows = (0..2_000).map(|i| format!("made me {},{}\n", i % 5, ["joy", "fear"][i % 2]));
    let rows = format!("text,label\n{long},joy\n{}", rows.collect::<String>());
    let folder = folder_and("long.csv", rows);
    let output = train_on("long.csv", folder.path(), "--activation relu --epochs 1").success();
    assert!(output.contains("at most 200000 known words in a training text"), "{output}");

    let options = "--activation relu --epochs 1 --max-length 3 --save model.st";
    let cut = train_on("long.csv", folder.path(), options);
    assert_eq!(
        cut.stderr,
        "note: 1 of 2001 training texts and 1 of 2001 test texts have more than 3 known words and are \
         cut (--max-length)\n"
    );
    assert!(cut.success().contains("at most 3 known words in a training text"));
    let arguments = ["predict", "--model", "model.st", "made me 3 3"];
    let predicted = wengert_with(folder.path(), &arguments);
    let note = "note: this text has more than 3 known words; this model reads only 3\n";
    assert_eq!((predicted.code, predicted.stderr.as_str()), (Some(0), note));

    let large = train_on("long.csv", folder.path(), "--batch-size 1000");
    assert_eq!(large.code, Some(2));
    assert!(large.stderr.contains("cut it with --max-length, or choose a smaller --batch-size"));
}

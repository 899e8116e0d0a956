//! Language models from the command line: training, resuming, generation, evaluation, comparison, and what is
//! refused.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::bad_inputs::unchecked;
use crate::files::{SMALL, TRAIN_TEXTS, good_files};
use crate::program::{wengert, wengert_with};
use programs::Outcome;

/// A model that is trained at once.
const TINY: &str =
    "--count 60 --width 16 --layers 2 --heads 2 --steps 12 --batch-size 4 --validate-every 4";

fn train(folder: &Path, options: &str) -> Outcome {
    wengert(folder, &format!("lm train {TINY} {options}"))
}

/// Returns a folder with a tiny model of stories, `a.st`.
fn trained() -> TempDir {
    let folder = tempdir().unwrap();
    train(folder.path(), "--save a.st").success();
    folder
}

fn figures(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn each_validation_prints_the_loss_with_what_it_can_be_compared_with() {
    let folder = tempdir().unwrap();
    let options = "--save a.st --report a.html --json=a.json";
    let output = train(folder.path(), options).success();
    let lines: Vec<Vec<&str>> =
        output.lines().map(|line| line.split_whitespace().collect()).collect();
    let heading =
        ["step", "loss", "validation", "bits/char", "gap", "Kneser–Ney", "tokens/s", "gradient"];
    let at = lines.iter().position(|line| *line == heading).expect("a heading");
    let json = figures(&fs::read_to_string(folder.path().join("a.json")).unwrap());
    let number = |text: &str| text.parse::<f64>().unwrap();
    for (index, step) in [4, 8, 12].into_iter().enumerate() {
        let row = &lines[at + 1 + index];
        assert_eq!(row.len(), heading.len(), "{row:?}");
        assert_eq!(number(row[0]), f64::from(step));
        let point = &json["losses"][index];
        let (training, validation) = (&point["training"], &point["validation"]);
        let floor = json["floor"].as_f64().unwrap();
        let validation = validation.as_f64().unwrap();
        let expected = [
            training.as_f64().unwrap(),
            validation,
            validation / std::f64::consts::LN_2,
            validation - floor,
            json["baseline"]["loss"].as_f64().unwrap(),
        ];
        for (text, expected) in row[1..].iter().zip(expected) {
            assert!((number(text) - expected).abs() < 1e-4, "{row:?}: {expected}");
        }
        assert!(number(row[6]) > 0.0 && number(row[7]) > 0.0);
    }
    for part in [
        "answers  ",
        "block 0  learned β = ",
        "block 1  learned β = ",
        "A sample:",
        "Saved as a.st",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    for part in ["Where it is surprised", "Where it looks", "What its gates learned"] {
        assert!(page.contains(part), "{part}");
    }
    let maps = &json["attention"]["heads"];
    assert_eq!(maps.as_array().unwrap().len(), 2 * 2);
    for rows in maps.as_array().unwrap().iter().map(|head| head["thousandths"].as_array().unwrap())
    {
        for (token, row) in rows.iter().enumerate() {
            let row: Vec<u64> =
                row.as_array().unwrap().iter().map(|w| w.as_u64().unwrap()).collect();
            let (count, sum) = (row.len(), row.iter().sum::<u64>());
            assert!(count == token + 1 && sum.abs_diff(1000) <= count as u64, "{row:?}");
        }
    }
}

/// 64 heads in a text of 256 tokens have two million weights.
#[test]
fn the_attention_on_the_page_is_limited() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("text.txt"), "to be, or not to be. ".repeat(60)).unwrap();
    let sizes =
        "--width 32 --layers 4 --heads 16 --context 256 --batch-size 1 --shards 1 --steps 1";
    let options =
        format!("lm train --text text.txt --validation 0.5 {sizes} --report a.html --json=a.json");
    let Outcome { code, stderr, .. } = wengert(folder.path(), &options);
    let said =
        "shows the attention in the first 176 tokens of a text and leaves out the 80 after them";
    assert!(code == Some(0) && stderr.contains(said), "{stderr}");
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.len() < 4_000_000, "{}", page.len());
    assert!(page.contains("the 80 after them are left out"));
    let json = figures(&fs::read_to_string(folder.path().join("a.json")).unwrap());
    assert_eq!(json["attention"]["heads"].as_array().unwrap().len(), 64);
}

#[test]
fn a_run_that_is_resumed_ends_with_the_same_bytes() {
    for more in ["", "--accumulate 2 --dropout 0.1", "--data brackets --epochs 2"] {
        let folder = tempdir().unwrap();
        let more = match more.contains("--epochs") {
            true => more.to_string(),
            false => format!("{more} --text text.txt"),
        };
        let text = "to be, or not to be, that is the question.\n".repeat(30);
        fs::write(folder.path().join("text.txt"), text).unwrap();
        let sizes =
            "--width 16 --layers 1 --heads 2 --context 16 --batch-size 3 --validate-every 4";
        let sizes = match more.contains("--epochs") {
            true => format!("lm train {sizes} --count 30"),
            false => format!("lm train {sizes} --steps 10"),
        };
        let run = |end: &str| wengert(folder.path(), &format!("{sizes} {more} {end}")).success();
        let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
        run("--save whole.st");
        run("--save kept.st --checkpoint run --every 3");
        assert_eq!(bytes("whole.st"), bytes("kept.st"), "checkpoints change nothing");
        // The newest is removed, so that the run resumes from the one before it.
        let checkpoints = fs::read_dir(folder.path().join("run/swiglu-0")).unwrap();
        let newest = checkpoints.map(|entry| entry.unwrap().path()).max().unwrap();
        fs::remove_file(newest).unwrap();
        let rows = run("--save resumed.st --resume run");
        assert_eq!(bytes("whole.st"), bytes("resumed.st"), "{rows}");
        if more.contains("--text") {
            let mut text = bytes("text.txt");
            *text.last_mut().unwrap() = b'.';
            fs::write(folder.path().join("text.txt"), text).unwrap();
            let arguments = format!("{sizes} {more} --resume run");
            let Outcome { code, stderr, .. } = wengert(folder.path(), &arguments);
            assert!(code == Some(2) && stderr.contains("of the validation "), "{stderr}");
        }
    }
}

#[test]
fn the_same_seed_generates_the_same_text() {
    let folder = trained();
    let generate = |options: &str| {
        let options: Vec<&str> = options.split(' ').collect();
        let arguments =
            [&["lm", "generate", "Emma has ", "--model", "a.st"], &options[..]].concat();
        wengert_with(folder.path(), &arguments).success()
    };
    let first = generate("--tokens 50 --seed 3 --stop @");
    assert!(first.starts_with("Emma has ") && first.chars().count() == 9 + 50 + 1, "{first}");
    assert_eq!(generate("--tokens 50 --seed 3 --stop @"), first);
    assert_ne!(generate("--tokens 50 --seed 4 --stop @"), first);
    let greedy = generate("--tokens 50 --temperature 0 --stop @");
    assert_eq!(generate("--tokens 50 --top-k 1 --seed 9 --stop @"), greedy);
    let stop = first.trim_end().chars().last().unwrap().to_string();
    let stopped = generate(&format!("--tokens 50 --seed 3 --stop {stop}"));
    assert!(!stopped["Emma has ".len()..].contains(&stop) && first.starts_with(stopped.trim_end()));
    // A model of documents ends with its document.
    let document = generate("--tokens 50 --seed 3");
    assert_eq!(document, format!("{}\n", first.lines().next().unwrap()));
    // A run that was interrupted left a model as well.
    train(folder.path(), "--checkpoint run").success();
    let model = "lm generate --model run/swiglu-0/step-00000012.safetensors --tokens 5";
    wengert(folder.path(), model).success();
}

#[test]
fn a_model_is_evaluated_beside_kneser_ney() {
    let folder = trained();
    let evaluate = |options: &str| {
        figures(
            &wengert(folder.path(), &format!("lm evaluate --model a.st --json {options}"))
                .success(),
        )
    };
    let stories = evaluate("--count 40 --data-seed 9");
    let number = |value: &Value| value.as_f64().unwrap();
    let (loss, floor) = (number(&stories["score"]["loss"]), number(&stories["score"]["floor"]));
    assert!((number(&stories["perplexity"]) - loss.exp()).abs() < 1e-9);
    assert!((number(&stories["gap"]) - (loss - floor)).abs() < 1e-9 && loss > floor);
    assert!(number(&stories["kneser_ney"]["loss"]) > floor);
    assert_eq!(stories["score"]["answers"]["answers"], 80);

    fs::write(folder.path().join("text.txt"), "Emma has a red ball.\n").unwrap();
    let text = evaluate("--text text.txt --counted text.txt");
    assert_eq!(text["score"]["tokens"], 20);
    assert_eq!(text["score"]["floor"], Value::Null);
    let shown = wengert(folder.path(), "lm evaluate --model a.st --text text.txt").success();
    let line = format!("loss              {:.4} nats a token", number(&text["score"]["loss"]));
    assert!(shown.contains(&line), "{shown}");
}

#[test]
fn in_bf16_a_model_writes_a_text_and_tells_what_rounding_costs() {
    let folder = trained();
    let run =
        |arguments: &str| wengert(folder.path(), &format!("lm {arguments} --model a.st")).success();
    let evaluate =
        |more: &str| figures(&run(&format!("evaluate --count 40 --data-seed 9 --json {more}")));
    let [plain, rounded] = ["", "--precision bf16"].map(evaluate);
    let loss = |figures: &Value| figures["score"]["loss"].as_f64().unwrap();
    assert_eq!(
        (&plain["loss_in_f32"], &rounded["loss_in_f32"]),
        (&Value::Null, &plain["score"]["loss"])
    );
    assert!(loss(&plain) != loss(&rounded) && (loss(&plain) - loss(&rounded)).abs() < 0.01);

    let shown = run("evaluate --count 40 --data-seed 9 --precision bf16");
    let change = loss(&rounded) - loss(&plain);
    let line = format!("in f32            {:.4}, bf16 changes it by {change:+.6}", loss(&plain));
    assert!(shown.contains(&line), "{line}: {shown}");

    let write = || run("generate E --tokens 40 --stop @ --precision bf16");
    let written = write();
    assert_eq!((written.chars().count(), &written), (1 + 40 + 1, &write()));
}

#[test]
fn kinds_are_compared_at_equal_parameters() {
    let folder = tempdir().unwrap();
    let options =
        "lm compare --count 40 --width 16 --layers 1 --heads 2 --steps 4 --batch-size 4 --seeds 2";
    let more = "--report a.html --json=a.json";
    let output = wengert(folder.path(), &format!("{options} {more}")).success();
    let counts: Vec<usize> = output
        .lines()
        .find(|line| line.starts_with("parameters: "))
        .and_then(|line| line.strip_prefix("parameters: "))
        .expect("a line with the parameters")
        .split(", ")
        .map(|kind| kind.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    // SwiGLU has β and γ in its block.
    assert_eq!([counts[1], counts[2], counts[3]], [counts[0], counts[0], counts[0] + 2]);
    for difference in ["gelu − relu", "silu − relu", "swiglu − relu"] {
        assert!(output.contains(difference), "{difference}: {output}");
    }
    let json = figures(&fs::read_to_string(folder.path().join("a.json")).unwrap());
    assert_eq!(json["models"].as_array().unwrap().len(), 4);
    assert_eq!(json["models"][3]["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn every_kind_of_tokens_can_be_trained_on() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("text.txt"), "das Mädchen läuft schnell\n\n".repeat(40)).unwrap();
    for tokens in ["bytes", "characters", "byte-pairs=270"] {
        for documents in ["whole", "blank-lines", "lines"] {
            let options = format!(
                "lm train --text text.txt --tokens {tokens} --documents {documents} --steps 3 --width 8 --heads 2 \
                 --layers 1 --context 8 --batch-size 2 --save a.st"
            );
            wengert(folder.path(), &options).success();
            let options = "lm evaluate --model a.st --text text.txt --json";
            let score = figures(&wengert(folder.path(), options).success());
            assert!(score["bits_per_byte"].as_f64().unwrap() > 0.0);
        }
    }
}

#[test]
fn a_model_is_the_same_after_an_export_and_an_import() {
    let folder = tempdir().unwrap();
    train(folder.path(), "--kind silu --key-value-heads 1 --save a.st").success();
    let run = |arguments: &str| wengert(folder.path(), &format!("lm {arguments}")).success();
    run("export --model a.st --to there");
    for file in ["config.json", "model.safetensors", "vocabulary.json"] {
        assert!(folder.path().join("there").join(file).is_file(), "{file}");
    }
    run("import there --save back.st");
    let text = |model: &str| run(&format!("generate --model {model} E --tokens 60 --stop @"));
    assert_eq!(text("a.st"), text("back.st"));
}

/// Runs that must fail with exit code 2, leave nothing behind, and say what is wrong.
#[test]
fn bad_input_is_told_clearly() {
    let folder = trained();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let model = unchecked(&fs::read(folder.path().join("a.st")).unwrap());
    write("cut.st", &model[..model.len() - 100]);
    write("short.txt", b"too short for a context of 128, but not for two parts");
    write("foreign.txt", "Emma has a ß.\nand more of it".as_bytes());
    write("latin.txt", b"caf\xe9 and more of this text");
    write("text.txt", &b"a text that is long enough\n".repeat(30));
    write("wrong.json", b"{}");
    write("known.txt", b"Emma has a red ball.");
    let config = |from: &str, to: &str| {
        // The header has as many bytes as before.
        assert_eq!(from.len(), to.len());
        let at = model.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        [&model[..at], to.as_bytes(), &model[at + from.len()..]].concat()
    };
    write("width.st", &config(r#"\"width\":16"#, r#"\"width\":32"#));
    write("heads.st", &config(r#"\"heads\":2"#, r#"\"heads\":5"#));
    write("kind.st", &config(r#"swiglu\"}"#, r#"swoglu\"}"#));
    write("context.st", &config(r#"\"context\":128,"#, r#"\"context\":1e8,"#));
    // The weights at the end of the file.
    let (kept, large) = (&model[..model.len() - 4000], f32::MAX.to_le_bytes().repeat(1000));
    write("large.st", &[kept, &large].concat());
    write("one.txt", b"E");
    good_files().iter().for_each(|(name, content)| write(name, content));
    let options = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --save classifier.st");
    wengert(folder.path(), &options).success();
    let options = "train numbers.csv --target label --hidden 3 --epochs 1 --save table.st";
    wengert(folder.path(), options).success();
    let before = contents(folder.path());
    let mut faults = Vec::new();
    for (arguments, tells) in [
        ("train --text short.txt", ["the text to train on has ", "--context 128"]),
        ("train --text none.txt", ["--text none.txt: cannot be read", "give the path of a text"]),
        ("train --text latin.txt", ["--text latin.txt, line 1: byte 4 is not UTF-8", "latin1"]),
        ("train --text text.txt --tokens words", ["--tokens <KIND>", "byte-pairs=N"]),
        ("train --text text.txt --tokens byte-pairs=9", ["--tokens <KIND>", "at least 256"]),
        (
            "train --text text.txt --tokens wrong.json",
            ["--tokens wrong.json: ", "expected the tokenizer.json of a model"],
        ),
        (
            "train --tokens wrong.json",
            ["--tokens: the entropy of generated documents is not known", "--text"],
        ),
        ("train --data poems", ["--data <WHAT>", "stories, sums, brackets"]),
        ("train --data sums --text text.txt", ["--data <WHAT>", "--text <FILE>"]),
        ("train --count 1", ["--data stories", "part has 0 tokens"]),
        ("train --heads 3 --count 60", ["--width, --heads and --key-value-heads", "multiple of 6"]),
        ("train --key-value-heads 3 --count 60", ["4 heads cannot share 3", "divides 4"]),
        (
            "train --width 100000000 --heads 1 --count 60",
            ["more than 100000000 numbers", "choose smaller"],
        ),
        (
            "train --width 18446744073709551608 --heads 1 --count 60",
            ["--width 18446744073709551608: it can be at most 100000000", "smaller"],
        ),
        (
            "compare --width 18446744073709551608 --heads 1 --count 60",
            ["--width 18446744073709551608: it can be at most 100000000", "smaller"],
        ),
        (
            "compare --feed-forward 18446744073709551615 --count 60",
            ["--feed-forward 18446744073709551615: it can be at most", "smaller"],
        ),
        ("train --layers 1001 --count 60", ["--layers 1001: it can be at most 1000", "smaller"]),
        (
            "train --context 100000 --count 60",
            ["a step of training would need about ", "smaller --context or --batch-size"],
        ),
        ("compare --context 100000 --count 60", ["4 · 100000² in 2 of them", "smaller --context"]),
        ("train --kind swish", ["--kind <NAME>", "choose one of relu, gelu, silu, swiglu"]),
        (
            "train --steps 10 --warm-up 10 --count 60",
            ["--warm-up 10: there are 10 steps", "smaller"],
        ),
        ("train --min-lr 1 --count 60", ["--min-lr 1: it is above --lr 0.002", "smaller"]),
        ("train --steps 5 --epochs 2", ["--steps <N>", "--epochs <N>"]),
        ("train --save a.st --json=a.st", ["--save and --json lead to the same place", "a.st"]),
        (
            "train --text text.txt --save text.txt",
            ["--text and --save lead to the same", "text.txt"],
        ),
        ("train --save no/a.st", ["--save no/a.st: cannot be written", "a directory that exists"]),
        ("train --resume no", ["--resume no: there is no run to resume", "--checkpoint no"]),
        ("compare --kind relu,relu", ["--kind: `relu` is given twice", "once"]),
        ("compare --validation 0", ["--validation 0", "nothing to compare on"]),
        ("generate --model none.st", ["--model none.st: cannot be read", "lm train --save"]),
        ("generate --model cut.st", ["--model cut.st: is not a whole safetensors file", "cut off"]),
        ("generate --model width.st", ["--model width.st: does not fit", "width 32"]),
        ("generate --model heads.st", ["--model heads.st: ", "5 heads"]),
        ("generate --model kind.st", ["--model kind.st: ", "`swoglu`"]),
        ("generate --model context.st", ["--model context.st: ", "lm train --save"]),
        ("generate --model text.txt", ["--model text.txt: is not a whole", "save the model again"]),
        (
            "generate --model a.st ß",
            ["the prompt: the character 'ß' at line 1, column 1", "leave it out"],
        ),
        (
            "generate --model large.st --precision bf16",
            ["--model large.st, --precision bf16: the parameter `", "use --precision f32"],
        ),
        (
            "generate --model classifier.st",
            ["holds a text classifier; use it by `wengert predict --model", "lm train --save"],
        ),
        (
            "evaluate --model table.st",
            ["holds a model of a table; use it by `wengert predict --model", "lm train --save"],
        ),
        (
            "evaluate --model a.st --text one.txt",
            ["--text one.txt: the text has 1 token of 1 document", "give a longer text\n"],
        ),
        ("evaluate --model a.st --precision f16", ["'f16' for '--precision <NAME>'", "f32, bf16"]),
        ("generate --model a.st --top-p 2", ["--top-p <P>", "above 0 and up to 1"]),
        ("generate --model a.st --temperature=-1", ["--temperature <T>", "at least 0"]),
        (
            "evaluate --model a.st --text foreign.txt",
            ["--text foreign.txt: the character 'ß'", "line 1, column 12"],
        ),
        (
            "evaluate --model a.st --text known.txt --counted none.txt",
            ["--counted none.txt", "cannot be read"],
        ),
        (
            "export --model a.st --to there",
            ["--model a.st: the model cannot be exported", "--kind silu"],
        ),
        ("import text.txt --save b.st", ["text.txt: ", "llama2.c"]),
        ("import none --save b.st", ["none: cannot be read", "llama2.c"]),
        ("evaluate --model a.st --data sums", ["--data sums: the character", "leave it out"]),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder.path(), &format!("lm {arguments}"));
        let absent = tells.iter().find(|tell| !stderr.contains(**tell));
        let fault = match absent {
            _ if code != Some(2) => format!("exit code {code:?}: {stdout}"),
            _ if !stderr.starts_with("error: ") || stderr.contains("panicked") => "no error".into(),
            _ if contents(folder.path()) != before => "files were left behind".into(),
            Some(tell) => format!("no `{tell}`"),
            None => continue,
        };
        faults.push(format!("{arguments}\n{fault}\n{stderr}"));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    // A model of another task is refused as well.
    let Outcome { code, stderr, .. } = wengert(folder.path(), "predict --model a.st happy");
    assert!(code == Some(2) && stderr.contains("wengert train --save"), "{stderr}");
    let told = "a.st: holds a language model; use it by `wengert lm generate --model a.st`";
    assert!(stderr.contains(told), "{stderr}");
}

/// Returns the names and the sizes of the files of a folder.
fn contents(folder: &Path) -> Vec<(String, u64)> {
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, entry.metadata().unwrap().len())
    };
    let mut found: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| entry(file.unwrap())).collect();
    found.sort();
    found
}

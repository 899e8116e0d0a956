//! What shells, scripts and readers of the manual rely on: completions, `man` pages, `--json`, exit codes, and output
//! without colors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{WENGERT, command, wengert};
use programs::{Outcome, run_into, send, unread_pipe};

/// Says why a test does nothing, past the test harness, which holds back what a test that passes prints.
fn skip(why: &str) {
    writeln!(io::stderr(), "skipped: {why}").expect("stderr");
}

/// Returns every command of the program as its words, the program's own page as an empty text.
fn commands() -> Vec<String> {
    let mut found = vec![String::new()];
    let mut at = 0;
    while let Some(command) = found.get(at).cloned() {
        let help = help(&command);
        let listed = help.split_once("Commands:\n").map_or("", |(_, list)| list);
        let listed = listed.lines().take_while(|line| !line.is_empty());
        // A command begins two spaces from the edge; the next lines of its description are indented more.
        let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let names = names.filter(|name| !name.is_empty() && *name != "help");
        found.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        at += 1;
    }
    found
}

fn help(command: &str) -> String {
    wengert(Path::new("."), &format!("{command} --help")).success()
}

/// Returns each option or argument of a command with the first paragraph of its help.
fn described(help: &str) -> Vec<(String, String)> {
    let begins = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        (2..=6).contains(&indent) && line.trim_start().starts_with(['-', '[', '<'])
    };
    let mut lines = help.lines().skip_while(|line| !line.ends_with(':')).peekable();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line == "Examples:" {
            break;
        }
        if begins(line) {
            let mut text = Vec::new();
            while let Some(line) = lines.next_if(|line| line.starts_with("          ")) {
                text.extend(line.split_whitespace());
            }
            let text = text.join(" ");
            // The page has these beside the name of the option.
            let text = text.split(" [default: ").next().unwrap_or_default();
            let text = text.split(" [possible values: ").next().unwrap_or_default();
            found.push((line.trim().to_owned(), text.to_owned()));
        }
    }
    found
}

/// Returns the text of a page without its commands, in words with one space between them.
fn words(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.starts_with('.'));
    let text = lines.collect::<Vec<_>>().join(" ");
    let text =
        [r"\fB", r"\fI", r"\fR", r"\&"].iter().fold(text, |text, mark| text.replace(mark, ""));
    let text = text.replace(r"\-", "-").replace(r"\*(Aq", "'").replace(r"\\", r"\");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_has_a_page_of_the_manual_with_the_help_of_each_option() {
    let folder = tempdir().unwrap();
    wengert(folder.path(), "man --out pages").success();
    let name =
        |command: &String| format!("wengert {command}.1").replace(" .1", ".1").replace(' ', "-");
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    let written: BTreeSet<String> = fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(written, commands.iter().map(name).collect());
    for command in &commands {
        let page = fs::read_to_string(folder.path().join("pages").join(name(command))).unwrap();
        let printed = wengert(folder.path(), &format!("man {command}")).success();
        assert_eq!(page, printed, "{command}");
        let words = words(&page);
        let options = described(&help(command));
        assert!(!options.is_empty(), "{command}");
        for (option, text) in options {
            let name = option.trim_start_matches("-h, ").trim_start_matches("-V, ");
            let name = name.split([' ', '[', '=']).next().unwrap();
            assert!(words.contains(name), "{command}: {option} is not in\n{words}");
            assert!(words.contains(&text), "{command} {option}: {text}\nis not in\n{words}");
        }
        assert!(words.contains("130 ended by Ctrl-C"), "{command}");
    }
}

#[test]
fn the_pages_of_the_manual_are_rendered_without_a_warning() {
    let folder = tempdir().unwrap();
    wengert(folder.path(), "man --out pages").success();
    for page in fs::read_dir(folder.path().join("pages")).unwrap() {
        let page = page.unwrap().path();
        let mut groff = Command::new("groff");
        let groff = groff.args(["-man", "-Kutf8", "-Tutf8", "-ww"]).arg(&page).output();
        if groff.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return skip("install the program `groff`");
        }
        let Outcome { code, stdout, stderr } = Outcome::of(groff.unwrap());
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{}", page.display());
        assert!(stdout.contains("130  ended by Ctrl-C"), "{stdout}");
    }
}

#[test]
fn a_page_that_does_not_exist_is_refused_with_those_that_do() {
    for (arguments, expected) in [
        ("man lm foo", "error: `wengert lm` has no command `foo`; choose one of train, generate, "),
        ("man tape x", "error: `wengert tape` has no commands, so `x` has no page"),
        ("man none", "error: `wengert` has no command `none`; choose one of train, compare, "),
    ] {
        let Outcome { code, stdout, stderr } = wengert(Path::new("."), arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.starts_with(expected), "{stderr}");
    }
}

/// Returns what bash offers for the last of these words, for each line of words.
fn completed(folder: &Path, lines: &[&str]) -> Vec<BTreeSet<String>> {
    let script = r#"
        source completions.bash || exit 1
        while read -r -a COMP_WORDS; do
            # A line that ends with a space asks for a new word, written as a dot.
            last=$((${#COMP_WORDS[@]} - 1))
            [ "${COMP_WORDS[last]}" = . ] && COMP_WORDS[last]=
            COMP_CWORD=$last COMPREPLY=()
            _wengert wengert "${COMP_WORDS[last]}" "${COMP_WORDS[last - 1]}"
            echo "${COMPREPLY[@]}"
        done"#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script]).current_dir(folder);
    // `compopt` works in a real completion only, and says so.
    bash.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut bash = bash.spawn().expect("bash");
    let asked: String = lines.iter().map(|line| format!("{line}\n")).collect();
    bash.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let answers = Outcome::of(bash.wait_with_output().unwrap()).success();
    answers.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn bash_completes_commands_options_values_and_files() {
    let folder = folder_with(&good_files());
    let script = wengert(folder.path(), "completions bash").success();
    fs::write(folder.path().join("completions.bash"), script).unwrap();
    let mut bash = Command::new("bash");
    let checked = bash.args(["-n", "completions.bash"]).current_dir(folder.path()).output();
    if checked.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return skip("install the program `bash`");
    }
    Outcome::of(checked.unwrap()).success();
    let (asked, expected): (Vec<&str>, Vec<&[&str]>) = [
        ("wengert ta", &["tabular", "tape"][..]),
        ("wengert lm ge", &["generate"]),
        ("wengert train --wat", &["--watch-layers"]),
        ("wengert lm train --log-every .", &["epoch", "step"]),
        ("wengert completions z", &["zsh"]),
        ("wengert train --save te", &["texts.csv"]),
        ("wengert predict --model n", &["numbers.csv"]),
        ("wengert tape --page n", &["numbers.csv"]),
    ]
    .into_iter()
    .unzip();
    let expected: Vec<BTreeSet<String>> =
        expected.iter().map(|words| words.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(completed(folder.path(), &asked), expected);
}

#[test]
fn every_shell_gets_completions_of_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = wengert(Path::new("."), &format!("completions {shell}")).success();
        for command in commands() {
            let name = command.split(' ').next_back().unwrap();
            assert!(script.contains(name), "{shell} does not know {command}");
        }
    }
    let Outcome { code, stderr, .. } = wengert(Path::new("."), "completions tcsh");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{stderr}");
}

/// A language model that is trained at once.
const TINY: &str =
    "--count 60 --width 16 --layers 1 --heads 2 --steps 4 --batch-size 4 --validate-every 4";

/// Returns a folder with the good files, texts to classify, and a saved model of each kind.
fn with_models() -> TempDir {
    let folder = folder_with(&good_files());
    fs::write(folder.path().join("words.txt"), "happy\nscared\nwho knows\n").unwrap();
    for arguments in [
        format!("train {TRAIN_TEXTS} {SMALL} --epochs 1 --quiet --save texts.st"),
        "train numbers.csv --target label --epochs 1 --hidden 3 --quiet --save table.st".to_owned(),
        format!("lm train {TINY} --quiet --save language.st"),
    ] {
        wengert(folder.path(), &arguments).success();
    }
    folder
}

/// Returns the words of a text in order, without those that have a digit: times are among them.
fn words_without_numbers(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit())).collect()
}

/// Returns the names that a JSON document has at its top.
fn keys(line: &str) -> BTreeSet<String> {
    let document: BTreeMap<String, Value> = serde_json::from_str(line).expect(line);
    document.into_keys().collect()
}

/// For each command that has it: `--json` prints documents and nothing else, the rest goes to standard error; and
/// `--json=FILE` writes the same documents beside what is printed without it.
#[test]
fn json_means_the_same_in_every_command_that_has_it() {
    let folder = with_models();
    let folder = folder.path();
    let trained = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --activation relu");
    let calls: [(&str, String, usize); 13] = [
        ("", trained.clone(), 1),
        ("train", trained.clone(), 1),
        ("train", "numbers.csv --target label --epochs 1 --hidden 3".to_owned(), 1),
        ("compare", format!("{trained} --seeds 1"), 1),
        ("tabular", format!("{TRAIN_NUMBERS} --epochs 1 --seeds 1 --activation relu"), 1),
        ("evaluate", "--model texts.st --test texts.csv".to_owned(), 1),
        ("evaluate", "--model table.st numbers.csv".to_owned(), 1),
        ("predict", "--model texts.st --file words.txt".to_owned(), 3),
        ("predict", "--model table.st numbers.csv".to_owned(), 60),
        ("inspect", "--model language.st".to_owned(), 1),
        ("lm train", TINY.to_owned(), 1),
        ("lm evaluate", "--model language.st --count 5 --data-seed 3".to_owned(), 1),
        ("lm compare", format!("{TINY} --kind relu --seeds 1"), 1),
    ];
    for (command, options, documents) in &calls {
        let call = format!("{command} {options}");
        let plain = wengert(folder, &call);
        let printed = wengert(folder, &format!("{call} --json"));
        let written = wengert(folder, &format!("{call} --json=out.json"));
        let file = fs::read_to_string(folder.join("out.json")).expect(&call);
        assert_eq!((plain.code, printed.code, written.code), (Some(0), Some(0), Some(0)), "{call}");

        assert_eq!(printed.stdout.lines().count(), *documents, "{call}: {}", printed.stdout);
        assert!(printed.stdout.lines().map(keys).eq(file.lines().map(keys)), "{call}");
        let answers_alone = ["evaluate", "predict", "inspect", "lm evaluate"].contains(command);
        if answers_alone {
            assert_eq!((&printed.stdout, &printed.stderr), (&file, &plain.stderr), "{call}");
        } else {
            let said = format!("{}{}", plain.stdout, plain.stderr);
            // Both streams are one now.
            let sorted = |text| BTreeSet::from_iter(words_without_numbers(text));
            assert_eq!(sorted(&printed.stderr), sorted(&said), "{call}");
        }
        let [now, before] = [&written, &plain].map(|run| words_without_numbers(&run.stdout));
        assert_eq!(now, before, "{call}");
    }
    let tested: BTreeSet<&str> = calls.iter().map(|(command, ..)| *command).collect();
    let commands = commands();
    let mut have: BTreeSet<&str> =
        commands.iter().map(String::as_str).filter(|name| help(name).contains("--json")).collect();
    // Without a command the program has the options of `train`, whose help lists them.
    have.insert("");
    assert_eq!(tested, have);
}

#[test]
fn after_an_error_json_has_no_document_and_its_file_is_not_written() {
    let folder = with_models();
    let folder = folder.path();
    fs::write(folder.join("latin.txt"), b"happy\ncaf\xe9\n").unwrap();
    for (call, before) in [
        ("train none.csv --target label", 0),
        ("compare --train none.csv --test none.csv", 0),
        ("tabular --train none.csv --test none.csv", 0),
        ("evaluate --model texts.st --test none.csv", 0),
        ("inspect --model none.st", 0),
        ("lm train --text none.txt", 0),
        ("lm evaluate --model language.st --text none.txt", 0),
        // The line before the mistake has its answer.
        ("predict --model texts.st --file latin.txt", 1),
    ] {
        let printed = wengert(folder, &format!("{call} --json"));
        assert_eq!((printed.code, printed.stdout.lines().count()), (Some(2), before), "{call}");
        assert!(printed.stderr.starts_with("error: "), "{}", printed.stderr);
        let written = wengert(folder, &format!("{call} --json=out.json"));
        assert_eq!((written.code, &written.stderr), (Some(2), &printed.stderr), "{call}");
        assert!(!folder.join("out.json").exists(), "{call}");
    }
}

/// Runs a training without an end, and sends it a signal when it has begun.
#[cfg(unix)]
fn stopped_by(signal: &str) -> Option<i32> {
    let folder = folder_with(&good_files());
    let mut program = command(folder.path());
    let options = format!("train {TRAIN_TEXTS} {SMALL} --epochs 1000000 --log run.jsonl");
    program.args(options.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = program.spawn().unwrap();
    let records = || fs::read_to_string(folder.path().join("run.jsonl")).unwrap_or_default();
    while records().lines().count() < 3 {
        std::thread::yield_now();
    }
    send(signal, program.id());
    program.wait().unwrap().code()
}

#[cfg(unix)]
#[test]
fn each_exit_code_of_the_help_is_seen() {
    let folder = folder_with(&good_files());
    let run = |arguments: &str| wengert(folder.path(), arguments).code;
    let unread = |arguments: &str| run_into(unread_pipe(), WENGERT, folder.path(), arguments).code;
    let seen = [
        ("done", 0, run("tape x x=1")),
        ("help", 0, run("--help")),
        ("version", 0, run("--version")),
        ("no such option", 2, run("--no-such-option")),
        ("a wrong value", 2, run("train --epochs 0")),
        ("no such file", 2, run("inspect --model none.st")),
        ("wrong data", 2, run("train texts.csv --target none")),
        #[cfg(target_os = "linux")]
        ("a full disk", 2, {
            run_into(programs::full_disk(), WENGERT, folder.path(), "tape x x=1").code
        }),
        ("Ctrl-C", 130, stopped_by("INT")),
        ("no one reads on", 141, unread("tape x x=1")),
        ("SIGTERM", 143, stopped_by("TERM")),
    ];
    for (what, expected, code) in seen {
        assert_eq!(code, Some(expected), "{what}");
    }
    let help = help("");
    let (_, listed) = help.split_once("Exit codes:\n").expect("exit codes");
    let listed = listed.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let expected: BTreeSet<i32> = seen.iter().map(|(_, code, _)| *code).collect();
    assert_eq!(listed.collect::<BTreeSet<i32>>(), expected);
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for code in expected {
        assert!(readme.contains(&format!("| {code} |")), "{code} is not in README.md");
    }
}

/// With or without NO_COLOR: of what a terminal can be told, only the place of the bar is.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_no_colors() {
    let folder = with_models();
    for arguments in [
        format!("train {TRAIN_TEXTS} {SMALL} --epochs 3"),
        format!("lm train {TINY}"),
        "predict --model texts.st happy".to_owned(),
        "predict --model table.st numbers.csv".to_owned(),
        "tape x*y x=2 y=3".to_owned(),
        "tape x*z x=2".to_owned(),
        "train --no-such-option".to_owned(),
        "train --help".to_owned(),
    ] {
        for colors in ["NO_COLOR=1", "NO_COLOR="] {
            let session = format!("stty rows 24 cols 80; {colors} '{WENGERT}' {arguments}");
            let mut script = Command::new("script");
            script.args(["--quiet", "--command", &session, "/dev/null"]).current_dir(folder.path());
            let recorded = script.env("TERM", "xterm").stdin(Stdio::null()).output();
            if recorded.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                return skip("install the program `script` (util-linux)");
            }
            let recorded = Outcome::of(recorded.unwrap()).stdout;
            assert!(!recorded.is_empty(), "{arguments}");
            for code in recorded.split('\x1b').skip(1) {
                let end = code
                    .trim_start_matches(['[', ';'])
                    .trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
                assert!(!(code.starts_with('[') && end.starts_with('m')), "{arguments}: {code:?}");
            }
        }
    }
}

/// `--quiet` is an option of what trains; the others print nothing else anyway.
#[test]
fn predict_and_tape_print_their_results_alone() {
    let folder = with_models();
    for (arguments, lines) in [
        ("predict --model texts.st --top 1 happy", 1),
        ("predict --model texts.st --json happy", 1),
        ("predict --model table.st numbers.csv", 61),
        ("tape x x=1", 9),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder.path(), arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments}");
        assert_eq!(stdout.lines().count(), lines, "{arguments}: {stdout}");
    }
}

//! The book in `crates/wengert/src/book`: what it shows is what is run and drawn.
//!
//! The chapters are the source. Parts of programs are kept in files that are made from the chapters, and
//! pictures are drawn by programs. A block of text right after a program is its output. After a change of a
//! chapter or a picture, write all files again:
//!
//! ```sh
//! BOOK=write cargo test --package tests --test examples book
//! ```

mod chapters;
mod framework;
mod pictures;
mod plot;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tempfile::tempdir;

use chapters::{blocks, chapters, indices, parts, path};

/// Checks that a file has this content, or writes it if the environment asks for it.
#[track_caller]
fn keep(file: &Path, content: &str) {
    if env::var_os("BOOK").is_some_and(|value| value == "write") {
        fs::write(file, content).expect("the file can be written");
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == content,
        "{} differs from what the book makes of it: write it again, as tests/examples/book.rs says",
        file.display()
    );
}

/// Compiles a program that needs the standard library alone.
#[track_caller]
fn compile(program: &str, folder: &Path) -> PathBuf {
    let (source, binary) = (folder.join("main.rs"), folder.join("main"));
    fs::write(&source, program).expect("the file can be written");
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(compiler)
        .args(["--edition", "2024", "-A", "warnings", "-o"])
        .args([&binary, &source])
        .env("CARGO_MANIFEST_DIR", path("../.."))
        .status()
        .expect("there is a compiler");
    assert!(compiled.success(), "{program}");
    binary
}

/// Returns what a program prints.
#[track_caller]
fn printed(program: &str) -> String {
    let folder = tempdir().expect("a folder");
    let binary = compile(program, folder.path());
    let output = Command::new(&binary).output().expect("the program runs");
    assert!(output.status.success(), "{program}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn each_part_of_a_program_is_kept_in_its_file() {
    let parts = parts();
    for (file, block) in &parts {
        keep(&path("code").join(file), &block.seen());
    }
    let indices = indices(&parts);
    for (file, content) in &indices {
        keep(&path("code").join(file), content);
    }
    let kept = fs::read_dir(path("code")).expect("the folder of code").count();
    assert_eq!(kept, parts.len() + indices.len(), "a file of book/code belongs to no chapter");
}

#[test]
fn the_small_framework_is_what_chapters_3_to_6_show() {
    let file = path("../../../../examples/21_small_framework.rs");
    let found = fs::read_to_string(&file).expect("the example");
    let (head, rest) = found.split_once("mod ending;\n\n").expect("the only module");
    let (_, main) = rest.split_once("\nfn main()").expect("what the example runs");
    let shown = parts().into_iter().filter(|(file, _)| ("03".."07").contains(&&file[..2]));
    let shown = shown.map(|(_, part)| part.seen()).collect::<Vec<_>>().join("\n");
    keep(&file, &format!("{head}mod ending;\n\n{shown}\nfn main(){main}"));

    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    let (framework, _) = shown.split_once("/// Trains a network on XOR").expect("a program");
    let lines = framework.lines().filter(is_code).count();
    assert!(lines < 500, "the small framework has {lines} lines of code");
}

#[test]
fn each_chapter_is_shown() {
    let shown = fs::read_to_string(path("../book.rs")).expect("the book's module");
    for chapter in chapters() {
        let name = chapter.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(shown.contains(&format!("include_str!(\"book/{name}\")")), "{name}");
    }
}

#[test]
fn each_line_of_a_difference_is_in_the_code() {
    let walk = path("../../../autograd/src/backward.rs");
    let mut code = fs::read_to_string(walk).expect("the walk of the crates");
    parts().iter().for_each(|(_, part)| code.push_str(&part.seen()));
    let known: BTreeSet<&str> = code.lines().map(str::trim).collect();
    let blocks = chapters().into_iter().flat_map(|chapter| blocks(&chapter));
    for line in blocks.filter(|block| block.kind == "diff").flat_map(|block| block.lines) {
        let (_, line) = line.split_at(1);
        assert!(known.contains(line.trim()), "{line}");
    }
}

#[test]
fn what_a_reader_types_compiles() {
    // Chapters 1 and 2 are one program, and chapters 3 to 10 are another.
    for numbers in [1..3, 3..11] {
        let is_of_it = |chapter: &PathBuf| {
            let name = chapter.file_name().expect("a name").to_string_lossy().into_owned();
            numbers.contains(&name[..2].parse().expect("a number"))
        };
        let blocks = chapters().into_iter().filter(is_of_it).flat_map(|chapter| blocks(&chapter));
        let mut program = "fn main() {}\n".to_string();
        for (index, block) in blocks.filter(|block| block.kind == "rust").enumerate() {
            let seen = block.seen();
            if seen.contains("fn main()") || seen.contains("wengert::") {
                continue;
            }
            // Definitions stay; statements are in `main` for a while.
            let states = ["let ", "for ", "assert", "println"];
            match seen.lines().any(|line| states.iter().any(|word| line.starts_with(word))) {
                true => program.push_str(&format!("fn block_{index}() {{\n{seen}}}\n")),
                false => program.push_str(&seen),
            }
        }
        compile(&program, tempdir().expect("a folder").path());
    }
}

#[test]
fn each_program_prints_what_the_book_says() {
    let check = |chapter: PathBuf| {
        for pair in blocks(&chapter).windows(2) {
            let (program, output) = (&pair[0], &pair[1]);
            if program.kind == "rust" && output.kind == "text" && output.follows {
                let printed = printed(&program.whole());
                let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
                assert_eq!(lines, output.lines, "{}", chapter.display());
            }
        }
    };
    thread::scope(|scope| {
        for chapter in chapters() {
            scope.spawn(|| check(chapter));
        }
    });
}

#[test]
fn each_picture_is_what_its_program_draws() {
    for (name, svg) in pictures::all() {
        keep(&path("pictures").join(name), &svg);
    }
    let kept = fs::read_dir(path("pictures")).expect("the folder of pictures").count();
    assert_eq!(kept, pictures::all().len(), "a file of book/pictures is drawn by no program");
}

//! The chapters, and the blocks of code in them.
//!
//! A block that has a hidden line such as `# // code/03_array.rs` is a part of the book's programs. That
//! file holds the lines that the reader sees, so that later blocks can include it; `03.rs` includes all
//! parts up to the end of chapter 3.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the path of a file of the book.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/wengert/src/book").join(name)
}

/// Returns the paths of the chapters, in order.
pub fn chapters() -> Vec<PathBuf> {
    let entries = fs::read_dir(path("")).expect("the folder of the book");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let mut chapters: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|end| end == "md")).collect();
    chapters.sort();
    chapters
}

/// A fenced block of a chapter.
pub struct Block {
    /// The word after the fence, such as `rust`.
    pub kind: String,
    pub lines: Vec<String>,
    /// `true` if nothing is between it and the block before it.
    pub follows: bool,
}

impl Block {
    /// Returns the file that keeps the block, if it is a part of a program.
    pub fn file(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix("# // code/"))
    }

    /// Returns what the reader sees.
    pub fn seen(&self) -> String {
        let hidden = |line: &&String| *line == "#" || line.starts_with("# ");
        self.lines.iter().filter(|line| !hidden(line)).map(|line| format!("{line}\n")).collect()
    }

    /// Returns what the compiler sees.
    pub fn whole(&self) -> String {
        let bare = |line: &String| line.strip_prefix("# ").unwrap_or(line).to_string();
        let code = self.lines.iter().map(bare).collect::<Vec<_>>().join("\n");
        let is_program = code.contains("fn main()");
        if is_program { code } else { format!("fn main() {{\n{code}\n}}") }
    }
}

/// Returns the blocks of a chapter, in order.
pub fn blocks(chapter: &Path) -> Vec<Block> {
    let text = fs::read_to_string(chapter).expect("a chapter");
    let pieces: Vec<&str> = text.split("\n```").collect();
    // Prose and blocks alternate.
    let block = |pair: &[&str]| {
        let mut lines = pair[1].lines().map(str::to_string);
        let kind = lines.next().unwrap_or_default();
        Block { kind, lines: lines.collect(), follows: pair[0].trim().is_empty() }
    };
    pieces.chunks_exact(2).map(block).collect()
}

/// Returns the parts of programs that the chapters show, by their files and in order.
pub fn parts() -> Vec<(String, Block)> {
    let blocks = chapters().into_iter().flat_map(|chapter| blocks(&chapter));
    blocks.filter_map(|block| Some((block.file()?.to_string(), block))).collect()
}

/// Returns the index file of each chapter. It includes all parts of the chapter and of the chapters it builds on.
pub fn indices(parts: &[(String, Block)]) -> BTreeMap<String, String> {
    let mut indices = BTreeMap::<String, String>::new();
    // What only illustrates has a name without a number.
    let is_numbered = |(file, _): &&(String, Block)| file.starts_with(|c: char| c.is_ascii_digit());
    for (file, _) in parts.iter().filter(is_numbered) {
        let (chapter, _) = file.split_once('_').expect("the number of a chapter and a name");
        let index = format!("{chapter}.rs");
        // Chapter 3 begins a program of its own.
        let before = indices.keys().next_back().filter(|_| chapter != "03").cloned();
        let before = before.filter(|before| *before != index);
        let start =
            || before.map(|before| format!("include!(\"{before}\");\n")).unwrap_or_default();
        let content = indices.entry(index).or_insert_with(start);
        content.push_str(&format!("include!(\"{file}\");\n"));
    }
    indices
}

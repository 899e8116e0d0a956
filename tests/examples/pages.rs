//! The pages of tapes that examples write.

use std::fs;

use programs::{example, run, run_with};

#[test]
fn pages_and_graphs_are_written_where_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run(example("tape_pages"), folder.path(), "--out some/pages").success();
    for file in ["scalar.html", "scalar.dot", "sentiment.html", "sentiment.dot"] {
        let path = folder.path().join("some/pages").join(file);
        let length = fs::metadata(&path).expect("it was written").len();
        assert!((100..1_000_000).contains(&length), "{file}: {length} bytes");
        assert!(text.contains(file));
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("a file");
    let outcome = run_with(example("tape_pages"), folder.path(), &["--out", "file/pages"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.starts_with("error: --out file/pages: cannot be made: "));
}

#[test]
fn the_playground_is_one_page_that_names_no_other_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run(example("playground"), folder.path(), "--out some/book.html").success();
    assert!(text.contains("some/book.html"), "{text}");
    let page = fs::read_to_string(folder.path().join("some/book.html")).expect("it was written");
    assert!((100_000..500_000).contains(&page.len()), "{} bytes", page.len());
    let namespace = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!namespace.contains("http:") && !namespace.contains("https:"));
    fs::write(folder.path().join("file"), "").expect("a file");
    let outcome = run_with(example("playground"), folder.path(), &["--out", "file/book.html"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.starts_with("error: --out file/book.html: its folder cannot be made"));
}

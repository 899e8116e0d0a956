//! The programs that show a tape: the stepper's text, and the pages that are written.

use std::fs;

use crate::programs::{run, run_with};

#[test]
fn the_stepper_prints_the_walk_where_there_is_no_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "f(a, b) = a·b + sin a

forward
  %0  variable                2
  %1  variable                3
  %2  mul(%0, %1)  y = a · b  6
  %3  sin(%0)      y = sin x  0.909297
  %4  add(%2, %3)  y = a + b  6.9093

backward
  from %4, the result
  %4 = add(%2, %3): adjoint 1
      ā = ȳ  to %2: 1
      b̄ = ȳ  to %3: 1
  %3 = sin(%0): adjoint 1
      x̄ = cos x · ȳ  to %0: -0.416147
  %2 = mul(%0, %1): adjoint 1
      ā = b ȳ  to %0: -0.416147 + 3 = 2.58385
      b̄ = a ȳ  to %1: 2
  %1 = variable: adjoint 2
  %0 = variable: adjoint 2.58385
";
    for arguments in ["", "--plain", "--plain --model scalar"] {
        assert_eq!(run("stepper", folder.path(), arguments).success(), text);
    }
}

#[test]
fn the_stepper_walks_the_sentiment_model_to_the_embedding() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run("stepper", folder.path(), "--model sentiment").success();
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("  %0 = parameter embedding.weight: adjoint [60, 24]"), "{last}");
    assert!(text.contains("table̅[v] = Σ ȳ[b] / n_b over id[b, t] = v  to %0"));
}

#[test]
fn pages_and_graphs_are_written_where_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run("tape_pages", folder.path(), "--out some/pages").success();
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
    let outcome = run_with("tape_pages", folder.path(), &["--out", "file/pages"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.starts_with("error: --out file/pages: cannot be made: "));
    assert_eq!(run("stepper", folder.path(), "--model none").code, Some(2));
}

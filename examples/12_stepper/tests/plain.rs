//! The stepper without a terminal: it prints the walk as text.

use std::path::PathBuf;

use programs::{assert_code_without_stderr, assert_ends_quietly, assert_tells_of_a_full_disk, run};

fn stepper() -> PathBuf {
    programs::example("stepper")
}

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
        assert_eq!(run(stepper(), folder.path(), arguments).success(), text);
    }
}

#[test]
fn the_stepper_walks_the_sentiment_model_to_the_embedding() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run(stepper(), folder.path(), "--model sentiment").success();
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("  %0 = parameter embedding.weight: adjoint [60, 24]"), "{last}");
    assert!(text.contains("table̅[v] = Σ ȳ[b] / n_b over id[b, t] = v  to %0"));
}

#[test]
fn a_computation_that_does_not_exist_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(stepper(), folder.path(), "--model none").code, Some(2));
}

#[test]
fn it_ends_quietly_when_no_one_reads_on() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_ends_quietly(stepper(), folder.path(), "--plain");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_tells_of_a_full_disk(stepper(), folder.path(), "--plain");
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_changes_no_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_code_without_stderr(stepper(), folder.path(), "--model none", 2, || ());
}

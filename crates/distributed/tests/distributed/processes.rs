//! A program that uses the library, on several processes.

use std::path::Path;

use programs::{Outcome, command, example};

/// Runs the example on this number of processes. There may be fewer cores than that, and a container's user is root.
fn run_on(processes: usize) -> String {
    let mut mpirun = command("mpirun", Path::new("."));
    mpirun.envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")]);
    mpirun.env("PMIX_MCA_gds", "hash"); // See "When a process is lost" in README.md.
    mpirun.args(["--oversubscribe", "-n", &processes.to_string()]).arg(example("processes"));
    Outcome::of(mpirun.output().expect("mpirun")).success()
}

#[test]
fn one_two_and_four_processes_train_the_same_weights() {
    let one = run_on(1);
    assert!(one.contains("weights "), "{one}");
    assert_eq!(run_on(2), one);
    assert_eq!(run_on(4), one);
}

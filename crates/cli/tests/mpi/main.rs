//! The program on several processes, started by `mpirun`: bitwise the results of one, and an end within seconds
//! where one of them is lost.
//!
//! They need Open MPI and the feature `mpi`:
//!
//!     cargo test -p wengert-cli --features mpi --test mpi

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tempfile::{TempDir, tempdir};

use programs::{Outcome, command, run};

const WENGERT: &str = env!("CARGO_BIN_EXE_wengert");

/// The number of times that a process is killed.
const KILLS: usize = 20;

/// Within this time every job here ends on the slowest machine.
const MOST_TIME: Duration = Duration::from_secs(180);

/// Within this time `mpirun` ends after its processes.
const HANGING: Duration = Duration::from_secs(20);

/// Returns `mpirun` in a folder. There may be fewer cores than processes, and a container's user is root.
///
/// With `hash` it hangs less often at its end: see "When a process is lost" in the README of `distributed`.
fn mpirun(folder: &Path) -> Command {
    let mut mpirun = command("mpirun", folder);
    mpirun.envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")]);
    mpirun.env("PMIX_MCA_gds", "hash");
    mpirun.arg("--oversubscribe");
    mpirun
}

/// Starts a job, whose output is piped.
fn start(mpirun: &mut Command) -> Child {
    mpirun.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("mpirun")
}

/// Returns what came of a job.
///
/// An `mpirun` that still waits [`HANGING`] after its last process has ended hangs. It has reported everything by then,
/// and is killed, so that the outcome has no exit code.
///
/// # Panics
/// If processes of the job run for more than [`MOST_TIME`].
#[track_caller]
fn end_of(job: Child) -> Outcome {
    let id = job.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(job.wait_with_output()));
    let (start, mut is_hanging) = (Instant::now(), false);
    while !is_hanging && start.elapsed() < MOST_TIME {
        let was_over = running(id).is_empty();
        if let Ok(output) = receiver.recv_timeout(HANGING) {
            return Outcome::of(output.expect("mpirun"));
        }
        is_hanging = was_over && running(id).is_empty();
    }
    let running = running(id);
    kill(id);
    assert!(running.is_empty(), "after {MOST_TIME:?} the processes {running:?} still run");
    Outcome::of(receiver.recv().unwrap().expect("mpirun"))
}

/// Kills a process, unless it has ended.
fn kill(process: u32) {
    Command::new("kill").args(["-9", &process.to_string()]).output().expect("the program `kill`");
}

/// Runs several processes of the program in a folder.
#[track_caller]
fn run_on(processes: usize, folder: &Path, arguments: &str) -> Outcome {
    let mut mpirun = mpirun(folder);
    mpirun.args(["-n", &processes.to_string(), WENGERT]).args(arguments.split_whitespace());
    end_of(start(&mut mpirun))
}

/// Returns a folder with a file of texts, in which one word decides the label.
fn folder_of_texts(rows: usize) -> TempDir {
    let folder = tempdir().unwrap();
    let words = [("happy", "joy"), ("scared", "fear"), ("furious", "anger")];
    let row = |i: usize| {
        let (word, label) = words[i % 3];
        format!("a{} b{} made me {word},{label}\n", i % 127, i % 89)
    };
    let rows: String = (0..rows).map(row).collect();
    fs::write(folder.path().join("train.csv"), format!("text,label\n{rows}")).unwrap();
    folder
}

const TRAIN: &str = "train --vocab 400 --embedding 24 --hidden 12 --epochs 3 --shards 4 --activation swiglu \
                     --train train.csv --test train.csv --save model.st";

fn model(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("model.st")).expect("a saved model")
}

#[test]
fn any_number_of_processes_saves_the_bytes_of_one() {
    let lm = "lm train --count 300 --steps 8 --validate-every 4 --layers 1 --width 32 --context 32 --batch-size 8 \
              --shards 4 --save model.st";
    for arguments in [TRAIN, lm] {
        let folder = folder_of_texts(600);
        let alone = run(WENGERT, folder.path(), arguments).success();
        let expected = model(folder.path());
        for processes in [2, 4] {
            fs::remove_file(folder.path().join("model.st")).unwrap();
            let outcome = run_on(processes, folder.path(), arguments);
            assert_eq!(outcome.stderr, "", "{arguments}");
            let printed = outcome.success();
            assert!(model(folder.path()) == expected, "{processes} processes: {arguments}");
            // Once, and not by each process. (Lines of `lm train` tell the speed, too.)
            assert_eq!(printed.lines().count(), alone.lines().count(), "{printed}");
        }
    }
}

const FROM_DISK: &str = "lm train --text book.txt --from-disk --width 16 --layers 1 --heads 2 --context 32 \
                         --batch-size 8 --shards 4 --steps 8 --validate-every 4 --save model.st";

/// Writes a text of this number of lines, `book.txt`.
fn write_book(folder: &Path, lines: usize) {
    let mut book = BufWriter::new(fs::File::create(folder.join("book.txt")).unwrap());
    for i in 0..lines {
        writeln!(book, "{} naïve sheep – {} goats, said the {i}th.", i * i % 97, i % 13).unwrap();
    }
    book.flush().unwrap();
}

#[test]
fn processes_that_read_their_parts_of_a_file_save_the_bytes_of_one_that_reads_all_into_memory() {
    let folder = tempdir().unwrap();
    write_book(folder.path(), 1500);
    for tokens in ["characters", "byte-pairs=300"] {
        let arguments = format!("{FROM_DISK} --tokens {tokens}");
        run(WENGERT, folder.path(), &arguments.replace("--from-disk", "")).success();
        let expected = model(folder.path());
        run(WENGERT, folder.path(), &arguments).success();
        assert!(model(folder.path()) == expected, "{tokens}: one process from the file");
        for processes in [2, 4] {
            fs::remove_file(folder.path().join("model.st")).unwrap();
            let outcome = run_on(processes, folder.path(), &arguments);
            assert_eq!(outcome.stderr, "", "{arguments}");
            outcome.success();
            assert!(model(folder.path()) == expected, "{processes} processes: {tokens}");
        }
    }
}

#[test]
fn a_process_with_another_file_is_refused_where_files_are_read_in_parts() {
    let (here, there) = (tempdir().unwrap(), tempdir().unwrap());
    write_book(here.path(), 1500);
    // As long, of the same characters.
    let book = fs::read_to_string(here.path().join("book.txt")).unwrap();
    let (start, end) = book.split_at(book.len() / 2);
    let other = format!("{start}{}", end.replacen("sheep", "shepe", 1));
    fs::write(there.path().join("book.txt"), other).unwrap();
    let outcome = run_two([here.path(), there.path()], [FROM_DISK, FROM_DISK]);
    let told = "process 1 of 2 has another run: the checksum of the training ";
    assert_refused(&outcome, here.path(), told);
}

/// Returns the most memory that each process of a run had, in MB.
fn memory_of_a_run(processes: usize, folder: &Path, arguments: &str) -> Vec<u64> {
    let mut mpirun = mpirun(folder);
    mpirun.args(["-n", &processes.to_string(), WENGERT]).args(arguments.split_whitespace());
    let mut job = mpirun.stdout(Stdio::null()).spawn().expect("mpirun");
    let mut most = Vec::new();
    while job.try_wait().unwrap().is_none() {
        let status =
            |id: &u32| fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let peak = |status: String| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1000)
        };
        let now: Vec<u64> = running(job.id()).iter().map(status).filter_map(peak).collect();
        if now.len() == processes {
            most = now;
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert!(job.wait().unwrap().success());
    most
}

/// It takes minutes:
///
///     cargo test --release -p wengert-cli --features mpi --test mpi -- --ignored --nocapture memory
#[test]
#[ignore = "it takes minutes, and writes files of 22, 230 and 700 MB"]
fn the_memory_of_a_process_does_not_grow_with_the_file() {
    let folder = tempdir().unwrap();
    let peaks = [480_000, 4_800_000, 14_400_000].map(|lines| {
        write_book(folder.path(), lines);
        let megabytes = fs::metadata(folder.path().join("book.txt")).unwrap().len() / 1_000_000;
        let arguments = FROM_DISK.replace("--steps 8 --validate-every 4", "--steps 600");
        let share = 1000.0 / lines as f64;
        let peaks = memory_of_a_run(2, folder.path(), &format!("{arguments} --validation {share}"));
        println!("a file of {megabytes} MB: at most {peaks:?} MB in each process");
        peaks
    });
    // What is noted of a file takes 0.3 % of it.
    assert!((0..2).all(|rank| peaks[2][rank] < peaks[0][rank] + 8), "{peaks:?}");
}

/// Returns the processes that `mpirun` has started and that have not ended, by rank.
fn running(mpirun: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap();
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut ids: Vec<u32> = ids.filter(|&id| is_running(id, mpirun)).collect();
    ids.sort_unstable();
    ids
}

/// Returns `true` if a process was started by `mpirun` and has not ended.
fn is_running(process: u32, mpirun: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let Some((name, fields)) = stat.rsplit_once(')') else { return false };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    name.ends_with("(wengert")
        && fields[1] == mpirun.to_string()
        && !["Z", "X"].contains(&fields[0])
}

/// Returns the processes of a job once all run.
fn wait_for_start(job: &Child, processes: usize) -> Vec<u32> {
    let start = Instant::now();
    loop {
        let ids = running(job.id());
        if ids.len() == processes {
            return ids;
        }
        assert!(start.elapsed() < MOST_TIME, "of {processes} processes only {ids:?} run");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until all processes of a job have ended, after one of them was killed.
#[track_caller]
fn wait_for_end(job: &Child) {
    let start = Instant::now();
    while !running(job.id()).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10), "{:?} still run", running(job.id()));
        thread::sleep(Duration::from_millis(5));
    }
}

/// Begins a run with checkpoints in a folder, or resumes it, on several processes.
fn start_run(processes: usize, folder: &Path) -> Child {
    let is_begun = folder.join("run/options.json").exists();
    let option = if is_begun { "--resume" } else { "--checkpoint" };
    let mut mpirun = mpirun(folder);
    mpirun.args(["-n", &processes.to_string(), WENGERT]).args(TRAIN.split_whitespace());
    start(mpirun.args(["--every", "2", option, "run"]))
}

#[test]
fn a_killed_process_ends_the_job_and_the_run_resumes_on_any_number_to_the_same_bytes() {
    let alone = folder_of_texts(1200);
    let begin = Instant::now();
    run_on(2, alone.path(), TRAIN).success();
    let span = begin.elapsed().as_millis() as u64;
    let folder = folder_of_texts(1200);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut kills, mut told) = (0, 0);
    for _ in 0..10 * KILLS {
        if kills == KILLS {
            break;
        }
        let processes = rng.random_range(2..=4usize);
        let job = start_run(processes, folder.path());
        let ids = wait_for_start(&job, processes);
        thread::sleep(Duration::from_millis(rng.random_range(0..span)));
        kill(ids[rng.random_range(0..processes)]);
        wait_for_end(&job);
        let outcome = end_of(job);
        if outcome.code == Some(0) {
            // The kill came too late: the next run is a new one.
            fs::remove_dir_all(folder.path().join("run")).unwrap();
            continue;
        }
        kills += 1;
        let ours = outcome.stderr.contains(" is gone: it was killed, or it crashed. Resume");
        told += usize::from(ours);
        // The words of `mpirun` differ, by how far the process had come. Where it is the first to see the loss,
        // its exit code says so: 128 + 9.
        let theirs = outcome.code == Some(137) || outcome.stderr.contains("exited on signal 9");
        assert!(ours || theirs, "{:?}: {}", outcome.code, outcome.stderr);
    }
    assert_eq!(kills, KILLS);
    // Before all have met, `mpirun` alone can tell.
    assert!(told > 0, "{KILLS} kills");
    end_of(start_run(3, folder.path())).success();
    assert!(model(folder.path()) == model(alone.path()));
}

/// Runs two processes with arguments of their own.
fn run_two(folders: [&Path; 2], arguments: [&str; 2]) -> Outcome {
    let mut mpirun = mpirun(folders[0]);
    for (k, (folder, arguments)) in folders.iter().zip(arguments).enumerate() {
        mpirun.args((k > 0).then_some(":")).args(["-n", "1", "-wdir"]).arg(folder).arg(WENGERT);
        mpirun.args(arguments.split_whitespace());
    }
    end_of(start(&mut mpirun))
}

/// Checks that a job ended with exit code 2 and one error, and wrote nothing.
#[track_caller]
fn assert_refused(outcome: &Outcome, folder: &Path, start: &str) {
    let Outcome { code, stderr, .. } = outcome;
    assert_eq!(*code, Some(2), "{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.contains(&format!("error: {start}")), "{stderr}");
    assert!(!folder.join("model.st").exists());
}

#[test]
fn processes_with_other_data_or_options_are_refused_at_the_start() {
    let (here, there) = (folder_of_texts(600), folder_of_texts(603));
    let (here, there) = (here.path(), there.path());
    let other_data = run_two([here, there], [TRAIN, TRAIN]);
    assert_refused(&other_data, here, "process 1 of 2 has another run: the shape of the training ");
    let seed = format!("{TRAIN} --seed 3");
    let other_options = run_two([here, here], [TRAIN, &seed]);
    assert_refused(
        &other_options,
        here,
        "process 1 of 2 has another run: --seed is 3 there, but 0 in",
    );
}

#[test]
fn wrong_input_is_told_once_by_all_processes_together() {
    let folder = folder_of_texts(60);
    let folder = folder.path();
    let missing = TRAIN.replace("--train train.csv", "--train none.csv");
    assert_refused(&run_on(3, folder, &missing), folder, "none.csv: there is no such file");
    let misspelled = format!("{TRAIN} --shard 4");
    assert_refused(&run_on(3, folder, &misspelled), folder, "unexpected argument '--shard'");
    let only_there = run_two([folder, folder], [TRAIN, &missing]);
    assert_refused(
        &only_there,
        folder,
        "process 1 of 2 has ended: none.csv: there is no such file",
    );
    let alone = run_on(2, folder, "predict --model model.st happy");
    assert_refused(&alone, folder, "2 processes of this command were started");
}

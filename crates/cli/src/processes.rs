//! The processes of a run: this one, or several that `mpirun` has started.
//!
//! All of them run the same program with the same options. Each reads the same files (of a text that stays in its
//! file, only its own part of each batch) and computes its share. Only the first prints and writes files. An error of
//! one ends all, and is told once.
//!
//! MPI is the optional feature `mpi` of this package, because compiling it needs an MPI and libclang. Without it the
//! program refuses to be started several times at once: each process would write the same files.

use std::cell::RefCell;
use std::env;
use std::error::Error;
use std::rc::Rc;
use std::sync::OnceLock;

use train::{OneProcess, WorkerEnded, Workers};

use crate::ending;

thread_local! {
    static WORKERS: RefCell<Rc<dyn Workers>> = RefCell::new(Rc::new(OneProcess));
}

/// All processes of this run.
pub struct World;

fn workers() -> Rc<dyn Workers> {
    WORKERS.with_borrow(Rc::clone)
}

impl Workers for World {
    fn rank(&self) -> usize {
        workers().rank()
    }

    fn size(&self) -> usize {
        workers().size()
    }

    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        workers().exchange(messages)
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        workers().gather(message)
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        workers().broadcast(message)
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        workers().barrier()
    }

    fn leave(&self, reason: &str) {
        workers().leave(reason);
    }
}

/// Returns `true` in the process that prints and writes.
pub fn is_first() -> bool {
    World.rank() == 0
}

/// What can be done when a process is lost.
static ADVICE: OnceLock<String> = OnceLock::new();

/// Sets the advice that is printed if another process is lost. Later calls have no effect.
pub fn advise(advice: String) {
    let _ = ADVICE.set(advice);
}

/// Runs the program in this process, as one of several if a launcher has started several.
pub fn together(
    program: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    match launched() {
        1 => program(),
        size => {
            silence_others();
            among(size, program)
        }
    }
}

/// Waits for the other processes, after this one has reported why it ends. When a process ends with an error, the
/// launcher ends the first one, and a message that it has not yet printed would be lost.
pub fn finish() {
    WORKERS.set(Rc::new(OneProcess));
}

/// Returns the number of processes that a launcher has started: `mpirun` of Open MPI, of MPICH and its relatives, or
/// `srun`.
fn launched() -> usize {
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"];
    first_number(&sizes).unwrap_or(1)
}

/// Makes all processes but the first one silent.
fn silence_others() {
    let ranks = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"];
    if first_number(&ranks).is_some_and(|rank| rank > 0) {
        ending::be_silent();
    }
}

/// Returns the first of these variables of the environment that is a number.
fn first_number(names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| env::var(name).ok()?.parse().ok())
}

#[cfg(not(feature = "mpi"))]
fn among(
    size: usize,
    _program: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    Err(format!(
        "{size} processes of this program were started, but it was built without MPI: each would train the whole \
         model and write the same files. Build it with `cargo build --release -p wengert-cli --features mpi`, or \
         start one process"
    )
    .into())
}

#[cfg(feature = "mpi")]
fn among(
    size: usize,
    program: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mpi = Rc::new(distributed::Mpi::start()?);
    if mpi.size() != size {
        return Err(format!(
            "{size} processes were started, but MPI knows of {}: start them with the mpirun of the MPI that \
             this program was built with",
            mpi.size()
        )
        .into());
    }
    if mpi.rank() > 0 {
        // What it says, the first process says as well.
        rustix::stdio::dup2_stdout(std::fs::File::options().write(true).open("/dev/null")?)?;
        ending::be_silent();
    }
    WORKERS.set(Rc::clone(&mpi) as Rc<dyn Workers>);
    let _leaving = LeavesIfItPanics(Rc::clone(&mpi));
    let watched = mpi.watch(move |lost| tell_of_loss(lost, size));
    let result = watched.map_err(Into::into).and_then(|()| program());
    let reason = result.as_ref().map_or_else(|error| reason(&**error), |()| String::new());
    let reasons = mpi.end(&reason);
    match (result, reasons.first()) {
        (Ok(()), Some((rank, reason))) => Err(format!("process {rank} of {size}: {reason}").into()),
        (result, _) => result,
    }
}

/// Tells the others of a panic, which would otherwise let them wait.
#[cfg(feature = "mpi")]
struct LeavesIfItPanics(Rc<distributed::Mpi>);

#[cfg(feature = "mpi")]
impl Drop for LeavesIfItPanics {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.leave("it panicked, and says why");
        }
    }
}

/// Returns the message of an error that ends the program; empty for help that was asked for.
#[cfg(feature = "mpi")]
fn reason(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<clap::Error>() {
        Some(help) if !help.use_stderr() => String::new(),
        _ => error.to_string().trim_end().trim_start_matches("error: ").to_string(),
    }
}

/// Says that a process was lost, in whichever process is left to say so.
#[cfg(feature = "mpi")]
fn tell_of_loss(lost: usize, size: usize) {
    use std::io::Write;

    let advice = ADVICE.get().map_or("", String::as_str);
    let what = "is gone: it was killed, or it crashed";
    let _ = writeln!(std::io::stderr(), "error: process {lost} of {size} {what}. {advice}");
}

//! Notices that another process of this machine is gone.
//!
//! A process that waits for a message from a killed process waits forever. `mpirun` notices and ends the job, but
//! it does not know how to resume it, and not every launcher notices. So each process checks five times a second
//! that the others on its machine still run, and the first of the remaining ones reports which one is lost.

use std::fs;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(200);

/// Returns where this process runs: the machine with its name space of processes, its id there and its start.
pub(crate) fn own_place() -> Vec<u8> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let id = process::id();
    format!("{}{}\n{id}\n{}", boot.trim(), space.display(), started(id).unwrap_or(0)).into_bytes()
}

/// A process of this machine.
struct Neighbor {
    rank: usize,
    id: u32,
    started: u64,
}

impl Neighbor {
    fn runs(&self) -> bool {
        started(self.id) == Some(self.started)
    }

    /// Waits until this neighbor has reported the loss and ended. If the caller ended first, the launcher might end the
    /// neighbor before it reports. A busy machine may delay the report; two seconds are enough unless it is stopped.
    fn wait_for_its_end(&self) {
        for _ in 0..10 {
            if !self.runs() {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Begins to watch the processes that are on the machine of this one.
pub(crate) fn begin(
    rank: usize,
    all: Vec<Vec<u8>>,
    is_over: Arc<AtomicBool>,
    tell: impl Fn(usize) + Send + 'static,
) {
    let places: Vec<String> =
        all.iter().map(|place| String::from_utf8_lossy(place).into_owned()).collect();
    let machine = |place: &str| place.lines().next().unwrap_or_default().to_string();
    let here = machine(&places[rank]);
    let neighbors = places.iter().enumerate().filter_map(|(rank, place)| {
        let mut lines = place.lines().skip(1);
        let (id, started) = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
        // Without /proc nothing can be seen.
        (machine(place) == here && started > 0).then_some(Neighbor { rank, id, started })
    });
    let neighbors: Vec<Neighbor> = neighbors.collect();
    let look = move || {
        loop {
            thread::sleep(PAUSE);
            let lost = neighbors.iter().find(|process| !process.runs());
            let Some(lost) = lost else { continue };
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            match neighbors.iter().find(|process| process.runs()) {
                Some(first) if first.rank != rank => first.wait_for_its_end(),
                _ => tell(lost.rank),
            }
            process::exit(2);
        }
    };
    thread::Builder::new().name("watch".to_string()).spawn(look).map(drop).unwrap_or(());
}

/// Returns when a process was started, in ticks since the machine was; `None` if it does not run.
fn started(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_dead = matches!(*fields.first()?, "Z" | "X");
    fields.get(19).filter(|_| !is_dead)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_runs_until_it_is_killed() {
        let mut sleeper = process::Command::new("sleep").arg("60").spawn().unwrap();
        let id = sleeper.id();
        let neighbor = Neighbor { rank: 0, id, started: started(id).unwrap() };
        assert!(neighbor.runs());
        sleeper.kill().unwrap();
        while neighbor.runs() {
            thread::yield_now();
        }
        // It is a zombie until someone waits for it.
        assert!(fs::exists(format!("/proc/{id}")).unwrap());
        sleeper.wait().unwrap();
        assert!(!neighbor.runs());
    }
}

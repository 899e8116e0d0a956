//! The command `compare FILE`: several activations over several seeds on one table.

use std::error::Error;
use std::path::Path;

use report::Interrupt;

use super::columns::columns_report;
use super::options::CompareCommand;
use super::page::{compared, report};
use super::run::{TableRun, TrainedTable, read_rows};
use crate::places::check_places;
use crate::saying::say;
use crate::values::without_repeats;

/// Trains with each activation and seed, and says which differences are more than luck. All are tested on the
/// same rows.
pub fn compare(file: &Path, options: &CompareCommand) -> Result<(), Box<dyn Error>> {
    let interrupt = Interrupt::listen()?;
    let (common, table) = (&options.common, &options.table);
    let (experiment, output) = (&common.experiment, &common.output);
    let (setup, training) = (&experiment.setup, &experiment.training);
    without_repeats("--activation", &setup.activation)?;
    let test = setup.source.test.as_deref();
    let read = [("FILE", Some(file)), ("--test", test)];
    let read: Vec<_> =
        read.into_iter().filter_map(|(name, path)| Some((name, path?.to_path_buf()))).collect();
    let files = [
        ("--log", experiment.keeping.log.as_deref()),
        ("--report", output.report.as_deref()),
        ("--json", output.json.file()),
    ];
    let folders = [
        ("--checkpoint", experiment.keeping.checkpoint.as_deref()),
        ("--plots", output.plots.as_deref()),
    ];
    check_places(&[read, experiment.keeping.files()].concat(), &files, &folders)?;
    output.check_plots()?;
    let (known, has_header) = read_rows(file, table, test, training.quiet)?;
    let run = TableRun { known: &known, table, experiment, has_header };
    let (first, test) = run.hold_out(training.seed)?;
    run.tell(&first, &test, None);
    let mut keeper = experiment.keeper(interrupt, run.fixed())?;
    let mut runs: Vec<TrainedTable> = Vec::new();
    for seed in training.seeds(common.seeds) {
        let parts = known.parts(&test, training, setup.sizes.vocab, seed)?;
        for &activation in &setup.activation {
            let name = activation.to_string();
            let trained =
                run.train_one(&name, &run.recipe(activation, seed), &parts, &mut keeper)?;
            if !training.quiet {
                say(format_args!("{activation}  seed {seed}: {}", trained.score.in_short()));
            }
            runs.push(trained);
        }
    }
    let (comparison, _) = compared(&runs);
    say(format_args!("\n{comparison}"));
    let best = runs.iter().fold(&runs[0], |best, run| {
        if run.history.is_better_than(&best.history) { run } else { best }
    });
    output.write(training.quiet, || {
        let columns = columns_report(best, &known, &test);
        report(&runs, best, &first, table.target.as_deref(), None, columns)
    })
}

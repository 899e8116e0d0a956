//! A call of the program that several processes run together: which commands can be, and what all processes but the
//! first leave out.

use train::Workers;

use crate::json::JsonOutput;
use crate::keeping::resuming;
use crate::lm::options::LmCommand;
use crate::options::{Cli, Command};
use crate::processes::{self, World};

/// Makes the options of a call ready for this process, if there are several: all but the first write nothing.
pub fn prepare(cli: &mut Cli) -> Result<(), String> {
    if World.size() == 1 {
        return Ok(());
    }
    let keeping = match &mut cli.command {
        None => &mut cli.train.experiment.keeping,
        Some(Command::Train(options)) if options.search.is_some() => {
            return Err(format!(
                "--search: {} processes were started, but a search runs in one; start it without \
                 mpirun",
                World.size()
            ));
        }
        Some(Command::Train(options)) => &mut options.common.experiment.keeping,
        Some(Command::Compare(options)) => &mut options.common.experiment.keeping,
        Some(Command::Lm(lm)) => match &mut lm.command {
            LmCommand::Train(options) => &mut options.keeping,
            LmCommand::Compare(options) => &mut options.keeping,
            _ => return Err(works_alone()),
        },
        Some(_) => return Err(works_alone()),
    };
    let advice = match keeping.checkpoint.as_deref().or(keeping.resume.as_deref()) {
        Some(folder) => {
            format!(
                "Resume from its newest checkpoint, on any number of processes:\n\n    {}",
                resuming(folder)
            )
        }
        None => {
            "Nothing of the run was kept; with --checkpoint DIR it could be resumed".to_string()
        }
    };
    processes::advise(advice);
    if !processes::is_first() {
        write_nothing(cli);
    }
    Ok(())
}

fn works_alone() -> String {
    format!(
        "{} processes of this command were started, but only `train`, `compare`, `lm train` and `lm compare` \
         divide their work; start one, without mpirun",
        World.size()
    )
}

/// Removes the options that write files. `--resume` stays, because it also reads.
fn write_nothing(cli: &mut Cli) {
    let (keeping, output, save, export) = match &mut cli.command {
        Some(Command::Compare(options)) => {
            let source = &mut options.common.experiment.setup.source;
            (
                &mut options.common.experiment.keeping,
                Some(&mut options.common.output),
                None,
                Some(&mut source.export),
            )
        }
        Some(Command::Lm(lm)) => match &mut lm.command {
            LmCommand::Train(options) => {
                (options.report, options.tape) = (None, None);
                options.json = JsonOutput::default();
                (&mut options.keeping, None, Some(&mut options.save), None)
            }
            LmCommand::Compare(options) => {
                (options.report, options.json) = (None, JsonOutput::default());
                (&mut options.keeping, None, None, None)
            }
            _ => return,
        },
        command => {
            let train = match command {
                Some(Command::Train(options)) => &mut options.common,
                _ => &mut cli.train,
            };
            let source = &mut train.experiment.setup.source;
            let keeping = &mut train.experiment.keeping;
            (keeping, Some(&mut train.output), Some(&mut train.save), Some(&mut source.export))
        }
    };
    (keeping.checkpoint, keeping.log) = (None, None);
    if let Some(output) = output {
        (output.report, output.plots) = (None, None);
        output.json = JsonOutput::default();
    }
    save.into_iter().chain(export).for_each(|path| *path = None);
}

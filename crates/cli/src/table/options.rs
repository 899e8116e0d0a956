//! The options of `train`: for a file, and for the text classifier.

use std::path::PathBuf;

use clap::Args;
use clap::builder::ArgPredicate;
use data::{ColumnKind, HeaderRow, Separator};

use crate::sentiment::options as sentiment;
use crate::values::{folds, share, up_to};

/// The options of texts that exclude a FILE. An option that requires the FILE must exclude them too: clap drops a
/// requirement that could not be met, and the option with it.
const OF_TEXTS: [&str; 6] =
    ["train", "data_seed", "export", "max_length", "text_column", "label_column"];

/// The options that a saved model makes unnecessary.
const IN_A_MODEL: [&str; 10] = [
    "target",
    "activation",
    "vocab",
    "embedding",
    "hidden",
    "dropout",
    "seed",
    "column",
    "header",
    "group",
];

/// Train on a table: CSV, TSV or JSON Lines, with texts, numbers, categories and dates.
///
/// `wengert train FILE` detects the separator, the encoding and the type of each column, prints them, and
/// trains one model on all columns: the mean of the word vectors of a text, a vector for a category, and scaled
/// numbers and dates, followed by a hidden layer. It predicts the column --target: a class, a number, or
/// several labels separated by `|`. A fifth of the rows is held out to measure the model and the importance
/// of its columns. Missing values are filled and counted.
///
/// Without FILE it trains a text classifier with each --activation, on generated reviews or on the files
/// --train and --test, and reports on the best. The model is an embedding, its mean over the words of a
/// text, a hidden layer and a softmax.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("epochs", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "100")),
    mut_arg("patience", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "10")),
    mut_arg("vocab", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "20000")),
    mut_arg("group", |arg| arg.conflicts_with("split")),
    mut_arg("activation", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "swiglu")),
    after_help = "With a FILE other defaults hold: --activation swiglu, --vocab 20000, --epochs 100, --patience 10.

Examples:
  wengert train data.csv                                 what is in it? which column is the target?
  wengert train data.csv --target price --save model.st  train, and keep the model ...
  wengert predict --model model.st new.csv > out.csv     ... use it on other rows ...
  wengert evaluate --model model.st more.csv             ... or see how good it is on them
  wengert train data.csv --target sold --column zip=category --column note=ignore
  wengert train data.csv --target sold --folds 5         cross-validation
  wengert train data.csv --target sold --search 20       better settings than the default
  wengert train data.csv --target sold --report a.html   which columns matter, and how; residuals
  wengert train                                          generated reviews, ReLU and SwiGLU
  wengert train --train train.csv --test test.csv        texts: columns `text` and `label`
  wengert train --activation swiglu --save model.st      keep the model
  wengert train --report report.html                     curves, tables and mistakes as a page
  wengert train --export reviews                         write the generated reviews as CSV files"
)]
pub struct TrainCommand {
    /// The file, and what is in it.
    #[command(flatten)]
    pub table: TableOptions,
    /// Cross-validate: train N models, each tested on another part of the rows.
    #[arg(
        long,
        value_name = "N",
        value_parser = folds,
        requires = "file",
        allow_negative_numbers = true,
        help_heading = "A table",
        conflicts_with_all = ["save", "test", "test_split", "report", "json", "plots"],
        conflicts_with_all = OF_TEXTS
    )]
    pub folds: Option<usize>,
    /// Try N settings of activation, learning rate, widths and dropout by successive halving, the default first.
    /// --lr, --dropout and --activation narrow the search (but `--activation swiglu`, which is the default, does
    /// not). The best setting is trained once more, on all rows that are not tested on. With --checkpoint DIR an
    /// interrupted search can be resumed.
    #[arg(
        long,
        value_name = "N",
        value_parser = up_to::<1000>,
        requires = "file",
        allow_negative_numbers = true,
        help_heading = "Training",
        conflicts_with = "folds",
        conflicts_with_all = OF_TEXTS
    )]
    pub search: Option<usize>,
    /// The model, and training.
    #[command(flatten)]
    pub common: sentiment::Train,
}

/// Train with each activation and several seeds, and tell a real difference from luck.
///
/// A single run shows one draw from a distribution of results. Over several seeds each figure is a mean with
/// its 95 % interval (Student's t), and each activation is compared with the first one by a paired t-test: two
/// runs with the same seed share the order of the samples and the initial weights.
///
/// With a FILE, the models are the ones that `train FILE` trains, all tested on the same rows. Without it, they are
/// text classifiers, on generated reviews or on the files --train and --test.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("epochs", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "100")),
    mut_arg("patience", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "10")),
    mut_arg("vocab", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "20000")),
    mut_arg("group", |arg| arg.conflicts_with("split")),
    mut_arg("baseline", |arg| arg.conflicts_with("file")),
    after_help = "With a FILE other defaults hold: --vocab 20000, --epochs 100, --patience 10.

Examples:
  wengert compare                                        ReLU against SwiGLU, five seeds each
  wengert compare data.csv --target price --seeds 3      the same on a table of your own
  wengert compare --activation relu,silu,swiglu          is it the learned β and γ, or the shape?
  wengert compare --baseline --seeds 10                  and what can a linear model do?
  wengert compare --report report.html                   a page with bands over the seeds
  wengert compare --train train.csv --test test.csv      your data: columns `text` and `label`"
)]
pub struct CompareCommand {
    /// The file, and what is in it.
    #[command(flatten)]
    pub table: TableOptions,
    /// The models, and training.
    #[command(flatten)]
    pub common: sentiment::Compare,
}

/// Check the model's gradients by four independent methods, without training.
///
/// In 64-bit arithmetic, with the weights that training would begin with and a few of the training samples:
/// central differences, forward mode by dual numbers, and in second order Hessian-vector products and their
/// symmetry. A line for each parameter; exit code 2 where one is wrong.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("vocab", |arg| arg.default_value_if("file", ArgPredicate::IsPresent, "20000")),
    mut_arg("test_split", |arg| arg.hide(true)),
    mut_arg("group", |arg| arg.hide(true)),
    mut_arg("test", |arg| arg.conflicts_with("file")),
    after_help = "Examples:
  wengert gradcheck                                      the text classifier, ReLU and SwiGLU
  wengert gradcheck data.csv --target price              the model of your own table
  wengert gradcheck data.csv --model model.st            a trained model, on rows with their answers
  wengert gradcheck --activation gelu --samples 16       another activation, more texts
  wengert gradcheck --train train.csv --test test.csv    on your texts"
)]
pub struct GradcheckCommand {
    /// The file, and what is in it.
    #[command(flatten)]
    pub table: TableOptions,
    /// A saved model of a table, to be checked with its trained weights.
    #[arg(long, value_name = "FILE", requires = "file", conflicts_with_all = IN_A_MODEL, conflicts_with_all = OF_TEXTS, help_heading = "Check")]
    pub model: Option<PathBuf>,
    /// Texts and models.
    #[command(flatten)]
    pub common: sentiment::Gradcheck,
}

/// The options of a table.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A table")]
pub struct TableOptions {
    /// The rows to train on: CSV, TSV or JSON Lines, also packed by gzip; `-` for standard input.
    #[arg(
        value_name = "FILE",
        help_heading = None,
        group = "training_samples",
        conflicts_with_all = OF_TEXTS
    )]
    pub file: Option<PathBuf>,
    /// The column to predict.
    #[arg(long, value_name = "NAME", requires = "file", conflicts_with_all = OF_TEXTS)]
    pub target: Option<String>,
    /// Override the detected kind of a column: text, number, category, date, labels or ignore. Repeatable.
    #[arg(long, value_name = "NAME=KIND", requires = "file", conflicts_with_all = OF_TEXTS, value_parser = column)]
    pub column: Vec<(String, ColumnKind)>,
    /// Override header detection: `yes` if the first row holds the column names, `no` if it is data.
    #[arg(long, value_name = "YES|NO", requires = "file", conflicts_with_all = OF_TEXTS, value_parser = header)]
    pub header: Option<HeaderRow>,
    /// Override the detected separator of FILE and of --test: a character, such as `;`, or `tab`.
    #[arg(long, value_name = "CHARACTER", requires = "file", conflicts_with_all = OF_TEXTS)]
    pub separator: Option<Separator>,
    /// The share of rows held out to test on, chosen by --seed as --split says, or in whole groups of --group.
    /// With `--test FILE` the model is tested on the rows of that file instead.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.2,
        value_parser = share,
        requires = "file",
        conflicts_with = "test",
        conflicts_with_all = OF_TEXTS,
        allow_hyphen_values = true
    )]
    pub test_split: f64,
    /// Keep rows of one group together: all rows with the same value in this column, which the model does
    /// not read. A row without a value forms its own group.
    #[arg(long, value_name = "NAME", requires = "file", conflicts_with_all = OF_TEXTS)]
    pub group: Option<String>,
}

/// Returns the name of a column and its kind.
fn column(text: &str) -> Result<(String, ColumnKind), String> {
    let Some((name, kind)) = text.rsplit_once('=') else {
        return Err("expected the name of a column and its kind, such as zip=category".to_owned());
    };
    Ok((name.to_owned(), kind.parse().map_err(|error| format!("{error}"))?))
}

fn header(text: &str) -> Result<HeaderRow, String> {
    match text {
        "yes" => Ok(HeaderRow::Present),
        "no" => Ok(HeaderRow::Absent),
        _ => Err("choose one of yes, no".to_owned()),
    }
}

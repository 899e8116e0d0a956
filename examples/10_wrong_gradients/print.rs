//! What is printed.

use autograd::check::Report;
use report::statistics::{Estimate, PairedTest};

use super::ops::Mistake;
use crate::{Options, Outcome, Texts};

/// The width of the table.
const COLUMNS: usize = 98;

/// What is compared.
pub fn title(options: &Options, texts: &Texts) {
    println!(
        "One forward pass, {} backward passes: each trained on {} reviews, {} epochs, {} seeds,\n\
         and tested on {} more. Accuracies and their differences are means ± 95 % interval.\n",
        Mistake::ALL.len() + 1,
        texts.train.len(),
        options.epochs,
        options.seeds,
        texts.test.len()
    );
}

/// The losses and the accuracies, the right gradient first.
pub fn table(outcomes: &[Outcome]) {
    let (right, wrong) = outcomes.split_first().expect("the right gradient comes first");
    println!(
        "{:37}  training loss  test accuracy %  difference\n{:37}  first → last\n{}",
        "what is wrong in the backward pass",
        "",
        "─".repeat(COLUMNS)
    );
    row(right, "", "");
    for outcome in wrong {
        let test = PairedTest::of(&outcome.accuracies, &right.accuracies);
        let test = test.expect("at least two seeds were trained");
        let verdict = match outcome.accuracies == right.accuracies {
            true => "the same",
            // Bonferroni: otherwise one in twenty comparisons would seem real by luck alone.
            false if test.p < 0.05 / wrong.len() as f64 => match test.difference.mean > 0.0 {
                true => "better",
                false => "worse",
            },
            false => "no difference shown",
        };
        row(outcome, &test.difference.to_string(), verdict);
    }
}

fn row(outcome: &Outcome, difference: &str, verdict: &str) {
    let Outcome { first_loss, last_loss, accuracies, .. } = outcome;
    let line = format!(
        "{:<37}  {first_loss:.2} → {last_loss:.2}  {:>11}  {difference:>12}  {verdict}",
        name(outcome.mistake),
        Estimate::of(accuracies).to_string()
    );
    println!("{}", line.trim_end());
}

/// What the checker said of each: the lines of its report that find the mistake.
pub fn checks(outcomes: &[Outcome]) {
    println!("\nWhat the checker says of each, before the first step:");
    for outcome in outcomes {
        match outcome.mistake.map(Mistake::formulas) {
            None => println!("\n{}", name(None)),
            Some([found, right]) => {
                println!("\n{}: {found}  instead of  {right}", name(outcome.mistake));
            }
        }
        print_findings(&outcome.report);
    }
}

/// What to take home.
pub fn moral(outcomes: &[Outcome]) {
    let fell = outcomes.iter().filter(|outcome| outcome.last_loss < outcome.first_loss).count();
    println!(
        "\n{fell} of {} losses fell. The curve does not tell a wrong gradient from a model that\n\
         needs more epochs, and more epochs only hide most mistakes better (try --epochs 12).\n\
         The checker needed four reviews and no training to name each op and its line.",
        outcomes.len()
    );
}

fn name(mistake: Option<Mistake>) -> &'static str {
    mistake.map_or("nothing: the right gradient", Mistake::name)
}

/// Prints the whole report of a right gradient; of a wrong one, the lines that find the mistake.
fn print_findings(report: &Report) {
    let text = report.to_string();
    let telling =
        |line: &&str| report.passes() || line.contains("WRONG") || line.starts_with("wrong op");
    for line in text.lines().filter(telling) {
        match line.rsplit_once(": ") {
            Some((who, what)) => println!("    {who}:\n        {what}"),
            None => println!("    {line}"),
        }
    }
}

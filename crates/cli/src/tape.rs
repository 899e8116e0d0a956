//! The command `tape`: the tape of an expression, walked forward and back.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use autograd::Tape;
use clap::Args;
use data::{printable_path, quoted};
use files::write_whole;
use inspect::{Expression, Walk, number};

use crate::places::check_places;

/// Show the tape of an expression, forward and back, with its gradient.
///
/// The expression is recorded on a tape in 64-bit arithmetic, and differentiated as a model is. Each
/// partial derivative is compared with a central difference.
#[derive(Args, Debug)]
#[command(after_help = "Expressions:
  operators    + - * / ^ and round brackets; -x^2 is -(x^2)
  functions    abs cos exp ln maximum minimum pow relu sigmoid silu sin softplus sqrt tanh; also
               max, min, swish; where(x > 0, x, 0) chooses
  numbers      2, 0.5, 1e-3, pi
  parts        h = tanh(w*x + b); v*h + c         a name for a part; the last one is the result

Examples:
  wengert tape 'x*y + sin(x)' x=2 y=3
  wengert tape 'sigmoid(w*x + b)' w=1.5 x=2 b=-1 --page unit.html
  wengert tape '-x^2' x=pi/4 --dot square.dot      dot -Tsvg square.dot > square.svg draws it")]
pub struct TapeOfExpression {
    /// The expression, such as 'x*y + sin(x)'; in quotes, because a shell reads * and ( too.
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    /// The value of each input, such as x=2.
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Write the walk as a page to step through: one HTML file that needs no network.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Write the graph, with values and adjoints, as a file that Graphviz draws.
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

/// Prints the walk, or writes the files that are asked for.
pub fn run(options: &TapeOfExpression) -> Result<(), Box<dyn Error>> {
    let TapeOfExpression { expression: text, values, page, dot } = options;
    check_places(&[], &[("--page", page.as_deref()), ("--dot", dot.as_deref())], &[])?;
    let expression: Expression =
        text.parse().map_err(|error| format!("the expression, {error}"))?;
    let values = values_of(&expression, values)?;
    let tape = Tape::default();
    let walk = Walk::back_from(expression.record(&tape, &values)).with_names(expression.names());
    if page.is_none() && dot.is_none() {
        print!("{walk}");
        print_gradient(&expression, &values, &walk);
        return Ok(());
    }
    let files = [
        (page, page.as_ref().map(|_| walk.to_html(text.trim()))),
        (dot, dot.as_ref().map(|_| walk.to_dot())),
    ];
    for (path, content) in files {
        let (Some(path), Some(content)) = (path, content) else { continue };
        write_whole(path, |file| file.write_all(content.as_bytes()))?;
        println!("{:>4} KiB  {}", content.len().div_ceil(1024), printable_path(path));
    }
    Ok(())
}

/// Returns the value of each input, from texts such as `x=2`.
fn values_of(expression: &Expression, given: &[String]) -> Result<Vec<f64>, String> {
    let inputs = expression.inputs();
    let mut values = vec![None; inputs.len()];
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            return Err(format!(
                "{} is not a value; expected NAME=VALUE, such as x=2",
                quoted(text)
            ));
        };
        let name = name.trim();
        let Some(input) = inputs.iter().position(|input| input == name) else {
            let known = match inputs {
                [] => "it has no inputs".to_string(),
                inputs => format!("its inputs are {}", inputs.join(", ")),
            };
            return Err(format!(
                "{}: the expression has no input {}; {known}",
                quoted(text),
                quoted(name)
            ));
        };
        if values[input].is_some() {
            return Err(format!("{}: {name} has two values; give it one", quoted(text)));
        }
        values[input] = Some(constant(text, value)?);
    }
    let missing: Vec<&str> =
        inputs.iter().zip(&values).filter(|(_, x)| x.is_none()).map(|(name, _)| &**name).collect();
    match missing.as_slice() {
        [] => Ok(values.into_iter().flatten().collect()),
        [name] => Err(format!("{name} has no value; add {name}=VALUE after the expression")),
        [name, ..] => Err(format!(
            "{} have no values; add them after the expression, as in {name}=2",
            missing.join(", ")
        )),
    }
}

/// Returns a number, which may be written as `pi/4`.
fn constant(text: &str, value: &str) -> Result<f64, String> {
    if value.trim().is_empty() {
        return Err(format!(
            "{}: there is no value after `=`; expected one, such as 2 or pi/4",
            quoted(text)
        ));
    }
    let parsed: Expression =
        value.parse().map_err(|error| format!("the value {}, {error}", quoted(text)))?;
    match parsed.inputs() {
        [] => Ok(parsed.value(&[])),
        [name, ..] => Err(format!(
            "{}: {} is not a number; expected one, such as 2 or pi/4",
            quoted(text),
            quoted(name)
        )),
    }
}

/// Prints the derivative with respect to each input, and the difference that confirms it.
fn print_gradient(expression: &Expression, values: &[f64], walk: &Walk<f64>) {
    let inputs = expression.inputs();
    if inputs.is_empty() {
        return;
    }
    println!("\ngradient, and the central difference (f(x + h) - f(x - h)) / 2h");
    let last = walk.steps().len() - 1;
    let result = walk.nodes().last().map_or(0.0, |node| node.value.item());
    let rows: Vec<[String; 3]> = inputs
        .iter()
        .enumerate()
        .map(|(input, name)| {
            let exact = walk.adjoint(input, last).map_or(0.0, |adjoint| adjoint.item());
            let difference = expression.finite_difference(values, input);
            let scale = 1f64.max(exact.abs()).max(result.abs());
            let agrees = exact.is_finite() && (exact - difference).abs() <= 1e-6 * scale;
            let verdict = if agrees {
                ""
            } else {
                "  they differ: is there a kink or a pole here, or does f change too much within h?"
            };
            [format!("d/d{name}"), number(exact), format!("{}{verdict}", number(difference))]
        })
        .collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    for [name, exact, difference] in &rows {
        println!("  {name:<0$}  {exact:<1$}  {difference}", width(0), width(1));
    }
}

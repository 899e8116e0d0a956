//! What the page gets from Rust: the rules and formulas of the ops, and what it is compared with.

use std::collections::BTreeMap;

use autograd::{FormulaSymbol, Formulas, Tape};
use inspect::{Expression, FunctionTable, OpRule, RULES, Step, Walk, function_table};
use serde::Serialize;

use crate::presets::{PRESETS, Preset};

/// All data of the page.
#[derive(Serialize)]
pub struct Recorded {
    rules: &'static [OpRule],
    functions: FunctionTable,
    /// By op.
    formulas: BTreeMap<&'static str, OpFormulas>,
    presets: &'static [Preset],
    parsed: Vec<ParsedText>,
    walks: Vec<RecordedWalks>,
}

/// The formulas of an op as its walk shows them, with what their symbols mean.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpFormulas {
    forward: String,
    vjps: Vec<Option<String>>,
    forward_symbols: Vec<OpSymbol>,
    vjp_symbols: Vec<Vec<OpSymbol>>,
}

#[derive(Serialize)]
struct OpSymbol {
    symbol: String,
    meaning: String,
    input: Option<usize>,
}

/// A text, and its list or its error.
#[derive(Serialize)]
struct ParsedText {
    text: String,
    list: Option<Expression>,
    error: Option<ParseError>,
}

#[derive(Serialize)]
struct ParseError {
    line: usize,
    column: usize,
    message: String,
}

/// The walks of an expression at several points.
#[derive(Serialize)]
struct RecordedWalks {
    text: &'static str,
    /// For each contribution the node, the position of the input, and the node that is the input.
    contributions: Vec<[usize; 3]>,
    points: Vec<RecordedPoint>,
}

/// The numbers of one walk.
#[derive(Serialize)]
struct RecordedPoint {
    inputs: Vec<f64>,
    values: Vec<f64>,
    /// By contribution.
    amounts: Vec<f64>,
    /// By node, at the end; `None` where no adjoint comes.
    adjoints: Vec<Option<f64>>,
}

/// Texts that are not expressions.
const WRONG: &[&str] = &[
    "",
    "x *",
    "x + * y",
    "2x",
    "(x + 1",
    "x + 1)",
    "x & y",
    "log(x)",
    "foo(x)",
    "sin x",
    "sin(x, y)",
    "max(x)",
    "x + x(y)",
    "x > 0",
    "where(x, 1, 2)",
    "h = x*y\nh2 = h\nh",
    "h*2; h = 3",
    "h = 3 + x; h = 4",
    "exp = 3",
    "1.2.3",
    "1e999",
    ".",
    "x = ",
    "x, y",
    "x = 2 = 3",
];

/// Texts that the presets have nothing of.
const RIGHT: &[&str] = &[
    "-x^2",
    "2^3^2",
    "x - y - z",
    "x / y * z",
    "--x",
    "-2 * -(x)",
    "x**0.5",
    "(x)",
    "1e-3*x + .5",
    "β·x − γ",
    "x*y; x + y",
    "where(x <= y, 1, where(x != 2, y, -3))",
    "a = b + c; d = a*a\n\na + d;",
    "pi * x^-2",
];

impl Recorded {
    pub fn new() -> Self {
        let texts = PRESETS.iter().map(|preset| preset.text);
        Self {
            rules: RULES,
            functions: function_table(),
            formulas: RULES.iter().map(|rule| (rule.op, OpFormulas::of(rule))).collect(),
            presets: PRESETS,
            parsed: texts.chain(RIGHT.iter().chain(WRONG).copied()).map(ParsedText::new).collect(),
            walks: PRESETS.iter().map(RecordedWalks::of).collect(),
        }
    }
}

impl OpFormulas {
    /// Records the op once, and reads what it says about itself.
    fn of(rule: &OpRule) -> Self {
        let call = match rule.op {
            "powi" => "x^2".to_string(),
            "where_" => "where(a > b, a, b)".to_string(),
            op => format!("{op}({})", rule.letters.join(", ")),
        };
        let expression: Expression = call.parse().expect("a call of the op");
        let tape = Tape::default();
        let result = expression.record(&tape, &vec![1.0; expression.inputs().len()]);
        let nodes = tape.nodes();
        let node = nodes.get(result.index());
        let formulas = node.formulas().expect("ops of an expression say their formulas");
        let inputs = node.inputs().len();
        let vjp = |input| formulas.of_input(input).unwrap_or_default();
        let symbols = |formula: &str| OpSymbol::all(&formulas, formula, inputs);
        Self {
            forward: formulas.forward().to_string(),
            vjps: (0..inputs).map(|input| formulas.of_input(input).map(str::to_string)).collect(),
            forward_symbols: symbols(formulas.forward()),
            vjp_symbols: (0..inputs).map(|input| symbols(vjp(input))).collect(),
        }
    }
}

impl OpSymbol {
    fn all(formulas: &Formulas, formula: &str, inputs: usize) -> Vec<Self> {
        let explained = |FormulaSymbol { symbol, meaning, input }| {
            Some(Self { symbol, meaning: meaning?, input })
        };
        formulas.symbols(formula, inputs).into_iter().filter_map(explained).collect()
    }
}

impl ParsedText {
    fn new(text: &str) -> Self {
        let (list, error) = match text.parse::<Expression>() {
            Ok(list) => (Some(list), None),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                (None, Some(ParseError { line, column, message: error.message().to_string() }))
            }
        };
        Self { text: text.to_string(), list, error }
    }
}

impl RecordedWalks {
    fn of(preset: &Preset) -> Self {
        let expression: Expression = preset.text.parse().expect("a preset is an expression");
        let walks: Vec<(Vec<f64>, Walk<f64>)> = points(preset)
            .into_iter()
            .map(|inputs| {
                let tape = Tape::default();
                let walk = Walk::back_from(expression.record(&tape, &inputs));
                (inputs, walk)
            })
            .collect();
        Self {
            text: preset.text,
            contributions: contributions(&walks[0].1).map(|(route, _)| route).collect(),
            points: walks.iter().map(|(inputs, walk)| RecordedPoint::of(inputs, walk)).collect(),
        }
    }
}

/// Returns the points of the grid.
fn points(preset: &Preset) -> Vec<Vec<f64>> {
    const STEPS: u32 = 5;
    let mut points = vec![preset.values.to_vec()];
    for (input, &(from, to)) in preset.ranges.iter().enumerate() {
        let moved = |step: u32, point: &Vec<f64>| {
            let mut point = point.clone();
            point[input] = from + (to - from) * f64::from(step) / f64::from(STEPS - 1);
            point
        };
        points = points.iter().flat_map(|p| (0..STEPS).map(move |step| moved(step, p))).collect();
    }
    points
}

fn contributions(walk: &Walk<f64>) -> impl Iterator<Item = ([usize; 3], f64)> {
    walk.steps().iter().filter_map(|step| match step {
        Step::Contribute(added) => {
            Some(([added.node, added.input, added.to], finite(added.amount.item())))
        }
        _ => None,
    })
}

impl RecordedPoint {
    fn of(inputs: &[f64], walk: &Walk<f64>) -> Self {
        let last = walk.steps().len() - 1;
        let nodes = walk.nodes();
        Self {
            inputs: inputs.to_vec(),
            values: nodes.iter().map(|node| finite(node.value.item())).collect(),
            amounts: contributions(walk).map(|(_, amount)| amount).collect(),
            adjoints: (0..nodes.len())
                .map(|node| walk.adjoint(node, last).map(|adjoint| finite(adjoint.item())))
                .collect(),
        }
    }
}

/// Returns a finite number. JSON cannot hold others, and a grid that has them would compare nothing.
#[track_caller]
fn finite(x: f64) -> f64 {
    assert!(x.is_finite(), "a recorded walk has the number {x}: choose another range");
    x
}

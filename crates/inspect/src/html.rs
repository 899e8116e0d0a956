//! A walk as one HTML page that needs no other file.
//!
//! This file gathers the data and writes the list as a table, which can also be read without
//! JavaScript. `page.css` has the style, `graph.js` lays out and draws the graph, and `page.js` moves
//! through the steps.

use std::collections::BTreeMap;
use std::fs;
use std::panic::Location;
use std::time::Duration;

use autograd::{FormulaSymbol, Formulas, NodeKind, Var};
use serde::Serialize;
use tensor::{Scalar, Tensor};

use crate::reading::{Detail, Reading};
use crate::walk::{Contribution, NodeRecord, Step, Walk};

/// Returns a page on which a reader steps through a tape, forward to `result` and back from it: see
/// [`Walk::to_html`].
///
/// # Panics
/// If the result is not a single number, or its tape does not record.
#[track_caller]
pub fn to_html<T: Scalar>(result: Var<'_, T>) -> String {
    Walk::back_from(result).to_html("A tape, forward and back")
}

impl<T: Scalar> Walk<T> {
    /// Returns one HTML page, complete in itself: it loads nothing, and fits a phone and a dark screen.
    ///
    /// Arrow keys, buttons and a slider go through the steps. The graph lights up, and beside it
    /// stand the step's formula, value, adjoint and contribution. Where the source files can be
    /// read from the current folder the page shows the line that recorded each op.
    pub fn to_html(&self, title: &str) -> String {
        let data = serde_json::to_string(&Data::new(self)).expect("strings and numbers");
        fill_page(include_str!("page.html"), |name| match name {
            "title" => escape(title),
            "style" => PAGE_STYLE.to_string(),
            "table" => table(self),
            // Inside a script only `<` could end it.
            "data" => data.replace('<', "\\u003c"),
            "script" => PAGE_SCRIPT.to_string(),
            _ => unreachable!("page.html asks for {name}"),
        })
    }

    /// Returns limits for each tensor such that a page of any number of nodes stays small.
    fn detail(&self) -> Detail {
        Detail::for_tensors(self.nodes().len() + self.steps().len())
    }
}

/// The style sheet of a page of a walk.
pub const PAGE_STYLE: &str = include_str!("page.css");

/// The script of a page of a walk. A page that shows walks of its own calls `start(walk)`, and has the
/// elements that `page.html` has.
pub const PAGE_SCRIPT: &str = concat!(include_str!("graph.js"), include_str!("page.js"));

/// Returns a template with each `{{name}}` replaced; what replaces it is not looked at again.
///
/// ```
/// assert_eq!(inspect::fill_page("<h1>{{title}}</h1>", |name| name.to_uppercase()), "<h1>TITLE</h1>");
/// ```
///
/// # Panics
/// If a brace that opens a name is not closed.
#[track_caller]
pub fn fill_page(template: &str, text: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let Some((name, rest)) = piece.split_once("}}") else {
            let begun: String = piece.chars().take(20).collect();
            panic!("fill_page: `{{{{{begun}` has no closing braces");
        };
        filled += &text(name);
        filled += rest;
    }
    filled
}

/// Returns a text as it is written between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns the Wengert list with final values and adjoints.
fn table<T: Scalar>(walk: &Walk<T>) -> String {
    let head = "<table>\n<thead><tr><th>node</th><th>operation</th><th class=\"optional\">formula\
                </th><th>value</th><th>adjoint</th><th class=\"optional\">recorded at</th></tr>\
                </thead>\n<tbody>\n";
    let detail = Detail { numbers: 4, cells: (1, 1) };
    let last = walk.steps().len() - 1;
    let row = |(index, node): (usize, &NodeRecord<T>)| {
        let read = |tensor: &Tensor<T>| escape(&Reading::of(tensor, detail).range());
        format!(
            "<tr><td>%{index}</td><td>{}</td><td class=\"optional\">{}</td><td class=\"digits value\">\
             {}</td><td class=\"digits adjoint\">{}</td><td class=\"at optional\">{}</td></tr>\n",
            escape(&walk.expression(index)),
            escape(node.formulas.as_ref().map_or("", |formulas| formulas.forward())),
            read(&node.value),
            walk.adjoint(index, last).map_or_else(String::new, read),
            escape(&place(node.at)),
        )
    };
    let rows: String = walk.nodes().iter().enumerate().map(row).collect();
    format!("{head}{rows}</tbody>\n</table>")
}

fn place(at: &Location) -> String {
    format!("{}:{}", at.file(), at.line())
}

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    nodes: Vec<NodeData<'a>>,
    /// The symbols of a formula, each list once.
    glossary: Vec<Vec<SymbolData>>,
    scopes: &'a [String],
    steps: Vec<StepData>,
    readings: Vec<Reading>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeData<'a> {
    role: &'static str,
    op: &'a str,
    name: Option<&'a str>,
    inputs: &'a [usize],
    forward: Option<&'a str>,
    /// By input.
    vjps: Vec<Option<&'a str>>,
    /// A position in [`Data::glossary`]: the symbols of `forward`, and of each of `vjps`.
    forward_symbols: Option<usize>,
    vjp_symbols: Vec<Option<usize>>,
    /// A position in [`Data::readings`], as all tensors are.
    value: usize,
    scope: Option<usize>,
    at: String,
    source: Option<String>,
    forward_time: Option<String>,
    backward_time: Option<String>,
}

/// A symbol and its meaning, or the input that it names.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Serialize)]
struct SymbolData {
    symbol: String,
    meaning: String,
    input: Option<usize>,
}

/// The lists of symbols, each with its position.
type Glossary = BTreeMap<Vec<SymbolData>, usize>;

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum StepData {
    Compute {
        node: usize,
    },
    Begin {
        node: usize,
        adjoint: usize,
    },
    Visit {
        node: usize,
    },
    Contribute {
        node: usize,
        input: usize,
        to: usize,
        contribution: usize,
        before: Option<usize>,
        adjoint: usize,
    },
}

impl<'a> Data<'a> {
    fn new<T: Scalar>(walk: &'a Walk<T>) -> Self {
        let detail = walk.detail();
        let mut sources = Sources::default();
        let mut readings = Vec::new();
        let mut read = |tensor: &Tensor<T>| {
            readings.push(Reading::of(tensor, detail));
            readings.len() - 1
        };
        let mut nodes = Vec::new();
        let mut symbols = Glossary::new();
        for node in walk.nodes() {
            let source = sources.line(node.at);
            nodes.push(NodeData::new(node, read(&node.value), source, &mut symbols));
        }
        let mut glossary = vec![Vec::new(); symbols.len()];
        for (list, place) in symbols {
            glossary[place] = list;
        }
        let mut adjoints = vec![None; nodes.len()];
        let mut steps = Vec::new();
        for step in walk.steps() {
            steps.push(StepData::new(step, &mut adjoints, &mut read));
        }
        Self { nodes, glossary, scopes: walk.scopes(), steps, readings }
    }
}

impl<'a> NodeData<'a> {
    fn new<T: Scalar>(
        node: &'a NodeRecord<T>,
        value: usize,
        source: Option<String>,
        glossary: &mut Glossary,
    ) -> Self {
        let formulas = node.formulas.as_ref();
        let vjp = |input| formulas.and_then(|formulas| formulas.of_input(input));
        let mut symbols = |formula: &str| {
            let list = explained(formulas?, formula, node.inputs.len());
            let next = glossary.len();
            Some(*glossary.entry(list).or_insert(next))
        };
        let forward_symbols = formulas.and_then(|formulas| symbols(formulas.forward()));
        let vjp_symbols =
            (0..node.inputs.len()).map(|input| vjp(input).and_then(&mut symbols)).collect();
        let time = |time: Option<Duration>| time.map(|time| format!("{time:.1?}"));
        Self {
            role: match node.kind {
                NodeKind::Constant => "constant",
                NodeKind::Variable => "variable",
                NodeKind::Parameter => "parameter",
                NodeKind::Op => "op",
            },
            op: node.op,
            name: node.name.as_deref(),
            inputs: &node.inputs,
            forward: formulas.map(|formulas| formulas.forward()),
            vjps: (0..node.inputs.len()).map(vjp).collect(),
            forward_symbols,
            vjp_symbols,
            value,
            scope: node.scope,
            at: place(node.at),
            source,
            forward_time: time(node.forward_time),
            backward_time: time(node.backward_time),
        }
    }
}

/// Returns the symbols of a formula that are explained.
fn explained(formulas: &Formulas, formula: &str, inputs: usize) -> Vec<SymbolData> {
    let data = |FormulaSymbol { symbol, meaning, input }| {
        Some(SymbolData { symbol, meaning: meaning?, input })
    };
    formulas.symbols(formula, inputs).into_iter().filter_map(data).collect()
}

impl StepData {
    /// Creates a step whose tensors are `read`; `adjoints` are the readings of the nodes' adjoints so far.
    fn new<T: Scalar>(
        step: &Step<T>,
        adjoints: &mut [Option<usize>],
        read: &mut impl FnMut(&Tensor<T>) -> usize,
    ) -> Self {
        match step {
            Step::Compute { node } => StepData::Compute { node: *node },
            Step::Begin { node, adjoint } => {
                let adjoint = read(adjoint);
                adjoints[*node] = Some(adjoint);
                StepData::Begin { node: *node, adjoint }
            }
            Step::Visit { node } => StepData::Visit { node: *node },
            Step::Contribute(added) => {
                let Contribution { node, input, to, amount, adjoint, .. } = &**added;
                let before = adjoints[*to];
                let contribution = read(amount);
                // The first contribution is the adjoint.
                let adjoint = before.map_or(contribution, |_| read(adjoint));
                adjoints[*to] = Some(adjoint);
                let (node, input, to) = (*node, *input, *to);
                StepData::Contribute { node, input, to, contribution, before, adjoint }
            }
        }
    }
}

/// The program's source files, as far as they can be read.
#[derive(Default)]
struct Sources {
    files: BTreeMap<&'static str, Option<String>>,
}

impl Sources {
    /// Returns the text of the line at a place.
    fn line(&mut self, at: &'static Location<'static>) -> Option<String> {
        let file =
            self.files.entry(at.file()).or_insert_with(|| fs::read_to_string(at.file()).ok());
        let line = file.as_ref()?.lines().nth(at.line() as usize - 1)?;
        Some(line.trim().to_string())
    }
}

//! One step of a walk, drawn on a terminal.

use autograd::NodeKind;
use inspect::{Contribution, Detail, Reading, Shown, Step, Walk};
use ratatui::Frame;
use ratatui::layout::{Constraint, Direction, Layout, Margin};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Table, TableState, Wrap};
use tensor::Tensor;

const FORWARD: Color = Color::Blue;
const BACKWARD: Color = Color::LightRed;

/// Below this width list and step stand one above the other.
const NARROW: u16 = 100;

/// Draws the list, the current step and the keys.
pub fn draw(frame: &mut Frame, title: &str, walk: &Walk, step: usize) {
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(rows).areas(frame.area());
    let (direction, shares) = match frame.area().width < NARROW {
        true => (Direction::Vertical, [Constraint::Percentage(50), Constraint::Percentage(50)]),
        false => (Direction::Horizontal, [Constraint::Percentage(55), Constraint::Percentage(45)]),
    };
    let [left, right] = Layout::new(direction, shares).areas(body);
    frame.render_widget(headline(title, walk, step), head);
    let mut state = TableState::new().with_selected(walk.steps()[step].node());
    frame.render_stateful_widget(list(walk, step), left, &mut state);
    let words = Paragraph::new(words(walk, step)).wrap(Wrap { trim: false });
    frame.render_widget(Block::bordered().border_style(Style::new().dim()), right);
    frame.render_widget(words, right.inner(Margin::new(2, 1)));
    frame.render_widget(Line::from("← → step   Home End jump   q quit").dim(), foot);
}

fn accent(walk: &Walk, step: usize) -> Color {
    if walk.steps()[step].is_backward() { BACKWARD } else { FORWARD }
}

fn headline<'a>(title: &'a str, walk: &Walk, step: usize) -> Line<'a> {
    let phase = if walk.steps()[step].is_backward() { "backward" } else { "forward" };
    Line::from(vec![
        Span::from(title).bold(),
        Span::from(format!("   {phase}")).fg(accent(walk, step)).bold(),
        Span::from(format!(" · {} of {}", step + 1, walk.steps().len())).dim(),
    ])
}

/// The Wengert list, as far as it is known.
fn list<'a>(walk: &Walk, step: usize) -> Table<'a> {
    let rows = (0..walk.nodes().len()).map(|node| {
        let value = match walk.is_computed(node, step) {
            true => short(&walk.nodes()[node].value),
            false => String::new(),
        };
        let adjoint = walk.adjoint(node, step).map(short).unwrap_or_default();
        let cells = [
            Span::from(format!("%{node}")).dim(),
            Span::from(walk.expression(node)),
            Span::from(value),
            Span::from(adjoint).fg(BACKWARD),
        ];
        let row = Row::new(cells);
        if walk.is_computed(node, step) { row } else { row.dim() }
    });
    let widths =
        [Constraint::Length(5), Constraint::Fill(3), Constraint::Fill(2), Constraint::Fill(2)];
    let header = Row::new(["node", "operation", "value", "adjoint"]).dim();
    let here = Style::new().fg(accent(walk, step)).add_modifier(Modifier::REVERSED);
    let block = Block::bordered().border_style(Style::new().dim());
    Table::new(rows, widths).header(header).row_highlight_style(here).block(block)
}

/// A number, or a shape.
fn short(tensor: &Tensor) -> String {
    match tensor.rank() {
        0 => reading(tensor).to_string(),
        _ => format!("{:?}", tensor.shape()),
    }
}

fn reading(tensor: &Tensor) -> Reading {
    Reading::of(tensor, Detail { numbers: 40, cells: (8, 40) })
}

/// What happens at a step.
fn words(walk: &Walk, step: usize) -> Vec<Line<'static>> {
    let here = &walk.steps()[step];
    let mut words = vec![heading(walk, here.node())];
    match here {
        Step::Compute { node } => computed(walk, *node, &mut words),
        Step::Begin { adjoint, .. } => {
            words.push("is the result. Its adjoint, with which the way back begins:".into());
            tensor(adjoint, BACKWARD, &mut words);
        }
        Step::Visit { node } => {
            words.push("has its adjoint complete:".into());
            let adjoint = walk.adjoint(*node, step).expect("a visited node has one");
            tensor(adjoint, BACKWARD, &mut words);
            for (input, to) in walk.nodes()[*node].inputs.iter().enumerate() {
                let formula = walk.vjp_formula(*node, input);
                words.push(Line::from(format!("{formula}  → %{to}")));
            }
        }
        Step::Contribute(added) => contributed(walk, added, &mut words),
    }
    words.push(Line::default());
    words.extend(facts(walk, here.node()));
    words
}

fn heading(walk: &Walk, node: usize) -> Line<'static> {
    let expression = walk.expression(node);
    Line::from(vec![Span::from(format!("%{node} ")).dim(), Span::from(expression).bold()])
}

fn formula(text: &str, color: Color) -> Line<'static> {
    Line::from(format!("    {text}")).fg(color).bold()
}

fn computed(walk: &Walk, node: usize, words: &mut Vec<Line<'static>>) {
    let this = &walk.nodes()[node];
    match &this.formulas {
        Some(formulas) => words.push(formula(formulas.forward(), FORWARD)),
        None if this.kind == NodeKind::Op => words.push("This op has no formula.".into()),
        None => {}
    }
    for input in &this.inputs {
        words.push(format!("%{input}").dim().into());
        tensor(&walk.nodes()[*input].value, Color::Reset, words);
    }
    words.push("value".dim().into());
    tensor(&this.value, FORWARD, words);
}

fn contributed(walk: &Walk, added: &Contribution<f32>, words: &mut Vec<Line<'static>>) {
    words.push(Line::from(format!("hands its adjoint on to %{}:", added.to)));
    words.push(formula(walk.vjp_formula(added.node, added.input), BACKWARD));
    if let Some(before) = &added.before {
        words.push("so far".dim().into());
        tensor(before, BACKWARD, words);
        words.push("+ this".dim().into());
        tensor(&added.amount, BACKWARD, words);
    }
    words.push(format!("= adjoint of %{}", added.to).dim().into());
    tensor(&added.adjoint, BACKWARD, words);
}

/// A tensor: its numbers, or shades of them and what they range over.
fn tensor(tensor: &Tensor, color: Color, words: &mut Vec<Line<'static>>) {
    match reading(tensor).shown {
        Shown::Numbers(rows) => {
            let widest = rows.iter().flatten().map(|number| number.len()).max().unwrap_or(0);
            for row in rows {
                let row = row.iter().map(|number| format!("{number:>widest$}  "));
                words.push(Line::from(format!("  {}", row.collect::<String>())).fg(color));
            }
        }
        Shown::Strip { min, mean, max, cells } => {
            for row in cells {
                let shades = row.chars().map(|letter| shade(letter, color));
                words.push(Line::from_iter([Span::from("  ")].into_iter().chain(shades)));
            }
            words.push(format!("  min {min}  mean {mean}  max {max}").dim().into());
        }
    }
}

/// A block mean as a shade; what is below zero is gray.
fn shade(letter: char, color: Color) -> Span<'static> {
    let level = letter.to_ascii_lowercase() as usize;
    let level = if letter.is_ascii_alphabetic() { level - 'a' as usize + 1 } else { 0 };
    let block = [" ", "░", "▒", "▓", "█"][level.div_ceil(7)];
    Span::from(block).fg(if letter.is_ascii_uppercase() { Color::Gray } else { color })
}

fn facts(walk: &Walk, node: usize) -> Vec<Line<'static>> {
    let this = &walk.nodes()[node];
    let mut facts =
        vec![format!("shape {:?}, {} bytes", this.value.shape(), reading(&this.value).bytes)];
    if let Some(scope) = this.scope {
        facts.push(format!("layer {}", walk.scopes()[scope]));
    }
    let times = [("forward", this.forward_time), ("backward", this.backward_time)];
    let times = times.iter().filter_map(|(way, time)| Some(format!("{way} {:.1?}", (*time)?)));
    let times = times.collect::<Vec<_>>().join(", ");
    if !times.is_empty() {
        facts.push(times);
    }
    facts.push(format!("recorded at {}:{}", this.at.file(), this.at.line()));
    facts.into_iter().map(|fact| Line::from(fact).dim()).collect()
}

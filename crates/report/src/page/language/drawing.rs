//! The plots of a language model's report: its losses, and its gates.

use super::super::activations;
use super::super::axis::{PlotAxis, digits, drawable};
use super::super::canvas::{ACCENT, Ink, MUTED, Plot, PlotSubject, SECOND, TEXT, short};
use super::super::curves::{PlotLine, Point, panel_over, ranges};
use super::super::error::ReportError;
use super::super::figures::{ActivationCurve, CurveRole};
use super::{GateRow, LanguageReport, LossPoint};
use crate::metric_list::{three_digits, with_minus};

/// The size of the losses in CSS pixels.
const SIZE: (f64, f64) = (760.0, 320.0);

/// Returns the plots of a report.
pub(super) fn plots(report: &LanguageReport) -> Result<Vec<Plot>, ReportError> {
    let mut plots = Vec::new();
    if !report.losses.is_empty() {
        plots.push(losses(report)?);
    }
    for gate in &report.gates {
        plots.push(activations::drawn(&format!("gate-{}", gate.block), &curves(gate))?);
    }
    Ok(plots)
}

/// Draws all losses on a logarithmic axis, where the floor and what is near it can be told apart.
fn losses(report: &LanguageReport) -> Result<Plot, ReportError> {
    let mut lines = vec![
        line("training", MUTED, &report.losses, |point| Some(point.training)),
        line("validation", ACCENT, &report.losses, |point| point.validation),
    ];
    let level = |label: &str, ink, loss: f64| line(label, ink, &report.losses, move |_| Some(loss));
    lines.extend(
        report.baseline.as_ref().map(|model| level(&short(&model.name, 24), SECOND, model.loss)),
    );
    lines.extend(report.floor.map(|floor| level("floor", TEXT, floor)));
    lines.retain(|line| !line.points.is_empty());
    let title = described(report);
    Plot::draw(PlotSubject::Loss, "loss".to_string(), title, SIZE, |area| {
        let (steps, heights) = ranges(&lines);
        let decimals = digits(10f64.powf(heights.end) - 10f64.powf(heights.start)).max(2);
        let label = move |power: &f64| match 10f64.powf(*power) {
            small if small < 0.1 => three_digits(small),
            loss => format!("{loss:.decimals$}"),
        };
        let heights = PlotAxis::labeled(heights, 7, label);
        panel_over(
            "step",
            area,
            "loss, nats a token, on a logarithmic axis",
            &lines,
            &steps,
            &heights,
        )
    })
}

fn line(
    label: &str,
    ink: Ink,
    losses: &[LossPoint],
    loss: impl Fn(&LossPoint) -> Option<f64>,
) -> PlotLine {
    let point = |at: &LossPoint| {
        let loss = loss(at).and_then(drawable).filter(|loss| *loss > 0.0)?;
        Point::of(i32::try_from(at.step).ok()?, &[loss.log10()])
    };
    PlotLine { label: label.to_string(), ink, points: losses.iter().filter_map(point).collect() }
}

/// Returns the last losses, in words.
fn described(report: &LanguageReport) -> String {
    let last = report.losses.last();
    let mut words = "The loss by step".to_string();
    words +=
        &last.map_or(String::new(), |point| format!("; training ends at {:.4}", point.training));
    let validation = last.and_then(|point| point.validation);
    words += &validation.map_or(String::new(), |loss| format!("; validation at {loss:.4}"));
    let baseline = report.baseline.as_ref();
    words +=
        &baseline.map_or(String::new(), |model| format!("; {} has {:.4}", model.name, model.loss));
    words + &report.floor.map_or(String::new(), |floor| format!("; the floor is {floor:.4}"))
}

/// Returns a gate beside the one that it began as.
fn curves(gate: &GateRow) -> Vec<ActivationCurve> {
    let curve = |label: String, role, beta: f64, gamma: f64| {
        let value = |x: f64| x / (1.0 + (-(beta * x + gamma)).exp());
        let points = (-60..=60).map(|x| f64::from(x) / 10.0).map(|x| (x, value(x))).collect();
        ActivationCurve { label, role, points }
    };
    let GateRow { block, beta, gamma } = gate;
    let learned = with_minus(format!("block {block}: β = {beta:.3}, γ = {gamma:.3}"));
    vec![
        curve("start: β = 1, γ = 0".to_string(), CurveRole::Start, 1.0, 0.0),
        curve(learned, CurveRole::Learned, *beta, *gamma),
    ]
}

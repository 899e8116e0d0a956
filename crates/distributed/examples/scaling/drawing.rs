//! The picture: the time and the efficiency of a step by the number of workers.

use std::error::Error;
use std::ops::Range;

use distributed::cost::{Network, StepCost, Way};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::figures::{CLUSTERS, Figures, MODELS};

/// The largest number of workers, and of shards of a batch.
const MOST: usize = 1024;

const COLORS: [RGBColor; 3] = [RGBColor(0, 90, 156), RGBColor(196, 78, 0), RGBColor(60, 120, 60)];

type Panel<'p> = DrawingArea<SVGBackend<'p>, Shift>;

/// Draws a column for each network, with the time above and the efficiency below. A point marks where more workers
/// stop to pay.
pub fn draw(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, (960, 720)).into_drawing_area();
        area.fill(&WHITE)?;
        let panels = area.split_evenly((2, CLUSTERS.len()));
        for (column, (name, network)) in CLUSTERS.into_iter().enumerate() {
            let ms = |step: &StepCost, workers| 1e3 * step.seconds(network, workers, Way::Slices);
            let title = format!("{name}: a step of {MOST} shards, ms");
            curves(&panels[column], &title, 1.0..20_000.0, figures, network, &ms)?;
            let share =
                |step: &StepCost, workers| 100.0 * step.efficiency(network, workers, Way::Slices);
            let title = format!("{name}: efficiency, %");
            let below = &panels[CLUSTERS.len() + column];
            curves(below, &title, 1.0..110.0, figures, network, &share)?;
        }
        area.present()?;
    }
    Ok(picture)
}

/// Draws one figure of all models.
fn curves(
    panel: &Panel<'_>,
    title: &str,
    heights: Range<f64>,
    figures: &Figures,
    network: Network,
    figure: &dyn Fn(&StepCost, usize) -> f64,
) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(panel)
        .margin(12)
        .margin_right(28)
        .caption(title, ("sans-serif", 16))
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d((1.0..MOST as f64).log_scale().base(2.0), heights.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("workers")
        .x_label_formatter(&|workers| format!("{workers:.0}"))
        .y_label_formatter(&|height| format!("{height}"))
        .light_line_style(WHITE)
        .draw()?;
    for (model, color) in MODELS.into_iter().zip(COLORS) {
        let step = figures.step(model, MOST);
        let workers = (0..=MOST.ilog2()).map(|power| 1 << power);
        let line = workers.map(|workers: usize| (workers as f64, figure(&step, workers)));
        chart
            .draw_series(LineSeries::new(line, color.stroke_width(2)))?
            .label(model)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        let most = step.worthwhile(network, MOST, Way::Slices);
        let point = (most as f64, figure(&step, most));
        chart.draw_series([Circle::new(point, 5, color.filled())])?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    Ok(())
}

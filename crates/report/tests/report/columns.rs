//! The page of a table: which columns the model draws from, how its answers depend on them, predicted and true
//! numbers, and the grid of several models.

use std::collections::BTreeMap;

use report::{
    ColumnDependence, ColumnImportance, ColumnValues, ColumnsReport, PlotSubject, ResidualReport,
    TrainingReport,
};
use train::{Change, Importance};

use crate::page::{check_figures, report};

fn importance(column: &str, loss: f64) -> ColumnImportance {
    let change = |mean: f64| Change { mean, deviation: mean.abs() / 10.0 };
    let metrics = BTreeMap::from([("accuracy".to_string(), change(-loss / 2.0))]);
    ColumnImportance {
        column: column.to_string(),
        importance: Importance { loss: change(loss), metrics },
    }
}

/// What a model with these outputs makes of three columns.
fn columns(outputs: &[&str]) -> ColumnsReport {
    let are_probabilities = outputs.len() > 1;
    let means = |count: usize| -> Vec<Vec<f64>> {
        let mean = |at: usize, output: usize| (at + 1) as f64 / (output + 2) as f64 / 5.0;
        (0..count).map(|at| (0..outputs.len()).map(|output| mean(at, output)).collect()).collect()
    };
    let number = |column: &str, are_dates: bool| ColumnDependence {
        column: column.to_string(),
        values: ColumnValues::Numbers {
            at: vec![-2.0, 0.5, 3.0, 4.0],
            deciles: (0..9).map(f64::from).collect(),
            are_dates,
        },
        means: means(4),
    };
    let city = ColumnDependence {
        column: "<b>city".to_string(),
        values: ColumnValues::Categories {
            names: vec!["Rome".to_string(), "<i>".to_string()],
            samples: vec![3, 2],
            of: 7,
        },
        means: means(2),
    };
    ColumnsReport {
        samples: 1_000,
        of: 5_000,
        repetitions: 5,
        metric: Some("accuracy".to_string()),
        importances: vec![
            importance("size", 0.5),
            importance("<b>city", 0.25),
            importance("day", 0.125),
            importance("note", 0.000_1),
        ],
        outputs: outputs.iter().map(|name| name.to_string()).collect(),
        are_probabilities,
        means: vec![0.4; outputs.len()],
        dependences: vec![number("size", false), city, number("day", true)],
    }
}

/// Returns a report on a model of a table that answers classes.
fn of_classes() -> TrainingReport {
    let mut report = report(1);
    report.best = report.best.with_columns(Some(columns(&["low", "mid", "high"])));
    report
}

/// Returns a report on a model of a table that answers a number.
fn of_numbers(samples: &[(f64, f64)]) -> TrainingReport {
    let mut report = report(1);
    report.best.by_class = None;
    let residuals = ResidualReport::of("price", samples);
    report.best =
        report.best.with_columns(Some(columns(&["price"]))).with_residuals(Some(residuals));
    report
}

fn names(report: &TrainingReport, subject: PlotSubject) -> Vec<String> {
    let plots = report.plots().unwrap();
    let plots = plots.iter().filter(|plot| plot.subject() == subject);
    plots.map(|plot| plot.name().to_string()).collect()
}

/// Returns the text that a reader of a page sees, and the words for those who cannot see its plots.
fn visible(html: &str) -> String {
    let (_, body) = html.split_once("<body>").unwrap();
    let (body, _) = body.split_once("<footer>").unwrap();
    let mut text = String::new();
    for part in body.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        for attribute in ["aria-label=\"", "title=\""] {
            let label = tag.split_once(attribute).and_then(|(_, rest)| rest.split('"').next());
            text += label.unwrap_or_default();
            text.push('\n');
        }
        text += words;
        text.push('\n');
    }
    text
}

#[test]
fn the_columns_of_a_classifier_are_drawn_and_every_figure_is_in_the_json() {
    let report = of_classes();
    let html = report.to_html().unwrap();
    assert!(check_figures(&html) > 40);
    assert_eq!(names(&report, PlotSubject::Importance), ["importance"]);
    let expected = ["dependence-size", "dependence--b-city", "dependence-day"];
    assert_eq!(names(&report, PlotSubject::Dependence), expected);
    let plots = report.plots().unwrap();
    let size = plots.iter().find(|plot| plot.name() == "dependence-size").unwrap();
    let words = "Mean probability, % by size. low from 10.00 to 40.00; mid from 6.67 to 26.67; \
                 high from 5.00 to 20.00";
    assert_eq!(size.title(), words);
    for class in ["low", "mid", "high"] {
        assert!(size.svg().contains(class), "a line for {class}");
    }
    let day = plots.iter().find(|plot| plot.name() == "dependence-day").unwrap();
    assert!(day.svg().contains("1970-01-0"), "dates are written as dates");
    for said in [
        "1\u{202f}000</span> test samples, drawn from all ",
        "5\u{202f}000</span>, 5 times",
        "The 2 most frequent of 7 values of &#60;b&#62;city are drawn.",
        "accuracy, points",
    ] {
        assert!(html.contains(said), "no `{said}`");
    }
    assert!(!html.contains("<b>") && !html.contains("<i>"));
    assert!(!html.contains("−0.0<"), "a share that is lost in rounding has no sign");
    assert!(
        names(&report, PlotSubject::Residuals).is_empty() && !html.contains("id=\"residuals\"")
    );
}

#[test]
fn predicted_and_true_numbers_are_drawn_in_the_unit_of_the_target() {
    let samples: Vec<(f64, f64)> =
        (0..2_500).map(|i| (f64::from(i), f64::from(i) + f64::from(i % 7) - 2.0)).collect();
    let report = of_numbers(&samples);
    let html = report.to_html().unwrap();
    check_figures(&html);
    let expected = ["predicted-against-true", "residuals", "residuals-histogram"];
    assert_eq!(names(&report, PlotSubject::Residuals), expected);
    let residuals = report.best.residuals.as_ref().unwrap();
    // (2 + 1 + 0 − 1 − 2 − 3 − 4) / 7 = −1
    assert!((residuals.mean + 1.0).abs() < 0.01, "{}", residuals.mean);
    assert_eq!(residuals.points.len(), 1_000);
    assert_eq!(residuals.histogram.iter().map(|bin| bin.samples).sum::<usize>(), 2_500);
    let is_edge = |bin: &report::ResidualBin| bin.from == 0.0;
    assert!(residuals.histogram.iter().any(is_edge), "0 is between two bins");
    for said in ["In the unit of price.", "1\u{202f}000 of the", "the histogram has all"] {
        assert!(html.contains(said), "no `{said}`");
    }
}

#[test]
fn equal_residuals_are_one_bin() {
    for residual in [0.0, 3.0, -3.0, 1e9] {
        let found = ResidualReport::of("x", &[(residual, 0.0), (residual + 1.0, 1.0)]);
        let filled: Vec<_> = found.histogram.iter().filter(|bin| bin.samples > 0).collect();
        assert!(filled.len() == 1 && filled[0].samples == 2, "{found:?}");
        assert!((filled[0].from..=filled[0].to).contains(&residual), "{found:?}");
    }
}

#[test]
fn columns_and_outputs_beyond_those_drawn_are_counted() {
    let mut report = of_classes();
    let classes: Vec<String> = (0..9).map(|class| format!("class {class}")).collect();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let mut many = columns(&classes);
    many.importances = (0..25).map(|at| importance(&format!("column {at}"), 0.1)).collect();
    report.best = report.best.with_columns(Some(many));
    let html = report.to_html().unwrap();
    assert!(html.contains("The first 20 of 25 columns are shown; the JSON has all."));
    assert!(html.contains("The 6 of 9 probabilities that move most are drawn; the JSON has all."));
    let plots = report.plots().unwrap();
    let size = plots.iter().find(|plot| plot.name() == "dependence-size").unwrap();
    // The first outputs move most, by the way their means are made.
    assert!(size.svg().contains("class 5") && !size.svg().contains("class 6"));
    check_figures(&html);
}

#[test]
fn any_numbers_of_a_table_are_drawn() {
    let numbers = [
        0.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        5e-324,
        -0.0,
        1.0 + f64::EPSILON,
    ];
    for (first, second) in numbers.iter().flat_map(|&a| numbers.iter().map(move |&b| (a, b))) {
        for mut report in [of_classes(), of_numbers(&[(first, second), (second, first)])] {
            let found = report.best.columns.as_mut().unwrap();
            found.importances[0].importance.loss = Change { mean: first, deviation: second };
            found.means[0] = first;
            for dependence in &mut found.dependences {
                dependence.means[0][0] = first;
                dependence.means[1][0] = second;
                if let ColumnValues::Numbers { at, deciles, .. } = &mut dependence.values {
                    (at[0], at[1], deciles[0]) = (first, second, second);
                }
            }
            assert!(report.plots().unwrap().len() > 8, "{first} and {second}");
        }
    }
}

#[test]
fn three_models_fill_a_row_and_one_model_has_all_its_panels_in_one() {
    let rows = |models: usize| -> Vec<(String, usize)> {
        let mut report = report(1);
        let model = report.models[0].clone();
        report.models = (0..models)
            .map(|number| report::ModelRuns { name: format!("m{number}"), ..model.clone() })
            .collect();
        let html = report.to_html().unwrap();
        let (_, section) = html.split_once("id=\"training\"").unwrap();
        let (section, _) = section.split_once("</section>").unwrap();
        let rows = section.split("<div class=\"").skip(1);
        let row =
            |row: &str| (row.split('"').next().unwrap().to_string(), row.matches("<svg").count());
        rows.map(row).collect()
    };
    let row = |class: &str, panels| (class.to_string(), panels);
    assert_eq!(rows(1), [row("panels", 2)], "the loss and the accuracy");
    assert_eq!(rows(2), [row("panels", 2), row("panels", 2)]);
    assert_eq!(rows(3), [row("panels three", 3), row("panels three", 3)]);
    assert_eq!(rows(4), [row("panels", 4), row("panels", 4)]);
}

#[test]
fn the_page_has_one_sign_of_minus() {
    let negative: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i) - 60.0, -40.0 * 1e-9)).collect();
    for mut report in [of_classes(), of_numbers(&negative)] {
        for epoch in report.models.iter_mut().flat_map(|model| &mut model.runs[0].history.epochs) {
            epoch.tracked.values_mut().for_each(|value| *value = -2.0 - *value);
            epoch.training.loss = -1e-9;
        }
        report.best.test.loss = -0.5;
        let seen = visible(&report.to_html().unwrap());
        let letters: Vec<char> = seen.chars().collect();
        for (at, window) in letters.windows(2).enumerate() {
            let is_hyphen = window[0] == '-' && window[1].is_ascii_digit();
            // A date, as on the axis of `day`, has hyphens.
            let is_date = at > 0 && letters[at - 1].is_ascii_digit();
            let around: String =
                letters[at.saturating_sub(30)..(at + 10).min(letters.len())].iter().collect();
            assert!(!is_hyphen || is_date, "a hyphen for a minus in `{around}`");
        }
        assert!(seen.matches('−').count() > 10);
    }
}

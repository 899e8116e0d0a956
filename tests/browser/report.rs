//! The page of `--report`, as its reader sees it: the figures of the run, on any screen, and texts of
//! strangers as text.

use std::fs;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use programs::{accuracy, run, wengert};

use crate::page::{DESK, PHONE, Page};

/// A class and a text that a careless page would run.
const CLASS: &str = "<b onclick='x'>joy</b>";
const TEXT: &str =
    "the number 1 made me happy <script>document.title = '!'</script> <img src=x onerror=alert(1)>";

/// Trains on a few texts, with one wrong label in the test file, and writes the page.
fn trained(command: &str) -> (TempDir, String) {
    let folder = tempdir().unwrap();
    let words = [("happy", CLASS), ("scared", "fear"), ("furious", "anger")];
    let row =
        |i: usize| format!("the number {} made me {},{}\n", i % 7, words[i % 3].0, words[i % 3].1);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("train.csv"), format!("text,label\n{rows}")).unwrap();
    let wrong = format!("\"{TEXT}\",fear\n");
    fs::write(folder.path().join("test.csv"), format!("text,label\n{rows}{wrong}")).unwrap();
    let arguments = format!(
        "{command} --train train.csv --test test.csv --vocab 50 --embedding 4 --hidden 3 --lr 0.05 \
         --epochs 12 --watch-layers --report report.html --json=report.json"
    );
    let output = run(wengert(), folder.path(), &arguments).success();
    (folder, output)
}

/// The figures of a page that differ from the JSON beside them.
const DIFFERENT: &str = "(() => {
    const json = JSON.parse(document.querySelector('#figures').textContent);
    const at = path => path.slice(1).split('/').reduce((value, key) => value[key], json);
    return [...document.querySelectorAll('[data-figure]')].filter(element => {
        const text = element.textContent.replaceAll('\\u202f', '').replaceAll('−', '-');
        const [digits, power] = text.split('e');
        const last = Number(power ?? 0) - (digits.split('.')[1] ?? '').length;
        const number = at(element.dataset.figure) * element.dataset.scale;
        return !(Math.abs(number - Number(text)) <= 0.5001 * 10 ** last);
    }).map(element => element.outerHTML);
})()";

#[test]
fn the_page_shows_the_figures_of_the_run_and_logs_no_complaint() {
    for command in ["train", "compare --seeds 3 --baseline"] {
        let (folder, output) = trained(command);
        let Some(page) = Page::open(&folder.path().join("report.html")) else { return };
        let json = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let carried = page.evaluate("document.querySelector('#figures').textContent");
        assert_eq!(serde_json::from_str::<Value>(carried.as_str().unwrap()).unwrap(), json);
        assert_eq!(page.evaluate(DIFFERENT), serde_json::json!([]));
        let shown = page.text("[data-figure='/models/0/accuracy/mean']");
        assert_eq!(shown.parse(), Ok(accuracy(&output, "relu")));
        assert_eq!(page.complaints(), Vec::<String>::new());
    }
}

#[test]
fn the_page_fits_a_phone_a_desk_and_the_dark() {
    let (folder, _) = trained("compare --seeds 2");
    let Some(page) = Page::open(&folder.path().join("report.html")) else { return };
    let colors = "getComputedStyle(document.body).backgroundColor + \
                   getComputedStyle(document.querySelector('svg .fill-text')).fill";
    page.prefer_dark(false);
    assert_eq!(page.overflow(), 0);
    page.screenshot("report");
    let light = page.evaluate(colors);
    page.prefer_dark(true);
    assert_ne!(page.evaluate(colors), light);
    page.screenshot("report-dark");
    page.resize(PHONE);
    assert_eq!(page.overflow(), 0);
    page.screenshot("report-phone");
}

#[test]
fn three_models_of_a_table_stand_side_by_side_at_a_desk_and_fit_a_phone() {
    let folder = tempdir().unwrap();
    let row =
        |i: usize| format!("{},{},{}\n", i * 7 % 31, ["a", "b", "c"][i % 3], i * 7 % 31 + i % 3);
    let rows: String = (0..200).map(row).collect();
    fs::write(folder.path().join("table.csv"), format!("x,group,y\n{rows}")).unwrap();
    let arguments =
        "train table.csv --target y --activation relu,gelu,tanh --epochs 3 --report report.html";
    run(wengert(), folder.path(), arguments).success();
    let Some(page) = Page::open(&folder.path().join("report.html")) else { return };
    let rows = "new Set([...document.querySelectorAll('.panels')[0].querySelectorAll('figure')]
        .map(figure => figure.getBoundingClientRect().top)).size";
    page.resize(DESK);
    assert_eq!((page.evaluate(rows), page.overflow()), (Value::from(1), 0));
    assert_eq!(page.evaluate(DIFFERENT), serde_json::json!([]));
    page.screenshot("report-table");
    page.resize(PHONE);
    assert_eq!((page.evaluate(rows), page.overflow()), (Value::from(3), 0));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn texts_and_names_of_strangers_are_text() {
    let (folder, _) = trained("train");
    let Some(page) = Page::open(&folder.path().join("report.html")) else { return };
    let mistakes = page.evaluate(
        "[...document.querySelectorAll('blockquote')].map(element => element.textContent)",
    );
    assert!(mistakes.as_array().unwrap().contains(&Value::from(TEXT)), "{mistakes}");
    assert_eq!(page.text("h1"), "A text classifier with relu, swiglu");
    assert_eq!(page.evaluate("document.title"), "A text classifier with relu, swiglu");
    assert_eq!(page.evaluate("document.querySelectorAll('script, img, b').length"), 1);
    let names = page.evaluate("[...document.querySelectorAll('tbody th')].map(e => e.textContent)");
    assert!(names.as_array().unwrap().contains(&Value::from(CLASS)), "{names}");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn drawings_have_names_for_those_who_cannot_see_them() {
    let (folder, _) = trained("train --activation swiglu");
    let Some(page) = Page::open(&folder.path().join("report.html")) else { return };
    let names = page.evaluate(
        "[...document.querySelectorAll('svg[role=img]')].map(svg => svg.getAttribute('aria-label'))",
    );
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    assert_eq!(names.len(), page.evaluate("document.querySelectorAll('svg').length"));
    for beginning in [
        "swiglu: loss, nats, by epoch. training from ",
        "swiglu: accuracy, %, by epoch. ",
        "swiglu: β, by epoch. ",
        "swiglu: γ, by epoch. ",
        "hidden, dense: size of outputs and gradients, by epoch. At last outputs ",
        "The learned activation, output by input, beside others: ReLU; SiLU, which is the start; ",
        "Confusion matrix of swiglu: 3 classes; ",
    ] {
        assert!(names.iter().any(|name| name.starts_with(beginning)), "{beginning}: {names:#?}");
    }
}

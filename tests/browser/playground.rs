//! The playground: a page on which one types a formula, in the hands of one who types, of one who has a
//! keyboard alone, and of one with a phone.

use std::fs;

use autograd::Tape;
use inspect::{Expression, Step, Walk};
use programs::{example, run};
use serde_json::{Value, json};

use crate::page::{self, DESK, PHONE, Page};

/// Returns the page as the example writes it.
fn html() -> String {
    let folder = tempfile::tempdir().unwrap();
    run(example("playground"), folder.path(), "--out book.html").success();
    fs::read_to_string(folder.path().join("book.html")).unwrap()
}

fn open(name: &str) -> Option<Page> {
    Page::open(&page::write(&format!("{name}.html"), &html()))
}

/// Types a formula in place of the one that is there.
fn fill(page: &Page, text: &str) {
    page.click("#expression");
    page.evaluate("document.querySelector('#expression').select()");
    page.type_text(text);
}

/// Goes on by the tabulator key to the element of a selector.
#[track_caller]
fn tab_to(page: &Page, selector: &str) {
    let is_there = format!("document.activeElement.matches({selector:?})");
    for _ in 0..60 {
        if page.evaluate(&is_there) == true {
            return;
        }
        page.press("Tab");
    }
    panic!("{selector} cannot be reached with the tabulator key");
}

fn close(found: &Value, expected: f64) -> bool {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is not a number"));
    (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

#[test]
fn the_page_computes_what_rust_recorded() {
    let Some(page) = open("playground-checked") else { return };
    let shown = page.text("#checked");
    assert!(shown.starts_with("✓ Checked against "), "{shown}");
    let checked = page.evaluate("checked");
    assert_eq!(checked["wrong"], json!([]));
    assert!(checked["walks"].as_u64() >= Some(200) && checked["numbers"].as_u64() >= Some(5000));
    assert!(checked["largest"].as_f64().is_some_and(|error| error <= 1e-12), "{checked}");
    // Every op is in some recorded walk, and the page has a rule for it.
    let unused = "recorded.rules.map(rule => rule.op).filter(op => !recorded.walks.some(({text}) =>
        engine.parse(text).entries.some(entry => entry.op === op)))";
    assert_eq!(page.evaluate(unused), json!([]));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_formula_that_was_not_recorded_is_computed_as_rust_computes_it() {
    let Some(page) = open("playground-typed") else { return };
    let text = "h = tanh(x*y - 0.5); swish(h)^3 / (2 + cos(h)) - min(y, where(x > 1, x^1.5, 0))";
    fill(&page, text);
    for (x, y) in [(2.0, 3.0), (0.5, -1.25)] {
        page.evaluate(&format!(
            "(remembered.set('x', {x}), remembered.set('y', {y}), showWalk(0))"
        ));
        let found = page.evaluate(
            "(() => { const values = engine.values(list, inputValues());
                      const { contributions, adjoints } = engine.back(list, values);
                      return { values, adjoints, amounts: contributions.map(({amount}) => amount) }; })()",
        );
        let expression: Expression = text.parse().unwrap();
        let tape = Tape::default();
        let walk = Walk::back_from(expression.record(&tape, &[x, y]));
        let last = walk.steps().len() - 1;
        for (index, node) in walk.nodes().iter().enumerate() {
            assert!(close(&found["values"][index], node.value.item()), "value of %{index}");
            match walk.adjoint(index, last) {
                Some(adjoint) => {
                    assert!(close(&found["adjoints"][index], adjoint.item()), "%{index}")
                }
                None => assert_eq!(found["adjoints"][index], Value::Null, "%{index}"),
            }
        }
        let amounts = walk.steps().iter().filter_map(|step| match step {
            Step::Contribute(added) => Some(added.amount.item()),
            _ => None,
        });
        for (index, amount) in amounts.enumerate() {
            assert!(close(&found["amounts"][index], amount), "contribution {index}");
        }
        // The page shows as many steps as the walk has.
        assert!(page.text("#position").ends_with(&format!("1 of {}", walk.steps().len())));
    }
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_whose_rules_are_wrong_says_so() {
    for (right, wrong) in
        [("\"b * dy\"", "\"b + dy\""), ("\"1 / (1 + exp(-x))\"", "\"1 / (1 + exp(x))\"")]
    {
        let html = html();
        assert!(html.contains(right));
        let file = page::write("playground-wrong.html", &html.replace(right, wrong));
        let Some(page) = Page::open(&file) else { return };
        let shown = page.text("#checked");
        assert!(shown.starts_with("≠ This page differs from Rust"), "{shown}");
    }
}

#[test]
fn typing_shows_another_tape_and_an_error_points_at_the_character() {
    let Some(page) = open("playground-error") else { return };
    fill(&page, "a * (b + ");
    assert_eq!(
        page.text("#error p"),
        "Line 1, column 10: the end stands after `+` where an operand should; expected a number, a name, a function or `(`."
    );
    let caret = page.evaluate("document.querySelector('#error pre').textContent");
    assert_eq!(caret, "a * (b + \n         ^");
    page.screenshot("playground-error");
    page.type_text("2)");
    assert_eq!(page.evaluate("document.querySelector('#error').hidden"), true);
    let operations =
        "[...document.querySelectorAll('#list tbody td:nth-child(2)')].map(td => td.textContent)";
    let expected = ["variable a", "variable b", "constant", "add(%1, %2)", "mul(%0, %3)"];
    assert_eq!(page.evaluate(operations), json!(expected));
    // Text is text, whatever it is.
    fill(&page, "x + <img src=y onerror=alert(1)>");
    assert_eq!(page.evaluate("document.querySelectorAll('img').length"), 0);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn the_keyboard_alone_is_enough() {
    let Some(page) = open("playground-keys") else { return };
    tab_to(&page, "#expression");
    page.press("End");
    page.type_text(" + exp(y)");
    assert_eq!(page.evaluate("list.entries.length"), 7);
    tab_to(&page, "#input-x");
    page.press("ArrowUp");
    assert_eq!(page.evaluate("inputValues()"), json!([3, 3]), "the field takes the key");
    tab_to(&page, ".input:nth-child(2) [type=range]");
    page.press("ArrowLeft");
    assert_eq!(page.evaluate("inputValues()[1].toFixed(1)"), "2.9", "the slider takes the key");
    assert!(page.text("#said").starts_with("Step 1 of "));
    tab_to(&page, "#next");
    page.press("Enter");
    assert!(page.text("#said").starts_with("Step 2 of "));
    // On a button the arrow keys walk.
    page.press("ArrowRight");
    page.press("ArrowRight");
    assert_eq!(
        page.text("#said"),
        format!("{}.", said(&page, "forward: %3 sin has the value 0.14112"))
    );
    page.press("End");
    let shown = page.text("#said");
    assert!(shown.contains("backward: %0 variable x") || shown.contains("%0 x"), "{shown}");
    assert!(shown.contains("A finite difference gives 1.91001, which agrees"), "{shown}");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

/// The sentence of a step, with the place that the page says.
fn said(page: &Page, rest: &str) -> String {
    let (now, all) = (page.evaluate("now + 1"), page.evaluate("steps.length"));
    format!("Step {now} of {all}, {rest}")
}

#[test]
fn an_input_moves_values_and_adjoints_and_each_has_its_difference() {
    let Some(page) = open("playground-inputs") else { return };
    let column = |class: &str| {
        page.evaluate(&format!(
            "[...document.querySelectorAll('#list td.{class}')].map(td => td.textContent)"
        ))
    };
    page.press("End");
    assert_eq!(column("adjoint"), json!(["2.58385", "2", "1", "1", "1"]));
    assert_eq!(column("difference"), json!(["2.58385 ✓", "2 ✓", "1 ✓", "1 ✓", "1 ✓"]));
    page.screenshot("playground-end");
    page.click("#input-x");
    page.evaluate("document.querySelector('#input-x').select()");
    page.type_text("0");
    assert_eq!(column("value"), json!(["0", "3", "0", "0", "0"]));
    assert_eq!(column("adjoint"), json!(["4", "0", "1", "1", "1"]), "the step stays the last");
    page.press("Home");
    page.evaluate("document.activeElement.blur()");
    page.press("Home");
    assert_eq!(column("adjoint"), json!(["", "", "", "", ""]));
    assert_eq!(column("value"), json!(["0", "", "", "", ""]), "what is not reached has no value");
    // At a kink they differ, and the page says so.
    fill(&page, "relu(x)");
    page.evaluate("document.activeElement.blur()");
    page.press("End");
    assert_eq!(column("difference"), json!(["0.5 ≠", "1 ✓"]));
}

#[test]
fn the_address_keeps_formula_and_inputs() {
    let Some(page) = open("playground-address") else { return };
    fill(&page, "w*x^2; w + 1");
    page.click("#input-w");
    page.press("ArrowUp");
    let address = page.evaluate("location.hash");
    page.evaluate("document.querySelector('#preset').focus()");
    fill(&page, "z");
    page.evaluate(&format!("location.hash = {address}"));
    page.evaluate("new Promise(resolve => setTimeout(resolve, 100))");
    assert_eq!(page.evaluate("document.querySelector('#expression').value"), "w*x^2; w + 1");
    assert_eq!(page.evaluate("inputValues()"), json!([2, 2]));
    page.evaluate("location.hash = '#formula=' + encodeURIComponent('<b>x') + '&input=x=1e999'");
    page.evaluate("new Promise(resolve => setTimeout(resolve, 100))");
    assert!(page.text("#error").contains("`<` stands"), "{}", page.text("#error"));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

/// In JavaScript: texts whose contrast with what is behind them is below 4.5, as WCAG counts it.
const FAINT: &str = "(() => {
    const parse = color => color.match(/[0-9.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const rect = element.matches('g.node') && element.querySelector('rect:not(.shadow)');
            const color = parse(rect ? getComputedStyle(rect).fill : getComputedStyle(element).backgroundColor);
            if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const isShown = walker.currentNode.textContent.trim() && element.getClientRects().length
            && !element.closest('button:disabled, script, .heard, option');
        if (!isShown) continue;
        const style = getComputedStyle(element);
        const [text, paper] = [element.closest('svg') ? style.fill : style.color].map(parse).concat([behind(element)]).map(light);
        const contrast = (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
        if (contrast < 4.5) found.push(`${walker.currentNode.textContent.trim()}: ${contrast.toFixed(2)}`);
    }
    return found;
})()";

#[test]
fn the_page_fits_a_phone_and_can_be_read_in_the_dark() {
    let Some(page) = open("playground-phone") else { return };
    let long =
        "a_long_name_of_an_input*another_long_name + sigmoid(a_third_long_name - 0.123456789123)";
    let narrow = "[...document.querySelectorAll('button, input, select')].filter(b => b.offsetHeight > 0 && b.offsetHeight < 24).length";
    for (size, name) in [(PHONE, "phone"), (DESK, "desk")] {
        page.resize(size);
        for dark in [false, true] {
            page.prefer_dark(dark);
            let theme = if dark { "dark" } else { "light" };
            for formula in ["preset", long, "x + "] {
                match formula {
                    "preset" => page.evaluate("takePreset(12)"),
                    text => page.evaluate(&format!(
                        "(byId('expression').value = {text:?}, byId('expression').oninput())"
                    )),
                };
                let steps = page.evaluate("steps.length").as_u64().unwrap();
                for step in [0, steps / 3, steps / 2, 2 * steps / 3, steps - 1] {
                    page.evaluate(&format!("go({step})"));
                    assert_eq!(page.overflow(), 0, "{formula} on a {name} at step {step}");
                    if formula != "x + " {
                        assert_eq!(
                            page.evaluate(FAINT),
                            json!([]),
                            "{formula}, {theme}, step {step}"
                        );
                    }
                }
                assert_eq!(page.evaluate(narrow), 0, "a finger must hit what can be pressed");
            }
            page.evaluate("takePreset(12)");
            page.evaluate("go(Math.floor(steps.length * 0.6))");
            page.evaluate("scrollTo(0, 0)");
            page.screenshot(&format!("playground-{name}-{theme}"));
            page.evaluate("byId('controls').scrollIntoView()");
            page.screenshot(&format!("playground-{name}-{theme}-walk"));
            page.evaluate("scrollTo(0, document.body.scrollHeight)");
            page.screenshot(&format!("playground-{name}-{theme}-end"));
        }
    }
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn what_can_be_changed_has_a_name_for_those_who_hear_the_page() {
    let Some(page) = open("playground-names") else { return };
    let nameless = "[...document.querySelectorAll('button, input, select, textarea, [tabindex]')].filter(element =>
        !(element.getAttribute('aria-label') || element.labels?.length)).map(element => element.outerHTML)";
    assert_eq!(page.evaluate(nameless), json!([]));
    assert_eq!(page.evaluate("document.querySelectorAll('[role=status], [role=alert]').length"), 2);
    assert_eq!(page.evaluate("document.documentElement.lang"), "en");
}

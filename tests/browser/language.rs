//! The page of `lm train --report`, as its reader sees it: attention lights up at a click and by the arrow keys.

use serde_json::{Value, json};
use tempfile::tempdir;

use programs::{run, wengert};

use crate::page::{PHONE, Page};

/// The tokens whose light differs from the weights of the head and the token that are shown.
const WRONG_LIGHTS: &str = "(() => {
    const maps = JSON.parse(document.querySelector('#figures').textContent).attention;
    const head = document.querySelector('#heads [aria-pressed=true]').dataset.head;
    const token = document.querySelector('#attended .from').dataset.token;
    const weights = maps.heads[head].thousandths[token];
    return [...document.querySelectorAll('#attended span')].filter((span, at) => {
        const light = Number(span.style.getPropertyValue('--weight'));
        return !(Math.abs(light ** 2 - (weights[at] ?? 0) / 1000) < 1e-6);
    }).length;
})()";

#[test]
fn attention_lights_up_for_the_chosen_token_and_head() {
    let folder = tempdir().unwrap();
    let arguments =
        "lm train --count 60 --width 16 --heads 2 --steps 10 --batch-size 4 --report a.html";
    run(wengert(), folder.path(), arguments).success();
    let Some(page) = Page::open(&folder.path().join("a.html")) else { return };
    let shown = || {
        let at = |selector: &str, key: &str| -> Value {
            page.evaluate(&format!("document.querySelector({selector:?}).dataset.{key}"))
        };
        [at("#heads [aria-pressed=true]", "head"), at("#attended .from", "token")]
    };
    assert_eq!(page.evaluate(WRONG_LIGHTS), 0);
    page.click("#attended span[data-token='7']");
    page.click("#heads button[data-head='2']");
    assert_eq!(shown(), [json!("2"), json!("7")]);
    assert_eq!(page.evaluate(WRONG_LIGHTS), 0);
    page.evaluate("document.querySelector('#attended').focus()");
    page.press("ArrowRight");
    assert_eq!(shown(), [json!("2"), json!("8")]);
    assert_eq!(page.evaluate(WRONG_LIGHTS), 0);
    assert!(page.text("#looks").starts_with("Block 1, head 0: "));
    page.screenshot("language");
    assert_eq!(page.overflow(), 0);
    page.resize(PHONE);
    assert_eq!(page.overflow(), 0);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

//! The page on which a reader steps through a tape: the crate `inspect`.

use autograd::{NodeKind, Parameters, Pass, Tape};
use inspect::{Detail, Reading, Shown, Step, Walk, number};
use nn::{Dense, Dropout, Features, Layer, Model, SwiGLU};
use serde_json::{Value, json};
use tensor::{Key, Tensor};

use crate::page::{self, DESK, PHONE, Page};

/// a·b + sin a: `a` is read twice.
fn scalar() -> Walk<f64> {
    let tape = Tape::default();
    let (a, b) = (tape.variable(Tensor::scalar(2.0)), tape.variable(Tensor::scalar(3.0)));
    let product = a * b;
    Walk::back_from(product + a.sin())
}

/// A network of equal layers, each of seven nodes, and its loss.
fn network(layers: usize) -> Walk<f32> {
    let mut parameters = Parameters::new(0);
    let mut stack = Vec::new();
    for layer in 0..layers {
        let name = format!("layer{layer}");
        let dense = Dense::new(&mut parameters, &name, 12, 12);
        let activation = SwiGLU::new(&mut parameters, &name);
        stack.push(dense.then(activation).then(Dropout::new(&name, 0.1)));
    }
    let model = Features::new(12).then(stack);
    let tape = Tape::default();
    let pass = Pass::training(&tape, &parameters, Key::new(1));
    let output = model.forward(pass, &Tensor::normal([8, 12], 0.0, 1.0, Key::new(2)));
    Walk::back_from(nn::softmax_cross_entropy(output, &Tensor::full([8], 3))).timed(&tape)
}

fn open(name: &str, html: &str) -> Option<Page> {
    assert!(html.len() < 1_000_000, "{name}: {} bytes are too many for one page", html.len());
    Page::open(&page::write(&format!("{name}.html"), html))
}

/// The adjoint that the graph shows at each node, `""` where there is none yet.
fn adjoints_in_graph(page: &Page) -> Value {
    page.evaluate("[...document.querySelectorAll('.node .adjoint')].map(text => text.textContent)")
}

/// In JavaScript: the numbers on the card by heading, each number or the summary of a large tensor.
const CARD: &str = "Object.fromEntries([...document.querySelectorAll('#card dl:not(.facts) dt')]
    .map(dt => [dt.textContent, [...dt.nextSibling.querySelectorAll('.plain, .numbers td, .summary')]
        .map(number => number.textContent)]))";

/// What each step's page says in an expression of JavaScript, the steps gone through by key.
fn at_every_step(page: &Page, steps: usize, expression: &str) -> Vec<Value> {
    page.press("Home");
    let script = format!(
        "(() => {{
            const found = [];
            for (let step = 0; step < {steps}; step++) {{
                found.push({expression});
                document.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'ArrowRight' }}));
            }}
            return found;
        }})()"
    );
    serde_json::from_value(page.evaluate(&script)).expect("an array")
}

/// What [`CARD`] must hold for a tensor.
fn as_shown(walk: &Walk, tensor: &Tensor) -> Value {
    let detail = Detail::for_tensors(walk.nodes().len() + walk.steps().len());
    match Reading::of(tensor, detail).shown {
        Shown::Numbers(rows) => json!(rows.concat()),
        Shown::Strip { min, mean, max, .. } => {
            json!([format!("min {min}  mean {mean}  max {max}")])
        }
    }
}

#[test]
fn a_scalar_walk_shows_its_numbers_at_every_step() {
    let walk = scalar();
    let Some(page) = open("scalar", &walk.to_html("f(a, b) = a·b + sin a")) else { return };
    for step in 0..walk.steps().len() {
        let of_node = |node| walk.adjoint(node, step).map_or(String::new(), |x| number(x.item()));
        let expected: Vec<String> = (0..walk.nodes().len()).map(of_node).collect();
        assert_eq!(adjoints_in_graph(&page), json!(expected), "at step {step}");
        let now = page.text(".node.now .number");
        assert_eq!(now, format!("%{}", walk.steps()[step].node()));
        page.press("ArrowRight");
    }
    // At the end one more key does nothing, and the list shows the gradients.
    assert!(page.text("#position").ends_with(&format!("{0} of {0}", walk.steps().len())));
    let column = "[...document.querySelectorAll('#list td.adjoint')].map(cell => cell.innerText)";
    assert_eq!(page.evaluate(column), json!(["2.58385", "2", "1", "1", "1"]));
    page.press("Home");
    assert_eq!(page.text("#position"), format!("forward · 1 of {}", walk.steps().len()));
    page.click("#next");
    page.click("#last");
    page.click("#previous");
    assert_eq!(page.text(".node.now .number"), "%1");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn what_is_not_reached_can_be_read_and_shows_no_value() {
    let Some(page) = open("not_reached", &scalar().to_html("f")) else { return };
    page.press("ArrowRight");
    let texts = |selector: &str| {
        page.evaluate(&format!(
            "[...document.querySelectorAll({selector:?})].map(text => text.textContent)"
        ))
    };
    assert_eq!(texts(".node .value"), json!(["2", "3", "", "", ""]));
    assert_eq!(texts("#list td.value"), json!(["2", "3", "", "", ""]));
    assert_eq!(texts("#list td.adjoint"), json!(["", "", "", "", ""]));
    assert_eq!(texts(".node.todo .name"), json!(["%2 mul", "%3 sin", "%4 add"]));
    let faint = "[...document.querySelectorAll('.node.todo')].filter(node => getComputedStyle(node).opacity < 1)";
    assert_eq!(page.evaluate(&format!("{faint}.length")), 0);
    // On the way back adjoints come one by one, in the list as in the graph.
    page.press("End");
    for _ in 0..3 {
        page.press("ArrowLeft");
    }
    assert_eq!(texts("#list td.adjoint"), texts(".node .adjoint"));
    assert_eq!(texts("#list td.adjoint"), json!(["2.58385", "", "1", "1", "1"]));
}

#[test]
fn every_letter_of_a_formula_is_explained_at_its_step() {
    let walk = network(1);
    let Some(page) = open("symbols", &walk.to_html("A network")) else { return };
    // Letters with their marks; raised and lowered ones become plain, and words of English are none.
    let silent = "(() => {
        const plain = text => text.normalize('NFKD');
        const known = [...document.querySelectorAll('#card .symbols dt')].map(dt => plain(dt.textContent));
        return [...document.querySelectorAll('#card .formula')]
            .flatMap(p => plain(p.textContent.replaceAll('ᵀ', ' ')).replace(/[A-Za-z_]{2,}/g, ' ').match(/\\p{L}\\p{M}*/gu) ?? [])
            .filter(letter => !known.includes(letter));
    })()";
    for (step, letters) in at_every_step(&page, walk.steps().len(), silent).iter().enumerate() {
        assert_eq!(*letters, json!([]), "step {step}: {:?}", walk.steps()[step]);
    }
    let symbols = "document.querySelectorAll('#card .symbols dt').length";
    let counts = at_every_step(&page, walk.steps().len(), symbols);
    assert!(counts.iter().filter(|count| **count != 0).count() > 10, "{counts:?}");
}

#[test]
fn the_walk_goes_by_itself_until_a_key_stops_it() {
    let Some(page) = open("playing", &scalar().to_html("f")) else { return };
    let wait = |condition: &str| {
        page.evaluate(&format!(
            "new Promise((resolve, reject) => {{
                setTimeout(() => reject('it does not play'), 20000);
                setInterval(() => {{ if ({condition}) resolve(); }}, 20);
            }})"
        ));
    };
    page.click("#play");
    assert_eq!(page.evaluate("byId('play').getAttribute('aria-label')"), "Pause");
    wait("now === 2");
    page.evaluate("document.activeElement.blur()");
    page.press(" ");
    let stopped = page.evaluate("now");
    page.evaluate("new Promise(resolve => setTimeout(resolve, 2 * PACE))");
    assert_eq!(page.evaluate("now"), stopped);
    page.press(" ");
    wait(&format!("now > {stopped}"));
    page.press("End");
    assert_eq!(page.evaluate("timer"), Value::Null, "a key of the reader stops it");
    // From the end it begins again.
    page.press(" ");
    wait("now === 1");
    page.press("ArrowLeft");
    assert_eq!(page.evaluate("[now, timer]"), json!([0, null]));
    // A button keeps its space key.
    page.evaluate("byId('next').focus()");
    page.press(" ");
    assert_eq!(page.evaluate("[now, timer]"), json!([1, null]));
    assert_eq!(page.text("#said"), "Step 2 of 16, forward: %1 variable has the value 3.");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn fan_out_is_shown_as_a_sum() {
    let walk = scalar();
    let Some(page) = open("fan_out", &walk.to_html("f")) else { return };
    let sum = walk.steps().iter().position(|step| match step {
        Step::Contribute(added) => added.to == 0 && added.before.is_some(),
        _ => false,
    });
    for _ in 0..sum.expect("a is read twice") {
        page.press("ArrowRight");
    }
    assert_eq!(page.text("#card .what"), "hands its adjoint on to %0");
    assert_eq!(page.text("#card .formula"), "ā = b ȳ");
    let card = page.evaluate(CARD);
    let shown = ["so far", "+ this", "= adjoint of %0"].map(|term| &card[term]);
    assert_eq!(json!(shown), json!([["-0.416147"], ["3"], ["2.58385"]]));
    assert_eq!(page.evaluate("document.querySelectorAll('.edge.sent').length"), 1);
    page.screenshot("tape-fan-out");
}

#[test]
fn a_network_shows_its_tensors() {
    let walk = network(2);
    let Some(page) = open("network", &walk.to_html("A network")) else { return };
    let steps = walk.steps().len();
    let cards = at_every_step(&page, steps, CARD);
    for (step, card) in walk.steps().iter().zip(&cards) {
        let (term, tensor) = match step {
            Step::Compute { node } => ("value".to_string(), &walk.nodes()[*node].value),
            Step::Begin { adjoint, .. } => ("adjoint".to_string(), adjoint),
            Step::Visit { node } => {
                ("adjoint".to_string(), walk.adjoint(*node, steps - 1).expect("its own"))
            }
            Step::Contribute(added) => {
                let equals = if added.before.is_some() { "= " } else { "" };
                (format!("{equals}adjoint of %{}", added.to), &added.adjoint)
            }
        };
        assert_eq!(card[term], as_shown(&walk, tensor), "at {step:?}");
    }
    let facts =
        at_every_step(&page, walk.nodes().len(), "document.querySelector('.facts').innerText");
    for (node, facts) in walk.nodes().iter().zip(facts) {
        let is_timed = facts.as_str().expect("a text").contains("time\nforward ");
        assert_eq!(is_timed, node.kind == NodeKind::Op, "a timed walk times its ops: {facts}");
    }
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn five_hundred_nodes_open_as_layers_and_each_opens_on_a_click() {
    let walk = network(71);
    assert!((490..=510).contains(&walk.nodes().len()), "{} nodes", walk.nodes().len());
    let Some(page) = open("deep", &walk.to_html("A deep network")) else { return };
    let count =
        |selector: &str| page.evaluate(&format!("document.querySelectorAll({selector:?}).length"));
    assert_eq!(count(".node.scope"), 71);
    assert_eq!(count(".node:not(.scope)"), 0);
    page.click(".node.scope[data-scope='3']");
    assert_eq!(count(".node.scope"), 70);
    assert_eq!(count(".node:not(.scope)"), 7);
    page.screenshot("tape-deep");
    page.press("End");
    page.press("ArrowLeft");
    assert_eq!(count(".node.scope.complete"), 70);
    page.click(".handle[data-scope='3']");
    assert_eq!(count(".node.scope"), 71);
    page.click("#open-all");
    assert_eq!(count(".node:not(.scope)"), walk.nodes().len());
    page.click("#close-all");
    assert_eq!(count(".node.scope"), 71);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn the_page_fits_a_phone_and_a_dark_screen() {
    let walk = network(3);
    let Some(page) = open("phone", &walk.to_html("A network")) else { return };
    let paper = "getComputedStyle(document.body).backgroundColor";
    page.prefer_dark(false);
    let light = page.evaluate(paper);
    page.prefer_dark(true);
    assert_ne!(page.evaluate(paper), light);
    page.screenshot("tape-dark");
    page.prefer_dark(false);
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    for (size, name) in [(PHONE, "tape-phone"), (DESK, "tape-desk")] {
        page.resize(size);
        let overflows = at_every_step(&page, walk.steps().len(), overflow);
        assert!(overflows.iter().all(|pixels| *pixels == 0), "{name}: {overflows:?}");
        page.click("#list tr:nth-child(17)");
        page.press("ArrowRight");
        page.evaluate("scrollTo(0, 160)");
        page.screenshot(name);
    }
    let narrow = "[...document.querySelectorAll('button')].filter(b => b.offsetHeight < 32).length";
    assert_eq!(page.evaluate(narrow), 0, "a finger must hit the buttons");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn names_of_parameters_are_text_not_markup() {
    let name = "</script><script>document.title = 'taken over'</script>&\"'{{style}}.weight";
    let mut parameters = Parameters::new(0);
    let id = parameters.add(name, Tensor::scalar(2.0));
    let tape = Tape::default();
    let weight = tape.parameter(&parameters, id);
    let html = Walk::back_from(weight * weight).to_html("<b>title</b>");
    let Some(page) = open("names", &html) else { return };
    assert_eq!(page.text("h1"), "<b>title</b>");
    assert_eq!(page.evaluate("document.title"), "<b>title</b>");
    assert_eq!(page.text("#card h3"), format!("%0 {name}"));
    assert_eq!(page.text("#list td:nth-child(2)"), format!("parameter {name}"));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

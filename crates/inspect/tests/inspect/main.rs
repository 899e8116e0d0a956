//! A tape drawn and walked: what is recorded is what backward computes, and text is exact.

mod expression;
mod rules;

use std::time::Duration;

use autograd::{Adjoints, Op, Parameters, Tape, Var};
use inspect::{NodeRecord, Step, Walk};
use mistakes::message;
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Tensor};

/// f(a, b) = a·b + sin a at (2, 3).
fn textbook(tape: &Tape<f64>) -> Var<'_, f64> {
    let (a, b) = (tape.variable(Tensor::scalar(2.0)), tape.variable(Tensor::scalar(3.0)));
    let product = a * b;
    product + a.sin()
}

proptest! {
    #[test]
    fn each_contribution_is_the_difference_it_makes(x in tensors(vec![2, 3], -2.0..2.0)) {
        let tape = Tape::default();
        let x = tape.variable(x);
        let walk = Walk::back_from((x * x * x).sum_all());
        let mut into_x = Tensor::zeros([2, 3]);
        for step in walk.steps() {
            if let Step::Contribute(added) = step {
                let sum = added.before.as_ref().map(|before| before + &added.amount);
                prop_assert_eq!(&added.adjoint, &sum.unwrap_or(added.amount.clone()));
                if added.to == x.index() {
                    into_x += &added.amount;
                }
            }
        }
        let error = (into_x - x.value().powi(2) * 3.0).abs().max_all().item();
        prop_assert!(error < 1e-12, "{error}");
    }
}

#[test]
fn an_op_that_reads_a_node_twice_contributes_twice() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::scalar(3.0));
    let walk = Walk::back_from(x * x);
    let contributions: Vec<(usize, f64)> = walk
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Contribute(added) => Some((added.input, added.amount.item())),
            _ => None,
        })
        .collect();
    assert_eq!(contributions, [(0, 3.0), (1, 3.0)]);
}

#[test]
fn a_walk_prints_as_text() {
    let tape = Tape::default();
    assert_eq!(
        Walk::back_from(textbook(&tape)).to_string(),
        "\
forward
  %0  variable                2
  %1  variable                3
  %2  mul(%0, %1)  y = a · b  6
  %3  sin(%0)      y = sin x  0.909297
  %4  add(%2, %3)  y = a + b  6.9093

backward
  from %4, the result
  %4 = add(%2, %3): adjoint 1
      ā = ȳ  to %2: 1
      b̄ = ȳ  to %3: 1
  %3 = sin(%0): adjoint 1
      x̄ = cos x · ȳ  to %0: -0.416147
  %2 = mul(%0, %1): adjoint 1
      ā = b ȳ  to %0: -0.416147 + 3 = 2.58385
      b̄ = a ȳ  to %1: 2
  %1 = variable: adjoint 2
  %0 = variable: adjoint 2.58385
"
    );
}

#[test]
fn a_tape_is_a_graph_with_a_box_for_each_layer() {
    let mut parameters = Parameters::with_seed(0);
    let weight = parameters.add("say \"hi\".weight", Tensor::<f64>::zeros([2, 2]));
    let tape = Tape::default();
    let x = tape.variable(Tensor::ones([1, 2]));
    let _y = x.matmul(tape.parameter(&parameters, weight)).sum_all();
    assert_eq!(
        inspect::to_dot(&tape),
        r#"digraph tape {
  node [fontname="Helvetica", shape=box, style=rounded];
  subgraph cluster_0 {
    label="say \"hi\"";
    n1 [label="%1 say \"hi\".weight\n[2, 2]", shape=ellipse];
    n2 [label="%2 matmul\n[1, 2]"];
    n3 [label="%3 sum\n0"];
  }
  n0 [label="%0 variable\n[1, 2]", shape=ellipse];
  n0 -> n2;
  n1 -> n2;
  n2 -> n3;
}
"#
    );
}

#[test]
fn a_page_loads_nothing_and_escapes_what_users_name() {
    let mut parameters = Parameters::with_seed(0);
    let id = parameters.add("</script><img src=x>&{{data}}.w", Tensor::<f64>::scalar(2.0));
    let tape = Tape::default();
    let weight = tape.parameter(&parameters, id);
    let page = inspect::to_html(weight * weight);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img"));
    assert!(page.contains("parameter &lt;/script&gt;&lt;img src=x&gt;&amp;{{data}}.w</td>"));
    let addresses = page.matches("http").count();
    assert_eq!(addresses, page.matches("http://www.w3.org/2000/svg").count());
}

#[test]
fn a_page_of_five_hundred_large_tensors_stays_below_a_megabyte() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::<f32>::normal([64, 64], 0.0, 1.0, Key::new(0)));
    let mut y = x;
    for _ in 0..249 {
        y = y.sin() + x;
    }
    let page = Walk::back_from(y.sum_all()).timed(&tape).to_html("A deep tape");
    assert_eq!(tape.len(), 500);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

/// An op as a user writes it, without formulas.
struct Half;

impl Op<f64> for Half {
    fn name(&self) -> &'static str {
        "half"
    }
    fn forward(&mut self, x: &[&Tensor<f64>]) -> Tensor<f64> {
        x[0] * 0.5
    }
    fn vjp(&self, _: &[&Tensor<f64>], _: &Tensor<f64>, dy: &Tensor<f64>, dx: &mut Adjoints<f64>) {
        dx.add(0, || dy * 0.5);
    }
}

#[test]
fn an_op_without_formulas_says_so() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::scalar(3.0));
    let walk = Walk::back_from(tape.apply(Half, &[x]));
    assert_eq!(walk.vjp_formula(1, 0), "(this op has no formula)");
    assert!(walk.to_string().contains("(this op has no formula)  to %0: 0.5\n"));
}

#[test]
fn only_a_timed_walk_measures() {
    let tape = Tape::default();
    let walk = Walk::back_from(textbook(&tape));
    let timed_nodes = |walk: &Walk<f64>| {
        let is_timed = |time: fn(&NodeRecord<f64>) -> Option<Duration>| -> Vec<bool> {
            walk.nodes().iter().map(|node| time(node).is_some()).collect()
        };
        [is_timed(|node| node.forward_time), is_timed(|node| node.backward_time)]
    };
    assert_eq!(timed_nodes(&walk), [[false; 5], [false; 5]]);
    // Variables take no time; mul, sin and add do.
    let ops = [false, false, true, true, true];
    assert_eq!(timed_nodes(&walk.timed(&tape)), [ops, ops]);
}

#[test]
fn mistakes_are_named() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::<f64>::zeros([2, 3]));
    assert_eq!(
        message(|| Walk::back_from(x)),
        "walk: only a single number has a gradient, but this has shape [2, 3]: reduce it with \
         sum_all() or mean_all(), or give a cotangent to Walk::with_cotangent"
    );
    assert_eq!(
        message(|| Walk::with_cotangent(x, Tensor::zeros([2]))),
        "walk: the cotangent has shape [2], the result [2, 3]: they must be equal"
    );
}

#[test]
fn a_walk_is_not_timed_on_another_tape() {
    let tape = Tape::default();
    let walk = Walk::back_from(textbook(&tape));
    let (short, other, wide) = (Tape::default(), Tape::default(), Tape::default());
    short.variable(Tensor::scalar(2.0));
    assert_eq!(
        message(|| walk.clone().timed(&short)),
        "timed: the walk is over 5 nodes and the tape has 1: give the tape that was walked, before it is cleared"
    );
    let (a, b) = (other.variable(Tensor::scalar(2.0)), other.variable(Tensor::scalar(3.0)));
    let _ = a * b + a.cos();
    assert_eq!(
        message(|| walk.clone().timed(&other)),
        "timed: %3 was sin [] in the walk and is cos [] on the tape: give the tape that was walked, before it is \
         cleared"
    );
    let (a, b) = (wide.variable(Tensor::ones([2])), wide.variable(Tensor::ones([2])));
    let _ = a * b + a.sin();
    assert_eq!(
        message(|| walk.clone().timed(&wide)),
        "timed: %0 was variable [] in the walk and is variable [2] on the tape: give the tape that was walked, \
         before it is cleared"
    );
    // What is recorded after the result does not matter, nor which of two recordings it is.
    let again = Tape::default();
    let _ = textbook(&again) * 2.0;
    walk.timed(&again);
}

#[test]
fn an_open_brace_of_a_template_is_named() {
    assert_eq!(
        message(|| inspect::fill_page("<p>{{title</p>", str::to_string)),
        "fill_page: `{{title</p>` has no closing braces"
    );
}

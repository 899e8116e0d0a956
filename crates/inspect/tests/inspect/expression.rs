//! Expressions: what is recorded is what the same Rust records, and errors point at the character.

use autograd::{Tape, Var};
use inspect::{Expression, Walk, function_names};
use mistakes::message;
use tensor::Tensor;

fn parse(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Each node of a tape as `op inputs value`.
fn listed(tape: &Tape<f64>) -> Vec<String> {
    let node = |node: autograd::NodeView<'_, f64>| {
        format!("{} {:?} {}", node.name(), node.inputs(), node.value().item())
    };
    tape.nodes().iter().map(node).collect()
}

type InRust = for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>;

#[test]
fn an_expression_records_what_the_same_rust_records() {
    let cases: [(&str, InRust); 15] = [
        ("x*y + sin(x)", |x, y| x * y + x.sin()),
        ("x - y - 2", |x, y| x - y - 2.0),
        ("x / y / 2", |x, y| x / y / 2.0),
        ("-x^2 + y", |x, y| -x.powi(2) + y),
        ("x^-3 * y", |x, y| x.powi(-3) * y),
        ("-x² + y³·x¹⁰", |x, y| -x.powi(2) + y.powi(3) * x.powi(10)),
        ("x^y", |x, y| x.pow(y)),
        ("(x + y)**0.5", |x, y| (x + y).pow(0.5)),
        ("x^y^2", |x, y| x.pow(y.powi(2))),
        ("2 * -x · y", |x, y| x.tape().number(2.0) * -x * y),
        ("h = tanh(x − y); h*h; sigmoid(h) + relu(h)", |x, y| {
            let h = (x - y).tanh();
            let _ = h * h;
            h.sigmoid() + nn::relu(h)
        }),
        ("swish(x)\n + max(x, y) - min(y, x)", |x, y| nn::silu(x) + x.maximum(y) - y.minimum(x)),
        ("where(x <= y, exp(x), ln(y))", |x, y| Var::where_(&x.le(y), x.exp(), y.ln())),
        ("abs(cos(x)) + sqrt(softplus(y))", |x, y| x.cos().abs() + y.softplus().sqrt()),
        ("x*pi + y*1.5e-3", |x, y| x * std::f64::consts::PI + y * 1.5e-3),
    ];
    for (text, in_rust) in cases {
        // A line break within an expression ends a statement.
        let text = text.replace('\n', " ");
        for (x, y) in [(2.0, 3.0), (0.7, 0.2)] {
            let (found, expected) = (Tape::default(), Tape::default());
            parse(&text).record(&found, &[x, y]);
            let [x, y] = [x, y].map(|x| expected.variable(Tensor::scalar(x)));
            in_rust(x, y);
            assert_eq!(listed(&found), listed(&expected), "{text}");
        }
    }
}

#[test]
fn every_function_can_be_called() {
    for name in function_names() {
        let call = match name {
            "where" => "where(x != y, x, y)".to_string(),
            _ if format!("{name}(x)").parse::<Expression>().is_ok() => format!("{name}(x) + y"),
            _ => format!("{name}(x, y)"),
        };
        let expression = parse(&call);
        let tape = Tape::default();
        let result = expression.record(&tape, &[0.3, 0.8]);
        let gradients = result.backward();
        for input in 0..2 {
            let x = tape.var_at(input);
            let (exact, numerical) =
                (gradients.of(x).item(), expression.finite_difference(&[0.3, 0.8], input));
            assert!((exact - numerical).abs() < 1e-8, "{call}: {exact} and {numerical}");
        }
    }
}

#[test]
fn inputs_come_first_and_definitions_have_names() {
    let expression = parse("2*w; h = tanh(w*x + b)\n v*h + 1");
    assert_eq!(expression.inputs(), ["w", "x", "b", "v"]);
    let tape = Tape::default();
    let result = expression.record(&tape, &[0.0; 4]);
    let walk = Walk::back_from(result).with_names(expression.names());
    assert_eq!(walk.expression(0), "variable w");
    assert_eq!(walk.expression(8), "h = tanh(%7)");
    assert_eq!(walk.nodes().len(), expression.entries().len());
}

#[test]
fn an_error_points_at_the_character_and_says_what_to_do() {
    let cases = [
        ("", 1, 1, "the expression is empty; expected a number, a name"),
        ("x * ", 1, 5, "the end stands after `*` where an operand should"),
        ("x + * y", 1, 5, "`*` stands after `+` where an operand should"),
        ("2x", 1, 2, "the name `x` cannot follow what is before it; expected an operator"),
        ("(x + 1", 1, 7, "the end stands here; expected `)` to close the bracket"),
        ("x + 1)", 1, 6, "`)` cannot follow what is before it; no bracket is open"),
        ("x & y", 1, 3, "the character `&` has no meaning here"),
        ("log(x)", 1, 1, "there is no function `log`; the natural logarithm is ln(x)"),
        ("foo(x)", 1, 1, "there is no function `foo`; choose one of abs, add"),
        ("sin x", 1, 1, "`sin` is a function; expected `(`"),
        ("sin(x, y)", 1, 1, "sin() has 2 arguments; expected 1"),
        ("max(x)", 1, 1, "max() has 1 argument; expected 2"),
        ("x(y + 1)", 1, 1, "there is no function `x`"),
        ("x + x(y)", 1, 5, "`x` is not a function, so `(` cannot follow it; write `x * (`"),
        ("x > 0", 1, 3, "comparisons are written in where(a > b, …, …)"),
        ("where(x, 1, 2)", 1, 8, "where() has `,` here; expected a comparison"),
        ("h = x*y\nh2 = h\nh", 2, 1, "`h2` would be a second name of `h`"),
        ("h*2; h = 3", 1, 6, "`h` was read before this definition, so it is an input"),
        ("h = 3 + x; h = 4", 1, 12, "`h` is defined twice"),
        ("exp = 3", 1, 1, "`exp` has a meaning of its own"),
        ("1.2.3", 1, 4, "the number 0.3 cannot follow"),
        ("1e999", 1, 1, "`1e999` is too large for a 64-bit number"),
        (".", 1, 1, "`.` is not a number"),
        ("x = ", 1, 5, "the end stands after `=`"),
        ("x, y", 1, 2, "`,` cannot follow what is before it; remove it"),
    ];
    for (text, line, column, words) in cases {
        let error = text.parse::<Expression>().expect_err(text);
        assert_eq!((error.line(), error.column()), (line, column), "{text:?}: {error}");
        assert!(error.message().contains(words), "{text:?}: {error}");
    }
    let error = "x +\n  y - 2".parse::<Expression>().unwrap_err();
    assert!(error.to_string().starts_with("line 1, column 4: the end of a statement stands after"));
    let error = "  y & 2".parse::<Expression>().unwrap_err().to_string();
    assert!(error.ends_with("\n    y & 2\n      ^"), "{error}");
}

#[test]
fn an_endless_expression_is_refused_not_recursed_into() {
    for text in ["(".repeat(100_000), "-".repeat(100_000) + "x", "2^".repeat(100_000)] {
        let error = text.parse::<Expression>().unwrap_err();
        assert!(error.message().contains("nested more than 100 deep"), "{error}");
    }
    let error = ("x+".repeat(100_000) + "x").parse::<Expression>().unwrap_err();
    assert!(error.message().contains("more than 1000 nodes"), "{error}");
    assert!(error.to_string().len() < 1000, "a long line is shown in part: {error}");
    let error = "sin(".repeat(50_000).parse::<Expression>().unwrap_err();
    assert!(error.message().contains("nested"), "{error}");
}

#[test]
fn the_number_of_values_is_checked() {
    let error = message(|| parse("x*y").value(&[1.0]));
    assert_eq!(error, "record: the expression has 2 inputs (x, y), but 1 values were given");
}

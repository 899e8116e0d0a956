//! A framework for training neural networks, in under five hundred lines of code.
//!
//!     cargo run --release --example small_framework
//!
//! The book builds it in its chapters 3 to 6 and explains every line: `cargo doc --open`, module `book`.
//! The parts stand here in the order of the chapters; a test keeps them equal. It needs nothing but the
//! standard library, and its gradients agree with the crates to twelve digits.
//!
//! It prints how a network learns XOR, and then the rings of a bull's eye from two hundred points.

// What the two programs at the end do not need is for yours.
#![allow(dead_code)]

mod ending;

/// Numbers in a row, and how to find them by several indices.
#[derive(Clone, Debug)]
pub struct Array {
    data: std::rc::Rc<[f64]>,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl Array {
    /// Creates an array of this shape from its elements; the last index runs fastest.
    #[track_caller]
    pub fn new(shape: &[usize], elements: Vec<f64>) -> Self {
        let count: usize = shape.iter().product();
        assert!(elements.len() == count, "{} elements for {shape:?}", elements.len());
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self { data: elements.into(), shape: shape.to_vec(), strides }
    }

    /// Creates an array whose elements are all the same.
    pub fn filled(shape: &[usize], element: f64) -> Self {
        Self::new(shape, vec![element; shape.iter().product()])
    }

    /// Returns the length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns where in the row the elements are, in the order of their indices.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0];
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            let along = |start| (0..length).map(move |index| start + index * stride);
            positions = positions.into_iter().flat_map(along).collect();
        }
        positions
    }

    /// Returns the elements in the order of their indices.
    pub fn to_vec(&self) -> Vec<f64> {
        self.positions().into_iter().map(|position| self.data[position]).collect()
    }

    /// Returns the transpose, without copying an element.
    pub fn t(&self) -> Self {
        let mut view = self.clone();
        view.shape.reverse();
        view.strides.reverse();
        view
    }
}

impl Array {
    /// Repeats the elements along axes of length 1 and new axes in front. Copies none.
    #[track_caller]
    pub fn expand(&self, shape: &[usize]) -> Self {
        // Shapes are aligned at their last axes.
        let mut aligned = self.shape.iter().rev().zip(shape.iter().rev());
        let rank_fits = self.shape.len() <= shape.len();
        let fits = rank_fits && aligned.all(|(&from, &to)| from == to || from == 1);
        assert!(fits, "{:?} does not expand to {shape:?}", self.shape);

        let new = shape.len() - self.shape.len();
        let mut strides = vec![0; shape.len()];
        for (axis, &stride) in self.strides.iter().enumerate() {
            if self.shape[axis] == shape[new + axis] {
                strides[new + axis] = stride;
            }
        }
        Self { data: self.data.clone(), shape: shape.to_vec(), strides }
    }

    /// Adds up what `expand` from this shape repeats.
    #[track_caller]
    pub fn sum_to(&self, shape: &[usize]) -> Self {
        let sums = Self::filled(shape, 0.0);
        let targets = sums.expand(&self.shape).positions();
        let mut sums = sums.to_vec();
        for (element, target) in self.to_vec().into_iter().zip(targets) {
            sums[target] += element;
        }
        Self::new(shape, sums)
    }
}

/// Returns the shape of two arrays combined element by element, by NumPy's rules.
#[track_caller]
pub fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis])
    };
    let common = |axis| match (length(a, axis), length(b, axis)) {
        (a, b) if a == b || b == 1 => a,
        (1, b) => b,
        _ => panic!("{a:?} and {b:?} do not broadcast"),
    };
    (0..rank).map(common).collect()
}

impl Array {
    /// Applies a function to each element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(&self.shape, self.to_vec().into_iter().map(f).collect())
    }

    /// Combines two arrays element by element, after broadcasting them.
    #[track_caller]
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let shape = broadcast(&self.shape, &other.shape);
        let (a, b) = (self.expand(&shape).to_vec(), other.expand(&shape).to_vec());
        Self::new(&shape, a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect())
    }

    /// Returns the matrix product: cᵢⱼ = Σₖ aᵢₖ bₖⱼ.
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        let (left, right) = (&self.shape[..], &other.shape[..]);
        let (&[rows, inner], &[height, columns]) = (left, right) else {
            panic!("a product of matrices, not of {left:?} and {right:?}");
        };
        assert!(inner == height, "{left:?} and {right:?} do not multiply");
        let (a, b) = (self.to_vec(), other.to_vec());
        let mut product = vec![0.0; rows * columns];
        for i in 0..rows {
            for k in 0..inner {
                for j in 0..columns {
                    product[i * columns + j] += a[i * inner + k] * b[k * columns + j];
                }
            }
        }
        Self::new(&[rows, columns], product)
    }
}

/// What an operation computes, in both directions.
pub trait Op {
    /// Returns the name that messages show.
    fn name(&self) -> &'static str;

    /// Returns y = op(x).
    fn forward(&self, x: &[&Array]) -> Array;

    /// Returns the adjoint of each input, (∂y/∂xᵢ)ᵀ dy; `dy` is the adjoint of y.
    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array>;
}

/// A value, and how it came about. A value that was given has no operation.
struct Node {
    value: Array,
    op: Option<Box<dyn Op>>,
    inputs: Vec<usize>,
}

/// All values of a computation, in the order in which they were computed.
#[derive(Default)]
pub struct Tape {
    nodes: std::cell::RefCell<Vec<Node>>,
}

/// A value on a tape: which tape, and which value.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    index: usize,
}

impl Tape {
    fn push(&self, node: Node) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        Var { tape: self, index: nodes.len() - 1 }
    }

    /// Records a value that is given.
    pub fn variable(&self, value: Array) -> Var<'_> {
        self.push(Node { value, op: None, inputs: Vec::new() })
    }

    /// Computes an operation and records it.
    #[track_caller]
    pub fn apply(&self, op: impl Op + 'static, inputs: &[Var<'_>]) -> Var<'_> {
        let x: Vec<Array> = inputs.iter().map(|input| input.value()).collect();
        let value = op.forward(&x.iter().collect::<Vec<_>>());
        let inputs = inputs.iter().map(|input| input.index).collect();
        self.push(Node { value, op: Some(Box::new(op)), inputs })
    }
}

impl Var<'_> {
    /// Returns its value. The elements are shared, not copied.
    pub fn value(self) -> Array {
        self.tape.nodes.borrow()[self.index].value.clone()
    }
}

/// The adjoint of each value of a tape.
pub struct Gradients {
    adjoints: Vec<Array>,
}

impl Gradients {
    /// Returns the adjoint of a value.
    pub fn of(&self, variable: Var<'_>) -> Array {
        self.adjoints[variable.index].clone()
    }
}

impl Var<'_> {
    /// Returns the derivatives of this single number.
    #[track_caller]
    pub fn backward(self) -> Gradients {
        self.vjp(Array::filled(&[], 1.0))
    }

    /// Walks back, from this adjoint of this value.
    #[track_caller]
    pub fn vjp(self, dy: Array) -> Gradients {
        let nodes = self.tape.nodes.borrow();
        let zeros = |node: &Node| Array::filled(node.value.shape(), 0.0);
        let mut adjoints: Vec<Array> = nodes.iter().map(zeros).collect();
        assert_eq!(dy.shape(), adjoints[self.index].shape(), "the adjoint's shape");
        adjoints[self.index] = dy;
        for (index, node) in nodes.iter().enumerate().rev() {
            let Some(op) = &node.op else { continue };
            let x = node.inputs.iter().map(|&input| &nodes[input].value);
            let x: Vec<&Array> = x.collect();
            let contributions = op.vjp(&x, &node.value, &adjoints[index]);
            assert_eq!(contributions.len(), x.len(), "{}: inputs", op.name());
            for (&input, dx) in node.inputs.iter().zip(contributions) {
                let sum = &mut adjoints[input];
                assert_eq!(dx.shape(), sum.shape(), "{}: the shape", op.name());
                *sum = sum.zip(&dx, |sum, dx| sum + dx);
            }
        }
        Gradients { adjoints }
    }
}

/// y = a + b, so ā = ȳ and b̄ = ȳ.
struct Add;

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].zip(x[1], |a, b| a + b)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.sum_to(x[0].shape()), dy.sum_to(x[1].shape())]
    }
}

/// y = a · b, element by element, so ā = ȳ b and b̄ = ȳ a.
struct Mul;

impl Op for Mul {
    fn name(&self) -> &'static str {
        "mul"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].zip(x[1], |a, b| a * b)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        let da = dy.zip(x[1], |dy, b| dy * b);
        let db = dy.zip(x[0], |dy, a| dy * a);
        vec![da.sum_to(x[0].shape()), db.sum_to(x[1].shape())]
    }
}

impl std::ops::Add for Var<'_> {
    type Output = Self;

    #[track_caller]
    fn add(self, other: Self) -> Self {
        self.tape.apply(Add, &[self, other])
    }
}

impl std::ops::Mul for Var<'_> {
    type Output = Self;

    #[track_caller]
    fn mul(self, other: Self) -> Self {
        self.tape.apply(Mul, &[self, other])
    }
}

impl std::ops::Mul<f64> for Var<'_> {
    type Output = Self;

    fn mul(self, number: f64) -> Self {
        self * self.tape.variable(Array::filled(&[], number))
    }
}

/// C = A B, so Ā = C̄ Bᵀ and B̄ = Aᵀ C̄.
struct Matmul;

impl Op for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].matmul(x[1])
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.matmul(&x[1].t()), x[0].t().matmul(dy)]
    }
}

impl Var<'_> {
    /// Records the matrix product.
    #[track_caller]
    pub fn matmul(self, other: Self) -> Self {
        self.tape.apply(Matmul, &[self, other])
    }
}

/// y is x summed to a shape, so x̄ is ȳ expanded to the shape of x.
struct SumTo {
    shape: Vec<usize>,
}

impl Op for SumTo {
    fn name(&self) -> &'static str {
        "sum_to"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].sum_to(&self.shape)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.expand(x[0].shape())]
    }
}

impl Var<'_> {
    /// Records the sum over all axes that `shape` lacks, or where it has length 1.
    #[track_caller]
    pub fn sum_to(self, shape: &[usize]) -> Self {
        self.tape.apply(SumTo { shape: shape.to_vec() }, &[self])
    }
}

/// y = f(x), element by element, so x̄ = ȳ f′(x).
struct Function {
    name: &'static str,
    value: fn(f64) -> f64,
    /// The derivative, from x and y.
    derivative: fn(f64, f64) -> f64,
}

impl Op for Function {
    fn name(&self) -> &'static str {
        self.name
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].map(self.value)
    }

    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        vec![x[0].zip(y, self.derivative).zip(dy, |slope, dy| slope * dy)]
    }
}

impl Var<'_> {
    /// Records eˣ.
    pub fn exp(self) -> Self {
        let derivative = |_, y| y;
        self.tape.apply(Function { name: "exp", value: f64::exp, derivative }, &[self])
    }

    /// Records the natural logarithm.
    pub fn ln(self) -> Self {
        let derivative = |x, _| 1.0 / x;
        self.tape.apply(Function { name: "ln", value: f64::ln, derivative }, &[self])
    }

    /// Records the hyperbolic tangent.
    pub fn tanh(self) -> Self {
        let derivative = |_, y| 1.0 - y * y;
        self.tape.apply(Function { name: "tanh", value: f64::tanh, derivative }, &[self])
    }
}

/// Returns the largest element of each row, as a column. Rows run along the last axis.
fn largest_of_rows(x: &Array) -> Array {
    let (&length, rest) = x.shape().split_last().expect("at least one axis");
    let largest = |row: &[f64]| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shape = [rest, &[1]].concat();
    Array::new(&shape, x.to_vec().chunks(length).map(largest).collect())
}

/// y is the largest element of each row of x. It gets ȳ; ties share it.
struct Max;

impl Op for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        largest_of_rows(x[0])
    }

    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        let is_largest = x[0].zip(y, |x, y| if x == y { 1.0 } else { 0.0 });
        let ties = is_largest.sum_to(y.shape());
        let share = dy.zip(&ties, |dy, ties| dy / ties);
        vec![is_largest.zip(&share, |is, share| if is == 1.0 { share } else { 0.0 })]
    }
}

impl Var<'_> {
    /// Records the largest element of each row.
    pub fn max(self) -> Self {
        self.tape.apply(Max, &[self])
    }
}

/// y = x − ln Σ exp x over each row, so x̄ = ȳ − softmax(x) Σ ȳ.
struct LogSoftmax;

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        // Nothing above 0 is exponentiated, so nothing overflows.
        let largest = largest_of_rows(x[0]);
        let below = x[0].zip(&largest, |x, largest| x - largest);
        let sums = below.map(f64::exp).sum_to(largest.shape());
        below.zip(&sums, |below, sum| below - sum.ln())
    }

    fn vjp(&self, _: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        // Only the shape of the largest is used: a column.
        let sums = dy.sum_to(largest_of_rows(dy).shape());
        let average = y.zip(&sums, |y, sum| y.exp() * sum);
        vec![dy.zip(&average, |dy, average| dy - average)]
    }
}

impl Var<'_> {
    /// Records the logarithm of the softmax of each row.
    pub fn log_softmax(self) -> Self {
        self.tape.apply(LogSoftmax, &[self])
    }
}

/// Random numbers from a seed: SplitMix64.
pub struct Random {
    /// Any number; the same seed gives the same numbers.
    pub seed: u64,
}

impl Random {
    /// Returns a number from 0 up to 1.
    pub fn uniform(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.seed;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // The 53 highest bits are as many as an f64 has.
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns an array of numbers from `-size` up to `size`.
    pub fn array(&mut self, shape: &[usize], size: f64) -> Array {
        let count = shape.iter().product();
        let numbers = (0..count).map(|_| size * (2.0 * self.uniform() - 1.0));
        Array::new(shape, numbers.collect())
    }
}

/// The element whose gradient is furthest from what differences give.
#[derive(Debug)]
pub struct Worst {
    /// The index of the input.
    pub input: usize,
    /// The index of the element, in the order of `to_vec`.
    pub position: usize,
    /// The gradient from the walk back.
    pub analytic: f64,
    /// The gradient from differences.
    pub numerical: f64,
}

impl Worst {
    /// Returns the relative error; among numbers below 1, the absolute one.
    pub fn error(&self) -> f64 {
        let size = self.analytic.abs().max(self.numerical.abs()).max(1.0);
        (self.analytic - self.numerical).abs() / size
    }
}

/// Compares the gradients of a function with central differences, element by element.
pub fn check(inputs: &[Array], f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>) -> Worst {
    let tape = Tape::default();
    let x: Vec<Var> = inputs.iter().map(|x| tape.variable(x.clone())).collect();
    let y = f(&x);
    // Random weights, not ones: the rows of a softmax add up to 1 whatever happens.
    let u = Random { seed: 1 }.array(y.value().shape(), 1.0);
    let gradients = y.vjp(u.clone());

    // Returns ⟨u, f⟩ with one element moved by h.
    let moved = |input: usize, position: usize, h: f64| {
        let mut inputs = inputs.to_vec();
        let mut elements = inputs[input].to_vec();
        elements[position] += h;
        inputs[input] = Array::new(inputs[input].shape(), elements);
        let tape = Tape::default();
        let x: Vec<Var> = inputs.into_iter().map(|x| tape.variable(x)).collect();
        f(&x).value().zip(&u, |y, u| y * u).to_vec().iter().sum::<f64>()
    };

    let mut worst = Worst { input: 0, position: 0, analytic: 0.0, numerical: 0.0 };
    for (input, &variable) in x.iter().enumerate() {
        let gradient = gradients.of(variable).to_vec();
        for (position, analytic) in gradient.into_iter().enumerate() {
            let h = 1e-5;
            let difference = moved(input, position, h) - moved(input, position, -h);
            let numerical = difference / (2.0 * h);
            let found = Worst { input, position, analytic, numerical };
            if found.error() > worst.error() || found.error().is_nan() {
                worst = found;
            }
        }
    }
    worst
}

/// The numbers that training changes, by name and in order.
#[derive(Clone, Default)]
pub struct Parameters {
    /// Names and values.
    pub entries: Vec<(String, Array)>,
}

impl Parameters {
    /// Adds a parameter, and returns which one it is.
    pub fn add(&mut self, name: String, value: Array) -> usize {
        self.entries.push((name, value));
        self.entries.len() - 1
    }

    /// Records all parameters on a tape.
    pub fn record<'t>(&self, tape: &'t Tape) -> Vec<Var<'t>> {
        self.entries.iter().map(|(_, value)| tape.variable(value.clone())).collect()
    }

    /// Takes a step downhill from where the parameters were recorded.
    pub fn descend(&mut self, recorded: &[Var<'_>], gradients: &Gradients, rate: f64) {
        for ((_, value), &variable) in self.entries.iter_mut().zip(recorded) {
            let slopes = gradients.of(variable);
            *value = value.zip(&slopes, |value, slope| value - rate * slope);
        }
    }
}

/// y = x W + b. It holds no numbers, only which parameters are its own.
pub struct Dense {
    weight: usize,
    bias: usize,
}

impl Dense {
    /// Adds the parameters of a layer, initialized as by Glorot and Bengio (2010).
    pub fn new(
        parameters: &mut Parameters,
        name: &str,
        [inputs, outputs]: [usize; 2],
        random: &mut Random,
    ) -> Self {
        let limit = (6.0 / (inputs + outputs) as f64).sqrt();
        let weight = random.array(&[inputs, outputs], limit);
        let bias = Array::filled(&[outputs], 0.0);
        let weight = parameters.add(format!("{name}.weight"), weight);
        let bias = parameters.add(format!("{name}.bias"), bias);
        Self { weight, bias }
    }

    /// Returns the outputs for a batch of samples, which are the rows of `x`.
    pub fn forward<'t>(&self, recorded: &[Var<'t>], x: Var<'t>) -> Var<'t> {
        x.matmul(recorded[self.weight]) + recorded[self.bias]
    }
}

/// Dense layers, with tanh between them.
pub struct Network {
    layers: Vec<Dense>,
}

impl Network {
    /// Creates a network of layers between these numbers of values.
    pub fn new(parameters: &mut Parameters, widths: &[usize], random: &mut Random) -> Self {
        let mut layer = |(number, widths): (usize, &[usize])| {
            let name = format!("layer{number}");
            Dense::new(parameters, &name, [widths[0], widths[1]], random)
        };
        Self { layers: widths.windows(2).enumerate().map(&mut layer).collect() }
    }

    /// Returns the outputs for a batch of samples.
    pub fn forward<'t>(&self, recorded: &[Var<'t>], x: Var<'t>) -> Var<'t> {
        let (last, hidden) = self.layers.split_last().expect("at least one layer");
        let bend = |x, layer: &Dense| layer.forward(recorded, x).tanh();
        last.forward(recorded, hidden.iter().fold(x, bend))
    }
}

/// Returns the mean of the squared errors.
#[track_caller]
pub fn mean_squared_error<'t>(predictions: Var<'t>, targets: &Array) -> Var<'t> {
    assert_eq!(predictions.value().shape(), targets.shape(), "shapes must be equal");
    let errors = predictions + predictions.tape.variable(targets.map(|y| -y));
    let count = targets.shape().iter().product::<usize>();
    (errors * errors).sum_to(&[]) * (1.0 / count as f64)
}

/// Returns the mean of −ln p of the true classes, from logits `[samples, classes]`.
#[track_caller]
pub fn cross_entropy<'t>(logits: Var<'t>, classes: &[usize]) -> Var<'t> {
    let shape = logits.value().shape().to_vec();
    assert_eq!(shape[0], classes.len(), "samples and classes");
    let mut truth = vec![0.0; shape[0] * shape[1]];
    for (sample, &class) in classes.iter().enumerate() {
        assert!(class < shape[1], "class {class} of {}", shape[1]);
        truth[sample * shape[1] + class] = -1.0 / classes.len() as f64;
    }
    let truth = logits.tape.variable(Array::new(&shape, truth));
    (logits.log_softmax() * truth).sum_to(&[])
}

/// Trains a network on XOR, and prints its loss and what it believes.
fn xor() {
    let inputs = Array::new(&[4, 2], vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    let mut parameters = Parameters::default();
    let network = Network::new(&mut parameters, &[2, 4, 2], &mut Random { seed: 1 });
    for step in 0..=400 {
        let tape = Tape::default();
        let recorded = parameters.record(&tape);
        let logits = network.forward(&recorded, tape.variable(inputs.clone()));
        let loss = cross_entropy(logits, &[0, 1, 1, 0]);
        if step % 100 == 0 {
            let beliefs = logits.log_softmax().exp().value().to_vec();
            let ones = beliefs.chunks(2).map(|sample| format!("{:.2}", sample[1]));
            let ones = ones.collect::<Vec<_>>().join("  ");
            let loss = loss.value().to_vec()[0];
            println!("step {step}: loss {loss:.3}, p(1) = {ones}");
        }
        parameters.descend(&recorded, &loss.backward(), 0.5);
    }
}

/// Returns places on a board, `[rows, 2]`, and the ring that each is in.
fn throw(rows: usize, random: &mut Random) -> (Array, Vec<usize>) {
    let places = random.array(&[rows, 2], 1.0);
    let ring = |place: &[f64]| match place[0].hypot(place[1]) {
        radius if radius < 0.4 => 0,
        radius if radius < 0.8 => 1,
        _ => 2,
    };
    let rings = places.to_vec().chunks(2).map(ring).collect();
    (places, rings)
}

/// Returns the class with the largest logit of each sample.
fn classify(network: &Network, parameters: &Parameters, samples: &Array) -> Vec<usize> {
    let tape = Tape::default();
    let recorded = parameters.record(&tape);
    let logits = network.forward(&recorded, tape.variable(samples.clone())).value();
    let largest = |row: &[f64]| {
        let above = |best, class| if row[class] > row[best] { class } else { best };
        (0..row.len()).fold(0, above)
    };
    logits.to_vec().chunks(logits.shape()[1]).map(largest).collect()
}

/// Trains a network on a table, and prints what it has learned.
fn bulls_eye() {
    let mut random = Random { seed: 1 };
    let (places, rings) = throw(200, &mut random);
    let (new_places, new_rings) = throw(200, &mut random);
    let mut parameters = Parameters::default();
    let network = Network::new(&mut parameters, &[2, 16, 3], &mut random);

    for epoch in 1..=100 {
        let mut losses = 0.0;
        for (rows, rings) in places.to_vec().chunks(2 * 20).zip(rings.chunks(20)) {
            let tape = Tape::default();
            let recorded = parameters.record(&tape);
            let batch = tape.variable(Array::new(&[20, 2], rows.to_vec()));
            let loss = cross_entropy(network.forward(&recorded, batch), rings);
            parameters.descend(&recorded, &loss.backward(), 0.5);
            losses += loss.value().to_vec()[0];
        }
        if epoch % 25 == 0 {
            let found = classify(&network, &parameters, &new_places);
            let pairs = found.iter().zip(&new_rings);
            let right = pairs.filter(|(a, b)| a == b).count();
            let loss = losses / (rings.len() / 20) as f64;
            println!("epoch {epoch}: loss {loss:.3}, {right} of 200 new are right");
        }
    }

    for y in -8..=8 {
        let line = (-20..=20).flat_map(|x| [0.05 * f64::from(x), 0.1 * f64::from(y)]);
        let line = Array::new(&[41, 2], line.collect());
        let found = classify(&network, &parameters, &line).into_iter();
        let letters = found.map(|ring| ['#', '·', ' '][ring]);
        println!("{}", letters.collect::<String>());
    }
}

fn main() {
    ending::quietly();
    xor();
    bulls_eye();
}

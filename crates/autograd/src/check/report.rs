//! What a check found.

use std::fmt;

/// A way to find a derivative that does not use the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Central differences of values.
    Differences,
    /// Forward mode: a directional derivative by dual numbers.
    ForwardMode,
    /// Hessian–vector products compared with differences of gradients.
    SecondOrder,
    /// The Hessian compared with its transpose.
    Symmetry,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 4] =
        [Method::Differences, Method::ForwardMode, Method::SecondOrder, Method::Symmetry];

    /// Returns `true` if it computes the derivative itself, which a kink does not disturb.
    pub(super) fn is_exact(self) -> bool {
        matches!(self, Method::ForwardMode | Method::Symmetry)
    }

    /// Returns the largest error that passes.
    pub fn tolerance(self) -> f64 {
        match self {
            Method::Differences => 1e-6,
            Method::ForwardMode => 1e-12,
            Method::SecondOrder => 1e-5,
            Method::Symmetry => 1e-10,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Method::Differences => "differences",
            Method::ForwardMode => "forward mode",
            Method::SecondOrder => "second order",
            Method::Symmetry => "symmetry",
        })
    }
}

/// One number from the backward pass, and the same number by another method.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The other method.
    pub method: Method,
    /// The entry or the random direction along which both were computed.
    pub along: String,
    /// The number from the backward pass.
    pub analytic: f64,
    /// The number by the other method.
    pub numerical: f64,
    /// The uncertainty of `numerical`, estimated for differences of a function that is steep or whose values are large;
    /// otherwise 0.
    pub uncertainty: f64,
    /// The size of the terms whose sums these numbers are.
    pub size: f64,
}

impl Comparison {
    /// Returns the difference of the two numbers, relative to their size if that is above 1. NaN
    /// counts as infinite.
    pub fn error(&self) -> f64 {
        let scale = self.analytic.abs().max(self.numerical.abs()).max(self.size).max(1.0);
        let error = (self.analytic - self.numerical).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { error }
    }

    /// Returns `true` if the error is within the method's tolerance.
    pub fn agrees(&self) -> bool {
        self.error() <= self.method.tolerance()
    }

    /// Returns `true` if the numbers do not agree, but the other method is not certain enough to contradict.
    pub(super) fn is_inconclusive(&self) -> bool {
        !self.agrees() && (self.analytic - self.numerical).abs() <= self.uncertainty
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, along, analytic, numerical, .. } = self;
        write!(f, "{method}, along {along}: backward {analytic:.12}, but {numerical:.12}")
    }
}

/// What was found for one input or parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The parameter's name, or `input i`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The number of its rows that the function reads, if it reads rows: only these are checked, because the
    /// gradient of the others is zero by construction.
    pub rows: Option<usize>,
    /// The number of comparisons.
    pub compared: usize,
    /// The number of comparisons with differences that were moved beside the point, because it is on a kink,
    /// where no single number is right.
    pub kinks: usize,
    /// The number of these that were not made, because a kink was in reach beside the point too.
    pub undecided: usize,
    /// The number of comparisons with differences that say nothing, because no step is both small enough for
    /// a function as steep as this one and large enough for the rounding of its values.
    pub inconclusive: usize,
    /// The largest of the compared numbers. If it is below 1e-12, they all count as 0.
    pub largest: f64,
    /// The worst comparison by each method.
    pub worst: Vec<Comparison>,
}

impl Finding {
    /// Adds a comparison, unless it says nothing, and keeps the worst of each method.
    pub(super) fn add(&mut self, comparison: Comparison) {
        if comparison.is_inconclusive() {
            self.inconclusive += 1;
            return;
        }
        self.compared += 1;
        self.largest = self.largest.max(comparison.analytic.abs()).max(comparison.numerical.abs());
        let known = self.worst.iter_mut().find(|known| known.method == comparison.method);
        match known {
            Some(known) if comparison.error() > known.error() => *known = comparison,
            Some(_) => {}
            None => self.worst.push(comparison),
        }
    }

    /// Returns `true` if all methods agree.
    pub fn passes(&self) -> bool {
        self.worst.iter().all(Comparison::agrees)
    }

    /// Returns the comparison that is worst in relation to its method's tolerance.
    pub fn worst_of_all(&self) -> Option<&Comparison> {
        let ratio = |comparison: &Comparison| comparison.error() / comparison.method.tolerance();
        self.worst.iter().max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
    }
}

/// A law that any vector–Jacobian product obeys, and how far this one is from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// The law, in words.
    pub name: &'static str,
    /// The largest error found, relative where sizes are above 1.
    pub error: f64,
    /// The largest error that passes.
    pub tolerance: f64,
}

impl Law {
    /// Returns `true` if it holds.
    pub fn holds(&self) -> bool {
        self.error <= self.tolerance
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (error {:.1e})", self.name, self.error)
    }
}

/// The message if there is nothing to compare.
const NOTHING: &str = "nothing was compared: the function reads no trainable parameter and no input; unfreeze what is to \
                       be checked, or give the parameters that the function reads";

/// What the check of one function found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One finding for each input or trainable parameter, in order; none if the function reads none of them.
    pub findings: Vec<Finding>,
    /// The laws, for the function as a whole.
    pub laws: Vec<Law>,
    /// Descriptions of the ops of the tape that fail on their own. They are looked for only if something fails.
    pub wrong_ops: Vec<String>,
}

impl Report {
    /// Returns `true` if all methods agree and all laws hold. A check of a function that reads neither an input nor a
    /// trainable parameter does not pass; an input without elements does.
    pub fn passes(&self) -> bool {
        !self.is_of_nothing()
            && self.findings.iter().all(Finding::passes)
            && self.laws.iter().all(Law::holds)
    }

    /// Returns `true` if the function reads neither an input nor a trainable parameter.
    fn is_of_nothing(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the largest error by one method.
    pub fn worst_error(&self, method: Method) -> f64 {
        let all = self.findings.iter().flat_map(|finding| &finding.worst);
        all.filter(|c| c.method == method).map(Comparison::error).fold(0.0, f64::max)
    }

    /// Returns the number of comparisons.
    pub fn compared(&self) -> usize {
        self.findings.iter().map(|finding| finding.compared).sum()
    }

    /// Returns the outcome in one line: the number of comparisons and the worst error by each method.
    pub fn summary(&self) -> String {
        if self.is_of_nothing() {
            return format!("FAILED: {NOTHING}");
        }
        let errors = Method::ALL.map(|method| format!("{method} {:.0e}", self.worst_error(method)));
        let outcome = if self.passes() { "passed" } else { "FAILED" };
        format!("{outcome}: {} numbers, worst error by {}", self.compared(), errors.join(", "))
    }

    /// Returns the report as an error, unless it passes. With `?` it fails a test of `proptest!` without a
    /// panic, so that shrinking does not print one report after another.
    ///
    /// # Errors
    /// If a gradient is wrong, or there was nothing to compare.
    pub fn result(self) -> Result<(), Self> {
        if self.passes() { Ok(()) } else { Err(self) }
    }

    /// Panics with the report unless it passes.
    ///
    /// # Panics
    /// If a gradient is wrong, or there was nothing to compare.
    #[track_caller]
    pub fn assert(&self) {
        assert!(!self.is_of_nothing(), "check: {NOTHING}");
        assert!(self.passes(), "wrong gradient\n{self}");
    }
}

impl std::error::Error for Report {}

/// One line for each input or parameter with its worst comparison; then what failed, and where.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_of_nothing() {
            return writeln!(f, "{NOTHING}");
        }
        let name_width = self.findings.iter().map(|finding| finding.name.chars().count()).max();
        for finding in &self.findings {
            write_finding(f, finding, name_width.unwrap_or(0))?;
        }
        for law in self.laws.iter().filter(|law| !law.holds()) {
            writeln!(f, "broken law: {law}")?;
        }
        for op in &self.wrong_ops {
            writeln!(f, "wrong op: {op}")?;
        }
        Ok(())
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, finding: &Finding, width: usize) -> fmt::Result {
    let shape = format!("{:?}", finding.shape);
    let outcome = if finding.passes() { "ok" } else { "WRONG" };
    write!(f, "{:<width$}  {shape:<12}  {outcome:<5}", finding.name)?;
    if let Some(worst) = finding.worst_of_all() {
        write!(f, "  worst error {:.1e} ({})", worst.error(), worst.method)?;
    }
    write!(f, " of {} numbers", finding.compared)?;
    if let Some(rows) = finding.rows {
        write!(f, " in the {rows} rows read")?;
    }
    if finding.kinks > 0 {
        write!(f, ", {} at kinks", finding.kinks)?;
    }
    if finding.undecided > 0 {
        write!(f, ", {} of them not compared: there are kinks all around", finding.undecided)?;
    }
    if finding.largest > 0.0 && finding.largest < Method::ForwardMode.tolerance() {
        write!(f, ", all of which count as 0: the largest is {:.0e}", finding.largest)?;
    }
    if finding.inconclusive > 0 {
        write!(
            f,
            ", {} not decided by differences: too steep, or too large",
            finding.inconclusive
        )?;
    }
    writeln!(f)?;
    for comparison in finding.worst.iter().filter(|comparison| !comparison.agrees()) {
        writeln!(f, "    {comparison}")?;
    }
    Ok(())
}

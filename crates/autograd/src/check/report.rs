//! What a check found.

use std::fmt;

/// One way to learn about a derivative without asking its backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Central differences of values.
    Differences,
    /// Forward mode: a directional derivative by dual numbers.
    ForwardMode,
    /// Hessian–vector products against differences of gradients.
    SecondOrder,
    /// The Hessian against its transpose.
    Symmetry,
}

impl Witness {
    /// All of them.
    pub const ALL: [Witness; 4] =
        [Witness::Differences, Witness::ForwardMode, Witness::SecondOrder, Witness::Symmetry];

    /// Returns `true` if it computes the derivative itself, which a kink does not disturb.
    pub(super) fn is_exact(self) -> bool {
        matches!(self, Witness::ForwardMode | Witness::Symmetry)
    }

    /// The largest error that passes.
    pub fn tolerance(self) -> f64 {
        match self {
            Witness::Differences => 1e-6,
            Witness::ForwardMode => 1e-12,
            Witness::SecondOrder => 1e-5,
            Witness::Symmetry => 1e-10,
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Witness::Differences => "differences",
            Witness::ForwardMode => "forward mode",
            Witness::SecondOrder => "second order",
            Witness::Symmetry => "symmetry",
        })
    }
}

/// One number that the backward pass claims, and the same as a witness has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Who contradicts or agrees.
    pub witness: Witness,
    /// Along which entry, or in which random direction.
    pub along: String,
    /// From the backward pass.
    pub claimed: f64,
    /// From the witness.
    pub measured: f64,
    /// The size of the terms that make these numbers up.
    pub size: f64,
}

impl Comparison {
    /// The difference of the two, relative to their size where that is above 1. NaN counts as
    /// infinite.
    pub fn error(&self) -> f64 {
        let scale = self.claimed.abs().max(self.measured.abs()).max(self.size).max(1.0);
        let error = (self.claimed - self.measured).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { error }
    }

    /// Whether the error is within the witness's tolerance.
    pub fn agrees(&self) -> bool {
        self.error() <= self.witness.tolerance()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { witness, along, claimed, measured, .. } = self;
        write!(f, "{witness}, along {along}: backward {claimed:.12}, but {measured:.12}")
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
    /// How many numbers were compared.
    pub compared: usize,
    /// The number of comparisons with differences that were moved beside the point, because it is on a kink,
    /// where no single number is right.
    pub kinks: usize,
    /// The number of these that were not made, because a kink was in reach beside the point too.
    pub undecided: usize,
    /// The worst comparison of each witness that was heard.
    pub worst: Vec<Comparison>,
}

impl Finding {
    /// Takes a comparison in; of each witness the worst is kept.
    pub(super) fn add(&mut self, comparison: Comparison) {
        self.compared += 1;
        let known = self.worst.iter_mut().find(|known| known.witness == comparison.witness);
        match known {
            Some(known) if comparison.error() > known.error() => *known = comparison,
            Some(_) => {}
            None => self.worst.push(comparison),
        }
    }

    /// Whether all witnesses agree.
    pub fn passes(&self) -> bool {
        self.worst.iter().all(Comparison::agrees)
    }

    /// The comparison that is worst in relation to its witness's tolerance.
    pub fn worst_of_all(&self) -> Option<&Comparison> {
        let ratio = |comparison: &Comparison| comparison.error() / comparison.witness.tolerance();
        self.worst.iter().max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
    }
}

/// A law that any vector–Jacobian product obeys, and how far this one is from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// In words.
    pub name: &'static str,
    /// The largest error found, relative where sizes are above 1.
    pub error: f64,
    /// The largest error that passes.
    pub tolerance: f64,
}

impl Law {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.error <= self.tolerance
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (error {:.1e})", self.name, self.error)
    }
}

/// What the check of one function found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One finding for each input or parameter, in order.
    pub findings: Vec<Finding>,
    /// The laws, for the function as a whole.
    pub laws: Vec<Law>,
    /// The lines of the tape that fail on their own, in words; looked for when something fails.
    pub culprits: Vec<String>,
}

impl Report {
    /// Whether all witnesses agree and all laws hold.
    pub fn passes(&self) -> bool {
        self.findings.iter().all(Finding::passes) && self.laws.iter().all(Law::holds)
    }

    /// The largest error of one witness.
    pub fn worst_error(&self, witness: Witness) -> f64 {
        let all = self.findings.iter().flat_map(|finding| &finding.worst);
        all.filter(|c| c.witness == witness).map(Comparison::error).fold(0.0, f64::max)
    }

    /// How many numbers were compared.
    pub fn compared(&self) -> usize {
        self.findings.iter().map(|finding| finding.compared).sum()
    }

    /// The outcome in one line: the number of comparisons and the worst error of each witness.
    pub fn summary(&self) -> String {
        let errors =
            Witness::ALL.map(|witness| format!("{witness} {:.0e}", self.worst_error(witness)));
        let verdict = if self.passes() { "passed" } else { "FAILED" };
        format!("{verdict}: {} numbers, worst error by {}", self.compared(), errors.join(", "))
    }

    /// The report as an error, unless it passes. With `?` it fails a test of `proptest!` without a
    /// panic, so that shrinking does not print one report after another.
    ///
    /// # Errors
    /// When a gradient is wrong.
    pub fn result(self) -> Result<(), Self> {
        if self.passes() { Ok(()) } else { Err(self) }
    }

    /// Panics with the report unless it passes.
    ///
    /// # Panics
    /// When a gradient is wrong.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passes(), "wrong gradient\n{self}");
    }
}

impl std::error::Error for Report {}

/// One line for each input or parameter with its worst comparison; then what failed, and where.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name_width = self.findings.iter().map(|finding| finding.name.chars().count()).max();
        for finding in &self.findings {
            write_finding(f, finding, name_width.unwrap_or(0))?;
        }
        for law in self.laws.iter().filter(|law| !law.holds()) {
            writeln!(f, "broken law: {law}")?;
        }
        for culprit in &self.culprits {
            writeln!(f, "culprit: {culprit}")?;
        }
        Ok(())
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, finding: &Finding, width: usize) -> fmt::Result {
    let shape = format!("{:?}", finding.shape);
    let verdict = if finding.passes() { "ok" } else { "WRONG" };
    write!(f, "{:<width$}  {shape:<12}  {verdict:<5}", finding.name)?;
    if let Some(worst) = finding.worst_of_all() {
        write!(f, "  worst error {:.1e} ({})", worst.error(), worst.witness)?;
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
    writeln!(f)?;
    for comparison in finding.worst.iter().filter(|comparison| !comparison.agrees()) {
        writeln!(f, "    {comparison}")?;
    }
    Ok(())
}

//! A confusion matrix as tables to print.

use std::collections::HashSet;

use data::printable;

use super::confusion::{ConfusionMatrix, Scores};

const TERMINAL_WIDTH: usize = 100;
const CORNER: &str = "true \\ predicted";
const NAME_WIDTH: usize = CORNER.len();

impl Scores {
    /// Returns a line of [`ConfusionMatrix::report`], aligned with its heading.
    fn line(&self, head: &str, samples: usize) -> String {
        format!(
            "{head:NAME_WIDTH$}{:13.1}{:10.1}{:8.1}{samples:9}\n",
            100.0 * self.precision,
            100.0 * self.recall,
            100.0 * self.f1
        )
    }
}

impl ConfusionMatrix {
    /// Returns the counts as a table to print: a row for each true class, a column for each
    /// predicted one.
    ///
    /// It fits a terminal of 100 columns with up to 20 classes while counts are below 1,000. Larger
    /// tables are wider, because no digit is ever dropped. Long names are cut. If two rows or
    /// columns would then have the same head, classes are numbered instead. Control characters in
    /// names show as spaces.
    ///
    /// ```
    /// # use train::metrics::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
    /// assert_eq!(
    ///     matrix.table(&["negative", "positive"]),
    ///     "true \\ predicted  negative  positive\n\
    ///      negative                 2         1\n\
    ///      positive                 0         2\n"
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// If there is not one name per class.
    #[track_caller]
    pub fn table<S: AsRef<str>>(&self, names: &[S]) -> String {
        let names = self.printable(names);
        let cell = self.cell_width(&names);
        let (rows, columns) = heads(&names, cell - 1);

        let mut table = CORNER.to_string();
        for head in &columns {
            table += &format!("{head:>cell$}");
        }
        for (truth, head) in rows.iter().enumerate() {
            table += &format!("\n{:NAME_WIDTH$}", head);
            for predicted in 0..self.classes() {
                table += &format!("{:cell$}", self.count(truth, predicted));
            }
        }
        table + "\n"
    }

    /// Returns the width of a column with the gap before it: the width of the longest name, at most
    /// an equal share of the terminal, and at least the width of the largest count or class number.
    fn cell_width(&self, names: &[String]) -> usize {
        let longest = names.iter().map(|name| name.chars().count()).fold(0, usize::max);
        let largest = self.counts.iter().copied().fold(self.classes(), usize::max);
        let wanted = longest.min(NAME_WIDTH) + 2;
        let share = (TERMINAL_WIDTH - NAME_WIDTH) / self.classes();
        let needed = largest.to_string().len() + 1;
        wanted.min(share).max(needed)
    }

    /// Returns precision, recall, F1 (percent) and support of each class as a table to print, with
    /// their averages below. Long names are cut as in [`table`](Self::table).
    ///
    /// ```
    /// # use train::metrics::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
    /// assert_eq!(
    ///     matrix.report(&["negative", "positive"]),
    ///     "class             precision %  recall %    F1 %  samples\n\
    ///      negative                100.0      66.7    80.0        3\n\
    ///      positive                 66.7     100.0    80.0        2\n\
    ///      macro average            83.3      83.3    80.0        5\n\
    ///      weighted average         86.7      80.0    80.0        5\n"
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// If there is not one name per class.
    #[track_caller]
    pub fn report<S: AsRef<str>>(&self, names: &[S]) -> String {
        let samples = self.samples();
        let mut report =
            format!("{:NAME_WIDTH$}  precision %  recall %    F1 %  samples\n", "class");
        let (rows, _) = heads(&self.printable(names), NAME_WIDTH);
        for (class, head) in rows.iter().enumerate() {
            report += &self.scores(class).line(head, self.support(class));
        }
        report += &self.macro_average().line("macro average", samples);
        report += &self.weighted_average().line("weighted average", samples);
        report
    }

    #[track_caller]
    fn printable<S: AsRef<str>>(&self, names: &[S]) -> Vec<String> {
        assert!(
            names.len() == self.classes(),
            "a table needs one name per class, got {} names for {} classes",
            names.len(),
            self.classes()
        );
        let on_one_line = |name: &S| name.as_ref().replace(['\n', '\r', '\t'], " ");
        names.iter().map(|name| printable(&on_one_line(name)).into_owned()).collect()
    }
}

/// Returns the heads of rows, cut to `NAME_WIDTH`, and of columns, cut to `width`.
fn heads(names: &[String], width: usize) -> (Vec<String>, Vec<String>) {
    let shortest: HashSet<String> =
        names.iter().map(|name| cut(name, width.min(NAME_WIDTH))).collect();
    if shortest.len() == names.len() {
        let cut_to = |width| names.iter().map(|name| cut(name, width)).collect();
        return (cut_to(NAME_WIDTH), cut_to(width));
    }
    let row = |(class, name)| cut(&format!("{class} {name}"), NAME_WIDTH);
    let rows = names.iter().enumerate().map(row).collect();
    (rows, (0..names.len()).map(|class| class.to_string()).collect())
}

fn cut(name: &str, width: usize) -> String {
    name.chars().take(width).collect()
}

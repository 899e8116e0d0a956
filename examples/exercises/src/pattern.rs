//! Mistakes that any rule can have: a factor, a sign, a transposed result, a NaN.

use tensor::Tensor;

use crate::case::{Case, Output, number};
use crate::judge::is_near;

/// Describes how an output of all cases differs from what is expected, if that is simple.
pub(crate) fn describe(cases: &[Case], found: &[Vec<Output>]) -> Option<String> {
    let outputs = cases.iter().map(|case| case.expected.len()).min()?;
    (0..outputs).find_map(|output| {
        let pairs: Option<Vec<_>> = cases
            .iter()
            .zip(found)
            .map(|(case, found)| Some((&case.expected[output].value, &found.get(output)?.value)))
            .collect();
        let name = &cases[0].expected[output].name;
        of_pairs(&pairs?).map(|pattern| format!("{name} is {pattern}."))
    })
}

fn of_pairs(pairs: &[(&Tensor<f64>, &Tensor<f64>)]) -> Option<String> {
    let all = |fits: &dyn Fn(&Tensor<f64>, &Tensor<f64>) -> bool| {
        pairs.iter().all(|(expected, found)| fits(expected, found))
    };
    if all(&|expected, found| near(expected, found)) {
        return None;
    }
    if pairs.iter().any(|(_, found)| found.to_vec().iter().any(|x| x.is_nan())) {
        let roads = "0 / 0 gives that, ∞ − ∞, and the root or the logarithm of a negative number";
        return Some(format!("not a number (NaN) in places: {roads}"));
    }
    if all(&|expected, found| expected.rank() == 2 && near(&expected.t(), found)) {
        return Some("transposed: rows and columns are exchanged".into());
    }
    if all(&|_, found| found.to_vec().iter().all(|&x| x == 0.0)) {
        return Some("zero everywhere, but it should not be".into());
    }
    let factor = factor(pairs)?;
    if !all(&|expected, found| near(&(expected * factor), found)) {
        return None;
    }
    let what = if is_near(factor, -1.0, 1e-9) {
        "right but for its sign".to_string()
    } else {
        format!("everywhere {} times what it should be: a factor is wrong", number(factor))
    };
    Some(what)
}

/// Returns the ratio of the first numbers that have one.
fn factor(pairs: &[(&Tensor<f64>, &Tensor<f64>)]) -> Option<f64> {
    let numbers = pairs.iter().filter(|(expected, found)| expected.shape() == found.shape());
    let numbers =
        numbers.flat_map(|(expected, found)| expected.to_vec().into_iter().zip(found.to_vec()));
    let ratios = numbers.filter(|(expected, _)| expected.abs() > 1e-6).map(|(e, f)| f / e);
    ratios.into_iter().find(|ratio| ratio.is_finite())
}

fn near(expected: &Tensor<f64>, found: &Tensor<f64>) -> bool {
    let numbers = || expected.to_vec().into_iter().zip(found.to_vec());
    expected.shape() == found.shape() && numbers().all(|(e, f)| is_near(e, f, 1e-9))
}

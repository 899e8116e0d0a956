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

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

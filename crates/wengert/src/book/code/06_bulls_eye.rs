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

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

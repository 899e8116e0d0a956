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

//! Small programs as a user of `wengert` writes them: each does one thing that people come with, and
//! is a test that it works. The others of this kind are the [examples](../../examples/README.md).

mod attention_block;
mod gradient_accumulation;
mod layer_norm;
mod logistic_regression;
mod many_threads;
mod multi_label;
mod own_data;
mod own_optimizer;
mod own_property;
mod rate_finder;
mod recurrent;
mod teacher_and_student;

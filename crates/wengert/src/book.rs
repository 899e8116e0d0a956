//! The book: build it yourself, from an empty file to a framework, each step checked.
//!
//! It is for everyone who knows that a derivative is a slope, has read a little Rust, and wants to know what happens
//! when a network learns. You type along. Each chapter takes ten to twenty minutes to read, up to an hour and a half
//! to type, and ends in something that runs: a lifeguard finds her way, a rod of metal remembers a match, two stones
//! fall into a pond.
//!
//! # Chapters
//!
//! | chapter | you build | and see |
//! |---|---|---|
//! | 1. [A derivative is a list](a_tape) | a tape of numbers in seventy lines | the fastest way to a swimmer |
//! | 2. [Why backward, and not forward](why_backward) | both walks, dual numbers | where someone held a match |
//! | 3. [Arrays](arrays) | shape, strides, broadcasting | why `expand` and `sum` are each other's reverse |
//! | 4. [Operations, one by one](operations) | the rules of product, sum, maximum, softmax | a softmax that makes up tongue twisters |
//! | 5. [Is it right?](is_it_right) | a gradient check | wrong gradients that train, and checks that cannot fail |
//! | 6. [Parameters, layers, losses](parameters_and_layers) | a framework of under 500 lines | XOR, and the rings of a bull's eye |
//! | 7. [Adam](adam) | the optimizer that nearly everyone uses | what bias correction corrects |
//! | 8. [Words](words) | a vocabulary, an embedding, a classifier of texts | a map on which words have found their places |
//! | 9. [SwiGLU, and honest statistics](swiglu) | a gate that learns | what a comparison of two models is worth |
//! | 10. [Attention, and a small language model](attention) | a dictionary with a slope | where a model looks, and a tongue twister by heart |
//! | 11. [Making it fast](fast) | fused loops, sums in halves, threads | a sum that is wrong by nine percent, and one that is the same on all cores |
//! | 12. [What was left out](what_was_left_out) | an operation of your own | second derivatives for free, and where to read on |
//!
//! # Exercises
//!
//! Each chapter ends with the numbers of its exercises. They are in the repository, in the folder
//! `examples/exercises`: thirty functions to write, a few lines each, in files that say what is to be computed.
//!
//! ```sh
//! cargo run -p exercises         # which are done, wrong and open
//! cargo run -p exercises -- 7    # what is wrong with number 7
//! ```
//!
//! The program runs the library's gradient check on your answer. It says where the answer is wrong, and names common
//! mistakes. If you teach, there is [a page for you](for_teachers): plans, handing out, grading.
//!
//! # How to read it
//!
//! Chapters 1 and 2 are one program, and chapters 3 to 10 another. A block with its own `main` is a separate program.
//! Put blocks that contain only `use`, `struct`, `impl`, `trait` and `fn` above `main`, and keep them. If a block has
//! statements, put all of it into `main`, functions included, in place of the previous block. The text after a block is
//! its output. From chapter 4 on, `cargo run --release` saves you some waiting. The compiler warns about code that is
//! not used yet; `#![allow(unused)]` as the first line of the file keeps it quiet.
//!
//! Blocks that begin with `use wengert` use this library. They are separate programs, in a package outside of this
//! repository: run `cargo new try_wengert`, and there `cargo add wengert --path REPOSITORY/crates/wengert`. Put each
//! block into its `main`. If a block has a `?`, write `fn main() -> Result<(), Box<dyn std::error::Error>>`, and
//! `Ok(())` as its last line.
//!
//! Rust itself comes from <https://rustup.rs>. You need less of it than it looks:
//!
//! | Rust that you will meet | what it means here |
//! |---|---|
//! | `&x`, `&mut x` | a look at `x`, or a look that may change it; nothing is copied |
//! | `let mut n: usize = 0` | a variable that may change, of a type for counts and indices; `f64` is Python's `float` |
//! | `struct`, `impl` | the fields of a class, and its methods; `self` is as in Python, `Self` is the class |
//! | `trait Op`, `impl Op for Mul` | methods that a type promises to have, and their implementation for `Mul` |
//! | `impl Add for Var` | from now on `+` works between two `Var`s |
//! | `Var<'t>`, `Var<'_>` | a `Var` cannot live longer than the tape that it looks at; the compiler sees to it |
//! | `Box<dyn Op>` | some operation; which one is known only when the program runs |
//! | <code>\|a, b\| a + b</code> | a function without a name |
//! | `x.iter().map(f).collect()` | the list of `f` of each element of `x` |
//! | `for &(i, d) in &list` | goes through a list without using it up; the `&` before `(i, d)` takes the values out |
//! | `collect::<String>()`, `sum::<f64>()` | `::<T>` says which type is wanted |
//! | `n as f64` | the number in another type |
//! | `&[f64]` | a look at some numbers in a row |
//! | `impl Fn(f64) -> f64`, `fn(f64) -> f64` | a function that is passed as an argument |
//! | `assert_eq!(a, b)` | stops the program if they differ, and is silent otherwise |
//! | `#[derive(Clone, Copy)]` | the compiler writes these methods |
//! | `vec![1.0; 3]`, of type `Vec<f64>` | the list `[1.0] * 3` |
//! | `0..n`, `0..=n` | `range(n)`, `range(n + 1)` |
//! | a last line without `;` | what the function returns |
//! | `let [a, b] = x else { … }` | takes `x` apart, or runs the `else` block if `x` has another form; `match` chooses among several forms |
//! | `x.clone()` | a copy; for an `Rc`, which is shared data, one more owner of the same data |
//! | `RefCell`, `borrow_mut` | data that may be changed through a `&` |
//! | `.expect("…")`, `?` | the value; if there is none, panic with this message, or return the error to the caller |
//! | `Option`, `None` | a value that may be missing, without a null that is easy to forget |
//! | `#[track_caller]` | if this function panics, the message names the line that called it |
//!
//! | sign | what it means |
//! |---|---|
//! | f′, f″ | the derivative of f, and the derivative of that |
//! | ∂f/∂x | the derivative of f when x moves and every other input stays |
//! | Σᵢ | the sum over all i |
//! | x̄, in code `dx` | the adjoint of x: the derivative of the result with respect to x |
//! | Jᵀ, uᵀ | the table J with rows and columns exchanged; the column u written as a row |
//! | ⟨a, b⟩ | the dot product: the sum of all aᵢ bᵢ |
//! | [i = j] | 1 if i and j are equal, otherwise 0 |
//! | x ← y | from now on x has the value of y |
//! | ln, ε | the natural logarithm; a tiny number |
//!
//! `cargo test --doc` compiles and runs every block of Rust in the book, and compares its output with the output
//! shown. The parts of earlier blocks that a block needs are included without being shown. They are in the folder
//! `src/book/code` of this crate; `04.rs` there includes everything up to the end of chapter 4. The pictures are drawn
//! by the programs that they illustrate.

// A picture is a block of HTML: an empty line before and after it keeps it apart from the text.

#[doc = include_str!("book/01-a-derivative-is-a-list-1.md")]
#[doc = ""]
#[doc = include_str!("book/pictures/tape.svg")]
#[doc = ""]
#[doc = include_str!("book/01-a-derivative-is-a-list-2.md")]
pub mod a_tape {}

#[doc = include_str!("book/02-why-backward-1.md")]
#[doc = ""]
#[doc = include_str!("book/pictures/cost.svg")]
#[doc = ""]
#[doc = include_str!("book/02-why-backward-2.md")]
pub mod why_backward {}

#[doc = include_str!("book/03-arrays.md")]
pub mod arrays {}

#[doc = include_str!("book/04-operations.md")]
pub mod operations {}

#[doc = include_str!("book/05-is-it-right-1.md")]
#[doc = ""]
#[doc = include_str!("book/pictures/differences.svg")]
#[doc = ""]
#[doc = include_str!("book/05-is-it-right-2.md")]
pub mod is_it_right {}

#[doc = include_str!("book/06-parameters-and-layers.md")]
pub mod parameters_and_layers {}

#[doc = include_str!("book/07-adam-1.md")]
#[doc = ""]
#[doc = include_str!("book/pictures/first-steps.svg")]
#[doc = ""]
#[doc = include_str!("book/07-adam-2.md")]
pub mod adam {}

#[doc = include_str!("book/08-words.md")]
pub mod words {}

#[doc = include_str!("book/09-swiglu-1.md")]
#[doc = ""]
#[doc = include_str!("book/pictures/swiglu.svg")]
#[doc = ""]
#[doc = include_str!("book/09-swiglu-2.md")]
pub mod swiglu {}

#[doc = include_str!("book/10-attention.md")]
pub mod attention {}

#[doc = include_str!("book/11-fast.md")]
pub mod fast {}

#[doc = include_str!("book/12-what-was-left-out.md")]
pub mod what_was_left_out {}

#[doc = include_str!("book/13-for-teachers.md")]
pub mod for_teachers {}

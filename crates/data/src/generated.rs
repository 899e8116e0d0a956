//! Generates data sets from a seed. The example programs run on a fresh clone without a download,
//! and a test knows which accuracy a model should reach.

mod brackets;
mod digits;
mod reviews;
mod stories;
mod sums;
mod tabular;
mod told;

pub use brackets::brackets;
pub use digits::{DIGIT_SIZE, digits};
pub use reviews::{REVIEW_LABEL_NOISE, Review, reviews, write_reviews};
pub use stories::{stories, story_entropy};
pub use sums::sums;
pub use tabular::{TABULAR_FEATURES, TABULAR_LABEL_NOISE, tabular, write_tabular};
pub use told::Told;

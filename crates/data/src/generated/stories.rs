//! Short stories about who has what, each with a question that a reader can answer.
//!
//! ```text
//! Anna has a green ball. Emma has a blue kite. Who has the kite? Emma. What color is it? blue.
//! ```
//!
//! Two people have a thing each, and then there is a question about one of the things. The answers follow
//! from the story, so their surprise is 0. An n-gram model, which counts which characters follow which,
//! cannot know them: it would have to look back for the kite, and then for its owner. A model with attention
//! can, and with such a small vocabulary a small one learns it in a minute. No story is longer than 95
//! characters, so a context of 128 tokens holds it.

use rand::Rng;
use tensor::Key;

use super::told::Told;

const PEOPLE: [&str; 4] = ["Anna", "Ben", "Emma", "Mia"];
const COLORS: [&str; 4] = ["blue", "green", "pink", "red"];
const THINGS: [&str; 4] = ["ball", "hat", "kite", "pen"];

/// The number of people in a story, each of whom has a thing.
const OWNERS: usize = 2;

/// Draws `count` stories, one a line. Story `i` depends on `key` and `i` alone.
///
/// ```
/// use data::generated::{stories, story_entropy};
/// use tensor::Key;
///
/// let told = stories(2000, Key::new(7));
/// assert!((told.mean_surprise() - story_entropy()).abs() < 0.01);
/// let first = told.text.lines().next().unwrap();
/// assert!(first.contains("Who has the "));
/// ```
pub fn stories(count: usize, key: Key) -> Told {
    let mut all = Told::default();
    for number in 0..count as u64 {
        all.append(story(&mut key.fold_in(number).rng()));
    }
    all
}

/// Returns the entropy of the stories, in nats per character: the mean surprise of infinitely many. It is
/// the surprise of a story, which is the same for all, divided by their mean length.
pub fn story_entropy() -> f64 {
    let of_the_question = (OWNERS as f64).ln();
    let length = OWNERS as f64 * sentence_length() + question_length();
    (of_the_owners() + of_the_question) / length
}

/// Returns the surprise of the names, colors and things of all owners.
fn of_the_owners() -> f64 {
    let without_repeats =
        |all: usize| (0..OWNERS).map(|used| ((all - used) as f64).ln()).sum::<f64>();
    let colors = OWNERS as f64 * (COLORS.len() as f64).ln();
    without_repeats(PEOPLE.len()) + colors + without_repeats(THINGS.len())
}

fn mean_length(words: &[&str]) -> f64 {
    words.iter().map(|word| word.len()).sum::<usize>() as f64 / words.len() as f64
}

fn sentence_length() -> f64 {
    let words = mean_length(&PEOPLE) + mean_length(&COLORS) + mean_length(&THINGS);
    words + (" has a ".len() + " ".len() + ". ".len()) as f64
}

/// Returns the mean length of a question with its answers and the line feed after it.
fn question_length() -> f64 {
    let words = mean_length(&THINGS) + mean_length(&PEOPLE) + mean_length(&COLORS);
    words + ("Who has the ".len() + "? ".len() + ". What color is it? ".len() + ".\n".len()) as f64
}

/// A person, with the thing that they have.
struct Owner {
    person: &'static str,
    color: &'static str,
    thing: &'static str,
}

fn story(rng: &mut impl Rng) -> Told {
    let mut told = Told::default();
    let mut owners: Vec<Owner> = Vec::new();
    for _ in 0..OWNERS {
        let person =
            write_one(&mut told, &PEOPLE, |name| owners.iter().all(|o| o.person != name), rng);
        told.write(" has a ");
        let color = write_one(&mut told, &COLORS, |_| true, rng);
        told.write(" ");
        let thing =
            write_one(&mut told, &THINGS, |name| owners.iter().all(|o| o.thing != name), rng);
        told.write(". ");
        owners.push(Owner { person, color, thing });
    }
    ask(&mut told, &owners, rng);
    told
}

/// Writes one of the words that are free, all equally probable, and returns it.
fn write_one(
    told: &mut Told,
    words: &[&'static str],
    is_free: impl Fn(&str) -> bool,
    rng: &mut impl Rng,
) -> &'static str {
    let free: Vec<&'static str> = words.iter().copied().filter(|word| is_free(word)).collect();
    free[told.choose_evenly(&free, rng)]
}

/// Writes a question with its answers.
fn ask(told: &mut Told, owners: &[Owner], rng: &mut impl Rng) {
    told.write("Who has the ");
    let things: Vec<&str> = owners.iter().map(|owner| owner.thing).collect();
    let Owner { person, color, .. } = owners[told.choose_evenly(&things, rng)];
    told.write("? ");
    told.answer(person);
    told.write(". What color is it? ");
    told.answer(color);
    told.write(".\n");
}

//! Short stories about who has what, each with a question that a reader can answer.
//!
//! ```text
//! Jonas has a green ball. Emma has a black kite. Who has the kite? Emma. What color is it? black.
//! ```
//!
//! Two or three people have a thing each, and then there is a question about one of the things. The
//! answers follow from the story, so their surprise is 0. A model that counts which characters follow
//! which cannot know them: it would have to look back for the kite, and then for its owner. A model with
//! attention can. No story is longer than 126 characters, so a context of 128 tokens holds it.

use rand::Rng;
use tensor::Key;

use super::told::Told;

const PEOPLE: [&str; 8] = ["Anna", "Ben", "Clara", "David", "Emma", "Jonas", "Mia", "Paul"];
const COLORS: [&str; 6] = ["black", "green", "pink", "red", "white", "yellow"];
const THINGS: [&str; 8] = ["ball", "coin", "drum", "kite", "lamp", "hat", "pen", "top"];

/// The fewest and the most people of a story.
const FEWEST: usize = 2;
const MOST: usize = 3;

/// The probability of another owner, where there can be one.
const MORE: f64 = 0.5;

const QUESTION: &str = "Who has the ";

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
/// the expected surprise of a story divided by its expected length.
pub fn story_entropy() -> f64 {
    let (mut surprise, mut length) = (0.0, 0.0);
    let mut probability = 1.0;
    for owners in FEWEST..=MOST {
        // With this number of owners the question comes next, certainly if there are the most.
        let ends = probability * if owners == MOST { 1.0 } else { 1.0 - MORE };
        surprise += ends * (-ends.ln() + of_owners(owners) + (owners as f64).ln());
        length += ends * (owners as f64 * sentence_length() + question_length());
        probability -= ends;
    }
    surprise / length
}

/// Returns the surprise of the names, colors and things of this many sentences.
fn of_owners(owners: usize) -> f64 {
    let without_repeats =
        |all: usize| (0..owners).map(|used| ((all - used) as f64).ln()).sum::<f64>();
    let colors = owners as f64 * (COLORS.len() as f64).ln();
    without_repeats(PEOPLE.len()) + colors + without_repeats(THINGS.len())
}

fn mean_length(words: &[&str]) -> f64 {
    words.iter().map(|word| word.len()).sum::<usize>() as f64 / words.len() as f64
}

fn sentence_length() -> f64 {
    let words = mean_length(&PEOPLE) + mean_length(&COLORS) + mean_length(&THINGS);
    words + (" has a ".len() + " ".len() + ". ".len()) as f64
}

/// Returns the mean length of a question with its answers and the line feed behind it.
fn question_length() -> f64 {
    let words = mean_length(&THINGS) + mean_length(&PEOPLE) + mean_length(&COLORS);
    words + (QUESTION.len() + "? ".len() + ". What color is it? ".len() + ".\n".len()) as f64
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
    while let Some(person) = next_owner(&mut told, &owners, rng) {
        told.write(" has a ");
        let color = COLORS[told.choose_evenly(&COLORS, rng)];
        told.write(" ");
        let is_free = |thing: &&&str| owners.iter().all(|owner| owner.thing != **thing);
        let free: Vec<&'static str> = THINGS.iter().filter(is_free).copied().collect();
        let thing = free[told.choose_evenly(&free, rng)];
        told.write(". ");
        owners.push(Owner { person, color, thing });
    }
    ask(&mut told, &owners, rng);
    told
}

/// Writes the name of another person, or the beginning of the question.
fn next_owner(told: &mut Told, owners: &[Owner], rng: &mut impl Rng) -> Option<&'static str> {
    if owners.len() == MOST {
        told.write(QUESTION);
        return None;
    }
    let is_free = |person: &&&str| owners.iter().all(|owner| owner.person != **person);
    let free: Vec<&'static str> = PEOPLE.iter().filter(is_free).copied().collect();
    let more = if owners.len() < FEWEST { 1.0 } else { MORE };
    let mut options: Vec<(&str, f64)> =
        free.iter().map(|&person| (person, more / free.len() as f64)).collect();
    if more < 1.0 {
        options.push((QUESTION, 1.0 - more));
    }
    free.get(told.choose(&options, rng)).copied()
}

/// Writes the question with its answers, after its beginning.
fn ask(told: &mut Told, owners: &[Owner], rng: &mut impl Rng) {
    let things: Vec<&str> = owners.iter().map(|owner| owner.thing).collect();
    let Owner { person, color, .. } = owners[told.choose_evenly(&things, rng)];
    told.write("? ");
    told.answer(person);
    told.write(". What color is it? ");
    told.answer(color);
    told.write(".\n");
}

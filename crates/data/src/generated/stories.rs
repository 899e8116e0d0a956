//! Short stories about who has what, with questions that a reader can answer.
//!
//! ```text
//! Jonas has a green ball. Emma has a black kite. Who has the kite? Emma. What color is it? black.
//! ```
//!
//! Two to four people have a thing each, and then there are questions about some of the things. The
//! answers follow from the story, so their surprise is 0. A model that counts which characters follow
//! which cannot know them: it would have to look back for the kite, and then for its owner. A model with
//! attention can.

use rand::Rng;
use tensor::Key;

use super::told::Told;

const PEOPLE: [&str; 8] = ["Anna", "Ben", "Clara", "David", "Emma", "Jonas", "Julia", "Paul"];
const COLORS: [&str; 6] = ["red", "green", "blue", "black", "white", "yellow"];
const THINGS: [&str; 8] = ["ball", "kite", "book", "drum", "boat", "lamp", "coin", "doll"];

/// The fewest and the most people of a story.
const FEWEST: usize = 2;
const MOST: usize = 4;

/// The probability of another owner, and of another question, where there can be one.
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
        // With this number of owners the next thing is a question, certainly if there are the most.
        let is_last = owners == MOST;
        let ends = probability * if is_last { 1.0 } else { 1.0 - MORE };
        probability -= ends;
        let choices = (owners - FEWEST) as f64 * -MORE.ln();
        let to_questions = if is_last { 0.0 } else { -(1.0 - MORE).ln() };
        let (of_questions, question_length) = questions(owners);
        surprise += ends * (of_owners(owners) + choices + to_questions + of_questions);
        length += ends * (owners as f64 * sentence_length() + question_length);
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

/// Returns the expected surprise and the expected length of the questions about this many things.
fn questions(things: usize) -> (f64, f64) {
    let (mut surprise, mut length, mut probability) = (0.0, 0.0, 1.0);
    for asked in 0..things {
        let left = things - asked;
        surprise += probability * (left as f64).ln();
        length += probability * question_length();
        if left > 1 {
            let uncertain = -(MORE * MORE.ln() + (1.0 - MORE) * (1.0 - MORE).ln());
            surprise += probability * uncertain;
            probability *= MORE;
        }
    }
    (surprise, length)
}

fn mean_length(words: &[&str]) -> f64 {
    words.iter().map(|word| word.len()).sum::<usize>() as f64 / words.len() as f64
}

fn sentence_length() -> f64 {
    let words = mean_length(&PEOPLE) + mean_length(&COLORS) + mean_length(&THINGS);
    words + (" has a ".len() + " ".len() + ". ".len()) as f64
}

/// Returns the mean length of a question with its answers, and with the space or the line feed
/// behind it.
fn question_length() -> f64 {
    let words = mean_length(&THINGS) + mean_length(&PEOPLE) + mean_length(&COLORS);
    words + (QUESTION.len() + "? ".len() + ". What color is it? ".len() + ".".len() + 1) as f64
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
    ask(&mut told, owners, rng);
    told
}

/// Writes the name of another person, or the beginning of the first question.
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

/// Writes the questions with their answers. The first question has begun.
fn ask(told: &mut Told, mut owners: Vec<Owner>, rng: &mut impl Rng) {
    loop {
        let things: Vec<&str> = owners.iter().map(|owner| owner.thing).collect();
        let asked = told.choose_evenly(&things, rng);
        let Owner { person, color, .. } = owners.remove(asked);
        told.write("? ");
        told.answer(person);
        told.write(". What color is it? ");
        told.answer(color);
        told.write(".");
        if owners.is_empty() {
            return told.write("\n");
        }
        let next = format!(" {QUESTION}");
        if told.choose(&[(&next, MORE), ("\n", 1.0 - MORE)], rng) == 1 {
            return;
        }
    }
}

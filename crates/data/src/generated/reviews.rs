//! Short reviews over the eight emotions of Plutchik's wheel, from a grammar in which words
//! interact.
//!
//! The article's classifier sees the *mean* of its word vectors, a bag of words. The bag of a
//! review must decide its label, while no weighted count of its words may. So a review has one of
//! these frames:
//!
//! | frame | share | example | label |
//! |---|---|---|---|
//! | plain | 53 % | "I felt happy, merry and so giddy" | that emotion |
//! | negation | 27 % | "I was never happy, not merry" | its opposite on the wheel |
//! | double negation | 7 % | "Nobody wasn't happy" | that emotion: two negators cancel, as in XOR |
//! | contrast | 10 % | "not happy at all, but full of dread" | the noun's |
//! | reversed contrast | 3 % | "instead of dread, it left me happy" | the adjective's |
//!
//! Intensifiers ("very", "sheer", "slightly") occur in all frames. The label of 8 % is wrong, so no
//! model gets more than 92 % right in the long run.
//!
//! A linear model can only let each word vote, and "merry" votes for joy also where it is negated;
//! a hidden layer can ask "is *never* there as well?".
//!
//! With 10,000 training and 2,000 test reviews, measured for the seeds 7 and 0 of the data:
//! logistic regression on word counts 62 and 63 % test accuracy; the article's model (an embedding
//! of 128, the mean, dropout 0.2, 64 hidden units, dropout 0.2; 10 epochs of Adam) 88 and 87 % with
//! ReLU, 83 and 86 % with SwiGLU. Besides the wrong labels it misses contrast: it learns that the
//! noun decides, not that "instead" reverses this. Negation it learns abruptly, between the third
//! and the eighth epoch; with dropout 0.5 ten epochs are too few (76 to 86 %, SwiGLU 65 to 67).

mod words;

use std::io::{self, Write};

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};
use tensor::Key;

use crate::write_csv;
use words::{WHEEL, expansions};

/// The share of [`reviews`] whose label is replaced by one of the other seven.
pub const REVIEW_LABEL_NOISE: f64 = 0.08;

/// A generated review and the emotion it is labeled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Two English sentences.
    pub text: String,
    /// One of Plutchik's eight emotions, in lower case.
    pub label: &'static str,
}

/// Draws `count` reviews. Review `i` depends on `key` and `i` alone, so a longer run starts with
/// the shorter one.
///
/// Take one stream for training and another for testing:
///
/// ```
/// use data::generated::reviews;
/// use tensor::Key;
///
/// let key = Key::new(7);
/// let train = reviews(10_000, key.stream("train"));
/// let test = reviews(2_000, key.stream("test"));
/// assert_eq!((train.len(), test.len()), (10_000, 2_000));
/// assert_eq!(train[..5], reviews(5, key.stream("train")));
/// ```
pub fn reviews(count: usize, key: Key) -> Vec<Review> {
    (0..count as u64).map(|i| review(&mut key.fold_in(i).rng())).collect()
}

/// Writes reviews as CSV with the columns `text` and `label`.
///
/// # Errors
///
/// If `writer` fails.
pub fn write_reviews(writer: impl Write, reviews: &[Review]) -> io::Result<()> {
    let rows = reviews.iter().map(|review| [review.text.as_str(), review.label]);
    write_csv(writer, ["text", "label"], rows)
}

/// The rule by which the two emotions of a review decide its label.
#[derive(Clone, Copy)]
enum LabelRule {
    Adjective,
    OppositeOfAdjective,
    Noun,
    OppositeOfNoun,
}

/// Sentences that share a rule. `{adj}` and `{verb}` are words of one emotion, `{noun}` of another; a new
/// word each time.
struct Frame {
    weight: u32,
    verdict: LabelRule,
    templates: &'static [&'static str],
}

const FRAMES: &[Frame] = &[
    Frame {
        weight: 8,
        verdict: LabelRule::Adjective,
        templates: &[
            "I felt {adj}, {adj} and {very} {adj}.",
            "It left me {adj}, {adj} and {adj}.",
            "By the end I was {adj}, {adj}, even {adj}.",
            "The {part} made everyone {adj} and {very} {adj}.",
            "My {person} looked {adj}, and I was {adj} too.",
            "What a {adj} {thing}, and what a {adj} {part}.",
            "What a {adj} day, {adj} and {very} {adj}.",
            "I {verb} the {part}, my {person} {verb} it, we {verb} all of it.",
        ],
    },
    Frame {
        weight: 8,
        verdict: LabelRule::Noun,
        templates: &[
            "What a source of {noun}, {noun} and {noun}.",
            "It filled me with {noun} and {sheer} {noun}.",
            "The {part} is {noun}, {noun} and {sheer} {noun}.",
            "There was {noun} {place}, and {noun} in the {part}.",
            "My {person} was full of {noun}, {noun} and {noun}.",
        ],
    },
    Frame {
        weight: 4,
        verdict: LabelRule::OppositeOfAdjective,
        templates: &[
            "I {wasn't} {adj} or {adj}, not even {adj}.",
            "It {didn't} leave me {adj} or {adj}, and never {very} {adj}.",
            "By the end I {wasn't} {adj}, not {adj}, not {adj}.",
            "The {part} {didn't} make me {adj}, not once {adj}.",
            "My {person} {wasn't} {adj}, and I {wasn't} {very} {adj}.",
            "It {wasn't} a {adj} {thing}, and never a {adj} day.",
            "I never {verb} the {part}, and my {person} never {verb} it.",
        ],
    },
    Frame {
        weight: 4,
        verdict: LabelRule::OppositeOfNoun,
        templates: &[
            "It {didn't} fill me with {noun} or {noun}, not even {noun}.",
            "There {wasn't} {noun} {place}, and never {noun} in the {part}.",
            "The {part} {wasn't} a source of {noun} or {noun}, not once of {noun}.",
            "My {person} {wasn't} full of {noun}, not even of {noun}.",
        ],
    },
    Frame {
        weight: 1,
        verdict: LabelRule::Adjective,
        templates: &[
            "I can't deny I was {adj}, and nobody {wasn't} {adj}.",
            "Nobody can say it {didn't} leave them {adj} and {adj}.",
            "Nobody {wasn't} {adj} {place}, and nobody denied being {adj}.",
        ],
    },
    Frame {
        weight: 1,
        verdict: LabelRule::Noun,
        templates: &[
            "Nobody can deny it {didn't} lack {noun} and {noun}.",
            "Nobody {wasn't} full of {noun} {place}, and nobody lacked {noun}.",
        ],
    },
    Frame {
        weight: 3,
        verdict: LabelRule::Noun,
        templates: &[
            "I was not {adj} or {adj} at all, but full of {noun} and {noun}.",
            "Not {adj} at all, not {adj}, but {sheer} {noun} and {noun}.",
            "It left me {slightly} {adj} and {adj}, but it was {sheer} {noun} and {sheer} {noun}.",
            "I was {slightly} {adj}, {slightly} {adj}, but the {part} is {sheer} {noun} and \
             {noun}.",
            "My {person} looked {adj} and {adj}, but there was {sheer} {noun} and {noun}.",
        ],
    },
    Frame {
        weight: 1,
        verdict: LabelRule::Adjective,
        templates: &[
            "Instead of {noun} and {noun}, it left me {adj} and {adj}.",
            "I felt {adj} and {very} {adj} instead of full of {noun} or {noun}.",
            "Instead of the {noun} and {noun} my {person} promised, I was {adj} and {adj}.",
            "A {hint} of {noun}, a {hint} of {noun}, and instead I was {very} {adj} and {adj}.",
            "The {part} made me {very} {adj} and {adj} instead, for all the {noun} and {noun}.",
        ],
    },
];

fn review(rng: &mut impl Rng) -> Review {
    let frame =
        FRAMES.choose_weighted(rng, |frame| frame.weight).expect("the weights are positive");
    let adjective = rng.random_range(0..WHEEL.len());
    let noun = another(adjective, rng);
    let said = match frame.verdict {
        LabelRule::Adjective => adjective,
        LabelRule::OppositeOfAdjective => opposite(adjective),
        LabelRule::Noun => noun,
        LabelRule::OppositeOfNoun => opposite(noun),
    };
    let label = if rng.random_bool(REVIEW_LABEL_NOISE) { another(said, rng) } else { said };
    let mut grammar = Grammar::new(adjective, noun, rng);
    let verdict = frame.templates.choose(rng).expect("a frame has templates");
    let text = grammar.expand(verdict, rng);
    let text = match rng.random_bool(0.6) {
        true => grammar.expand("{opening} ", rng) + &text,
        false => text + &grammar.expand(" {closing}", rng),
    };
    Review { text, label: WHEEL[label].name }
}

fn opposite(emotion: usize) -> usize {
    (emotion + WHEEL.len() / 2) % WHEEL.len()
}

/// Returns any emotion but this one.
fn another(emotion: usize, rng: &mut impl Rng) -> usize {
    (emotion + rng.random_range(1..WHEEL.len())) % WHEEL.len()
}

/// Fills in templates. Each review draws its own order of the emotion words.
struct Grammar {
    adjectives: Vec<&'static str>,
    nouns: Vec<&'static str>,
    verbs: Vec<&'static str>,
}

impl Grammar {
    fn new(adjective: usize, noun: usize, rng: &mut impl Rng) -> Grammar {
        let mut adjectives = WHEEL[adjective].adjectives.to_vec();
        let mut nouns = WHEEL[noun].nouns.to_vec();
        let mut verbs = WHEEL[adjective].verbs.to_vec();
        adjectives.shuffle(rng);
        nouns.shuffle(rng);
        verbs.shuffle(rng);
        Grammar { adjectives, nouns, verbs }
    }

    /// Replaces each `{symbol}` by one of its expansions, drawn evenly, and expands the symbols in
    /// it too.
    fn expand(&mut self, template: &str, rng: &mut impl Rng) -> String {
        let mut pieces = template.split('{');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (symbol, rest) = piece.split_once('}').expect("a brace that opens is closed");
            let choice = match symbol {
                "adj" => self.adjectives.pop().expect("enough adjectives for a template"),
                "verb" => self.verbs.pop().expect("enough verbs for a template"),
                "noun" => self.nouns.pop().expect("enough nouns for a template"),
                symbol => expansions(symbol).choose(rng).expect("a symbol has expansions"),
            };
            text += &self.expand(choice, rng);
            text += rest;
        }
        text
    }
}

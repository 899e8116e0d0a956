//! Tokens of several documents, one after the other, with what is known about each.

use std::cmp::Ordering;
use std::ops::Range;

use data::{Dataset, DrawnWindows, Vocabulary, Windows};
use tensor::Key;

/// A list of tokens, and where in it documents begin.
///
/// Tokens of a generated text also have the surprise that the generator counted: no model can do better in
/// the mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    pub(crate) tokens: Vec<u32>,
    pub(crate) starts: Vec<usize>,
    /// The tokens after each document, and so before the next; empty if each begins with a mark of its own.
    pub(crate) mark: Vec<u32>,
    /// The number of tokens at the beginning of each document that its text does not have, such as `<s>`.
    pub(crate) inserted: usize,
    pub(crate) known: Option<KnownTokens>,
}

/// What a generator knows about each token of its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownTokens {
    /// −ln p of each token given all before it in its document, in nats. A token of several characters has
    /// the sum over them, so that the sum over a document is right.
    pub surprise: Vec<f64>,
    /// `true` for a token with characters of an answer.
    pub is_answer: Vec<bool>,
}

impl Documents {
    /// Returns the tokens of all documents.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Returns the place of each document's first token.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Returns what the generator knows, if the text is generated.
    pub fn known(&self) -> Option<&KnownTokens> {
        self.known.as_ref()
    }

    /// Returns the bytes of the text (UTF-8) that the token at a place covers. There are none for a token that was put
    /// before a document, such as `<s>`, and a space that a tokenizer puts before a text is left out.
    ///
    /// # Panics
    /// If there is no token at this place, or the vocabulary is not that of the documents.
    #[track_caller]
    pub fn bytes(&self, vocabulary: &Vocabulary, place: usize) -> Vec<u8> {
        let token = self.tokens[place];
        match self.in_document(place).cmp(&self.inserted) {
            Ordering::Less => Vec::new(),
            // What a tokenizer puts before the text is in its first token.
            Ordering::Equal => vocabulary.decode(&[token]),
            Ordering::Greater => vocabulary.token(token),
        }
    }

    /// Returns `true` for the place of a token that was put before a document, such as `<s>`.
    pub(crate) fn is_inserted(&self, place: usize) -> bool {
        self.in_document(place) < self.inserted
    }

    /// Returns the number of tokens before a place in its document.
    fn in_document(&self, place: usize) -> usize {
        let begun = self.starts.partition_point(|&start| start <= place);
        place - self.starts[begun - 1]
    }

    /// Returns `true` if no token can be predicted: there are fewer than two.
    pub fn is_empty(&self) -> bool {
        self.tokens.len() < 2
    }

    /// Returns the windows of at most `length` tokens to train and to evaluate on. Each begins with a document,
    /// and has as many whole documents as fit. What follows the document before it, such as a line break, comes
    /// first, so that a model can begin a document as it has learned to.
    ///
    /// A document that is longer is cut into several windows. If it is *generated*, only the first is kept:
    /// the others would not see who owns what, and the floor would not be theirs.
    ///
    /// # Panics
    /// If `length` is 0, or there are no documents.
    #[track_caller]
    pub fn windows(&self, length: usize) -> Dataset<Windows, Windows> {
        assert!(!self.is_empty(), "Documents: there is nothing to predict without two tokens");
        let openings: Vec<usize> =
            (0..self.starts.len()).map(|number| self.opening(number)).collect();
        let windows = Windows::of_documents(&self.tokens, &openings, length);
        if self.known.is_none() {
            return windows;
        }
        let begins = |&window: &u32| {
            let start = windows.inputs().places(window as usize).start;
            openings.binary_search(&start).is_ok()
        };
        let kept: Vec<u32> = (0..windows.len() as u32).filter(begins).collect();
        windows.select(&kept)
    }

    /// Returns where a window that begins with this document begins: with the mark before it, if it is there.
    fn opening(&self, number: usize) -> usize {
        let start = self.starts[number];
        let before = start.saturating_sub(self.mark.len());
        let is_marked = number > 0
            && before >= self.starts[number - 1]
            && self.tokens[before..start] == self.mark;
        if is_marked { before } else { start }
    }

    /// Returns windows of `length` tokens at places drawn from `key`, to train on one long text: `count` for each
    /// epoch, `total` in all.
    ///
    /// # Panics
    /// If `length`, `count` or `total` is 0, or there are not more than `length` tokens.
    #[track_caller]
    pub fn drawn_windows(
        &self,
        length: usize,
        count: usize,
        total: usize,
        key: Key,
    ) -> DrawnWindows {
        DrawnWindows::new(&self.tokens, length, count, total, key)
    }

    /// Returns the places in [`tokens`](Self::tokens) of the targets of [`windows`](Self::windows), in ascending
    /// order: which tokens a loss on these windows is about.
    ///
    /// # Panics
    /// If [`windows`](Self::windows) panics.
    #[track_caller]
    pub fn predicted(&self, length: usize) -> Vec<usize> {
        let windows = self.windows(length);
        (0..windows.len()).flat_map(|window| windows.targets().places(window)).collect()
    }

    /// Returns the mean surprise of the tokens at these places for the generator, in nats, if the text is
    /// generated: no model has a smaller loss on them in the long run.
    ///
    /// ```
    /// use language::Corpus;
    ///
    /// let validation = Corpus::stories(50, 1).validation;
    /// let floor = validation.floor(&validation.predicted(128));
    /// assert!(floor.is_some_and(|nats| nats > 0.09 && nats < 0.1));
    /// ```
    ///
    /// # Panics
    /// If there is no token at a place.
    #[track_caller]
    pub fn floor(&self, places: &[usize]) -> Option<f64> {
        let surprise = &self.known.as_ref()?.surprise;
        Some(places.iter().map(|&place| surprise[place]).sum::<f64>() / places.len() as f64)
    }

    /// Returns the answers: runs of tokens of answers.
    pub(crate) fn answers(&self) -> Vec<Range<usize>> {
        let is_answer = self.known.as_ref().map_or(&[][..], |known| &known.is_answer);
        let mut answers: Vec<Range<usize>> = Vec::new();
        for place in (0..is_answer.len()).filter(|&place| is_answer[place]) {
            match answers.last_mut() {
                Some(answer) if answer.end == place => answer.end += 1,
                _ => answers.push(place..place + 1),
            }
        }
        answers
    }

    /// Returns where a window with the document of a place begins.
    pub(crate) fn opening_of(&self, place: usize) -> usize {
        // The mark before a document is in its window, not in the window of the document before.
        let next = self.starts.partition_point(|&start| start <= place);
        let is_next = next < self.starts.len() && self.opening(next) <= place;
        self.opening(if is_next { next } else { next - 1 })
    }
}

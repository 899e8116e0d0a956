/// Splits a text into words: small letters, without punctuation.
pub fn words(text: &str) -> Vec<String> {
    let pieces = text.split(|c: char| !c.is_alphanumeric());
    pieces.filter(|piece| !piece.is_empty()).map(str::to_lowercase).collect()
}

/// The words that have a number. Number 0 is any other word.
pub struct Vocabulary {
    pub words: Vec<String>,
}

impl Vocabulary {
    /// Numbers the words of texts, the most frequent first.
    pub fn new(texts: &[&str]) -> Self {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for word in texts.iter().flat_map(|text| words(text)) {
            *counts.entry(word).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut words = vec!["(unknown)".to_string()];
        words.extend(counts.into_iter().map(|(word, _)| word));
        Self { words }
    }

    /// Returns the numbers of the words of a text.
    pub fn ids(&self, text: &str) -> Vec<usize> {
        let id = |word: &String| self.words.iter().position(|known| known == word);
        words(text).iter().map(|word| id(word).unwrap_or(0)).collect()
    }
}

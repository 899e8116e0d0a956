//! Turns texts into token ids.

use std::error::Error;
use std::path::Path;

use data::generated::{Review, reviews, write_reviews};
use data::{Dataset, Labels, Sequences, Table, Tokenizer, excerpt, excerpts, printable_path};
use files::write_whole;
use tensor::{Key, Tensor};

use crate::notes::{note, note_labels};
use crate::source::SampleSource;

/// The id that pads short texts. The tokenizer does not give it to a word.
pub const PADDING: u32 = 0;

/// More classes than this are names or texts read as labels by mistake.
const MOST_CLASSES: usize = 1_000;

/// Texts as token ids, each at its own length, with their classes.
pub type TokenIds = Dataset<Sequences<u32>>;

/// Training and test texts as token ids, with their tokenizer and labels.
pub struct Texts {
    pub train: TokenIds,
    pub test: TokenIds,
    pub test_texts: Vec<String>,
    pub labels: Labels,
    pub tokenizer: Tokenizer,
    /// The number of known words after which texts were cut, if they were cut.
    pub max_length: Option<usize>,
    /// The number of known words in the longest training text.
    pub longest: usize,
    /// A sentence with the number of texts, classes and words.
    pub summary: String,
}

/// Texts, each with the name of its class.
struct Labeled {
    texts: Vec<String>,
    names: Vec<String>,
}

impl Texts {
    /// Reads the CSV files, or generates reviews.
    pub fn load(
        source: &SampleSource,
        text_column: &str,
        vocabulary: usize,
        max_length: Option<usize>,
    ) -> Result<Self, Box<dyn Error>> {
        let (labels, parts) = match source.files() {
            Some((train, test)) => Labeled::read(train, test, text_column, &source.label_column)?,
            None => {
                let (train, test) = generated(source);
                let parts = [train, test].map(Labeled::from);
                (Labels::of(parts[0].names.clone()), parts)
            }
        };
        Self::encode(labels, parts, vocabulary, max_length)
    }

    /// Fits the tokenizer on the training texts, and turns all texts into token ids.
    fn encode(
        labels: Labels,
        [train, test]: [Labeled; 2],
        vocabulary: usize,
        max_length: Option<usize>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut tokenizer = Tokenizer::new().with_num_words(vocabulary);
        tokenizer.fit_on_texts(&train.texts);
        let dataset = |labeled: &Labeled| -> Result<(TokenIds, usize), Box<dyn Error>> {
            let classes = labeled.names.iter().map(|name| labels.class(name));
            let classes = classes.collect::<Result<Vec<u32>, _>>()?;
            let (ids, cut) = token_ids(&tokenizer, &labeled.texts, max_length);
            Ok((Dataset::new(ids, Tensor::from(classes)), cut))
        };
        let ((train, cut), (test_data, cut_in_test)) = (dataset(&train)?, dataset(&test)?);
        let longest = train.inputs().longest();
        if longest == 0 {
            return Err("the training texts have no words; give texts of words".into());
        }
        if let (Some(max_length), true) = (max_length, cut + cut_in_test > 0) {
            note(&format!(
                "{cut} of {} training texts and {cut_in_test} of {} test texts have more than \
                 {max_length} known words and are cut (--max-length)",
                train.len(),
                test_data.len()
            ));
        }
        let words = tokenizer.word_counts().len();
        let known = match vocabulary - 1 {
            known if known < words => format!("the {known} most frequent of them known"),
            _ => "all of them known".to_string(),
        };
        let summary = format!(
            "{} training and {} test texts, {} classes: {}\n{words} different words, {known}; at most \
             {longest} known words in a training text",
            train.len(),
            test_data.len(),
            labels.len(),
            excerpts(labels.names()),
        );
        Ok(Self {
            train,
            test: test_data,
            test_texts: test.texts,
            labels,
            tokenizer,
            max_length,
            longest,
            summary,
        })
    }
}

impl Labeled {
    /// Reads CSV files to train and to test on, and returns their labels with them.
    fn read(
        train: &Path,
        test: &Path,
        text_column: &str,
        label_column: &str,
    ) -> Result<(Labels, [Self; 2]), Box<dyn Error>> {
        check_columns(text_column, label_column)?;
        let (train_table, test_table) = (Table::read(train)?, Table::read(test)?);
        let labeled = |table: &Table| -> Result<Self, Box<dyn Error>> {
            Ok(Self {
                texts: owned(table.text(text_column)?),
                names: owned(table.names(label_column)?),
            })
        };
        let file = printable_path(train);
        let train = labeled(&train_table)?;
        let labels = Labels::of(train.names.clone());
        let column = format!("{file}, column `{label_column}`");
        if !(2..=MOST_CLASSES).contains(&labels.len()) {
            return Err(format!(
                "{column}: found {} different labels, such as {}; expected \
                 from 2 to {MOST_CLASSES} classes",
                labels.len(),
                excerpt(labels.name(0))
            )
            .into());
        }
        note_labels(&column, train.names.iter().map(String::as_str));
        // This check is here, because an unknown label still has a file and a line.
        test_table.classes(label_column, &labels)?;
        Ok((labels, [train, labeled(&test_table)?]))
    }
}

impl From<Vec<Review>> for Labeled {
    fn from(reviews: Vec<Review>) -> Self {
        Self {
            names: reviews.iter().map(|review| review.label.to_string()).collect(),
            texts: reviews.into_iter().map(|review| review.text).collect(),
        }
    }
}

/// Reviews to train and to test on.
fn generated(source: &SampleSource) -> (Vec<Review>, Vec<Review>) {
    let key = Key::new(source.data_seed);
    (reviews(10_000, key.stream("train")), reviews(2_000, key.stream("test")))
}

/// Writes the generated reviews as CSV files, if requested.
pub fn export(source: &SampleSource) -> Result<(), Box<dyn Error>> {
    if let Some((train_file, test_file)) = source.export_files()? {
        let (train, test) = generated(source);
        write_whole(train_file, |file| write_reviews(file, &train))?;
        write_whole(test_file, |file| write_reviews(file, &test))?;
    }
    Ok(())
}

/// Returns the token ids of each text, and the number of texts that were shortened because they are
/// longer.
pub fn token_ids(
    tokenizer: &Tokenizer,
    texts: &[String],
    max_length: Option<usize>,
) -> (Sequences<u32>, usize) {
    let ids = Sequences::new(tokenizer.texts_to_sequences(texts), PADDING);
    match max_length {
        None => (ids, 0),
        Some(longest) => {
            let cut = ids.iter().filter(|ids| ids.len() > longest).count();
            (ids.cut_to(longest), cut)
        }
    }
}

/// Checks that a text and its label are not the same.
pub fn check_columns(text: &str, label: &str) -> Result<(), String> {
    match text == label {
        false => Ok(()),
        true => Err(format!(
            "--text-column and --label-column are both `{text}`: the label would be read off the text"
        )),
    }
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_string).collect()
}

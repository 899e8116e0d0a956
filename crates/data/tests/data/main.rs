//! The tests of `data`, in one program: to link one is quicker than to link many.

mod batches;
mod frame;
mod generated;
mod hostile;
mod hostile_tokenizer;
mod hugging;
mod labels;
mod language;
mod stored;
mod streams;
mod table;
mod tokenizer;
mod windows;

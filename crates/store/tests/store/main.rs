//! The tests of `store`, in one program: to link one is quicker than to link many.

mod checkpoints;
mod false_checkpoints;
mod fine_tuning;
mod interchange;
mod llama;
mod llama2c;
mod llama_folder;
mod loaded;
mod npy;
mod own_metrics;
mod saved;
mod tasks;
mod tokenizer;

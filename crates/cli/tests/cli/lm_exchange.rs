//! Language models that come from other programs or go to them: where their texts begin and end, and what is refused.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::program::wengert;
use programs::Outcome;

fn run(folder: &Path, arguments: &str) -> String {
    wengert(folder, &format!("lm {arguments}")).success()
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A tokenizer of bytes that are `a`, `ab` and a line break, with `</s>`; a template puts `<s>` before a text if it is
/// `marked`.
fn tokenizer(marked: bool) -> String {
    let added = |id: u32, content: &str| json!({"id": id, "content": content, "special": true});
    let template = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}
    });
    let file = json!({
        "added_tokens": [added(4, "</s>"), added(5, "<s>")],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
        "post_processor": if marked { template } else { Value::Null },
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ċ": 3}, "merges": ["a b"]}
    });
    file.to_string()
}

/// Returns a folder with a model `a.st` that has learned a text by heart.
fn trained_on(text: &str, marked: bool, options: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("text.txt"), text).unwrap();
    fs::write(folder.path().join("tokenizer.json"), tokenizer(marked)).unwrap();
    let sizes = "--width 16 --layers 1 --heads 2 --context 12 --batch-size 8 --lr 0.02";
    let tokens = "--text text.txt --tokens tokenizer.json --kind silu --validation 0";
    run(folder.path(), &format!("train {tokens} {sizes} {options} --save a.st"));
    folder
}

#[test]
fn a_text_ends_before_the_token_that_ends_texts() {
    let folder = trained_on(&"aab</s>".repeat(40), false, "--steps 80");
    let generate = |model: &str| {
        run(folder.path(), &format!("generate --model {model} a --temperature 0 --tokens 20"))
    };
    assert_eq!(generate("a.st"), "aab\n");
    run(folder.path(), "export --model a.st --to there");
    assert_eq!(json_of(&folder.path().join("there/config.json"))["eos_token_id"], 4);
    run(folder.path(), "import there --save back.st");
    assert_eq!(generate("back.st"), "aab\n");
    for file in ["config.json", "model.safetensors"] {
        let over = wengert(folder.path(), &format!("lm import there --save there/{file}"));
        let told = format!("FROM and --save lead to the same place, there/{file}");
        assert!(over.code == Some(2) && over.stderr.contains(&told), "{}", over.stderr);
    }
    let over = "lm import there --tokens tokenizer.json --save tokenizer.json";
    let over = wengert(folder.path(), over);
    assert!(over.stderr.contains("--tokens and --save lead to the same place"), "{}", over.stderr);

    // The folder of a model may name other tokens.
    let config = folder.path().join("there/config.json");
    let mut changed = json_of(&config);
    changed["eos_token_id"] = json!([2, 4]);
    fs::write(&config, changed.to_string()).unwrap();
    run(folder.path(), "import there --save other.st");
    assert_eq!(generate("other.st"), "a\n");
    fs::write(folder.path().join("there/generation_config.json"), r#"{"eos_token_id": 4}"#)
        .unwrap();
    run(folder.path(), "import there --save newer.st");
    assert_eq!(generate("newer.st"), "aab\n");
}

#[test]
fn a_document_ends_where_the_mark_of_the_next_would_come() {
    let folder = trained_on(&"aab\n".repeat(60), true, "--documents lines --steps 80");
    let generate = || run(folder.path(), "generate --model a.st --temperature 0 --tokens 20");
    assert_eq!(generate(), "aab\n\n");
}

/// `<s>` is not in the text, though the program puts it before each document.
#[test]
fn bits_a_byte_do_not_count_marks_of_documents() {
    let folder = trained_on(&"aab\n".repeat(60), true, "--documents lines --steps 3");
    fs::write(folder.path().join("other.txt"), "aab\naab\nab\n").unwrap();
    let options = "evaluate --model a.st --text other.txt --documents lines --json";
    let figures: Value = serde_json::from_str(&run(folder.path(), options)).unwrap();
    let number = |key: &str| figures["score"][key].as_f64().unwrap();
    assert_eq!((number("bytes"), number("characters")), (11.0, 11.0));
    // Three documents of 3, 3 and 2 tokens, each after a mark: the first mark is not predicted.
    assert_eq!(number("tokens"), 10.0);
    let bits = figures["bits_per_byte"].as_f64().unwrap();
    assert!((bits - number("text_nats") / 11.0 / std::f64::consts::LN_2).abs() < 1e-12);
    assert!(number("text_nats") < number("loss") * 10.0);
}

#[test]
fn what_a_document_begins_after_is_kept_by_an_export_and_an_import() {
    let tiny = "train --count 60 --width 16 --layers 1 --heads 2 --steps 4 --batch-size 4 --kind silu --save a.st";
    for tokens in ["characters", "byte-pairs=270"] {
        let folder = tempdir().unwrap();
        run(folder.path(), &format!("{tiny} --tokens {tokens}"));
        run(folder.path(), "export --model a.st --to there");
        let config = json_of(&folder.path().join("there/config.json"));
        assert!(
            config["bos_token_id"].is_u64() && config["bos_token_id"] == config["eos_token_id"]
        );
        run(folder.path(), "import there --save back.st");
        let begun =
            |model: &str| run(folder.path(), &format!("generate --model {model} --tokens 40"));
        assert_eq!(begun("a.st"), begun("back.st"));
        assert!(begun("a.st").len() > 2);
    }
    // A tokenizer.json has no place for it, but config.json has.
    let folder = trained_on(&"aab\n".repeat(60), false, "--documents lines --steps 3");
    run(folder.path(), "export --model a.st --to there");
    assert_eq!(json_of(&folder.path().join("there/config.json"))["bos_token_id"], 3);
    run(folder.path(), "import there --save back.st");
    let begun = |model: &str| run(folder.path(), &format!("generate --model {model} --tokens 9"));
    assert_eq!(begun("a.st"), begun("back.st"));
}

/// The program of llama2.c ends a text with token 1 or 2, whatever the tokens are called.
#[test]
fn a_model_of_llama2c_ends_where_its_program_ends() {
    let folder = tempdir().unwrap();
    // The token that begins a text is `y`; within another token the same letter ends nothing.
    let vocabulary = json!({"?": 0, "y": 1, "z": 2, "a": 3, "by": 4});
    let file = json!({
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []}
    });
    fs::write(folder.path().join("tokenizer.json"), file.to_string()).unwrap();
    for (token, expected) in [(1, "a\n"), (2, "a\n"), (4, "abybyby\n")] {
        fs::write(folder.path().join("a.bin"), always(token)).unwrap();
        run(folder.path(), "import a.bin --tokens tokenizer.json --save a.st");
        let text = run(folder.path(), "generate --model a.st a --temperature 0 --tokens 3");
        assert_eq!(text, expected);
    }
}

/// Returns a checkpoint of llama2.c. The model has five tokens and always writes this one.
fn always(token: usize) -> Vec<u8> {
    let header = [2i32, 2, 1, 1, 1, -5, 8];
    // Embeddings and norms are 1, what blocks add is 0; cosines and sines follow.
    let blocks = [vec![1.0; 2], vec![0.0; 16], vec![1.0; 2], vec![0.0; 12]].concat();
    let mut head = vec![0.0; 10];
    head[2 * token..2 * token + 2].fill(1.0);
    let numbers = [vec![1.0; 10], blocks, vec![1.0; 2], vec![0.0; 16], head].concat();
    let header = header.into_iter().flat_map(i32::to_le_bytes);
    header.chain(numbers.into_iter().flat_map(f32::to_le_bytes)).collect()
}

#[test]
fn what_loading_would_refuse_is_refused_at_the_import() {
    let folder = trained_on(&"aab</s>".repeat(40), false, "--steps 1");
    run(folder.path(), "export --model a.st --to there");
    let larger = tokenizer(false).replace(r#""Ċ":3"#, r#""Ċ":3,"ba":6,"bb":7"#);
    fs::write(folder.path().join("larger.json"), larger).unwrap();
    let Outcome { code, stderr, .. } =
        wengert(folder.path(), "lm import there --tokens larger.json --save b.st");
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("there: its tokenizer has 8 tokens but the model only 6; give "),
        "{stderr}"
    );
    assert!(!folder.path().join("b.st").exists());
    let config = folder.path().join("there/config.json");
    let whole = json_of(&config);
    for (key, value, tells) in [
        (
            "max_position_embeddings",
            json!(2_000_000_000),
            "its context of 2000000000 tokens is too long",
        ),
        ("eos_token_id", json!("end"), "`eos_token_id` is `end`: it must be the id of a token"),
        ("bos_token_id", json!(-1), "`bos_token_id` is `-1`: it must be the id of a token"),
    ] {
        let mut changed = whole.clone();
        changed[key] = value;
        fs::write(&config, changed.to_string()).unwrap();
        let Outcome { code, stderr, .. } = wengert(folder.path(), "lm import there --save b.st");
        assert!(code == Some(2) && stderr.contains(tells), "{key}: {stderr}");
        assert!(!folder.path().join("b.st").exists());
    }
    // A long context alone costs nothing until it is filled.
    let mut long = whole;
    long["max_position_embeddings"] = json!(1_000_000);
    fs::write(&config, long.to_string()).unwrap();
    run(folder.path(), "import there --save long.st");
    run(folder.path(), "generate --model long.st a --tokens 3");
}

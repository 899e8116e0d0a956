//! `train FILE --search`, `compare FILE` and `gradcheck FILE`.

use std::fs;

use crate::program::wengert;
use crate::table::folder;

const SMALL: &str = "shop.csv --target sold --vocab 300 --epochs 9 --hidden 8 --embedding 8";

#[test]
fn a_search_is_told_repeated_and_resumed_to_the_same_model() {
    let folder = folder();
    let folder = folder.path();
    let search = format!("train {SMALL} --search 4 --report search.html --json=search.json");
    let output = wengert(folder, &format!("{search} --save first.st --checkpoint run")).success();
    for told in
        ["1 is the default", "round 3 of 3: setting ", "is trained once more, on all 192 rows"]
    {
        assert!(output.contains(told), "no `{told}` in\n{output}");
    }
    let page = fs::read_to_string(folder.join("search.html")).unwrap();
    assert!(page.contains("Search of 4 settings") && page.contains("(chosen)"));
    // What is left of an interrupted search: its first trials.
    let state = folder.join("run/search.json");
    let trials = fs::read_to_string(&state).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&trials).unwrap();
    let trials = kept["trials"].as_array_mut().unwrap();
    assert_eq!(trials.len(), 4 + 2 + 1);
    trials.truncate(3);
    fs::write(&state, kept.to_string()).unwrap();
    for file in fs::read_dir(folder.join("run")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_dir() {
            fs::remove_dir_all(file).unwrap();
        }
    }
    let resumed = format!("{search} --save second.st --resume run");
    let resumed = wengert(folder, &resumed).success();
    let model = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(model("first.st") == model("second.st"), "{output}\n{resumed}");
    wengert(folder, &format!("train {SMALL} --search 4 --resume run --watch-layers")).success();
    let options = fs::read(folder.join("run/options.json")).unwrap();
    for file in ["options.json", "search.json"] {
        let over = wengert(folder, &format!("{search} --save run/{file} --resume run"));
        let told = format!("--resume and --save lead to the same place, run/{file}");
        assert!(over.code == Some(2) && over.stderr.contains(&told), "{}", over.stderr);
    }
    assert_eq!(fs::read(folder.join("run/options.json")).unwrap(), options);
    let rounds = |output: &str| output.lines().filter(|line| line.starts_with("round ")).count();
    assert_eq!((rounds(&output), rounds(&resumed)), (7, 4));
    let shop = fs::read_to_string(folder.join("shop.csv")).unwrap();
    fs::write(folder.join("shop.csv"), shop.replacen("Rome", "Oslo", 1)).unwrap();
    let other = wengert(folder, &format!("{search} --save third.st --resume run"));
    assert!(other.stderr.contains("the rows or the options of training"), "{}", other.stderr);
    fs::write(folder.join("shop.csv"), shop).unwrap();
    let other = wengert(folder, &format!("train {SMALL} --search 5 --resume run"));
    assert!(other.stderr.contains("--search 4"), "{}", other.stderr);
}

#[test]
fn activations_are_compared_on_a_table_over_seeds() {
    let folder = folder();
    let compare = format!("compare {SMALL} --activation relu,swiglu --seeds 2 --json=out.json");
    let output = wengert(folder.path(), &compare).success();
    assert!(output.contains("swiglu − relu: "), "{output}");
    assert!(output.contains("relu  seed 1: accuracy "), "{output}");
    let report = fs::read(folder.path().join("out.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["models"][1]["runs"].as_array().unwrap().len(), 2);
    let numbers = "compare rents.csv --target Miete --epochs 2 --seeds 2 --quiet";
    let output = wengert(folder.path(), numbers).success();
    assert!(output.contains("swiglu − relu: "), "{output}");
}

#[test]
fn gradients_of_a_tables_model_are_checked_before_and_after_training() {
    let folder = folder();
    let folder = folder.path();
    let small = "--vocab 50 --hidden 4 --embedding 4";
    let fresh = format!("gradcheck shop.csv --target sold {small} --activation swiglu --samples 3");
    let output = wengert(folder, &fresh).success();
    assert!(output.contains("swiglu: gradient check passed"), "{output}");
    assert!(output.contains("hidden2.weight") && output.contains("category1.city"), "{output}");
    wengert(folder, &format!("train {SMALL} --quiet --save shop.st")).success();
    let output = wengert(folder, "gradcheck shop.csv --model shop.st --samples 3").success();
    assert!(output.contains("shop.st: gradient check passed"), "{output}");
}

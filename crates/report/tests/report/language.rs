//! The report of a language model: the page holds its figures, colors what is above the floor, and foreign text stays
//! text.

use report::{
    AttentionHead, AttentionMaps, CountingModel, GateRow, LanguageReport, LossPoint, ResultRow,
    SurpriseToken,
};
use serde_json::Value;

fn token(text: &str, surprise: Option<f64>, floor: Option<f64>) -> SurpriseToken {
    SurpriseToken { text: text.to_string(), surprise, floor }
}

fn report() -> LanguageReport {
    let result = |name: &str, value, decimals| ResultRow {
        name: name.to_string(),
        value,
        decimals,
        unit: String::new(),
    };
    let head = |number, thousandths| AttentionHead { block: 0, head: number, thousandths };
    LanguageReport {
        title: "<Model>".to_string(),
        command: "wengert lm train".to_string(),
        data: "Some stories.".to_string(),
        losses: vec![
            LossPoint { step: 10, training: 2.0, validation: Some(1.5) },
            LossPoint { step: 20, training: 1.0, validation: Some(0.75) },
        ],
        floor: Some(0.25),
        baseline: Some(CountingModel { name: "Kneser–Ney of order 8".to_string(), loss: 0.5 }),
        results: vec![result("gap to the floor", -0.0321, 4), result("answers right", 97.26, 1)],
        gates: vec![GateRow { block: 0, beta: 1.5, gamma: -0.25 }],
        surprises: vec![
            token("<b>", None, None),
            token("E", Some(2.5), Some(0.5)),
            token("m", Some(0.01), Some(0.0)),
            token("\n", Some(0.5), Some(2.0)),
        ],
        attention: Some(AttentionMaps {
            tokens: vec!["a".to_string(), "</script>".to_string()],
            left_out: 0,
            head: 1,
            token: 1,
            heads: vec![
                head(0, vec![vec![1000], vec![250, 750]]),
                head(1, vec![vec![1000], vec![900, 100]]),
            ],
        }),
        sample: "Emma & Ben".to_string(),
        tape: None,
    }
}

#[test]
fn the_page_holds_the_figures_as_json() {
    let page = report().to_html().unwrap();
    let (_, json) = page.split_once(r#"id="figures">"#).unwrap();
    let (json, _) = json.split_once("</script>").unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    assert_eq!(json, serde_json::from_str::<Value>(&report().to_json().unwrap()).unwrap());
    assert_eq!(json["attention"]["heads"][0]["thousandths"][1][1], 750);
    assert!(page.contains("−0.0321") && page.contains("97.3"));
}

#[test]
fn the_page_says_how_many_tokens_it_leaves_out() {
    let said = "These are the first 2 tokens of the text; the 7 after them are left out";
    let mut report = report();
    assert!(!report.to_html().unwrap().contains("left out"));
    report.attention.as_mut().unwrap().left_out = 7;
    assert!(report.to_html().unwrap().contains(said));
}

#[test]
fn tokens_are_colored_by_their_surprise_above_the_floor() {
    let page = report().to_html().unwrap();
    // 2 of 3 nats.
    let above = r#"<mark class="for" style="--strength: 0.67" title="2.50 nats; the generator itself has 0.50">E</mark>"#;
    assert!(page.contains(above));
    assert!(page.contains(r#"title="0.01 nats; the generator itself has 0.00">m</span>"#));
    assert!(page.contains(r#"<mark class="against" style="--strength: 0.50""#));
}

#[test]
fn text_of_strangers_stays_text() {
    let page = report().to_html().unwrap();
    for escaped in ["&#60;b&#62;", "&#60;/script&#62;", "Emma &#38; Ben", "&#60;Model&#62;"] {
        assert!(page.contains(escaped), "{escaped}");
    }
    assert_eq!(page.matches("</script>").count(), 2, "the figures and the script of the page");
}

#[test]
fn a_report_without_marks_has_fewer_sections() {
    let bare = LanguageReport {
        floor: None,
        baseline: None,
        gates: Vec::new(),
        surprises: Vec::new(),
        attention: None,
        ..report()
    };
    let page = bare.to_html().unwrap();
    for section in ["Where it is surprised", "Where it looks", "What its gates learned", "floor"] {
        assert_eq!(page.contains(section), section == "floor", "{section}");
    }
    assert!(page.contains("What it writes"));
}

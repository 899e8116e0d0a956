//! The kept picture is the one that the kept figures give.

use std::fs;

#[path = "../../examples/scaling/drawing.rs"]
mod drawing;
#[path = "../../examples/scaling/figures.rs"]
mod figures;

use figures::{FIGURES, Figures, PICTURE};

#[test]
fn the_picture_shows_the_figures() {
    let figures = Figures::read(&fs::read_to_string(FIGURES).unwrap()).unwrap();
    let drawn = drawing::draw(&figures).unwrap();
    assert!(
        drawn == fs::read_to_string(PICTURE).unwrap(),
        "draw it again: see examples/scaling/main.rs"
    );
}

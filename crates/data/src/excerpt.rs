//! Text from a file inside a message: short, on one line, and with nothing that could upset a
//! terminal.

/// At most 40 characters of the text, between backticks.
pub fn excerpt(text: &str) -> String {
    let end = text.char_indices().nth(40).map_or(text.len(), |(end, _)| end);
    let more = if end < text.len() { "…" } else { "" };
    format!("`{}{more}`", text[..end].escape_debug())
}

/// The first twelve names, and how many more there are.
pub fn excerpts(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| excerpt(name)).collect();
    if names.len() > shown.len() {
        shown.push(format!("and {} more", names.len() - shown.len()));
    }
    shown.join(", ")
}

//! Bytes as texts of a vocabulary: the characters of GPT-2, and the fallback tokens of LLaMA.

/// Returns the character that GPT-2 writes for a byte: the byte itself if it can be seen, and a character
/// from U+0100 on for the others, such as `Ġ` for a space.
pub(super) fn character_of(byte: u8) -> char {
    match hidden().position(|hidden| hidden == byte) {
        Some(place) => char::from_u32(0x100 + place as u32).expect("these are letters"),
        None => char::from(byte),
    }
}

/// Returns the byte that GPT-2 writes as this character.
pub(super) fn byte_of(character: char) -> Option<u8> {
    match u8::try_from(character) {
        Ok(byte) => Some(byte).filter(|&byte| is_visible(byte)),
        Err(_) => hidden().nth((character as usize).checked_sub(0x100)?),
    }
}

fn hidden() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|&byte| !is_visible(byte))
}

fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

/// Returns the token of a byte whose character has none, such as `<0x0A>`.
pub(super) fn fallback_token(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// Returns the byte of such a token.
pub(super) fn fallback_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

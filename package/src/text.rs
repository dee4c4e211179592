//! Bytes as text, and names of strangers made fit to be shown.

/// `bytes` in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in standard base64, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// The bytes that `text` stands for in standard base64; only the one way to write them counts, so that nothing signed
/// has two spellings.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let mut bits = 0u32;
    for (i, digit) in digits.iter().enumerate() {
        bits = bits << 6 | ALPHABET.iter().position(|it| it == digit)? as u32;
        if i % 4 > 0 {
            bytes.push((bits >> (6 - i % 4 * 2)) as u8);
        }
    }
    (base64(&bytes) == text).then_some(bytes)
}

/// The 32 bytes that `text` stands for in base64.
pub(crate) fn key_bytes(text: &str) -> Option<[u8; 32]> {
    from_base64(text)?.try_into().ok()
}

/// Longest part of a stranger's text that is shown.
const SHOWN: usize = 120;

/// `name` as part of a message: on one line, and not too long.
pub(crate) fn shown(name: &str) -> String {
    line(name, SHOWN)
}

/// `text` on one line, what cannot be seen or turns the line around made visible, and of so many characters at most.
pub(crate) fn line(text: &str, max: usize) -> String {
    let mut line = String::new();
    for it in text.chars().take(max) {
        match it {
            '\'' | '"' => line.push(it),
            _ => line.extend(it.escape_debug()),
        }
    }
    if text.chars().nth(max).is_some() {
        line.push('…');
    }
    line
}

/// A size as the original's loader writes it.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let size = bytes as f64;
    if size < KIB {
        format!("{bytes} B")
    } else if size < KIB * KIB {
        format!("{:.2} KB", size / KIB)
    } else {
        format!("{:.2} MB", size / (KIB * KIB))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways_and_has_one_spelling() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\u{7ff}", "378="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(from_base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        for text in ["Zg", "Zg=", "Zh==", "Zg===", "Z", "Zm9v=", "Zm 9", "Zm9v\n", "Zm-v", "="] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_written_as_the_original_does() {
        for (bytes, text) in [(50, "50 B"), (1024, "1.00 KB"), (104_857_600, "100.00 MB"), (1536, "1.50 KB")]
        {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_name_is_shown_on_one_line() {
        assert_eq!(shown("a\n\u{1b}[31m\u{202e}'b'"), "a\\n\\u{1b}[31m\\u{202e}'b'");
        assert_eq!(shown(&"x".repeat(500)), format!("{}…", "x".repeat(120)));
    }
}

//! Text of strangers on a terminal: a package may not move the cursor, change colors or write backwards.
use std::fmt::Write as _;

/// Whether a terminal may be given `it` as it is, line ends aside.
fn is_plain(it: char) -> bool {
    let turns =
        matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    !it.is_control() && !turns
}

/// `text` with everything that is no letter to a terminal spelled out; line ends and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    spelled(text, |it| is_plain(it) || matches!(it, '\n' | '\t'))
}

/// The same on one line.
pub(crate) fn line(text: &str) -> String {
    spelled(text, is_plain)
}

/// JSON text that means the same.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        if is_plain(it) {
            out.push(it);
        } else {
            // They stand in strings only, and none of them is beyond the basic plane.
            _ = write!(out, "\\u{:04x}", u32::from(it));
        }
    }
    out
}

fn spelled(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        if is_kept(it) {
            out.push(it);
        } else {
            // Writing to a String cannot fail.
            _ = write!(out, "{}", it.escape_default());
        }
    }
    out
}

/// Source text to show, as long in bytes as `text`, so that places in it stay right.
pub(crate) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '\n' | '\t' => out.push(it),
            '\r' => out.push(' '),
            it if is_plain(it) => out.push(it),
            it => out.extend(std::iter::repeat_n('?', it.len_utf8())),
        }
    }
    out
}

/// `count` things, in words.
pub(crate) fn count(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Bytes in words; in thousands, as disks and networks are sold.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut size = count as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.95 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1000.0, unit + 1);
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_commands_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(line(text), shown);
        check("plain ü 漢", "plain ü 漢");
        check("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}");
        check("two\nlines\r", "two\\nlines\\r");
        check("\u{9b}2J \u{202e}txt", "\\u{9b}2J \\u{202e}txt");
        assert_eq!(json("\"\u{9b}\u{202e}\u{7f}\""), "\"\\u009b\\u202e\\u007f\"");
        assert_eq!(lines("two\nlines\r"), "two\nlines\\r");
    }

    #[test]
    fn masked_text_keeps_its_places() {
        for text in ["a\r\nb\t", "\u{1b}x\u{9b}y\u{202e}z", "ü"] {
            assert_eq!(masked(text).len(), text.len());
        }
        assert_eq!(masked("\u{9b}y"), "??y");
    }

    #[test]
    fn sizes_are_told_in_thousands() {
        let check = |count, words: &str| assert_eq!(bytes(count), words);
        check(0, "0 B");
        check(999, "999 B");
        check(1000, "1.0 kB");
        check(999_949, "999.9 kB");
        check(999_950, "1.0 MB");
        check(31_000_000_000_000_000, "31000.0 TB");
        assert_eq!((count(1, "node"), count(0, "node")), ("1 node".into(), "0 nodes".into()));
    }
}

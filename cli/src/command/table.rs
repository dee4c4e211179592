//! Columns of text.
use super::words;

/// Cells in columns as wide as they need; the last one is cut to what is left of `width`.
pub(crate) fn lines(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|it| console::measure_text_width(it)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(widest).collect();
    let before: usize = widths.iter().map(|it| it + 2).sum();
    rows.iter().map(|row| line(row, &widths, width.saturating_sub(before))).collect()
}

fn line(row: &[String], widths: &[usize], left: usize) -> String {
    let mut text = String::new();
    for (cell, width) in row.iter().zip(widths) {
        text.push_str(&console::pad_str(cell, width + 2, console::Alignment::Left, None));
    }
    if let Some(last) = row.get(widths.len()) {
        // Where nothing sensible is left to show, all of it is: the terminal breaks the line.
        let cut = if left < 12 { last.into() } else { console::truncate_str(last, left, "…") };
        text.push_str(&cut);
    }
    text.trim_end().to_owned()
}

/// Text in lines of at most `width` columns, each after `indent`.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words::line(text).split_whitespace() {
        let is_full = console::measure_text_width(&line) + 1 + console::measure_text_width(word) > width;
        if !line.is_empty() && is_full {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(if line.is_empty() { indent } else { " " });
        line.push_str(word);
    }
    lines.extend((!line.is_empty()).then_some(line));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_their_text_and_the_last_one_the_width() {
        let rows = [vec!["a".into(), "漢".into(), "some long words".into()], vec!["bcd".into(), "x".into()]];
        assert_eq!(lines(&rows, 24), ["a    漢  some long words", "bcd  x"]);
        assert_eq!(lines(&rows, 22), ["a    漢  some long wo…", "bcd  x"]);
        assert_eq!(lines(&rows, 10), ["a    漢  some long words", "bcd  x"]);
    }

    #[test]
    fn words_are_never_broken() {
        assert_eq!(wrapped("one two  three", "  ", 9), ["  one two", "  three"]);
        assert_eq!(wrapped("unbreakable", "  ", 5), ["  unbreakable"]);
    }
}

//! Word error rate.

/// Words that were written wrongly, left out or added, and words that were said; case and punctuation do not count.
pub(crate) fn errors(said: &str, written: &str) -> (u32, u32) {
    let (said, written) = (words(said), words(written));
    // Of the words said so far, the errors for each count of words written.
    let mut row: Vec<u32> = (0..=written.len() as u32).collect();
    for (at, word) in (1..).zip(&said) {
        let mut diagonal = std::mem::replace(&mut row[0], at);
        for (column, other) in written.iter().enumerate() {
            let replaced = diagonal + u32::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    (row[written.len()], said.len() as u32)
}

fn words(text: &str) -> Vec<String> {
    let kept = |it: char| it.is_alphanumeric() || it == '\'';
    let text: String = text.to_lowercase().chars().map(|it| if kept(it) { it } else { ' ' }).collect();
    text.split_whitespace().map(str::to_owned).collect()
}

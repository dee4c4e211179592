//! The recordings that come with the demo model, beside the site, with a list of them for the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::project::copy;
use crate::stamp::files;

/// Copies the recordings of `from` to `to`, with `index.json`: the shortest first. A recording is what has a description
/// (`command.json`, with `file`, `seconds` and `text`). Without recordings the list is empty.
///
/// # Errors
/// A description or its recording is missing or no such thing.
pub(crate) fn publish(from: &Path, to: &Path) -> Result<()> {
    let mut recordings = Vec::new();
    for description in files(from)?.into_iter().filter(|it| it.extension().is_some_and(|it| it == "json")) {
        let (file, entry) = read(&description).with_context(|| description.display().to_string())?;
        copy(&file, &to.join(file.file_name().unwrap_or_default()))?;
        recordings.push(entry);
    }
    let seconds = |it: &Value| it["seconds"].as_f64().unwrap_or_default();
    recordings.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    fs::create_dir_all(to)?;
    fs::write(to.join("index.json"), Value::Array(recordings).to_string())?;
    Ok(())
}

/// A recording, and what the page is told of it.
fn read(description: &Path) -> Result<(PathBuf, Value)> {
    let text = fs::read_to_string(description)?;
    let told: Value = serde_json::from_str(&text)?;
    let name = told["file"].as_str().context("`file` is missing")?;
    let seconds = told["seconds"].as_f64().context("`seconds` is missing")?;
    let text = told["text"].as_str().context("`text` is missing")?;
    let file = description.with_file_name(name);
    let bytes = fs::metadata(&file).with_context(|| format!("{name} is missing"))?.len();
    let title = title(description);
    Ok((file, json!({ "file": name, "title": title, "seconds": seconds, "bytes": bytes, "text": text })))
}

/// `date-time.json` is `Date time`.
fn title(description: &Path) -> String {
    let stem = description.file_stem().unwrap_or_default().to_string_lossy().replace(['-', '_'], " ");
    let mut letters = stem.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::path;

    fn folder(name: &str, content: &[(&str, &str)]) -> PathBuf {
        let folder = path("target/xtask/tests").join(name);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in content {
            fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    #[track_caller]
    fn check_error(name: &str, content: &[(&str, &str)], expected: &str) {
        let folder = folder(name, content);
        let error = format!("{:#}", publish(&folder, &folder.join("out")).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn recordings_are_listed_with_their_bytes_the_shortest_first() {
        let long = r#"{ "file": "long.wav", "seconds": 85.5, "text": "A b." }"#;
        let short = r#"{ "file": "date-time.flac", "seconds": 5, "text": "c" }"#;
        let content =
            [("a.json", long), ("long.wav", "12345"), ("date-time.json", short), ("date-time.flac", "1")];
        let from = folder("recordings", &content);
        let to = from.join("out");
        publish(&from, &to).unwrap();
        let index: Value = serde_json::from_slice(&fs::read(to.join("index.json")).unwrap()).unwrap();
        let expected = json!([
            { "file": "date-time.flac", "title": "Date time", "seconds": 5.0, "bytes": 1, "text": "c" },
            { "file": "long.wav", "title": "A", "seconds": 85.5, "bytes": 5, "text": "A b." },
        ]);
        assert_eq!(index, expected);
        assert_eq!(fs::read(to.join("long.wav")).unwrap(), b"12345");
    }

    #[test]
    fn without_recordings_the_list_is_empty() {
        let to = folder("no-recordings", &[]);
        publish(Path::new("nowhere"), &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("index.json")).unwrap(), "[]");
    }

    #[test]
    fn a_description_without_its_recording_is_refused() {
        check_error("no-file", &[("a.json", r#"{ "seconds": 1, "text": "" }"#)], "a.json: `file` is missing");
        let description = r#"{ "file": "a.wav", "seconds": 1, "text": "" }"#;
        check_error("no-wav", &[("a.json", description)], "a.json: a.wav is missing");
    }
}

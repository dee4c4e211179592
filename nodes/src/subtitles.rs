//! Transcripts as files, byte for byte as openai/whisper's command writes them.
mod cues;
mod python;

use std::fmt::Write as _;

use protocol::Value;

pub(crate) use cues::Layout;
use cues::cues;
use python::{json, strip};

use crate::node::NodeError;
use crate::transcript::segments;

/// What a file is called and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Srt,
    Vtt,
    Txt,
    Tsv,
    Json,
}

impl Format {
    /// The format with this file extension.
    pub(crate) fn named(extension: &str) -> Option<Self> {
        let all = [Format::Srt, Format::Vtt, Format::Txt, Format::Tsv, Format::Json];
        all.into_iter().find(|format| format.extension() == extension)
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Srt => "srt",
            Format::Vtt => "vtt",
            Format::Txt => "txt",
            Format::Tsv => "tsv",
            Format::Json => "json",
        }
    }

    pub(crate) fn mime(self) -> &'static str {
        match self {
            Format::Srt => "application/x-subrip",
            Format::Vtt => "text/vtt",
            Format::Txt => "text/plain",
            Format::Tsv => "text/tab-separated-values",
            Format::Json => "application/json",
        }
    }

    /// The text of the file.
    pub(crate) fn write(self, transcript: &Value, layout: &Layout) -> Result<String, NodeError> {
        let segments = segments(transcript)?;
        // Writing to a String cannot fail.
        let mut text = String::new();
        match self {
            Format::Srt => {
                for (number, cue) in (1..).zip(cues(&segments, layout)) {
                    let (start, end) = (hours(cue.start, ','), hours(cue.end, ','));
                    _ = write!(text, "{number}\n{start} --> {end}\n{}\n\n", cue.text);
                }
            }
            Format::Vtt => {
                text.push_str("WEBVTT\n\n");
                for cue in cues(&segments, layout) {
                    _ = write!(text, "{} --> {}\n{}\n\n", minutes(cue.start), minutes(cue.end), cue.text);
                }
            }
            Format::Txt => segments.iter().for_each(|it| _ = writeln!(text, "{}", strip(&it.text))),
            Format::Tsv => {
                text.push_str("start\tend\ttext\n");
                for it in &segments {
                    let (start, end) = (milliseconds(it.start), milliseconds(it.end));
                    _ = writeln!(text, "{start}\t{end}\t{}", strip(&it.text).replace('\t', " "));
                }
            }
            Format::Json => json(transcript, &mut text),
        }
        Ok(text)
    }
}

impl Layout {
    /// What is asked for in vain, in words.
    pub(crate) fn in_vain(&self, format: Format, transcript: &Value) -> Option<&'static str> {
        let asked = self.line_width.or(self.line_count).or(self.words).is_some() || self.highlight;
        let has_words = |segment: &Value| segment.get("words").is_some();
        let segments = transcript.get("segments").and_then(Value::items).unwrap_or_default();
        if asked && !matches!(format, Format::Srt | Format::Vtt) {
            Some("lines are broken and words underlined in `srt` and `vtt` only")
        } else if asked && !segments.iter().all(has_words) {
            Some("lines cannot be broken nor words underlined: the transcript has no times of words")
        } else if self.line_count.is_some() && self.line_width.is_none() {
            Some("`max_line_count` has no effect without `max_line_width`")
        } else if self.words.is_some() && !self.keeps_segments() {
            Some("`max_words_per_line` has no effect with `max_line_width` and `max_line_count`")
        } else {
            None
        }
    }
}

/// Halves go to the even neighbor, as in Python.
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round_ties_even() as u64
}

/// `00:00:01,500`
fn hours(milliseconds: u64, point: char) -> String {
    let (seconds, minutes) = (milliseconds / 1000, milliseconds / 60_000);
    format!("{:02}:{:02}:{:02}{point}{:03}", minutes / 60, minutes % 60, seconds % 60, milliseconds % 1000)
}

/// `00:01.500`, and hours only where there are any.
fn minutes(milliseconds: u64) -> String {
    let time = hours(milliseconds, '.');
    time.strip_prefix("00:").map_or(time.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: f64, expected: [&str; 2]) {
        let milliseconds = milliseconds(seconds);
        assert_eq!([minutes(milliseconds), hours(milliseconds, ',')], expected);
    }

    #[test]
    fn times_are_written_to_the_millisecond() {
        check(0.0, ["00:00.000", "00:00:00,000"]);
        check(59.9996, ["01:00.000", "00:01:00,000"]);
        check(3599.0005, ["59:59.000", "00:59:59,000"]);
        check(3600.0, ["01:00:00.000", "01:00:00,000"]);
        check(360_000.0, ["100:00:00.000", "100:00:00,000"]);
        check(0.0005, ["00:00.000", "00:00:00,000"]);
        check(0.0015, ["00:00.002", "00:00:00,002"]);
    }
}

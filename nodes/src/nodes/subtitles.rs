//! `Subtitles`: a transcript as a file.
use protocol::{LogLevel, Value, WorkItem};

use crate::kind::Kind;
use crate::node::{Node, NodeError, Outbox, Turn};
use crate::params::{Param, Type, flag, integer, text};
use crate::subtitles::{Format, Layout};

/// Lines longer than this are no lines.
const MOST: u64 = 1000;

pub(crate) const KIND: Kind = Kind {
    params: &[
        Param::new("format", Type::Choice(&["srt", "vtt", "txt", "tsv", "json"]), "What to write.")
            .or("\"srt\"")
            .also(&["output_format"]),
        Param::new(
            "max_line_width",
            Type::Integer(1, MOST),
            "Letters of a line at most; needs times of words, as do the next three.",
        ),
        Param::new(
            "max_line_count",
            Type::Integer(1, MOST),
            "Lines shown at once at most; with `max_line_width` cues no longer end where segments do.",
        ),
        Param::new("max_words_per_line", Type::Integer(1, MOST), "Words shown at once at most."),
        Param::new("highlight_words", Type::Flag, "Underlines each word as it is spoken.").or("false"),
    ],
    inputs: &["json"],
    outputs: &["json"],
    ..Kind::light(
        "Subtitles",
        "Writes a transcript as SubRip, WebVTT, text, tab-separated values or JSON, exactly as openai/whisper does. \
         Gives `{ text, mime, extension }`.",
        |params| {
            let count = |name| integer(params, name).map(|it| it as usize);
            let layout = Layout {
                line_width: count("max_line_width"),
                line_count: count("max_line_count"),
                words: count("max_words_per_line"),
                highlight: flag(params, "highlight_words").unwrap_or(false),
            };
            let format = text(params, "format").and_then(Format::named).unwrap_or(Format::Srt);
            Ok(Box::new(Subtitles { format, layout, warned: false }))
        },
    )
};

struct Subtitles {
    format: Format,
    layout: Layout,
    warned: bool,
}

impl Subtitles {
    fn warn(&mut self, transcript: &Value, out: &mut Outbox) {
        if let Some(why) = self.layout.in_vain(self.format, transcript).filter(|_| !self.warned) {
            self.warned = true;
            out.log(LogLevel::Warn, why);
        }
    }
}

impl Node for Subtitles {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let text = self.format.write(&input.value, &self.layout)?;
        self.warn(&input.value, out);
        let word = |word: &str| Value::Text(word.into());
        out.emit(Value::map([
            ("text", Value::Text(text)),
            ("mime", word(self.format.mime())),
            ("extension", word(self.format.extension())),
        ]));
        Ok(Turn::Done)
    }
}

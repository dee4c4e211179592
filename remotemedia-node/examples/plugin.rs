//! A plugin with two nodes: `Gain` makes sound louder, part by part; `WordCount` counts the words of texts.
use std::collections::BTreeMap;

use remotemedia_node::{Context, Error, Kind, Level, Node, Params, Unit, Value, export};

/// Multiplies samples.
struct Gain {
    factor: f32,
    frames: u64,
}

impl Node for Gain {
    const KIND: Kind = Kind {
        name: "Gain",
        description: "Makes sound louder or softer.",
        params: r#"{ "properties": { "factor": { "type": "number", "default": 1 } } }"#,
        inputs: &["audio"],
        outputs: &["audio"],
        streaming: true,
        ..Kind::ANY
    };
    fn open(params: &Params) -> Result<Self, Error> {
        Ok(Gain { factor: params.number("factor")? as f32, frames: 0 })
    }
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error> {
        let mut audio = input.audio()?;
        audio.samples.iter_mut().for_each(|sample| *sample *= self.factor);
        self.frames += audio.samples.len() as u64 / u64::from(audio.channels);
        cx.progress(self.frames as f64 / f64::from(audio.sample_rate), None, Unit::Seconds);
        cx.emit_part(audio, cx.part().last);
        Ok(())
    }
}

/// Gives every word as it comes, and at the end how often each came.
#[derive(Default)]
struct WordCount {
    counts: BTreeMap<String, u32>,
}

impl Node for WordCount {
    const KIND: Kind = Kind {
        name: "WordCount",
        description: "Gives each word of its texts, and at the end a map of how often each came.",
        inputs: &["text"],
        outputs: &["text", "json"],
        ..Kind::ANY
    };
    fn open(_params: &Params) -> Result<Self, Error> {
        Ok(WordCount::default())
    }
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error> {
        for word in input.text()?.split_whitespace() {
            let count = self.counts.entry(word.to_lowercase()).or_default();
            *count += 1;
            if *count == 1 {
                cx.partial(word);
            }
            cx.emit(word);
        }
        Ok(())
    }
    fn flush(&mut self, cx: &mut Context) -> Result<(), Error> {
        cx.log(Level::Info, format!("{} different words", self.counts.len()));
        cx.emit(Value::map(std::mem::take(&mut self.counts)));
        Ok(())
    }
}

export!(Gain, WordCount);

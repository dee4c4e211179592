//! The node that decodes: files to sound, in turns.
use protocol::{Buffer, Bytes, LogLevel, Unit, Value, WorkItem};

use crate::media::converter::Converter;
use crate::media::decoder::{Decoder, Step};
use crate::media::effect::Effects;
use crate::media::sound::Format;
use crate::media::source::Chain;
use crate::node::{Node, NodeError, Outbox, Turn};

/// Decodes files, and changes what comes of them (or comes decoded already) if asked to.
pub(crate) struct Decode {
    sound: Effects<Converter>,
    /// Parts of a file that is not complete yet.
    parts: Vec<Buffer>,
    decoder: Option<Decoder>,
    samples: Vec<f32>,
    /// Seconds decoded of the files before this one.
    before: f64,
}

/// Sound of one turn and one output, in parts of a second.
const TURN: u32 = 2;
/// Packets of one turn, if they hold hardly any sound or belong to other tracks.
const TURN_PACKETS: u32 = 512;

impl Decode {
    pub(crate) fn new(converter: Converter) -> Self {
        Decode {
            sound: Effects::new(converter),
            parts: Vec::new(),
            decoder: None,
            samples: Vec::new(),
            before: 0.0,
        }
    }

    fn open(&mut self, mut file: Bytes, last: bool) -> Result<Turn, NodeError> {
        if !last || !self.parts.is_empty() {
            self.parts.push(file.data);
            if !last {
                return Ok(Turn::Done);
            }
            file.data = Chain::of(std::mem::take(&mut self.parts));
        }
        if file.data.size() == 0 {
            return Err("an empty file".into());
        }
        self.decoder = Some(Decoder::open(&file)?);
        Ok(Turn::More)
    }

    /// Gives the samples decoded so far.
    fn give(&mut self, decoder: &Decoder, last: bool, out: &mut Outbox) -> Result<(), NodeError> {
        // A file that holds no sound at all says nothing about its format.
        let format = decoder.format().unwrap_or(Format { rate: 48_000, channels: 1 });
        self.sound.take(format, &self.samples, last, out)?;
        self.samples.clear();
        let total = decoder.expected().map(|expected| self.before + expected.max(decoder.seconds()));
        let done = self.before + decoder.seconds();
        out.progress(done, if last { Some(done) } else { total }, Unit::Seconds);
        Ok(())
    }

    fn finish(
        &mut self,
        decoder: &Decoder,
        warning: Option<String>,
        out: &mut Outbox,
    ) -> Result<Turn, NodeError> {
        if let Some(warning) = warning {
            out.log(LogLevel::Warn, warning);
        }
        self.give(decoder, true, out)?;
        self.before += decoder.seconds();
        Ok(Turn::Done)
    }
}

impl Node for Decode {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        match input.value {
            Value::Bytes(file) => self.open(file, input.part.last),
            Value::Text(_) | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => {
                Err(format!("expected an audio file or audio, found {}", input.value.type_name()).into())
            }
            Value::Null
            | Value::List(_)
            | Value::Numbers(_)
            | Value::Map(_)
            | Value::Audio(_)
            | Value::Tensor(_) => self.sound.process(input, out),
        }
    }

    fn resume(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        let Some(mut decoder) = self.decoder.take() else { return self.sound.resume(out) };
        for _ in 0..TURN_PACKETS {
            if let Step::End(warning) = decoder.step(&mut self.samples)? {
                return self.finish(&decoder, warning, out);
            }
            let Some(format) = decoder.format() else { continue };
            if self.samples.len() >= (format.rate / TURN) as usize * usize::from(format.channels) {
                break;
            }
        }
        if !self.samples.is_empty() {
            self.give(&decoder, false, out)?;
        }
        self.decoder = Some(decoder);
        Ok(Turn::More)
    }
}

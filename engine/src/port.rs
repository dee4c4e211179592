//! Queues between nodes, and the joining of parts.
use std::collections::VecDeque;

use protocol::{Audio, Buffer, Bytes, Part, Value, WorkItem};

use crate::key::Key;
use crate::span::{Span, Spans};

/// The queue at the end of one connection (or, for a source, of the run's inputs).
#[derive(Debug, Default)]
pub(crate) struct Port {
    /// What waits here.
    pub(crate) waiting: Spans,
    /// The values of it.
    values: VecDeque<WorkItem>,
    /// Nothing more will come.
    pub(crate) ended: bool,
    /// A large item whose parts are being joined for a consumer that wants it whole.
    joining: Option<(Key, Joiner)>,
}

impl Port {
    /// Takes in `values`, which `span` is about; `whole` joins parts first. Gives by how many bytes the port now
    /// holds more.
    pub(crate) fn push(
        &mut self,
        span: Span,
        values: impl Iterator<Item = WorkItem>,
        whole: bool,
        item_bytes: u64,
    ) -> Result<u64, JoinError> {
        let bytes = span.bytes();
        if whole && span.part != Part::WHOLE {
            for WorkItem { value, .. } in values {
                self.join(&span, value, item_bytes)?;
            }
        } else {
            self.waiting.push(span);
            self.values.extend(values);
        }
        Ok(bytes)
    }

    fn join(&mut self, span: &Span, value: Value, item_bytes: u64) -> Result<(), JoinError> {
        let (_, joiner) = self.joining.get_or_insert_with(|| (span.key.clone(), Joiner::default()));
        joiner.add(value, span.weight, item_bytes)?;
        if span.part.last
            && let Some((key, joiner)) = self.joining.take()
        {
            self.waiting.push(Span {
                key,
                part: Part::WHOLE,
                count: 1,
                weight: joiner.bytes,
                since: span.since,
            });
            self.values.push_back(WorkItem { value: joiner.finish(), part: Part::WHOLE });
        }
        Ok(())
    }

    /// Moves the `count` oldest values to the end of `items`. What is known of them was taken from `waiting` before.
    pub(crate) fn take_values(&mut self, count: usize, items: &mut Vec<WorkItem>) {
        if items.capacity() == 0 && count == self.values.len() {
            *items = std::mem::take(&mut self.values).into();
        } else {
            // Mostly a few at a time, for which `drain` costs more than they do.
            for _ in 0..count {
                items.extend(self.values.pop_front());
            }
        }
    }
    /// Takes the oldest value.
    pub(crate) fn pop(&mut self) -> Option<Value> {
        self.waiting.take(1)?;
        self.values.pop_front().map(|item| item.value)
    }
    /// Key of the oldest thing here, half-joined items included.
    pub(crate) fn head(&self) -> Option<&Key> {
        self.waiting.first().map(|span| &span.key).or(self.joining.as_ref().map(|(key, _)| key))
    }
    /// Nothing is here and nothing will come.
    pub(crate) fn is_over(&self) -> bool {
        self.ended && self.waiting.is_empty()
    }
}

/// Why parts cannot become one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JoinError {
    TooLarge { bytes: u64, max: u64 },
    Mixed(String),
}

/// Joins the parts of one item.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    so_far: Option<Value>,
    samples: Vec<f32>,
    raw: Vec<u8>,
    bytes: u64,
}

impl Joiner {
    pub(crate) fn add(&mut self, part: Value, weight: u64, max: u64) -> Result<(), JoinError> {
        self.bytes += weight;
        if self.bytes > max {
            return Err(JoinError::TooLarge { bytes: self.bytes, max });
        }
        let unreadable = |error: protocol::ReadError| JoinError::Mixed(error.to_string());
        match (&mut self.so_far, part) {
            (None, Value::Audio(audio)) => {
                self.samples.extend_from_slice(&audio.samples.f32s().map_err(unreadable)?);
                let samples = Buffer::from_bytes(Vec::new());
                self.so_far = Some(Value::Audio(Audio { samples, ..audio }));
            }
            (Some(Value::Audio(first)), Value::Audio(next))
                if (first.sample_rate, first.channels) == (next.sample_rate, next.channels) =>
            {
                self.samples.extend_from_slice(&next.samples.f32s().map_err(unreadable)?);
            }
            (Some(Value::Audio(first)), Value::Audio(next)) => {
                return Err(JoinError::Mixed(format!(
                    "a recording that begins at {} Hz with {} channels goes on at {} Hz with {}",
                    first.sample_rate, first.channels, next.sample_rate, next.channels
                )));
            }
            (None, Value::Bytes(bytes)) => {
                self.raw.extend_from_slice(&bytes.data.bytes().map_err(unreadable)?);
                let data = Buffer::from_bytes(Vec::new());
                self.so_far = Some(Value::Bytes(Bytes { data, ..bytes }));
            }
            (Some(Value::Bytes(_)), Value::Bytes(next)) => {
                self.raw.extend_from_slice(&next.data.bytes().map_err(unreadable)?);
            }
            (Some(Value::Text(text)), Value::Text(next)) => text.push_str(&next),
            (Some(Value::List(items)), Value::List(next)) => items.extend(next),
            (so_far @ None, value @ (Value::Text(_) | Value::List(_))) => *so_far = Some(value),
            (so_far, part) => {
                let before = so_far.as_ref().map_or("nothing", Value::type_name);
                return Err(JoinError::Mixed(format!(
                    "a part of type {} cannot be joined to {before}",
                    part.type_name()
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Value {
        let Joiner { so_far, samples, raw, .. } = self;
        match so_far.unwrap_or_default() {
            Value::Audio(audio) => Value::Audio(Audio { samples: Buffer::from_f32(samples), ..audio }),
            Value::Bytes(bytes) => Value::Bytes(Bytes { data: Buffer::from_bytes(raw), ..bytes }),
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::UInt(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Numbers(_)
            | Value::Map(_)
            | Value::Tensor(_)) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(samples: &[f32], sample_rate: u32) -> Value {
        Value::Audio(Audio { sample_rate, channels: 1, samples: Buffer::from_f32(samples.to_vec()) })
    }

    fn push(port: &mut Port, value: Value, part: Part) -> Result<u64, JoinError> {
        let weight = value.weight();
        let span = Span { key: Key::item(0), part, count: 1, weight, since: 0.0 };
        port.push(span, std::iter::once(WorkItem { value, part }), true, 1000)
    }

    #[test]
    fn parts_become_one_item_for_who_wants_it_whole() {
        let mut port = Port::default();
        push(&mut port, audio(&[0.1, 0.2], 8000), Part { index: 0, last: false }).unwrap();
        assert!(port.waiting.is_empty());
        assert!(port.head().is_some(), "a half-joined item still holds its place in the order");
        push(&mut port, audio(&[0.3], 8000), Part { index: 1, last: true }).unwrap();
        assert_eq!(port.pop().unwrap(), audio(&[0.1, 0.2, 0.3], 8000));
        assert_eq!(port.waiting.bytes(), 0);
    }

    #[test]
    fn a_recording_may_not_change_its_rate_midway() {
        let mut port = Port::default();
        push(&mut port, audio(&[0.1], 8000), Part { index: 0, last: false }).unwrap();
        let error = push(&mut port, audio(&[0.1], 16000), Part { index: 1, last: true }).unwrap_err();
        assert!(
            matches!(error, JoinError::Mixed(why) if why.contains("8000 Hz") && why.contains("16000 Hz"))
        );
    }

    #[test]
    fn an_item_beyond_the_limit_is_refused_while_it_grows() {
        let mut port = Port::default();
        let error = push(&mut port, audio(&[0.0; 300], 8000), Part { index: 0, last: false }).unwrap_err();
        assert_eq!(error, JoinError::TooLarge { bytes: 1216, max: 1000 });
    }
}

//! What the page pushes, for every source.
use protocol::{Audio, Buffer, Part, Value, WorkItem};

use crate::key::Key;
use crate::run::Run;
use crate::span::Span;

/// Where the inputs of the run are.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Index of the item that the next value belongs to.
    pub(crate) item: u64,
    /// A recording being pushed in parts: number of the next part, rate, channels.
    open: Option<(u32, u32, u16)>,
    pub(crate) ended: bool,
    /// Items the page may push without asking.
    pub(crate) demanded: u32,
}

impl Run {
    /// One input (or part of one) for every source.
    pub(crate) fn take_input(&mut self, value: Value, part: Part, now: f64) {
        let span =
            Span { key: Key::item(self.inputs.item), part, count: 1, weight: value.weight(), since: now };
        self.inputs.item += u64::from(part.last);
        self.spread(span, &mut vec![value].into_iter());
    }

    /// Whole inputs for every source.
    fn take_inputs(&mut self, values: Vec<Value>, now: f64) {
        let mut values = values.into_iter();
        while let Some(weight) = values.as_slice().first().map(Value::weight) {
            let count = values.as_slice().iter().take_while(|value| value.weight() == weight).count();
            let key = Key::item(self.inputs.item);
            self.inputs.item += count as u64;
            self.spread(Span { key, part: Part::WHOLE, count, weight, since: now }, &mut values);
        }
    }

    /// The first of `values`, which `span` is about, for every source.
    fn spread(&mut self, span: Span, values: &mut std::vec::IntoIter<Value>) {
        let Some(last) = self.sources.len().checked_sub(1) else { return };
        let (count, part) = (span.count, span.part);
        let item = |value| WorkItem { value, part };
        for at in 0..last {
            let copies = values.as_slice()[..count].iter().cloned().map(item);
            self.arrive((self.sources[at], 0), span.clone(), copies);
        }
        self.arrive((self.sources[last], 0), span, values.take(count).map(item));
    }

    /// Values pushed by the page; with `open` the last one is a recording that goes on with the next push.
    pub(crate) fn pushed(&mut self, values: Vec<Value>, open: bool, now: f64) {
        let count = values.len();
        self.inputs.demanded = self.inputs.demanded.saturating_sub(count as u32);
        if !open && self.inputs.open.is_none() {
            return self.take_inputs(values, now);
        }
        for (i, value) in values.into_iter().enumerate() {
            let goes_on = open && i + 1 == count;
            match (&value, self.inputs.open) {
                (Value::Audio(audio), at) if goes_on || at.is_some() => {
                    let index = at.map_or(0, |(next, ..)| next);
                    self.inputs.open = goes_on.then_some((index + 1, audio.sample_rate, audio.channels));
                    self.take_input(value, Part { index, last: !goes_on }, now);
                }
                _ => {
                    self.close_recording(now);
                    self.take_input(value, Part::WHOLE, now);
                }
            }
        }
    }

    pub(crate) fn end_inputs(&mut self, now: f64) {
        self.close_recording(now);
        self.inputs.ended = true;
        for at in 0..self.sources.len() {
            let n = self.sources[at];
            self.nodes[n].ports[0].ended = true;
            self.look_at(n);
        }
    }

    /// A recording pushed in parts ends with an empty last part.
    fn close_recording(&mut self, now: f64) {
        if let Some((index, sample_rate, channels)) = self.inputs.open.take() {
            let samples = Buffer::from_f32(Vec::new());
            let rest = Value::Audio(Audio { sample_rate, channels, samples });
            self.take_input(rest, Part { index, last: true }, now);
        }
    }
}

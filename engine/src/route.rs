//! What comes out of nodes, and where it goes.
use protocol::{Code, Fault, Packed, Part, RunEvent, WorkItem, WorkOutput};

use crate::key::Key;
use crate::run::Run;
use crate::span::{Cursor, Span};

/// Outputs on their way out of a message.
type Outputs = std::vec::IntoIter<WorkOutput>;

impl Run {
    /// A host is done with inputs and gives outputs.
    pub(crate) fn worked(&mut self, n: usize, outputs: Vec<WorkOutput>, done: u32, busy_us: u64, now: f64) {
        self.route(n, outputs, now);
        let node = &mut self.nodes[n];
        node.meter.worked(done, busy_us);
        let mean_ms = busy_us as f64 / 1000.0 / f64::from(done.max(1));
        let (mut left, mut items) = (done as usize, 0);
        while let Some(inputs) = node.inflight.take(left) {
            left -= inputs.count;
            self.held = self.held.saturating_sub(inputs.bytes());
            node.meter.totals.wait_ms += (now - inputs.since - mean_ms).max(0.0) * inputs.count as f64;
            if inputs.part.last {
                items += inputs.count as u64;
            }
        }
        if items > 0 {
            node.meter.totals.items += items;
            node.progress.items_done(items);
        }
        self.has_news(n);
        self.look_at(n);
    }

    fn route(&mut self, n: usize, outputs: Vec<WorkOutput>, now: f64) {
        let is_sink = self.is_sink(n);
        let kept = self.nodes[n].collected.len();
        let mut bytes = 0;
        let mut cursor = Cursor::default();
        let mut outputs = outputs.into_iter();
        while let Some(span) = self.next_span(n, outputs.as_slice(), &mut cursor, now) {
            let node = &mut self.nodes[n];
            node.credit -= span.count as i64;
            node.credit_bytes -= span.bytes() as i64;
            node.meter.totals.bytes_out += span.bytes();
            if is_sink {
                match self.keep(n, span, &mut outputs) {
                    Ok(more) => bytes += more,
                    Err(()) => return,
                }
            } else {
                self.send_on(n, span, &mut outputs);
            }
        }
        if self.nodes[n].collected.len() > kept {
            self.give_result(n, kept, bytes);
        }
    }

    /// What is to be known of the first of `outputs`, and of those after it that are alike and its neighbors.
    fn next_span(&mut self, n: usize, outputs: &[WorkOutput], cursor: &mut Cursor, now: f64) -> Option<Span> {
        let first = outputs.first()?;
        let (part, weight) = (first.part, first.value.weight());
        let level = self.plan.nodes[n].level;
        let node = &mut self.nodes[n];
        let (key, neighbors) =
            node.inflight.at(first.input as usize, cursor).unwrap_or_else(|| (Key::flush(level), 1));
        let number = match &node.giving {
            Some((giving, number)) if *giving == key => *number,
            Some(_) | None => 0,
        };
        let is_next = |(next, input): &(&WorkOutput, u32)| {
            next.input == *input && next.part == Part::WHOLE && next.value.weight() == weight
        };
        let count = if number == 0 && part == Part::WHOLE {
            1 + outputs[1..]
                .iter()
                .zip(first.input.saturating_add(1)..)
                .take(neighbors - 1)
                .take_while(is_next)
                .count()
        } else {
            1
        };
        node.giving = Some((key.skip(count - 1), number + u32::from(part.last)));
        Some(Span { key: key.output(level, number), part, count, weight, since: now })
    }

    /// Passes the first of `outputs`, which `span` is about, to everybody who hears `n`.
    fn send_on(&mut self, n: usize, span: Span, outputs: &mut Outputs) {
        let last = self.plan.nodes[n].outputs.len() - 1;
        for at in 0..last {
            let copies = outputs.as_slice()[..span.count].iter();
            let copies = copies.map(|output| WorkItem { value: output.value.clone(), part: output.part });
            self.arrive(self.plan.nodes[n].outputs[at], span.clone(), copies);
        }
        let values =
            outputs.take(span.count).map(|output| WorkItem { value: output.value, part: output.part });
        self.arrive(self.plan.nodes[n].outputs[last], span, values);
    }

    /// Keeps the first of `outputs`, which `span` is about, as results of the sink `n`, parts joined; gives their bytes.
    fn keep(&mut self, n: usize, span: Span, outputs: &mut Outputs) -> Result<u64, ()> {
        let node = &mut self.nodes[n];
        let values = outputs.take(span.count);
        if span.part == Part::WHOLE {
            let bytes = span.bytes();
            node.collected.extend(values.map(|output| output.value));
            return Ok(bytes);
        }
        let values = values.map(|output| WorkItem { value: output.value, part: output.part });
        if let Err(error) = node.sink.push(span, values, true, self.options.limits.item_bytes) {
            self.refuse(n, error);
            return Err(());
        }
        let Some(joined) = node.sink.pop() else { return Ok(0) };
        let bytes = joined.weight();
        node.collected.push(joined);
        Ok(bytes)
    }

    /// The results of the sink `n` from the `from`-th on are new; they have `bytes`.
    fn give_result(&mut self, n: usize, from: usize, bytes: u64) {
        if self.options.events {
            let values = &self.nodes[n].collected[from..];
            self.reader.given(values.len() as u64, bytes);
            match Packed::pack(values) {
                Ok(values) => self.event(RunEvent::Output { node: self.plan.nodes[n].id.clone(), values }),
                Err(error) => return self.fail_output(n, Code::NodeFailed, error.to_string()),
            }
        }
        if !self.options.collect {
            return self.nodes[n].collected.truncate(from);
        }
        self.collected_bytes += bytes;
        self.peak = self.peak.max(self.held + self.collected_bytes);
        let max = self.options.limits.output_bytes;
        if self.collected_bytes > max {
            let message = format!(
                "{} bytes of results, at most {max} are kept (limits.outputBytes); read them as a stream instead",
                self.collected_bytes
            );
            self.fail_output(n, Code::LimitExceeded, message);
        }
    }

    fn fail_output(&mut self, n: usize, code: Code, message: String) {
        self.fail(Fault::new(code, message).at(&self.plan.nodes[n].id).during("output"));
    }
}

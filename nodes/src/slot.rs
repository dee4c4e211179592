//! One node of a [`crate::NodeHost`]: what it has been given, what it may still give, and how far it is.
use std::collections::VecDeque;

use protocol::{FromHost, NodeIdx, RunId, WorkItem};

use crate::node::{Node, NodeError, Outbox, Said, Turn};

/// Reading the clock costs as much as several turns of a light node, so it is read once in a stretch of turns, each of
/// which is done with its input.
const LONGEST_STRETCH: u32 = 64;
/// A stretch that takes longer than this (in microseconds) is too long for the next to be as long.
const SLOW_STRETCH_US: f64 = 100.0;

pub(crate) struct Slot {
    node: Box<dyn Node>,
    items: VecDeque<WorkItem>,
    /// What may still be given; one turn may overdraw.
    outputs: i64,
    bytes: i64,
    state: State,
    /// Whether it is in the host's queue.
    queued: bool,
    out: Outbox,
    /// Inputs used up, and the flush done, since the last report.
    done: u32,
    flushed: bool,
    /// Whether the input at work is the last part of its item.
    ends_item: bool,
    /// What had been said when the last item ended, since the last report.
    said_by_then: usize,
    /// Outputs already charged to the credit, since the last report.
    charged: usize,
    /// Turns until the clock is read again.
    stretch: u32,
    /// Microseconds not yet reported: a light node's turn takes less than one.
    owed_us: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two inputs.
    Idle,
    /// In the middle of an input.
    Working,
    /// The flush was asked for, after what is still to be done.
    FlushAsked,
    /// As `Working`, and the flush was asked for.
    WorkingThenFlush,
    /// In the middle of the flush.
    Flushing,
}

/// How a visit ended.
pub(crate) struct Visit {
    /// When.
    pub(crate) end: f64,
    /// In which stage.
    pub(crate) stage: &'static str,
    /// Why the node cannot go on.
    pub(crate) error: Option<NodeError>,
}

impl Slot {
    pub(crate) fn new(node: Box<dyn Node>) -> Self {
        Slot {
            node,
            items: VecDeque::new(),
            outputs: 0,
            bytes: 0,
            state: State::Idle,
            queued: false,
            out: Outbox::default(),
            done: 0,
            flushed: false,
            ends_item: false,
            said_by_then: 0,
            charged: 0,
            stretch: 1,
            owed_us: 0.0,
        }
    }

    pub(crate) fn take_items(&mut self, items: Vec<WorkItem>) {
        if self.items.is_empty() {
            self.items = items.into();
        } else {
            self.items.extend(items);
        }
    }

    pub(crate) fn take_credit(&mut self, outputs: u32, bytes: u64) {
        self.outputs = self.outputs.saturating_add(i64::from(outputs));
        self.bytes = self.bytes.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub(crate) fn ask_flush(&mut self) {
        self.state = match self.state {
            State::Idle | State::FlushAsked => State::FlushAsked,
            State::Working | State::WorkingThenFlush => State::WorkingThenFlush,
            State::Flushing => State::Flushing,
        };
    }

    /// Whether it can take a turn and nobody knows yet; from now on somebody does.
    pub(crate) fn wants_queueing(&mut self) -> bool {
        let wants = !self.queued && self.can_work();
        self.queued |= wants;
        wants
    }

    fn can_work(&self) -> bool {
        self.outputs > 0 && self.bytes > 0 && (self.state != State::Idle || !self.items.is_empty())
    }

    /// Takes turns from `now` on, while there is work and credit, until it is `until` by the clock.
    pub(crate) fn visit(&mut self, clock: fn() -> f64, now: f64, until: f64) -> Visit {
        self.queued = false;
        let mut stage = "process";
        let mut read_at = now;
        let mut error = None;
        // One output for one input is what most nodes do.
        let likely = self.items.len().min(usize::try_from(self.outputs).unwrap_or(0));
        self.out.outputs.reserve(likely.min(4096));
        while error.is_none() && self.can_work() && !self.flushed {
            let mut left = self.stretch;
            while left > 0 && self.can_work() && !self.flushed {
                // What a flush gives has input 0, so it must not share a report with what came from inputs.
                if self.state == State::FlushAsked && self.items.is_empty() {
                    if self.done > 0 {
                        return Visit { end: clock(), stage, error };
                    }
                    stage = "flush";
                }
                left -= 1;
                if let Err(why) = self.turn() {
                    error = Some(why);
                    break;
                }
                // Who goes on with an input has turns of some length, whatever those before took.
                if self.is_busy() {
                    break;
                }
            }
            let read = clock();
            self.adapt_stretch(read - read_at);
            read_at = read;
            if read >= until {
                break;
            }
        }
        if self.state == State::Flushing {
            stage = "flush";
        }
        Visit { end: read_at, stage, error }
    }

    /// In the middle of an input or of the flush.
    fn is_busy(&self) -> bool {
        matches!(self.state, State::Working | State::WorkingThenFlush | State::Flushing)
    }

    fn adapt_stretch(&mut self, took_us: f64) {
        self.stretch = if took_us > SLOW_STRETCH_US {
            (self.stretch / 4).max(1)
        } else {
            (self.stretch * 2).min(LONGEST_STRETCH)
        };
    }

    fn turn(&mut self) -> Result<(), NodeError> {
        match self.state {
            State::Idle | State::FlushAsked => match self.items.pop_front() {
                Some(item) => self.process(item)?,
                None => self.flush()?,
            },
            State::Working | State::WorkingThenFlush => {
                if self.node.resume(&mut self.out)? == Turn::Done {
                    self.end_input();
                }
            }
            State::Flushing => {
                let turn = self.node.resume(&mut self.out)?;
                self.end_flush(turn);
            }
        }
        self.charge();
        Ok(())
    }

    fn process(&mut self, item: WorkItem) -> Result<(), NodeError> {
        self.ends_item = item.part.last;
        match self.node.process(item, &mut self.out)? {
            Turn::Done => self.end_input(),
            Turn::More if self.state == State::FlushAsked => self.state = State::WorkingThenFlush,
            Turn::More => self.state = State::Working,
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), NodeError> {
        let turn = self.node.flush(&mut self.out)?;
        self.end_flush(turn);
        Ok(())
    }

    fn end_input(&mut self) {
        self.done += 1;
        self.out.input += 1;
        if self.ends_item {
            self.said_by_then = self.out.said.len();
        }
        self.state = match self.state {
            State::FlushAsked | State::WorkingThenFlush => State::FlushAsked,
            State::Idle | State::Working | State::Flushing => State::Idle,
        };
    }

    fn end_flush(&mut self, turn: Turn) {
        self.flushed = turn == Turn::Done;
        self.state = if self.flushed { State::Idle } else { State::Flushing };
    }

    fn charge(&mut self) {
        for output in &self.out.outputs[self.charged..] {
            self.outputs -= 1;
            self.bytes = self.bytes.saturating_sub(i64::try_from(output.value.weight()).unwrap_or(i64::MAX));
        }
        self.charged = self.out.outputs.len();
    }

    /// Tells what happened since the last report, in `busy_us` microseconds.
    pub(crate) fn report(&mut self, (run, node): (RunId, NodeIdx), busy_us: f64, said: &mut Vec<FromHost>) {
        let [ended, at_work] = self.report_said(run, node, said);
        said.extend(ended);
        self.owed_us += busy_us.max(0.0);
        let busy_us = self.owed_us as u64;
        self.owed_us -= busy_us as f64;
        self.out.outputs.truncate(self.charged);
        let outputs = std::mem::take(&mut self.out.outputs);
        let done = std::mem::take(&mut self.done);
        let flushed = std::mem::take(&mut self.flushed);
        if !flushed || !outputs.is_empty() {
            said.push(FromHost::Worked { run, node, outputs, done, busy_us });
        }
        said.extend(at_work);
        if flushed {
            said.push(FromHost::Flushed { run, node });
        }
        self.out.input = 0;
        self.charged = 0;
    }

    /// Passes on what the node said. Of its progress the newest only: that of the last item that ended, which belongs
    /// before the word that it did, and that of the item at work, which belongs after.
    fn report_said(&mut self, run: RunId, node: NodeIdx, said: &mut Vec<FromHost>) -> [Option<FromHost>; 2] {
        let mut newest = [None, None];
        let by_then = std::mem::take(&mut self.said_by_then);
        for (at, what) in self.out.said.drain(..).enumerate() {
            match what {
                Said::Progress { done, total, unit } => {
                    newest[usize::from(at >= by_then)] =
                        Some(FromHost::Progress { run, node, done, total, unit });
                }
                Said::Partial(value) => said.push(FromHost::Partial { run, node, value }),
                Said::Log(level, message) => {
                    said.push(FromHost::Log { run, node: Some(node), level, message })
                }
            }
        }
        newest
    }
}

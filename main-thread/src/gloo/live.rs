//! One run, as the page knows it: what has happened and was not read yet, what is still to be sent.
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use protocol::{Code, Fault, Limits, Packed, RunEvent, RunId, RunReport, ToRuntime, Value};

use super::Update;
use super::request::{Inputs, Outcome, updates};

/// Items and bytes of one message: enough to make messages cheap, not so much that anybody waits for one.
const MESSAGE_ITEMS: usize = 4096;
const MESSAGE_BYTES: u64 = 4 << 20;

/// A run that somebody still holds.
pub(crate) struct Live {
    id: RunId,
    limits: Limits,
    unread: VecDeque<(Update, u64)>,
    reader: Option<Waker>,
    /// The terminal update was put among the unread.
    over: Option<Fault>,
    /// It was read as well.
    done: bool,
    /// Outputs that were read and not yet paid for, and their bytes.
    taken: u32,
    taken_bytes: u64,
    /// Values that wait to be sent, and whether each goes on with the next.
    feed: VecDeque<(Value, bool)>,
    /// How many values were sent so far.
    sent: u64,
    demand: u64,
    /// Nothing more is pushed.
    ending: bool,
    /// The runtime was told so.
    ended: bool,
    pushers: Vec<Waker>,
}

impl Live {
    pub(crate) fn new(id: RunId, inputs: Inputs, limits: Limits) -> Self {
        let ending = matches!(inputs, Inputs::Values(_));
        let values = if let Inputs::Values(values) = inputs { values } else { Vec::new() };
        Live {
            id,
            limits,
            unread: VecDeque::new(),
            reader: None,
            over: None,
            done: false,
            taken: 0,
            taken_bytes: 0,
            feed: values.into_iter().map(|it| (it, false)).collect(),
            sent: 0,
            demand: 0,
            ending,
            ended: false,
            pushers: Vec::new(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// The values wanted now, and the end behind the last.
    ///
    /// # Errors
    /// A value that cannot be written: the run is to be cancelled.
    pub(crate) fn demanded(&mut self, items: u32, out: &mut Vec<ToRuntime>) -> Result<(), Fault> {
        self.demand += u64::from(items);
        self.send(out)
    }

    /// Why no value is taken any more.
    pub(crate) fn refusal(&self) -> Option<Fault> {
        let ended = || Fault::new(Code::InvalidInput, "a value was pushed after the end").during("input");
        self.over.clone().or_else(|| self.ending.then(ended))
    }

    /// Takes a value to be sent; gives the number to wait for.
    pub(crate) fn push(&mut self, value: Value, open: bool) -> u64 {
        self.feed.push_back((value, open));
        self.sent + self.feed.len() as u64
    }

    /// Nothing more is pushed.
    pub(crate) fn end(&mut self, out: &mut Vec<ToRuntime>) -> Result<(), Fault> {
        self.ending = true;
        self.send(out)
    }

    /// Ready once the value with this number was sent.
    pub(crate) fn poll_sent(&mut self, number: u64, context: &Context<'_>) -> Poll<Result<(), Fault>> {
        if self.sent >= number {
            return Poll::Ready(Ok(()));
        }
        if let Some(fault) = &self.over {
            return Poll::Ready(Err(fault.clone()));
        }
        self.pushers.push(context.waker().clone());
        Poll::Pending
    }

    fn send(&mut self, out: &mut Vec<ToRuntime>) -> Result<(), Fault> {
        let before = self.sent;
        while self.demand > 0 && !self.feed.is_empty() && !self.is_over() {
            let (values, open) = self.batch();
            let items = Packed::pack(&values)
                .map_err(|error| Fault::new(Code::InvalidInput, error.to_string()).during("input"))?;
            out.push(ToRuntime::Push { run: self.id, items, open });
        }
        if self.ending && self.feed.is_empty() && !self.ended {
            self.ended = true;
            out.push(ToRuntime::End { run: self.id });
        }
        if self.sent > before {
            self.pushers.drain(..).for_each(Waker::wake);
        }
        Ok(())
    }

    /// What goes as one message: the last of it may go on with the next message.
    fn batch(&mut self) -> (Vec<Value>, bool) {
        let (mut values, mut bytes) = (Vec::new(), 0);
        while self.demand > 0 && values.len() < MESSAGE_ITEMS && bytes < MESSAGE_BYTES {
            let Some((value, open)) = self.feed.pop_front() else { break };
            self.demand -= 1;
            self.sent += 1;
            bytes += value.weight();
            values.push(value);
            if open {
                return (values, true);
            }
        }
        (values, false)
    }

    /// Something happened in the run.
    ///
    /// # Errors
    /// A value cannot be read: the run is to be cancelled.
    pub(crate) fn happened(&mut self, events: Vec<RunEvent>) -> Result<(), Fault> {
        for event in events {
            let read = updates(event).map_err(unreadable)?;
            read.into_iter().for_each(|(update, bytes)| self.tell(update, bytes));
        }
        Ok(())
    }

    /// The run ended well, unless what it gives cannot be read.
    pub(crate) fn finished(&mut self, report: RunReport, outputs: &Packed) {
        match outputs.unpack() {
            Ok(outputs) => {
                let over = Fault::new(Code::Closed, "the run is over");
                self.settle(Update::Finished(Rc::new(Outcome { outputs, report })), over);
            }
            Err(error) => self.failed(unreadable(error)),
        }
    }

    pub(crate) fn failed(&mut self, fault: Fault) {
        self.settle(Update::Failed(fault.clone()), fault);
    }

    fn settle(&mut self, last: Update, fault: Fault) {
        if self.is_over() {
            return;
        }
        self.over = Some(fault);
        self.feed.clear();
        self.tell(last, 0);
        self.pushers.drain(..).for_each(Waker::wake);
    }

    /// News of one thing replace each other, so that a slow reader gets the newest and the queue stays short.
    fn tell(&mut self, update: Update, bytes: u64) {
        match self.unread.iter_mut().rev().find(|(older, _)| update.replaces(older)) {
            Some(older) => older.0 = update,
            None => self.unread.push_back((update, bytes)),
        }
        self.reader.take().into_iter().for_each(Waker::wake);
    }

    /// The next update; none once the last was read.
    pub(crate) fn poll_next(
        &mut self,
        context: &Context<'_>,
        out: &mut Vec<ToRuntime>,
    ) -> Poll<Option<Update>> {
        if self.done {
            return Poll::Ready(None);
        }
        let Some((update, bytes)) = self.unread.pop_front() else {
            self.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        match &update {
            Update::Finished(_) | Update::Failed(_) => self.done = true,
            Update::Output { .. } => self.pay(bytes, out),
            Update::Started { .. }
            | Update::Load { .. }
            | Update::Progress { .. }
            | Update::Partial { .. }
            | Update::Log { .. }
            | Update::Edge { .. } => {}
        }
        Poll::Ready(Some(update))
    }

    /// Pays for outputs when they are a good part of what may be unread; the run has room for the rest meanwhile.
    fn pay(&mut self, bytes: u64, out: &mut Vec<ToRuntime>) {
        self.taken += 1;
        self.taken_bytes += bytes;
        let many =
            self.taken >= self.limits.queue_items / 4 || self.taken_bytes >= self.limits.queue_bytes / 4;
        if many && !self.is_over() {
            out.push(ToRuntime::Credit { run: self.id, outputs: self.taken });
            (self.taken, self.taken_bytes) = (0, 0);
        }
    }
}

fn unreadable(error: protocol::DecodeError) -> Fault {
    Fault::new(Code::ProtocolMismatch, error.to_string()).during("output")
}

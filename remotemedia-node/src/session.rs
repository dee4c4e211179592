//! Questions of the host in, answers out.
use std::collections::{BTreeMap, VecDeque};

use node_abi::{FromGuest, Item, State, ToGuest};

use crate::{Context, Error, Kind, Node, Params, Value};

/// One kind that a plugin exports.
#[derive(Clone, Copy)]
pub struct Maker {
    kind: Kind,
    open: fn(&Params) -> Result<Box<dyn Work>, Error>,
}

impl Maker {
    /// That of `N`.
    pub const fn of<N: Node>() -> Self {
        Maker { kind: N::KIND, open: |params| Ok(Box::new(N::open(params)?)) }
    }
}

/// A [`Node`] of any type.
trait Work {
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error>;
    fn resume(&mut self, cx: &mut Context) -> Result<(), Error>;
    fn flush(&mut self, cx: &mut Context) -> Result<(), Error>;
}

impl<N: Node> Work for N {
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error> {
        Node::process(self, input, cx)
    }
    fn resume(&mut self, cx: &mut Context) -> Result<(), Error> {
        Node::resume(self, cx)
    }
    fn flush(&mut self, cx: &mut Context) -> Result<(), Error> {
        Node::flush(self, cx)
    }
}

/// The nodes of a plugin.
#[derive(Default)]
pub(crate) struct Session {
    nodes: BTreeMap<u32, At>,
}

struct At {
    work: Box<dyn Work>,
    items: VecDeque<Item>,
    /// In the middle of an input, or of the flush.
    again: bool,
    next_part: u32,
    /// Told at the next question: what was given before it comes first.
    failed: Option<Error>,
}

impl Session {
    pub(crate) fn answer(&mut self, makers: &[Maker], question: ToGuest) -> FromGuest {
        match question {
            ToGuest::Hello { capabilities: _ } => {
                let kinds = makers.iter().map(|maker| maker.kind.listed()).collect();
                FromGuest::Hello { capabilities: Vec::new(), kinds }
            }
            ToGuest::Open { node, id: _, kind, params } => self.open(makers, node, &kind, params),
            ToGuest::Turn { node, items, outputs, bytes } => {
                self.at(node, |at, cx| at.turn(items, (outputs, bytes), cx))
            }
            ToGuest::Flush { node, .. } => self.at(node, At::flush),
            ToGuest::Close => {
                self.nodes.clear();
                FromGuest::Closed
            }
            ToGuest::Register { .. } => fault(Error::not_supported("a plugin takes no sources")),
        }
    }

    fn open(&mut self, makers: &[Maker], node: u32, kind: &str, params: node_abi::Value) -> FromGuest {
        let Some(maker) = makers.iter().find(|it| it.kind.name == kind) else {
            return fault(Error::not_supported(format!("no node of this plugin is called {kind}")));
        };
        match (maker.open)(&Params(params.into())) {
            Ok(work) => {
                let (items, again, next_part, failed) = (VecDeque::new(), false, 0, None);
                self.nodes.insert(node, At { work, items, again, next_part, failed });
                FromGuest::Opened
            }
            Err(error) => fault(error),
        }
    }

    fn at(&mut self, node: u32, act: impl FnOnce(&mut At, &mut Context) -> (u32, State)) -> FromGuest {
        let Some(at) = self.nodes.get_mut(&node) else {
            return fault(format!("node {node} is not open").into());
        };
        if let Some(error) = at.failed.take() {
            return fault(error);
        }
        let mut cx = Context { next_part: at.next_part, again: at.again, ..Context::new(node) };
        let (done, state) = act(at, &mut cx);
        (at.next_part, at.again) = (cx.next_part, cx.again);
        match at.failed.take() {
            Some(error) if done == 0 && cx.outputs.is_empty() => fault(error),
            Some(error) => {
                at.failed = Some(error);
                FromGuest::Worked { outputs: cx.outputs, done, state: State::More }
            }
            None => FromGuest::Worked { outputs: cx.outputs, done, state },
        }
    }
}

impl At {
    fn turn(&mut self, items: Vec<Item>, (outputs, bytes): (u32, u64), cx: &mut Context) -> (u32, State) {
        self.items.extend(items);
        let mut done = 0;
        loop {
            if cx.outputs.len() >= outputs as usize || cx.bytes >= bytes {
                let idle = self.items.is_empty() && !cx.again;
                return (done, if idle { State::Idle } else { State::More });
            }
            let result = if std::mem::take(&mut cx.again) {
                self.work.resume(cx)
            } else if let Some(item) = self.items.pop_front() {
                cx.part = item.part;
                self.work.process(item.value.into(), cx)
            } else {
                return (done, State::Idle);
            };
            if let Err(error) = result {
                self.failed = Some(error);
                return (done, State::More);
            }
            if cx.again {
                return (done, State::More);
            }
            done += 1;
            cx.input += 1;
        }
    }

    fn flush(&mut self, cx: &mut Context) -> (u32, State) {
        let result = if std::mem::take(&mut cx.again) { self.work.resume(cx) } else { self.work.flush(cx) };
        if let Err(error) = result {
            self.failed = Some(error);
        }
        (0, if cx.again { State::More } else { State::Idle })
    }
}

pub(crate) fn fault(error: Error) -> FromGuest {
    let Error { code, message } = error;
    FromGuest::Fault { code: code.into(), stage: String::new(), message, traceback: None }
}

//! A guest that does what its items say, and what a host says, in short.
#![allow(unreachable_pub, dead_code, reason = "shared by several test files")]
use std::collections::{BTreeMap, VecDeque};

use node_abi::host::{Bounds, Guest, Guests};
use node_abi::{FromGuest, Kind, Level, Output, Part, State, ToGuest, Unit, Value, decode, encode};
use protocol::{Fault, FromHost, NodeIdx, RunId, ToHost, WorkItem};

pub const RUN: RunId = RunId(7);
pub const A: NodeIdx = NodeIdx(0);
pub const B: NodeIdx = NodeIdx(1);

/// Texts are scripts: `emit N`, `more N` (an output a turn), `wait N` (turns without one), `part N`, `fail`, `log`,
/// `progress`, `partial`, `hold` (given at the flush), `die`. Anything else comes back as it is.
#[derive(Default)]
pub struct Scripted {
    nodes: BTreeMap<u32, At>,
    said: Vec<Vec<u8>>,
    /// What it was asked, in short.
    pub asked: Vec<String>,
    /// Instead of its own answers, in order.
    pub instead: VecDeque<Vec<u8>>,
}

#[derive(Default)]
struct At {
    items: VecDeque<Value>,
    left: i64,
    waits: i64,
    held: Vec<Value>,
}

pub fn kind(name: &str) -> Kind {
    Kind {
        name: name.into(),
        aliases: vec![],
        description: "d".into(),
        params: String::new(),
        inputs: vec!["any".into()],
        outputs: vec!["any".into()],
        streaming: false,
    }
}

impl Guest for Scripted {
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        let question = decode::<ToGuest>(request).expect("a question in words of v1");
        self.asked.push(short(&question));
        if let Some(frame) = self.instead.pop_front() {
            return Ok(frame);
        }
        let answer = match question {
            ToGuest::Hello { .. } => {
                FromGuest::Hello { capabilities: vec!["later".into()], kinds: vec![kind("Scripted")] }
            }
            ToGuest::Open { kind, .. } if kind != "Scripted" => fault("NotSupported", "open", "no such kind"),
            ToGuest::Open { node, .. } => {
                self.nodes.insert(node, At::default());
                FromGuest::Opened
            }
            ToGuest::Turn { node, items, outputs, .. } => self.turn(node, items, outputs)?,
            ToGuest::Flush { node, .. } => {
                let outputs = std::mem::take(&mut self.nodes.get_mut(&node).unwrap().held);
                let outputs = outputs.into_iter().map(|value| whole(0, value)).collect();
                FromGuest::Worked { outputs, done: 0, state: State::Idle }
            }
            ToGuest::Close => {
                self.nodes.clear();
                FromGuest::Closed
            }
            ToGuest::Register { .. } => FromGuest::Kinds { kinds: vec![] },
        };
        Ok(encode(&answer).unwrap())
    }
    fn said(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.said)
    }
}

impl Scripted {
    fn turn(&mut self, node: u32, items: Vec<node_abi::Item>, most: u32) -> Result<FromGuest, Fault> {
        let at = self.nodes.get_mut(&node).unwrap();
        at.items.extend(items.into_iter().map(|it| it.value));
        let (mut outputs, mut done) = (Vec::new(), 0);
        while let Some(item) = at.items.front().cloned() {
            if outputs.len() >= most as usize {
                return Ok(FromGuest::Worked { outputs, done, state: State::More });
            }
            if at.left > 0 {
                outputs.push(whole(done, Value::Int(at.left)));
                at.left -= 1;
                if at.left > 0 {
                    return Ok(FromGuest::Worked { outputs, done, state: State::More });
                }
            } else if at.waits > 0 {
                at.waits -= 1;
                if at.waits > 0 {
                    return Ok(FromGuest::Worked { outputs, done, state: State::Waiting });
                }
            } else {
                let text = if let Value::Text(text) = &item { text.as_str() } else { "" };
                let (word, count) = text.split_once(' ').unwrap_or((text, "1"));
                let count: i64 = count.parse().unwrap_or(1);
                let mut say = |message| self.said.push(encode(&message).unwrap());
                match word {
                    "emit" => outputs.extend((0..count).map(|i| whole(done, Value::Int(i)))),
                    "part" => outputs.extend((0..count).map(|i| Output {
                        input: done,
                        part: Part { index: i as u32, last: i + 1 == count },
                        value: Value::Text("p".into()),
                    })),
                    "more" if count > 0 => {
                        at.left = count;
                        continue;
                    }
                    "wait" => {
                        at.waits = count + 1;
                        continue;
                    }
                    "more" => {}
                    "hold" => at.held.push(Value::Text("held".into())),
                    "fail" => return Ok(fault("NodeFailed", "process", "no luck")),
                    "die" => return Err(Fault::new(protocol::Code::TimedOut, "took too long")),
                    "log" => {
                        say(FromGuest::Log { node: Some(node), level: Level::Warn, message: "mind".into() })
                    }
                    "progress" => {
                        say(FromGuest::Progress { node, done: 1.0, total: Some(2.0), unit: Unit::Items })
                    }
                    "partial" => say(FromGuest::Partial { node, value: Value::Int(1) }),
                    _ => outputs.push(whole(done, item.clone())),
                }
            }
            at.items.pop_front();
            done += 1;
        }
        Ok(FromGuest::Worked { outputs, done, state: State::Idle })
    }
}

pub fn whole(input: u32, value: Value) -> Output {
    Output { input, part: Part::WHOLE, value }
}

pub fn fault(code: &str, stage: &str, message: &str) -> FromGuest {
    FromGuest::Fault { code: code.into(), stage: stage.into(), message: message.into(), traceback: None }
}

fn short(question: &ToGuest) -> String {
    match question {
        ToGuest::Hello { .. } => "hello".into(),
        ToGuest::Open { node, .. } => format!("open {node}"),
        ToGuest::Turn { node, items, outputs, .. } => format!("turn {node} of {} for {outputs}", items.len()),
        ToGuest::Flush { node, .. } => format!("flush {node}"),
        ToGuest::Close => "close".into(),
        ToGuest::Register { .. } => "register".into(),
    }
}

pub fn host(guest: Scripted) -> Guests<Scripted> {
    Guests::new(guest, || 0.0, Bounds::PLUGIN)
}

/// A host with the nodes `A` and `B`, opened.
pub fn opened(guest: Scripted) -> Guests<Scripted> {
    let mut host = host(guest);
    for node in [A, B] {
        let (id, params) = ("id".into(), protocol::Value::Map(Vec::new()));
        host.handle(ToHost::Open { run: RUN, node, id, kind: "Scripted".into(), params });
    }
    assert_eq!(show(work(&mut host)), "0 opened; 1 opened");
    host
}

pub fn give(host: &mut Guests<Scripted>, node: NodeIdx, scripts: &[&str]) {
    let value = |script: &&str| protocol::Value::Text((*script).into());
    let items = scripts.iter().map(|it| WorkItem { value: value(it), part: protocol::Part::WHOLE }).collect();
    assert_eq!(host.handle(ToHost::Process { run: RUN, node, items }), []);
}

pub fn credit(host: &mut Guests<Scripted>, node: NodeIdx, outputs: u32, bytes: u64) {
    assert_eq!(host.handle(ToHost::Credit { run: RUN, node, outputs, bytes }), []);
}

/// Steps while there is work.
pub fn work(host: &mut Guests<Scripted>) -> Vec<FromHost> {
    let mut said = Vec::new();
    for _ in 0..1000 {
        if !host.has_work() {
            return said;
        }
        said.extend(host.step(1e6));
    }
    panic!("no end of work: {}", show(said));
}

/// What was said, in short.
pub fn show(said: Vec<FromHost>) -> String {
    let lines = said.into_iter().map(|said| match said {
        FromHost::Worked { node, outputs, done, .. } => {
            let outputs = outputs.iter().map(|it| format!("{}:{}", it.input, it.value.to_json()));
            format!("{} worked [{}] done {done}", node.0, outputs.collect::<Vec<_>>().join(" "))
        }
        FromHost::Opened { node, .. } => format!("{} opened", node.0),
        FromHost::Flushed { node, .. } => format!("{} flushed", node.0),
        FromHost::Failed { node, fault, .. } => {
            format!("{} failed {} {}: {}", node.0, fault.code, fault.stage.unwrap_or_default(), fault.message)
        }
        FromHost::Progress { node, done, .. } => format!("{} progress {done}", node.0),
        FromHost::Partial { node, value, .. } => format!("{} partial {}", node.0, value.to_json()),
        FromHost::Log { message, .. } => format!("log {message}"),
        FromHost::Closed { run } => format!("closed {}", run.0),
        other @ FromHost::Load { .. } => format!("{other:?}"),
    });
    lines.collect::<Vec<_>>().join("; ")
}

//! CPython in the place of Pyodide: the same handler, the same package, another interpreter.
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cli::Host as _;
use protocol::{Buffer, FromHost, FromWorker, NodeKind, ToHost, ToWorker, Value};
use python_worker::{Action, Answer, Call, Event, Handler, Text};

/// Milliseconds a turn of Python may take before it looks around.
const TURN_MS: i64 = 20;

pub(crate) struct Python {
    handler: Handler,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    said: Vec<FromHost>,
    /// What the last source defines, once it was read.
    kinds: Option<Vec<NodeKind>>,
}

impl Python {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/python_host.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Python { handler: Handler::default(), child, stdin, stdout, said: Vec::new(), kinds: None }
    }

    pub(crate) fn connect(&mut self, host: protocol::HostId, run: protocol::RunId) {
        self.event(Event::Page(ToWorker::Connect { host, run }));
    }

    /// Learns the nodes of `source`.
    pub(crate) fn register(&mut self, source: &str) -> Vec<NodeKind> {
        self.event(Event::Page(ToWorker::Register {
            request: 1,
            source: source.into(),
            packages: Vec::new(),
        }));
        loop {
            self.step();
            if let Some(kinds) = self.kinds.take() {
                return kinds;
            }
        }
    }

    fn event(&mut self, event: Event) {
        let actions = self.handler.handle(event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Engine(message) => self.said.push(message),
                Action::Page(FromWorker::Registered { result, .. }) => {
                    self.kinds = Some(result.expect("nodes"))
                }
                Action::Page(_) => {}
                Action::Load(packages) => panic!("{packages:?} cannot be loaded here"),
                Action::Unpack { .. } => panic!("no package can be installed here"),
            }
        }
    }

    fn ask(&mut self, call: Call) -> (String, Vec<Buffer>) {
        let int = |x: i64| Value::Int(x);
        let text = |it: &str| Value::Text(it.into());
        let given = || text("buffers");
        let (method, arguments, buffers) = match call {
            Call::Register { source } => ("register", vec![text(&source)], Vec::new()),
            Call::Install => panic!("no package can be installed here"),
            Call::Open { node, id, kind, params: Text { text: it, buffers } } => {
                ("open", vec![int(node.0.into()), text(&id), text(&kind), text(&it), given()], buffers)
            }
            Call::Opened { node } => ("opened", vec![int(node.0.into())], Vec::new()),
            Call::Turn { node, items: Text { text: it, buffers }, outputs, bytes } => {
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                (
                    "turn",
                    vec![
                        int(node.0.into()),
                        text(&it),
                        given(),
                        int(outputs.into()),
                        int(bytes),
                        int(TURN_MS),
                    ],
                    buffers,
                )
            }
            Call::Flush { node, outputs, bytes } => {
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                ("flush", vec![int(node.0.into()), int(outputs.into()), int(bytes), int(TURN_MS)], Vec::new())
            }
            Call::Close => ("close", Vec::new(), Vec::new()),
            Call::Reset => ("reset", Vec::new(), Vec::new()),
        };
        let hex = |it: &Buffer| {
            it.bytes().expect("bytes").iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let buffers = Value::List(buffers.iter().map(|it| Value::Text(hex(it))).collect());
        let question = Value::map([
            ("method", text(method)),
            ("arguments", Value::List(arguments)),
            ("buffers", buffers),
        ]);
        writeln!(self.stdin, "{}", question.to_json()).expect("a living interpreter");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("an answer");
        let answer = Value::from_json(&line).expect("JSON");
        let list = |key: &str| answer.get(key).and_then(Value::items).unwrap_or_default();
        let buffers: Vec<_> = list("buffers").iter().filter_map(Value::as_text).map(from_hex).collect();
        for said in list("said") {
            self.event(Event::Said(said.as_text().unwrap_or_default().into(), buffers.clone()));
        }
        (answer.get("text").and_then(Value::as_text).expect("text").into(), buffers)
    }
}

fn from_hex(text: &str) -> Buffer {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    Buffer::from_bytes((0..text.len()).step_by(2).map(byte).collect())
}

impl cli::Host for Python {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        self.event(Event::Engine(message));
        std::mem::take(&mut self.said)
    }
    fn step(&mut self) -> Vec<FromHost> {
        if let Some(call) = self.handler.step() {
            let (text, buffers) = self.ask(call);
            let actions = self.handler.returned(Answer::read(&text, &buffers), 1);
            self.act(actions);
        }
        std::mem::take(&mut self.said)
    }
    /// Only its handler knows, and only by a step.
    fn has_work(&self) -> bool {
        true
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // Gone already, or gone now: both are well.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

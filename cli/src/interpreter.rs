//! Python nodes by an interpreter in this program: RustPython, with the package `remotemedia` as every other host has it.
use protocol::{Buffer, Code, Fault, FromHost, FromWorker, ToHost, ToWorker, Value};
use python_worker::{Action, Answer, Call, Event, Handler, Text};
use rustpython_vm::builtins::{PyBytes, PyList};
use rustpython_vm::{AsObject as _, PyObjectRef, PyResult, Settings, VirtualMachine};

use crate::executor::now_us;
use crate::host::{Host, Lease};

/// Milliseconds a turn of Python may take before it looks around.
const TURN_MS: i64 = 20;
const GLUE: &str = include_str!("interpreter/glue.py");

// `SOURCES`: those of the package, by the paths that `glue.py` finds them by.
include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// A host of Python nodes, for one run.
pub(crate) fn host(lease: Lease) -> Result<Box<dyn Host>, Fault> {
    let python = rustpython_vm::Interpreter::builder(settings());
    let modules = rustpython_stdlib::stdlib_module_defs(&python.ctx);
    let python = python.add_native_modules(&modules).add_frozen_modules(rustpython_pylib::FROZEN_STDLIB);
    let python = python.build();
    let ask = python.enter(|vm| started(vm).map_err(|error| said_by(vm, error)));
    let failed = |why| Fault::new(Code::StartFailed, format!("Python did not start: {why}")).during("start");
    let mut handler = Handler::default();
    handler.handle(Event::Page(ToWorker::Connect { host: lease.host, run: lease.run }));
    Ok(Box::new(Interpreter { handler, python, ask: ask.map_err(failed)?, said: Vec::new(), idle: false }))
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.isolated = true;
    settings.import_site = false;
    settings.install_signal_handlers = false;
    settings.write_bytecode = false;
    settings
}

/// Runs the glue, and gives its function `ask`.
fn started(vm: &VirtualMachine) -> PyResult {
    let files = vm.ctx.new_dict();
    for (path, text) in SOURCES {
        files.set_item(*path, vm.ctx.new_str(*text).into(), vm)?;
    }
    let scope = vm.new_scope_with_builtins();
    scope.globals.set_item("FILES", files.into(), vm)?;
    scope.globals.set_item("__name__", vm.ctx.new_str("glue").into(), vm)?;
    let globals = scope.globals.clone();
    vm.run_string(scope, GLUE, "<glue>")?;
    globals.get_item("ask", vm)
}

/// An exception as Python prints it.
fn said_by(vm: &VirtualMachine, error: rustpython_vm::builtins::PyBaseExceptionRef) -> String {
    let mut text = String::new();
    match vm.write_exception(&mut text, &error) {
        Ok(()) => text,
        Err(_) => error.class().name().to_string(),
    }
}

struct Interpreter {
    handler: Handler,
    python: rustpython_vm::Interpreter,
    ask: PyObjectRef,
    said: Vec<FromHost>,
    /// Nothing was there to ask, and nothing has come since.
    idle: bool,
}

impl Host for Interpreter {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        self.event(Event::Engine(message));
        std::mem::take(&mut self.said)
    }

    fn step(&mut self) -> Vec<FromHost> {
        let Some(call) = self.handler.step() else {
            self.idle = true;
            return Vec::new();
        };
        let begun = now_us();
        let answer = self.ask(call);
        let actions = self.handler.returned(answer, (now_us() - begun) as u64);
        self.act(actions);
        std::mem::take(&mut self.said)
    }

    fn has_work(&self) -> bool {
        !self.idle
    }
}

impl Interpreter {
    fn event(&mut self, event: Event) {
        self.idle = false;
        let actions = self.handler.handle(event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Engine(message) => self.said.push(message),
                // Nothing was registered, so nobody waits for its end, and no package was asked for.
                Action::Page(
                    FromWorker::Ready { .. }
                    | FromWorker::Loading { .. }
                    | FromWorker::Registered { .. }
                    | FromWorker::Fatal { .. }
                    | FromWorker::Pong,
                )
                | Action::Load(_)
                | Action::Unpack { .. } => {}
            }
        }
    }

    fn ask(&mut self, call: Call) -> Result<Answer, String> {
        let (method, arguments, buffers) = spelled(call);
        let parts = self.python.enter(|vm| {
            let asked = asked(vm, &self.ask, method, arguments, &buffers);
            asked.map_err(|error| said_by(vm, error))
        })?;
        let mut parts = parts.into_iter();
        let [text, told] = [parts.next(), parts.next()].map(Option::unwrap_or_default);
        let buffers: Vec<_> = parts.map(Buffer::from_bytes).collect();
        let told = Value::from_json(&String::from_utf8_lossy(&told)).unwrap_or_default();
        let list = |key: &str| told.get(key).and_then(Value::items).unwrap_or_default();
        for said in list("said") {
            self.event(Event::Said(said.as_text().unwrap_or_default().into(), buffers.clone()));
        }
        for node in list("woken") {
            self.event(Event::Woken(node.as_f64().unwrap_or(-1.0) as i32));
        }
        Answer::read(&String::from_utf8_lossy(&text), &buffers)
    }
}

/// One argument of a call.
enum Argument {
    Int(i64),
    Text(String),
    /// The buffers that came along.
    Buffers,
}

/// The method of `Host` that `call` means, with its arguments.
fn spelled(call: Call) -> (&'static str, Vec<Argument>, Vec<Buffer>) {
    use Argument::{Buffers, Int, Text as Words};
    let most = |bytes: u64| Int(i64::try_from(bytes).unwrap_or(i64::MAX));
    match call {
        Call::Register { source } => ("register", vec![Words(source)], Vec::new()),
        Call::Install => ("install", Vec::new(), Vec::new()),
        Call::Open { node, id, kind, params: Text { text, buffers } } => {
            let arguments = vec![Int(node.0.into()), Words(id), Words(kind), Words(text), Buffers];
            ("open", arguments, buffers)
        }
        Call::Opened { node } => ("opened", vec![Int(node.0.into())], Vec::new()),
        Call::Turn { node, items: Text { text, buffers }, outputs, bytes } => {
            let node = Int(node.0.into());
            let arguments = vec![node, Words(text), Buffers, Int(outputs.into()), most(bytes), Int(TURN_MS)];
            ("turn", arguments, buffers)
        }
        Call::Flush { node, outputs, bytes } => {
            let arguments = vec![Int(node.0.into()), Int(outputs.into()), most(bytes), Int(TURN_MS)];
            ("flush", arguments, Vec::new())
        }
        Call::Close => ("close", Vec::new(), Vec::new()),
        Call::Reset => ("reset", Vec::new(), Vec::new()),
    }
}

/// Calls `ask`; gives the bytes it gives.
fn asked(
    vm: &VirtualMachine,
    ask: &PyObjectRef,
    method: &str,
    arguments: Vec<Argument>,
    buffers: &[Buffer],
) -> PyResult<Vec<Vec<u8>>> {
    let arguments = arguments.into_iter().map(|argument| match argument {
        Argument::Int(it) => vm.ctx.new_int(it).into(),
        Argument::Text(it) => vm.ctx.new_str(it).into(),
        Argument::Buffers => vm.ctx.none(),
    });
    let arguments: PyObjectRef = vm.ctx.new_list(arguments.collect()).into();
    let mut given: Vec<PyObjectRef> = Vec::with_capacity(buffers.len());
    for buffer in buffers {
        let bytes = buffer.bytes().map_err(|error| vm.new_os_error(error.to_string()))?;
        given.push(vm.ctx.new_bytes(bytes.into_owned()).into());
    }
    let given: PyObjectRef = vm.ctx.new_list(given).into();
    let answer = ask.call((vm.ctx.new_str(method), arguments, given), vm)?;
    let no_bytes = || vm.new_type_error("the host gave no bytes");
    let parts = answer.downcast_ref::<PyList>().ok_or_else(no_bytes)?;
    let bytes = |part: &PyObjectRef| part.downcast_ref::<PyBytes>().map(|it| it.as_bytes().to_vec());
    parts.borrow_vec().iter().map(|part| bytes(part).ok_or_else(no_bytes)).collect()
}

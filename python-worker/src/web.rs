//! The glue as JavaScript calls it. It converts and delegates, nothing else.
#![allow(unreachable_pub, reason = "exported to JavaScript")]
use js_sys::{Array, Uint8Array};
use protocol::web::{buffer_from_js, buffer_to_js, frame_from_js, frame_to_js};
use protocol::{Buffer, Code, Fault, FromWorker, Message, NodeIdx, PackageFile};
use wasm_bindgen::prelude::*;

use crate::{Action, Answer, Call, Event, Handler, Text};

/// Longer text crosses into Python as bytes: strings are converted letter by letter.
const LONG: usize = 1 << 14;
/// Where mail goes.
const PAGE: u32 = 0;
const ENGINE: u32 = 1;
const LOADER: u32 = 2;
const UNPACKER: u32 = 3;

/// The host, for the worker script. What there is to post or load piles up until `mail` takes it.
#[wasm_bindgen]
#[derive(Default)]
pub struct PythonGlue {
    handler: Handler,
    actions: Vec<Action>,
}

#[wasm_bindgen]
impl PythonGlue {
    /// A host that serves nobody yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }
    /// A frame of the page.
    pub fn page(&mut self, message: &JsValue) -> Result<(), JsError> {
        self.handle(Event::Page(read(message)?));
        Ok(())
    }
    /// A frame of the engine.
    pub fn engine(&mut self, message: &JsValue) -> Result<(), JsError> {
        self.handle(Event::Engine(read(message)?));
        Ok(())
    }
    /// Packages are loaded, or `why` not.
    pub fn loaded(&mut self, why: Option<String>) {
        self.handle(Event::Loaded(why.map_or(Ok(()), Err)));
    }
    /// Python's `wake`.
    pub fn woken(&mut self, node: i32) {
        self.handle(Event::Woken(node));
    }
    /// Python's `say`.
    pub fn said(&mut self, text: String, buffers: &Array) {
        self.handle(Event::Said(text, buffers_from(buffers)));
    }
    /// What to ask of Python next: `[method, ...arguments]`, or undefined. `returned` must follow.
    pub fn step(&mut self) -> Option<Array> {
        self.handler.step().map(call_to_js)
    }
    /// Python's answer: a string, or UTF-8 if it is long; undefined for a reason `why` if it gave none.
    pub fn returned(&mut self, answer: &JsValue, buffers: &Array, busy_us: f64, why: Option<String>) {
        let text =
            answer.as_string().or_else(|| String::from_utf8(answer.dyn_ref::<Uint8Array>()?.to_vec()).ok());
        let answer = match text {
            Some(text) => Answer::read(&text, &buffers_from(buffers)),
            None => Err(why.unwrap_or_else(|| "no text".into())),
        };
        self.actions.extend(self.handler.returned(answer, busy_us as u64));
    }
    /// What to post or load: a list of `[to, message, transfer]`, with `to` 0 for the page, 1 for the engine;
    /// `[2, packages]` asks to load; `[3, modules, wheels]` to write files, lists of `[path, buffer]`.
    pub fn mail(&mut self) -> Array {
        self.actions.drain(..).map(action_to_js).collect()
    }

    fn handle(&mut self, event: Event) {
        self.actions.extend(self.handler.handle(event));
    }
}

/// `[message, transfer]` of the worker's first word.
#[wasm_bindgen]
pub fn ready(start_ms: u32, note: String) -> Array {
    post(PAGE, FromWorker::Ready { start_ms, note })
}

/// A start-up that got further; `total` below 0 is not known.
#[wasm_bindgen]
pub fn loading(name: String, loaded: f64, total: f64) -> Array {
    let total = (total >= 0.0).then_some(total as u64);
    post(PAGE, FromWorker::Loading { name, loaded: loaded as u64, total })
}

/// The worker is broken. `code`: a name of [`Code`].
#[wasm_bindgen]
pub fn fatal(code: &str, message: String) -> Array {
    let code = Code::ALL.into_iter().find(|it| it.to_string() == code).unwrap_or(Code::WorkerCrashed);
    post(PAGE, FromWorker::Fatal { fault: Fault::new(code, message) })
}

/// Tells `report` of a panic, after which this instance is of no use.
#[wasm_bindgen]
pub fn on_panic(report: js_sys::Function) {
    std::panic::set_hook(Box::new(move |panic| _ = report.call1(&JsValue::NULL, &panic.to_string().into())));
}

fn read<M: Message>(message: &JsValue) -> Result<M, JsError> {
    let frame = frame_from_js(message).ok_or_else(|| JsError::new("not a frame"))?;
    protocol::decode(&frame).map_err(|error| JsError::new(&error.to_string()))
}

fn post<M: Message>(to: u32, message: M) -> Array {
    match protocol::encode(&message) {
        Ok(frame) => {
            // Its buffers may be given away only once nobody else holds them.
            drop(message);
            let (message, transfer) = frame_to_js(frame);
            Array::of3(&to.into(), &message, &transfer)
        }
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    }
}

fn action_to_js(action: Action) -> Array {
    match action {
        Action::Page(message) => post(PAGE, message),
        Action::Engine(message) => post(ENGINE, message),
        Action::Load(packages) => {
            let packages: Array = packages.into_iter().map(JsValue::from).collect();
            Array::of2(&LOADER.into(), &packages)
        }
        Action::Unpack { modules, wheels } => {
            Array::of3(&UNPACKER.into(), &files_to_js(modules), &files_to_js(wheels))
        }
    }
}

fn files_to_js(files: Vec<PackageFile>) -> Array {
    let file = |it: PackageFile| Array::of2(&it.path.into(), &buffer_to_js(&it.data, false));
    files.into_iter().map(file).collect()
}

fn call_to_js(call: Call) -> Array {
    let method = |name: &str, rest: &[JsValue]| {
        let call = Array::of1(&name.into());
        rest.iter().for_each(|it| _ = call.push(it));
        call
    };
    let number = |node: NodeIdx| JsValue::from(node.0);
    match call {
        Call::Register { source } => method("register", &[source.into()]),
        Call::Install => method("install", &[]),
        Call::Open { node, id, kind, params } => {
            let [text, buffers] = text_to_js(params);
            method("open", &[number(node), id.into(), kind.into(), text, buffers])
        }
        Call::Opened { node } => method("opened", &[number(node)]),
        Call::Turn { node, items, outputs, bytes } => {
            let [text, buffers] = text_to_js(items);
            method("turn", &[number(node), text, buffers, outputs.into(), (bytes as f64).into()])
        }
        Call::Flush { node, outputs, bytes } => {
            method("flush", &[number(node), outputs.into(), (bytes as f64).into()])
        }
        Call::Close => method("close", &[]),
        Call::Reset => method("reset", &[]),
    }
}

fn text_to_js(it: Text) -> [JsValue; 2] {
    let text = match it.text.len() {
        ..LONG => it.text.into(),
        _ => Uint8Array::from(it.text.as_bytes()).into(),
    };
    let buffers: Array =
        it.buffers.into_iter().map(|buffer| buffer_to_js(&buffer, buffer.is_unique())).collect();
    [text, buffers.into()]
}

fn buffers_from(buffers: &Array) -> Vec<Buffer> {
    buffers.iter().filter_map(|it| buffer_from_js(&it)).collect()
}

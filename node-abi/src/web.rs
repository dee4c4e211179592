//! The worker of one plugin as JavaScript calls it. It converts and delegates, nothing else.
#![allow(unreachable_pub, reason = "exported to JavaScript")]
use js_sys::{Array, Function, Reflect, Uint8Array};
use protocol::web::{frame_from_js, frame_to_js};
use protocol::{Code, Fault, FromHost, FromWorker, Home, Language, Message, ToWorker};
use wasm_bindgen::prelude::*;

use crate::host::{Bounds, Guest, Guests, node_kinds};

/// Calls are made for so long before mail is read again.
const STEP_US: f64 = 8_000.0;
/// Where mail goes.
const PAGE: u32 = 0;
const RUNTIME: u32 = 1;

#[wasm_bindgen]
extern "C" {
    /// The plugin's instance, as the worker script keeps it.
    pub type Instance;
    /// A frame in, a frame out: a view of the plugin's memory, to be copied at once. Throws what ends the plugin, with
    /// a name of [`Code`] as its `code` if it knows one.
    #[wasm_bindgen(method, catch)]
    fn call(this: &Instance, request: &[u8]) -> Result<Uint8Array, JsValue>;
    /// What it has said since this was last asked.
    #[wasm_bindgen(method)]
    fn said(this: &Instance) -> Array;
}

impl Guest for Instance {
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        let answer = Instance::call(self, request).map_err(|error| fault_of(&error))?;
        let (length, most) = (answer.length() as usize, Bounds::PLUGIN.frame);
        if length > most {
            let message = format!("the plugin answers with {length} bytes, at most {most} are taken");
            return Err(Fault::new(Code::LimitExceeded, message));
        }
        Ok(answer.to_vec())
    }
    fn said(&mut self) -> Vec<Vec<u8>> {
        Instance::said(self).iter().map(|frame| Uint8Array::new(&frame).to_vec()).collect()
    }
}

fn fault_of(error: &JsValue) -> Fault {
    let text = |name: &str| Reflect::get(error, &name.into()).ok()?.as_string();
    let code = text("code").and_then(|code| Code::ALL.into_iter().find(|it| it.to_string() == code));
    let message = text("message").unwrap_or_else(|| "the plugin threw something".into());
    Fault::new(code.unwrap_or(Code::NodeFailed), message)
}

/// Microseconds since the worker began.
fn now_us() -> f64 {
    thread_local!(static NOW: Option<(JsValue, Function)> = performance());
    NOW.with(|now| now.as_ref().and_then(|(it, now)| now.call0(it).ok()?.as_f64()).unwrap_or(0.0)) * 1000.0
}

fn performance() -> Option<(JsValue, Function)> {
    let performance = Reflect::get(&js_sys::global(), &"performance".into()).ok()?;
    let now = Reflect::get(&performance, &"now".into()).ok()?.dyn_into().ok()?;
    Some((performance, now))
}

/// The worker. Each method gives what must be posted: a list of `[to, message, transfer]`, where `to` is 0 for the page
/// and 1 for the runtime worker.
#[wasm_bindgen]
pub struct PluginWorker(Guests<Instance>);

#[wasm_bindgen]
impl PluginWorker {
    /// A worker whose plugin has been asked nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new(instance: Instance) -> Self {
        PluginWorker(Guests::new(instance, now_us, Bounds::PLUGIN))
    }
    /// What to say first.
    pub fn ready(&self) -> Array {
        let ready = FromWorker::Ready { start_ms: (now_us() / 1000.0) as u32, note: String::new() };
        Array::of1(&outgoing(PAGE, ready))
    }
    /// A message of the page.
    pub fn page(&mut self, message: &JsValue) -> Result<Array, JsError> {
        let answer = match read::<ToWorker>(message)? {
            ToWorker::Connect { .. } => return Ok(Array::new()),
            ToWorker::Ping => FromWorker::Pong,
            ToWorker::Kinds { request } => {
                // Which plugin of its package this is, the page knows.
                let kinds = |greeting: &crate::host::Greeting| {
                    node_kinds(&greeting.kinds, Language::Rust, Home::Plugin(0))
                };
                FromWorker::Registered { request, result: self.0.greet().and_then(kinds) }
            }
            ToWorker::Register { request, .. } | ToWorker::Install { request, .. } => {
                let fault = Fault::new(Code::NotSupported, "a plugin's worker learns nothing");
                FromWorker::Registered { request, result: Err(fault) }
            }
        };
        Ok(Array::of1(&outgoing(PAGE, answer)))
    }
    /// A message of the runtime worker.
    pub fn host(&mut self, message: &JsValue) -> Result<Array, JsError> {
        Ok(post(self.0.handle(read(message)?)))
    }
    /// Works for some milliseconds.
    pub fn step(&mut self) -> Array {
        post(self.0.step(STEP_US))
    }
    /// Whether there is something to do in [`PluginWorker::step`].
    pub fn has_work(&self) -> bool {
        self.0.has_work()
    }
}

/// The message that tells the page that this worker broke: its own half, not the plugin.
#[wasm_bindgen]
pub fn fatal(text: &str) -> JsValue {
    outgoing(PAGE, FromWorker::Fatal { fault: Fault::new(Code::WorkerCrashed, text) }).get(1)
}

fn read<M: Message>(message: &JsValue) -> Result<M, JsError> {
    let frame = frame_from_js(message).ok_or_else(|| JsError::new("not a frame"))?;
    protocol::decode(&frame).map_err(|error| JsError::new(&error.to_string()))
}

fn post(said: Vec<FromHost>) -> Array {
    said.into_iter().map(|message| outgoing(RUNTIME, message)).collect()
}

fn outgoing<M: Message>(to: u32, message: M) -> Array {
    let frame = protocol::encode(&message);
    // Buffers that nobody else holds are transferred; the message itself would be such a holder.
    drop(message);
    match frame {
        Ok(frame) => {
            let (message, transfer) = frame_to_js(frame);
            Array::of3(&to.into(), &message, &transfer)
        }
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    }
}

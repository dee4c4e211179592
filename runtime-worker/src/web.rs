//! The workers as JavaScript calls them. They convert and delegate, nothing else.
#![allow(unreachable_pub, reason = "exported to JavaScript")]
use js_sys::Array;
use protocol::Message;
use protocol::web::{frame_from_js, frame_to_js};
#[cfg(not(feature = "runtime"))]
use protocol::{Code, Fault};
use wasm_bindgen::prelude::*;

/// A turn of a node takes at most 50 ms; between turns this much work is done before mail is read again.
const STEP_US: f64 = 8_000.0;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the worker began. Asked for several times a message: by any other way it costs three calls.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now_ms() -> f64;
}

fn now_us() -> f64 {
    now_ms() * 1000.0
}

/// `[to, message, transfer]`: `to` is 0 for the page, else the host's number.
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

/// What to tell the page when this worker is broken: whose turn it was, and what happened.
fn broken(what: &str) -> Array {
    #[cfg(feature = "runtime")]
    return outgoing(0, crate::broken(what));
    #[cfg(not(feature = "runtime"))]
    return outgoing(0, protocol::FromWorker::Fatal { fault: Fault::new(Code::WorkerCrashed, what) });
}

/// A panicked instance says so and is never used again: the page replaces the worker.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        // Nobody is left to tell if even this fails.
        _ = scope.post_message(&broken(&format!("a node panicked: {panic}")).get(1));
    }));
}

/// The message that tells the page that this worker broke, by a trap or otherwise.
#[wasm_bindgen]
pub fn fatal(text: &str) -> JsValue {
    broken(text).get(1)
}

#[cfg(feature = "runtime")]
mod runtime {
    use super::*;
    use crate::{Action, Event, Runtime};
    use protocol::{FromRuntime, HostId};

    /// The runtime worker. Each method gives what must be posted: a list of `[to, message, transfer]`.
    #[wasm_bindgen]
    pub struct RuntimeWorker(Runtime);

    #[wasm_bindgen]
    impl RuntimeWorker {
        /// A worker that says it is ready.
        #[wasm_bindgen(constructor)]
        pub fn new() -> Self {
            report_panics();
            RuntimeWorker(Runtime::new(now_us))
        }
        /// What to say first.
        pub fn ready(&self) -> Array {
            let ready = FromRuntime::Ready { kinds: self.0.kinds().to_vec(), start_ms: now_ms() as u32 };
            Array::of1(&outgoing(0, ready))
        }
        /// A message of the page.
        pub fn page(&mut self, message: &JsValue) -> Array {
            match frame_from_js(message).map(|frame| protocol::decode(&frame)) {
                Some(Ok(message)) => self.handle(Event::Page(message)),
                Some(Err(error)) => wasm_bindgen::throw_str(&error.to_string()),
                None => wasm_bindgen::throw_str("not a frame"),
            }
        }
        /// The host that a message of the page attaches, or 0.
        pub fn attaches(message: &JsValue) -> u32 {
            match frame_from_js(message).map(|frame| protocol::decode::<protocol::ToRuntime>(&frame)) {
                Some(Ok(protocol::ToRuntime::Attach { host, .. })) => host.0,
                Some(_) | None => 0,
            }
        }
        /// A message of a host.
        pub fn host(&mut self, host: u32, message: &JsValue) -> Array {
            match frame_from_js(message).map(|frame| protocol::decode(&frame)) {
                Some(Ok(message)) => self.handle(Event::Host(HostId(host), message)),
                Some(Err(error)) => wasm_bindgen::throw_str(&error.to_string()),
                None => wasm_bindgen::throw_str("not a frame"),
            }
        }
        /// Time has passed.
        pub fn tick(&mut self) -> Array {
            self.handle(Event::Tick)
        }
        /// Works for some milliseconds.
        pub fn step(&mut self) -> Array {
            let mut out = Vec::new();
            let end = now_us() + STEP_US;
            while self.0.has_work() && now_us() < end {
                out.extend(self.0.step(now_ms(), end - now_us()));
            }
            post(out)
        }
        /// Whether there is something to do in [`RuntimeWorker::step`].
        pub fn has_work(&self) -> bool {
            self.0.has_work()
        }
        /// Milliseconds until [`RuntimeWorker::tick`] is due.
        pub fn due_in(&self) -> Option<f64> {
            self.0.deadline().map(|at| (at - now_ms()).max(0.0))
        }

        fn handle(&mut self, event: Event) -> Array {
            post(self.0.handle(now_ms(), event))
        }
    }

    fn post(actions: Vec<Action>) -> Array {
        let parts = actions.into_iter().map(|action| match action {
            Action::Page(message) => outgoing(0, message),
            Action::Host(host, message) => outgoing(host.0, message),
        });
        parts.collect()
    }
}

#[cfg(all(feature = "media", not(feature = "runtime")))]
mod compute {
    use super::*;
    use nodes::NodeHost;
    use protocol::{FromHost, FromWorker, ToWorker};

    /// A compute worker. Each method gives what must be posted: a list of `[to, message, transfer]`, where `to` is 0 for
    /// the page and 1 for the runtime worker.
    #[wasm_bindgen]
    pub struct ComputeWorker(NodeHost);

    #[wasm_bindgen]
    impl ComputeWorker {
        /// A worker that serves nobody yet.
        #[wasm_bindgen(constructor)]
        pub fn new() -> Self {
            report_panics();
            ComputeWorker(NodeHost::new(now_us))
        }
        /// What to say first.
        pub fn ready(&self) -> Array {
            let ready = FromWorker::Ready { start_ms: now_ms() as u32, note: String::new() };
            Array::of1(&outgoing(0, ready))
        }
        /// A message of the page.
        pub fn page(&mut self, message: &JsValue) -> Array {
            match frame_from_js(message).map(|frame| protocol::decode::<ToWorker>(&frame)) {
                Some(Ok(ToWorker::Connect { .. })) => Array::new(),
                Some(Ok(ToWorker::Ping)) => Array::of1(&outgoing(0, FromWorker::Pong)),
                Some(Ok(
                    ToWorker::Register { request, .. }
                    | ToWorker::Install { request, .. }
                    | ToWorker::Kinds { request },
                )) => {
                    let fault = Fault::new(Code::NotSupported, "a compute worker takes no code");
                    Array::of1(&outgoing(0, FromWorker::Registered { request, result: Err(fault) }))
                }
                Some(Err(error)) => wasm_bindgen::throw_str(&error.to_string()),
                None => wasm_bindgen::throw_str("not a frame"),
            }
        }
        /// A message of the runtime worker.
        pub fn host(&mut self, message: &JsValue) -> Array {
            match frame_from_js(message).map(|frame| protocol::decode(&frame)) {
                Some(Ok(message)) => post(self.0.handle(message)),
                Some(Err(error)) => wasm_bindgen::throw_str(&error.to_string()),
                None => wasm_bindgen::throw_str("not a frame"),
            }
        }
        /// Works for some milliseconds.
        pub fn step(&mut self) -> Array {
            post(self.0.step(STEP_US))
        }
        /// Whether there is something to do in [`ComputeWorker::step`].
        pub fn has_work(&self) -> bool {
            self.0.has_work()
        }
    }

    fn post(said: Vec<FromHost>) -> Array {
        said.into_iter().map(|message| outgoing(1, message)).collect()
    }
}

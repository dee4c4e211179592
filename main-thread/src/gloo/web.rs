//! The bridge as browsers and gloo-worker have it. It converts and delegates, nothing else.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use gloo_worker::{Codec, HandlerId, Spawnable, Worker, WorkerBridge, WorkerScope};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use protocol::web::{frame_from_js, frame_to_js};
use protocol::{Code, Fault};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

pub use protocol::web::buffer_from_js;

use super::Runtime;
use super::client::Patience;
use super::codec::{Parcel, Sealed, bridge_of, nobodys, open, seal};
use super::message::{Answer, Ask, Settings};
use super::runtime::{Outside, Shared};

/// The worker's script in the bundle.
const SCRIPT: &str = "pipelines-worker.js";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, then: &Function) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, options: &Object) -> Result<Promise, JsValue>;
}

type Listener = Rc<dyn Fn(Fault)>;

thread_local! {
    /// The number of this end's bridge: 0 at the page, which has many, and until the worker knows its own.
    static BRIDGE: Cell<u32> = const { Cell::new(0) };
    /// Who hears of what the codec cannot read, by the bridge it came over.
    static LISTENERS: RefCell<BTreeMap<u32, Listener>> = const { RefCell::new(BTreeMap::new()) };
    static NUMBERS: Cell<u32> = const { Cell::new(0) };
}

/// Postcard as gloo-worker's codec: see [`super::codec`].
#[derive(Debug)]
pub struct Postcard;

impl Codec for Postcard {
    fn encode<I: Serialize>(input: I) -> JsValue {
        match seal(BRIDGE.get(), &input) {
            Ok(Sealed { envelope, frame }) => {
                // Whoever else holds the buffers has them still: they are given away where nobody does.
                drop(input);
                // gloo-worker has no transfer list: buffers are copied by the browser, but do not pass through postcard.
                let message = frame.map_or_else(Array::new, |frame| frame_to_js(frame).0);
                message.unshift(&Uint8Array::from(&envelope[..]));
                message.into()
            }
            // None of gloo-worker's messages can be too deep.
            Err(error) => wasm_bindgen::throw_str(&error.to_string()),
        }
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        read(&input).unwrap_or_else(|(bridge, fault)| {
            hear(bridge, fault);
            nobodys().unwrap_or_else(|| wasm_bindgen::throw_str("another gloo-worker"))
        })
    }
}

/// What was posted, or why it is nothing, and whose it was.
fn read<O: for<'de> Deserialize<'de>>(input: &JsValue) -> Result<O, (Option<u32>, Fault)> {
    let mismatch = |what: &str| Fault::new(Code::ProtocolMismatch, what);
    let Some(message) = input.dyn_ref::<Array>() else {
        // A worker whose wasm did not come up, or has trapped, cannot speak our language.
        return Err(fatal(input).unwrap_or_else(|| (None, mismatch("said what is no message"))));
    };
    let Ok(envelope) = message.get(0).dyn_into::<Uint8Array>() else {
        return Err((None, mismatch("said what is no message")));
    };
    let (envelope, rest) = (envelope.to_vec(), message.slice(1, message.length()));
    let bridge = bridge_of(&envelope);
    let frame = if rest.length() == 0 { None } else { Some(frame_from_js(&rest)) };
    let Some(frame) = frame.map_or(Some(None), |it| it.map(Some)) else {
        return Err((bridge, mismatch("said what is no message")));
    };
    open(Sealed { envelope, frame }).map_err(|error| (bridge, mismatch(&error.to_string())))
}

/// `{ fatal: text, code, bridge }`.
fn fatal(message: &JsValue) -> Option<(Option<u32>, Fault)> {
    let text = field(message, "fatal").as_string()?;
    let code = field(message, "code").as_string()?;
    let code = Code::ALL.into_iter().find(|known| known.to_string() == code)?;
    let bridge = field(message, "bridge").as_f64().map(|it| it as u32);
    Some((bridge, Fault::new(code, text)))
}

/// Tells whoever listens at this bridge; all, if nobody knows which it was.
fn hear(bridge: Option<u32>, fault: Fault) {
    let listeners: Vec<Listener> = LISTENERS.with_borrow(|all| match bridge {
        Some(bridge) => all.get(&bridge).cloned().into_iter().collect(),
        None => all.values().cloned().collect(),
    });
    listeners.iter().for_each(|listener| listener(fault.clone()));
}

/// From here on, this end is the worker's: `bridge` is its number, and `listener` hears of what cannot be read.
#[cfg(feature = "host")]
pub(crate) fn serve(bridge: u32, listener: impl Fn(Fault) + 'static) {
    BRIDGE.set(bridge);
    LISTENERS.with_borrow_mut(|all| all.insert(0, Rc::new(listener)));
}

/// How a runtime is to be started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the bundle's files, relative to the page; of the same origin.
    pub assets: String,
    /// What the runtime in the worker is told. URLs in it may be relative to the page.
    pub settings: Settings,
    /// How long the worker may be silent while it starts, in milliseconds: 30 000.
    pub start_timeout_ms: f64,
    /// While something is expected of it, the worker is asked whether it lives after so many milliseconds of silence, and
    /// given up after as many again: 15 000. One that was ended is noticed at once.
    pub silence_ms: f64,
}

impl Options {
    /// The defaults, for a bundle in the folder `assets`.
    pub fn at(assets: impl Into<String>) -> Self {
        Options {
            assets: assets.into(),
            settings: Settings::default(),
            start_timeout_ms: 30_000.0,
            silence_ms: 15_000.0,
        }
    }
}

impl Runtime {
    /// Starts a runtime in a worker of its own.
    ///
    /// # Errors
    /// `StartFailed`, `LoadFailed`, `ProtocolMismatch` (app and bundle are of different builds) or `NotSupported`.
    pub async fn start(options: Options) -> Result<Runtime, Fault> {
        let Options { assets, mut settings, start_timeout_ms: start_ms, silence_ms } = options;
        let folder = if assets.ends_with('/') || assets.is_empty() { assets } else { assets + "/" };
        let script = absolute(&format!("{folder}{SCRIPT}"))?;
        settings.python_index_url = settings.python_index_url.map(|url| absolute(&url)).transpose()?;
        check(&script)?;
        let patience = Patience { start_ms, open_ms: OPEN_MS, silence_ms };
        for _ in 1..ATTEMPTS {
            let shared = call(&script, settings.clone(), patience);
            match Runtime::opened(shared.clone()).await {
                Err(_) if shared.has_hung() => {}
                opened => return opened,
            }
        }
        Runtime::opened(call(&script, settings, patience)).await
    }
}

/// So often a worker is made before it is an error that each of them hangs where it makes a worker itself, as now and then
/// one does in Firefox.
const ATTEMPTS: u32 = 3;
/// Twice so long, in milliseconds, a worker is silent before it is taken to hang.
const OPEN_MS: f64 = 5_000.0;

/// Makes a worker and asks it to open.
fn call(script: &str, settings: Settings, patience: Patience) -> Rc<Shared> {
    let number = NUMBERS.get() + 1;
    NUMBERS.set(number);
    let shared = Rc::new_cyclic(|shared| {
        let page = Page::new(number, script, shared);
        Shared::new(settings, patience, Box::new(page))
    });
    shared.begin();
    let listener = Rc::downgrade(&shared);
    let listener: Listener = Rc::new(move |fault| with(&listener, |it| it.broke(fault)));
    LISTENERS.with_borrow_mut(|all| all.insert(number, listener));
    spawn_local(look(script.to_owned(), Rc::downgrade(&shared)));
    shared
}

/// gloo-worker panics where no worker can be made: what is known to forbid it is looked for before.
fn check(script: &str) -> Result<(), Fault> {
    let refuse = |why: String| Err(Fault::new(Code::NotSupported, why).during("start"));
    let global = js_sys::global();
    if !Reflect::get(&global, &"Worker".into()).is_ok_and(|it| it.is_function()) {
        return refuse("there are no Web Workers here".into());
    }
    let origin = Reflect::get(&global, &"origin".into()).ok().and_then(|it| it.as_string());
    let theirs = web_sys::Url::new(script).ok().map(|url| url.origin());
    if origin != theirs {
        return refuse(format!("{script} is of another origin than the page"));
    }
    Ok(())
}

/// A file that is missing is the reason, and nothing else would tell: gloo-worker does not listen for errors.
async fn look(script: String, shared: Weak<Shared>) {
    let options = Object::new();
    _ = Reflect::set(&options, &"method".into(), &"HEAD".into());
    let Ok(promise) = fetch(&script, &options) else { return };
    let Ok(answer) = JsFuture::from(promise).await else { return };
    let status = Reflect::get(&answer, &"status".into()).ok().and_then(|it| it.as_f64()).unwrap_or(0.0);
    if matches!(status, 404.0 | 410.0) {
        let fault = Fault::new(Code::LoadFailed, format!("{script} is missing ({status})"));
        with(&shared, |it| it.broke(fault.during("start")));
    }
}

/// Relative to the page.
fn absolute(url: &str) -> Result<String, Fault> {
    let global = js_sys::global();
    let base = field(&field(&global, "document"), "baseURI").as_string();
    let base = base.or_else(|| field(&field(&global, "location"), "href").as_string()).unwrap_or_default();
    web_sys::Url::new_with_base(url, &base)
        .map(|url| url.href())
        .map_err(|_| Fault::new(Code::LoadFailed, format!("{url} is no URL")).during("start"))
}

fn field(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

fn with(shared: &Weak<Shared>, act: impl FnOnce(&Shared)) {
    if let Some(shared) = shared.upgrade() {
        act(&shared);
    }
}

/// The pipelines worker, seen from the page.
struct Far;

/// None of it is ever called here; the worker's end has its own.
impl Worker for Far {
    type Message = ();
    type Input = Parcel;
    type Output = Parcel;

    fn create(_: &WorkerScope<Self>) -> Self {
        Far
    }
    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}
    fn received(&mut self, _: &WorkerScope<Self>, _: Parcel, _: HandlerId) {}
}

/// The page around a runtime.
struct Page {
    number: u32,
    bridge: RefCell<Option<WorkerBridge<Far>>>,
    tick: Closure<dyn Fn()>,
    /// Kept because the browser calls it when the worker's lock is free.
    ended: Closure<dyn Fn()>,
    timer: RefCell<Option<JsValue>>,
}

impl Page {
    fn new(number: u32, script: &str, shared: &Weak<Shared>) -> Self {
        let (mail, ticks, ends) = (shared.clone(), shared.clone(), shared.clone());
        let said = move |Parcel(frame): Parcel| {
            with(&mail, |it| match frame.and_then(|frame| Answer::read(&frame)) {
                Ok(answer) => it.said(answer),
                Err(error) => it.broke(Fault::new(Code::ProtocolMismatch, error.to_string())),
            });
        };
        // The number tells the worker whose it is; no server sees it.
        let bridge = Far::spawner()
            .callback(said)
            .with_loader(true)
            .encoding::<Postcard>()
            .spawn(&format!("{script}#{number}"));
        Page {
            number,
            bridge: RefCell::new(Some(bridge)),
            tick: Closure::new(move || with(&ticks, Shared::tick)),
            ended: Closure::new(move || with(&ends, Shared::ended)),
            timer: RefCell::new(None),
        }
    }
}

impl Outside for Page {
    fn now(&self) -> f64 {
        now()
    }

    fn send(&self, ask: Ask) {
        if let (Some(bridge), Ok(frame)) = (&*self.bridge.borrow(), ask.frame()) {
            // The message itself would be a second holder of its buffers.
            drop(ask);
            bridge.send(Parcel(Ok(frame)));
        }
    }

    fn wake(&self, at_ms: Option<f64>) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(&timer);
        }
        let Some(at) = at_ms else { return };
        // Timers drop fractions; one that fires too early has to be set again.
        let timer = set_timeout(self.tick.as_ref().unchecked_ref(), (at - now()).ceil().max(0.0));
        *self.timer.borrow_mut() = Some(timer);
    }

    fn watch(&self, lock: &str) {
        let Ok(free) = request_lock(lock, self.ended.as_ref().unchecked_ref()) else { return };
        // Where locks are forbidden, silence has to do.
        spawn_local(async move { _ = JsFuture::from(free).await });
    }

    fn close(&self) {
        self.wake(None);
        LISTENERS.with_borrow_mut(|all| all.remove(&self.number));
        drop(self.bridge.take());
    }
}

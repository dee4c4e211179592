//! The coordinator as JavaScript calls it. It converts and delegates, nothing else.
use js_sys::Array;
use protocol::web::{buffer_from_js, buffer_to_js, frame_from_js, frame_to_js};
use protocol::{Buffer, Code, ModelFile, ModelFiles, PackageFile, Packed, RunId};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::{Bulk, Coordinator, Event, PackageCode, PackageId, Step, WorkerId, steps};

mod given;
use given::Given;

/// The coordinator. Each method gives `[steps: JSON text, ...bulk]`, or `[worker, message]` where all there is to do is to
/// post one, or nothing.
#[wasm_bindgen]
pub struct Core(Coordinator);

#[wasm_bindgen]
impl Core {
    /// `options`: any of [`crate::Options`].
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Core, JsError> {
        Ok(Core(Coordinator::new(Given(options).options()?)))
    }
    /// [`Event::Start`].
    pub fn start(&mut self, now: f64) -> Option<Array> {
        self.handle(now, Event::Start)
    }
    /// [`Event::Message`]; what is no message at all breaks its worker.
    pub fn message(&mut self, now: f64, worker: u32, message: &JsValue) -> Option<Array> {
        let worker = WorkerId(worker);
        let event = match frame_from_js(message) {
            Some(frame) => Event::Message { worker, frame },
            None => Event::Broke {
                worker,
                code: Some(Code::ProtocolMismatch),
                message: "said what is no message".into(),
            },
        };
        self.handle(now, event)
    }
    /// [`Event::Broke`]; `code` is a name of [`Code`].
    pub fn broke(&mut self, now: f64, worker: u32, code: Option<String>, message: String) -> Option<Array> {
        let code = code.and_then(|code| given::code(&code));
        self.handle(now, Event::Broke { worker: WorkerId(worker), code, message })
    }
    /// [`Event::Run`]; `request` is what `hub.ts` calls a `RunRequest`.
    pub fn run(&mut self, now: f64, run: u32, request: JsValue) -> Result<Option<Array>, JsError> {
        let request = Given(request);
        let manifest = request.text("manifest")?.unwrap_or_default();
        let (params, package) = (request.text("params")?, request.whole("package")?.map(PackageId));
        let options = request.run_options()?;
        Ok(self.handle(now, Event::Run { run: RunId(run), manifest, params, options, package }))
    }
    /// [`Event::Push`]; `slots` are buffers and blobs.
    pub fn push(
        &mut self,
        now: f64,
        run: u32,
        open: bool,
        count: u32,
        data: &JsValue,
        slots: &Array,
    ) -> Option<Array> {
        let buffer =
            |value: JsValue| buffer_from_js(&value).unwrap_or_else(|| Buffer::from_bytes(Vec::new()));
        let slots = slots.iter().map(buffer).collect();
        let items = Packed { count, data: buffer(data.clone()), slots };
        self.handle(now, Event::Push { run: RunId(run), items, open })
    }
    /// [`Event::End`].
    pub fn end(&mut self, now: f64, run: u32) -> Option<Array> {
        self.handle(now, Event::End { run: RunId(run) })
    }
    /// [`Event::Credit`].
    pub fn credit(&mut self, now: f64, run: u32, outputs: u32) -> Option<Array> {
        self.handle(now, Event::Credit { run: RunId(run), outputs })
    }
    /// [`Event::Cancel`].
    pub fn cancel(&mut self, now: f64, run: u32) -> Option<Array> {
        self.handle(now, Event::Cancel { run: RunId(run) })
    }
    /// [`Event::Validate`].
    pub fn validate(
        &mut self,
        now: f64,
        request: u32,
        manifest: String,
        params: Option<String>,
        package: Option<u32>,
    ) -> Option<Array> {
        let package = package.map(PackageId);
        self.handle(now, Event::Validate { request, manifest, params, package })
    }
    /// [`Event::Register`].
    pub fn register(
        &mut self,
        now: f64,
        request: u32,
        source: String,
        packages: Vec<String>,
    ) -> Option<Array> {
        self.handle(now, Event::Register { request, source, packages })
    }
    /// [`Event::Install`]; `modules` and `wheels` are lists of `[path, blob]`.
    pub fn install(
        &mut self,
        now: f64,
        request: u32,
        package: u32,
        modules: &Array,
        wheels: &Array,
        plugins: Vec<String>,
    ) -> Option<Array> {
        let code = PackageCode { modules: package_files(modules), wheels: package_files(wheels), plugins };
        self.handle(now, Event::Install { request, package: PackageId(package), code })
    }
    /// [`Event::ClosePackage`].
    pub fn close_package(&mut self, now: f64, package: u32) -> Option<Array> {
        self.handle(now, Event::ClosePackage { package: PackageId(package) })
    }
    /// [`Event::ModelLoading`]; sizes in bytes.
    pub fn model_loading(
        &mut self,
        now: f64,
        run: u32,
        model: String,
        loaded: f64,
        total: Option<f64>,
    ) -> Option<Array> {
        let (loaded, total) = (loaded as u64, total.map(|total| total as u64));
        self.handle(now, Event::ModelLoading { run: RunId(run), model, loaded, total })
    }
    /// [`Event::Model`] with the files called `names`, whose bytes are `blobs`.
    pub fn model(
        &mut self,
        now: f64,
        run: u32,
        model: String,
        names: Vec<String>,
        blobs: &Array,
        note: Option<String>,
    ) -> Option<Array> {
        let file = |(name, blob): (String, JsValue)| Some(ModelFile { name, data: buffer_from_js(&blob)? });
        let files = names.into_iter().zip(blobs.iter()).filter_map(file).collect();
        self.handle(now, Event::Model { run: RunId(run), model, result: Ok(ModelFiles { files, note }) })
    }
    /// [`Event::Model`] with a fault: its `code` and `message`, and its `details` in JSON text.
    pub fn model_failed(
        &mut self,
        now: f64,
        run: u32,
        model: String,
        fault: JsValue,
    ) -> Result<Option<Array>, JsError> {
        let result = Err(Given(fault).fault()?);
        Ok(self.handle(now, Event::Model { run: RunId(run), model, result }))
    }
    /// [`Event::Tick`].
    pub fn tick(&mut self, now: f64) -> Option<Array> {
        self.handle(now, Event::Tick)
    }
    /// [`Event::Close`].
    pub fn close(&mut self, now: f64) -> Option<Array> {
        self.handle(now, Event::Close)
    }

    fn handle(&mut self, now: f64, event: Event) -> Option<Array> {
        let actions = self.0.handle(now, event);
        #[cfg(feature = "host")]
        let actions = crate::gloo::host::web::divert(actions);
        let (steps, mut bulk) = steps(actions);
        if steps.is_empty() {
            return None;
        }
        // Most batches are one message to a worker: to write and read a text for it would cost more than the message.
        if let [Step::Post { worker, .. }] = &steps[..]
            && let Some(message) = bulk.pop()
        {
            return Some(Array::of2(&(*worker).into(), &to_js(message)));
        }
        // Plain strings and numbers: writing them cannot fail.
        let batch = Array::of1(&serde_json::to_string(&steps).unwrap_or_default().into());
        for item in bulk {
            batch.push(&to_js(item));
        }
        Some(batch)
    }
}

#[cfg(feature = "host")]
#[wasm_bindgen]
impl Core {
    /// What the page has said next over its bridge.
    pub fn mail(&mut self, now: f64) -> Option<Array> {
        let event = crate::gloo::host::web::mail()?;
        self.handle(now, event)
    }
}

fn package_files(files: &Array) -> Vec<PackageFile> {
    let file = |pair: JsValue| {
        let pair: Array = pair.dyn_into().ok()?;
        Some(PackageFile { path: pair.get(0).as_string()?, data: buffer_from_js(&pair.get(1))? })
    };
    files.iter().filter_map(file).collect()
}

/// A message becomes `[message, transfer]`, values `[count, data, ...slots]`.
fn to_js(bulk: Bulk) -> Array {
    match bulk {
        Bulk::Frame(frame) => {
            let (message, transfer) = frame_to_js(frame);
            Array::of2(&message, &transfer)
        }
        Bulk::Packed(packed) => {
            let array =
                Array::of2(&packed.count.into(), &buffer_to_js(&packed.data, packed.data.is_unique()));
            for slot in &packed.slots {
                array.push(&buffer_to_js(slot, slot.is_unique()));
            }
            array
        }
    }
}

/// SHA-256 of bytes that come piece by piece.
#[wasm_bindgen]
#[derive(Default)]
pub struct Hasher(Sha256);

#[wasm_bindgen]
impl Hasher {
    /// Of nothing so far.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// The hash in lower-case hexadecimal; what is added afterwards begins anew.
    pub fn finish(&mut self) -> String {
        self.0.finalize_reset().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

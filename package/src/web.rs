//! Packages as the package worker calls them. It converts and delegates, nothing else.
//!
//! Results are JSON texts. What is refused is thrown, as the JSON text of a fault:
//! `{ code, message, problems: [{ code, severity, node?, path, message }] }`.
use std::io::{self, Read, Seek, SeekFrom, Write};

use js_sys::{Array, Function, Uint8Array};
use protocol::web::buffer_from_js;
use protocol::{Buffer, Fault, Problem};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{File, Info, Limits, PackOptions, Package, PublicKey, Rejection, SigningKey, pack_to};

/// Bytes that are fetched from JavaScript at a time: few after a jump, as headers are looked at here and there, and more
/// and more while one piece follows the other, as a read of a `Blob` is slow to start.
const FIRST: usize = 1 << 12;
const MOST: usize = 1 << 20;

/// A `Blob` or bytes in JavaScript, read piecewise.
struct Source {
    buffer: Buffer,
    at: u64,
    piece: Vec<u8>,
    /// Where `piece` lies.
    start: u64,
    /// How many bytes were asked for last.
    length: usize,
    /// Told of each piece how many bytes have been read so far.
    progress: Option<Function>,
    read: u64,
}

impl Source {
    fn new(source: &JsValue, progress: Option<Function>) -> Result<Self, Rejection> {
        let buffer = buffer_from_js(source).ok_or_else(|| Rejection::new("a Blob or bytes are expected"))?;
        Ok(Source { buffer, at: 0, piece: Vec::new(), start: 0, length: FIRST, progress, read: 0 })
    }
    fn fetch(&mut self) -> io::Result<()> {
        let follows = self.at > 0 && self.at == self.start + self.piece.len() as u64;
        self.length = if follows { (self.length * 4).min(MOST) } else { FIRST };
        let left = self.buffer.size().saturating_sub(self.at);
        self.piece.resize((self.length as u64).min(left) as usize, 0);
        self.start = self.at;
        let count = self
            .buffer
            .source()
            .read_at(self.at, &mut self.piece)
            .map_err(|error| io::Error::other(error.0))?;
        self.piece.truncate(count);
        self.read += count as u64;
        if let Some(progress) = &self.progress {
            // Who throws while he is told of progress wants it to end.
            progress
                .call1(&JsValue::NULL, &(self.read as f64).into())
                .map_err(|_| io::Error::other("aborted"))?;
        }
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !(self.start..self.start + self.piece.len() as u64).contains(&self.at) {
            self.fetch()?;
        }
        let there = &self.piece[(self.at - self.start) as usize..];
        let count = there.len().min(out.len());
        out[..count].copy_from_slice(&there[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.buffer.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Gives what is written to a function of JavaScript, as `Uint8Array`s of its own.
struct Sink<'a>(&'a Function);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Uint8Array::from(bytes);
        self.0.call1(&JsValue::NULL, &piece).map_err(|_| io::Error::other("the receiver has failed"))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct ProblemView<'a> {
    code: protocol::Code,
    severity: protocol::Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    path: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct FaultView<'a> {
    code: protocol::Code,
    message: &'a str,
    problems: Vec<ProblemView<'a>>,
}

#[derive(Serialize)]
struct EntryView<'a> {
    name: &'a str,
    size: u64,
    compressed: u64,
    sha256: &'a str,
    offset: Option<u64>,
}

#[derive(Serialize)]
struct PackageView<'a> {
    info: Info,
    warnings: Vec<ProblemView<'a>>,
    entries: Vec<EntryView<'a>>,
}

fn views(problems: &[Problem]) -> Vec<ProblemView<'_>> {
    let view = |it| {
        let Problem { code, severity, node, path, message }: &Problem = it;
        ProblemView { code: *code, severity: *severity, node: node.as_deref(), path, message }
    };
    problems.iter().map(view).collect()
}

fn json(value: &impl Serialize) -> String {
    // Nothing of ours has keys that are no text, which is all that can go wrong.
    serde_json::to_string(value).unwrap_or_default()
}

fn thrown(rejection: &Rejection) -> JsValue {
    let Fault { code, message, problems, .. } = rejection.fault();
    json(&FaultView { code, message: &message, problems: views(&problems) }).into()
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsValue> {
    serde_json::from_str(text).map_err(|error| thrown(&Rejection::new(error.to_string())))
}

/// A package that was read and found acceptable.
#[wasm_bindgen]
pub struct OpenPackage(Package<Source>);

#[wasm_bindgen]
impl OpenPackage {
    /// [`Package::open`]. `source` is a `Blob` (in a worker) or bytes, `limits` JSON of [`Limits`] with what is not
    /// to be as by default; `progress` is told of bytes read, a few more than the file has, and may throw to end it.
    #[wasm_bindgen(constructor)]
    pub fn new(
        source: &JsValue,
        name: Option<String>,
        limits: Option<String>,
        progress: Option<Function>,
    ) -> Result<OpenPackage, JsValue> {
        let limits = limits.as_deref().map_or_else(|| Ok(Limits::default()), parsed)?;
        let source = Source::new(source, progress).map_err(|it| thrown(&it))?;
        Package::open(source, name.as_deref(), &limits).map(OpenPackage).map_err(|it| thrown(&it))
    }
    /// The text of `manifest.json`.
    pub fn manifest(&self) -> String {
        self.0.manifest().to_owned()
    }
    /// JSON of `{ info, warnings, entries: [{ name, size, compressed, sha256, offset: number | null }] }`; `keys` is
    /// JSON of a list of public keys in base64 which the caller trusts. Reads the file once, for its hash.
    pub fn describe(&mut self, keys: &str) -> Result<String, JsValue> {
        let keys: Vec<String> = parsed(keys)?;
        let keys: Result<Vec<_>, _> = keys.iter().map(|it| PublicKey::from_base64(it)).collect();
        let info = keys.and_then(|keys| self.0.info(&keys)).map_err(|it| thrown(&it))?;
        let entries = self.0.entries().iter().map(|it| EntryView {
            name: &it.name,
            size: it.size,
            compressed: it.compressed,
            sha256: &it.sha256,
            offset: it.offset,
        });
        Ok(json(&PackageView { info, warnings: views(self.0.warnings()), entries: entries.collect() }))
    }
    /// [`Package::judge`]: `problems` is JSON of what validating the manifest found. Gives JSON of the warnings.
    pub fn judge(&self, problems: &str) -> Result<String, JsValue> {
        let problems = parsed(problems)?;
        self.0.judge(problems).map(|it| json(&views(&it))).map_err(|it| thrown(&it))
    }
    /// [`Package::copy`]: gives the contents of `name` to `take`, as `Uint8Array`s.
    pub fn copy(&mut self, name: &str, take: &Function) -> Result<(), JsValue> {
        self.0.copy(name, &mut Sink(take)).map_err(|it| thrown(&it))
    }
}

/// How a package is to be written, as JavaScript says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PackRequest {
    manifest: String,
    #[serde(default)]
    format: Option<u8>,
    #[serde(default)]
    metadata: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    /// A secret, in base64.
    #[serde(default)]
    sign: Option<String>,
    #[serde(default)]
    limits: Limits,
}

/// [`pack_to`]: `request` is JSON of `{ manifest, format?, metadata?, createdAt?, sign?, limits? }` (manifest and
/// metadata as texts), `files` a list of `[name, Blob or bytes]`; `take` gets the package in pieces.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn pack(request: &str, files: &Array, take: &Function) -> Result<(), JsValue> {
    let request: PackRequest = parsed(request)?;
    let file = |it: JsValue| {
        let pair = Array::from(&it);
        let name = pair.get(0).as_string().ok_or_else(|| Rejection::new("a file needs a name"))?;
        Ok(File { name, data: Box::new(Source::new(&pair.get(1), None)?) })
    };
    let written = || {
        let files = files.iter().map(file).collect::<Result<Vec<File<'_>>, Rejection>>()?;
        let options = PackOptions {
            format: request.format.unwrap_or(2),
            metadata: request.metadata,
            created_at: request.created_at,
            sign: request.sign.as_deref().map(SigningKey::from_base64).transpose()?,
            limits: request.limits,
        };
        pack_to(&request.manifest, files, &options, &mut Sink(take))
    };
    written().map_err(|it| thrown(&it))
}

//! Frames as JavaScript messages. The only file of this crate that knows a browser.
use std::any::Any;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, FileReaderSync};

use crate::{Buffer, ByteSource, Frame, ReadError};

/// The nearest float of a text that is a number.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub(crate) fn parse_float(text: &str) -> f64 {
    js_sys::parse_float(text)
}

/// Bytes that stay in JavaScript until somebody reads them: what a node only passes on is never copied.
struct JsBytes(Uint8Array);

impl ByteSource for JsBytes {
    fn size(&self) -> u64 {
        u64::from(self.0.length())
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        // A buffer that was given away by mistake has length 0: nothing is read, nothing breaks.
        let length = self.0.length();
        let start = u32::try_from(offset).unwrap_or(u32::MAX).min(length);
        let count = out.len().min((length - start) as usize);
        if count == length as usize {
            // Mostly all of it is wanted: a view of it would cost as much as the copy.
            self.0.copy_to(&mut out[..count]);
        } else {
            self.0.subarray(start, start + count as u32).copy_to(&mut out[..count]);
        }
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A file or blob, read piecewise. `FileReaderSync` exists in workers only, which is where nodes run.
struct JsBlob(Blob);

impl ByteSource for JsBlob {
    fn size(&self) -> u64 {
        self.0.size() as u64
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let failed = |what: &str, error: JsValue| {
            let why = error.dyn_ref::<js_sys::Error>().map_or(String::new(), |it| String::from(it.message()));
            ReadError(format!("{what}: {why}"))
        };
        let end = (offset + out.len() as u64).min(self.size());
        if offset >= end {
            return Ok(0);
        }
        let piece = self
            .0
            .slice_with_f64_and_f64(offset as f64, end as f64)
            .map_err(|error| failed("the file cannot be cut", error))?;
        let bytes = FileReaderSync::new()
            .and_then(|reader| reader.read_as_array_buffer(&piece))
            .map_err(|error| failed("the file cannot be read", error))?;
        let bytes = Uint8Array::new(&bytes);
        let count = out.len().min(bytes.length() as usize);
        bytes.subarray(0, count as u32).copy_to(&mut out[..count]);
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A buffer of a JavaScript `ArrayBuffer`, typed array or `Blob`; `None` for anything else.
pub fn buffer_from_js(value: &JsValue) -> Option<Buffer> {
    if let Some(buffer) = value.dyn_ref::<ArrayBuffer>() {
        Some(Buffer::new(JsBytes(Uint8Array::new(buffer))))
    } else if let Some(blob) = value.dyn_ref::<Blob>() {
        Some(Buffer::new(JsBlob(blob.clone())))
    } else if ArrayBuffer::is_view(value) {
        let view = value.unchecked_ref::<Uint8Array>();
        Some(Buffer::new(JsBytes(Uint8Array::new_with_byte_offset_and_length(
            &view.buffer(),
            view.byte_offset(),
            view.byte_length(),
        ))))
    } else {
        None
    }
}

/// The JavaScript side of a buffer: its `Blob`, its own whole `ArrayBuffer` where `give_away` allows (nobody else
/// holds it), else a copy in a fresh `ArrayBuffer`.
pub fn buffer_to_js(buffer: &Buffer, give_away: bool) -> JsValue {
    let source = buffer.source().as_any();
    if let Some(blob) = source.downcast_ref::<JsBlob>() {
        return blob.0.clone().into();
    }
    if let Some(bytes) = source.downcast_ref::<JsBytes>() {
        let whole = bytes.0.byte_length() == bytes.0.buffer().byte_length();
        let own = if give_away && whole { bytes.0.clone() } else { bytes.0.slice(0, bytes.0.length()) };
        return own.buffer().into();
    }
    match buffer.bytes() {
        Ok(bytes) => Uint8Array::from(&bytes[..]).buffer().into(),
        Err(_) => ArrayBuffer::new(0).into(),
    }
}

/// Buffers of fewer bytes are cloned by `postMessage`: that takes less time than moving them.
const WORTH_MOVING: u32 = 4096;

/// `frame` as message and transfer list.
pub fn frame_to_js(frame: Frame) -> (Array, Array) {
    let header = Uint8Array::from(&frame.header[..]);
    let message = Array::of1(&header);
    let transfer = Array::new();
    if header.length() >= WORTH_MOVING {
        transfer.push(&header.buffer());
    }
    for buffer in frame.buffers {
        let js = buffer_to_js(&buffer, buffer.is_unique());
        if js.dyn_ref::<ArrayBuffer>().is_some_and(|it| it.byte_length() >= WORTH_MOVING) {
            transfer.push(&js);
        }
        message.push(&js);
    }
    (message, transfer)
}

/// The frame that a received message is; `None` if it is no array of bytes and blobs.
pub fn frame_from_js(message: &JsValue) -> Option<Frame> {
    let message = message.dyn_ref::<Array>()?;
    let header = message.get(0).dyn_into::<Uint8Array>().ok()?.to_vec();
    let buffers =
        (1..message.length()).map(|i| buffer_from_js(&message.get(i))).collect::<Option<Vec<_>>>()?;
    Some(Frame { header, buffers })
}

//! Values in JSON text. What JSON has no word for stands in an envelope, a map that begins with `__KIND__: true`:
//!
//! | value | envelope |
//! |---|---|
//! | tensor | `{"__numpy__": true, "array": {"meta": {"shape": [2], "dtype": "float32", …}, "data": base64}}`, the original's |
//! | audio | `{"__audio__": true, "sample_rate": 16000, "channels": 1, "samples": base64 of f32}`; `samples` may be a list |
//! | bytes | `{"__bytes__": true, "mime": "audio/wav", "name": "a.wav", "data": base64}`; `mime` and `name` may be missing |
//!
//! Base64 is the standard one, of little-endian bytes.
use protocol::{Audio, Buffer, Bytes, Dtype, ReadError, Tensor, Value};

mod base64;

/// Envelopes whose reading would run code of whoever wrote them.
const REFUSED: [&str; 2] = ["__pickled__", "__pyobj__"];

/// The value that `text` is.
///
/// # Errors
/// It is not JSON, which is said in serde's words, or has a damaged envelope.
pub fn read(text: &str) -> Result<Value, String> {
    opened(Value::from_json(text).map_err(|error| error.to_string())?)
}

/// `value` with what its envelopes hold in their places.
///
/// # Errors
/// One of them is damaged.
pub fn opened(value: Value) -> Result<Value, String> {
    opened_with(value, &mut |_| Err("names a file, which cannot be read here".into()))
}

/// The same; `file` gives what `{"__file__": path}` stands for.
pub(crate) fn opened_with(
    value: Value,
    file: &mut dyn FnMut(&str) -> Result<Value, String>,
) -> Result<Value, String> {
    match value {
        Value::List(items) => {
            items.into_iter().map(|it| opened_with(it, file)).collect::<Result<_, _>>().map(Value::List)
        }
        Value::Map(entries) => {
            let map = Value::Map(entries);
            if let Some(inside) = envelope_of(&map, file) {
                return inside;
            }
            let Value::Map(entries) = map else { return Ok(map) };
            let entries = entries.into_iter().map(|(key, value)| Ok((key, opened_with(value, file)?)));
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Numbers(_)
        | Value::Audio(_)
        | Value::Tensor(_)
        | Value::Bytes(_)) => Ok(other),
    }
}

/// What `map` holds, if it is an envelope.
fn envelope_of(
    map: &Value,
    file: &mut dyn FnMut(&str) -> Result<Value, String>,
) -> Option<Result<Value, String>> {
    let is = |name: &str| map.get(name) == Some(&Value::Bool(true));
    if let Some(name) = REFUSED.into_iter().find(|name| is(name)) {
        let why = "is refused: reading it would run code of whoever wrote it";
        return Some(Err(format!("a {name} envelope {why}")));
    }
    if let Some(path) = map.get("__file__").and_then(Value::as_text) {
        return Some(file(path).map_err(|why| format!("a __file__ envelope: {why}")));
    }
    let (name, inside) = if is("__numpy__") {
        ("__numpy__", tensor(map).map(Value::Tensor))
    } else if is("__audio__") {
        ("__audio__", audio(map).map(Value::Audio))
    } else if is("__bytes__") {
        ("__bytes__", bytes(map).map(Value::Bytes))
    } else {
        return None;
    };
    Some(inside.map_err(|why| format!("the envelope {name} {why}")))
}

/// `value` with envelopes in the places of what JSON has no word for.
///
/// # Errors
/// A file behind it cannot be read.
pub fn enveloped(value: &Value) -> Result<Value, ReadError> {
    Ok(match value {
        Value::List(items) => Value::List(items.iter().map(enveloped).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), enveloped(value)?)));
            Value::Map(entries.collect::<Result<_, _>>()?)
        }
        Value::Audio(audio) => envelope(
            "__audio__",
            [
                ("sample_rate", Value::uint(audio.sample_rate.into())),
                ("channels", Value::uint(audio.channels.into())),
                ("samples", text_of(&audio.samples)?),
            ],
        ),
        Value::Tensor(tensor) => array(tensor)?,
        Value::Bytes(it) => {
            let known = [("mime", &it.mime), ("name", &it.name)];
            let known = known.into_iter().filter_map(|(key, it)| Some((key, Value::Text(it.clone()?))));
            envelope("__bytes__", known.chain([("data", text_of(&it.data)?)]))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Numbers(_) => value.clone(),
    })
}

/// JSON text of `value`, envelopes and all, on one line.
///
/// # Errors
/// As [`enveloped`].
pub fn written(value: &Value) -> Result<String, ReadError> {
    Ok(enveloped(value)?.to_json())
}

fn envelope(kind: &str, entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mark = [(kind.to_owned(), Value::Bool(true))];
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
    Value::Map(mark.into_iter().chain(entries).collect())
}

fn text_of(data: &Buffer) -> Result<Value, ReadError> {
    Ok(Value::Text(base64::encode(&data.bytes()?)))
}

fn array(tensor: &Tensor) -> Result<Value, ReadError> {
    let shape = tensor.shape.iter().map(|length| Value::uint(*length)).collect();
    let is_line = tensor.shape.iter().filter(|length| **length > 1).count() <= 1;
    let meta = Value::map([
        ("shape", Value::List(shape)),
        ("dtype", Value::Text(tensor.dtype.name().into())),
        ("size", Value::uint(tensor.shape.iter().product())),
        ("c_contiguous", Value::Bool(true)),
        ("f_contiguous", Value::Bool(is_line)),
    ]);
    let array = Value::map([("meta", meta), ("data", text_of(&tensor.data)?)]);
    Ok(envelope("__numpy__", [("array", array)]))
}

fn tensor(map: &Value) -> Result<Tensor, String> {
    let array = map.get("array").ok_or("holds `array`")?;
    let meta = array.get("meta").ok_or("holds `array.meta`")?;
    let dtype = meta.get("dtype").and_then(Value::as_text).and_then(Dtype::from_name);
    let dtype = dtype
        .ok_or_else(|| format!("has an `array.meta.dtype` of {}", Dtype::ALL.map(Dtype::name).join(", ")))?;
    let lengths = meta.get("shape").and_then(Value::items).ok_or("holds `array.meta.shape`, a list")?;
    let length = |it: &Value| if let Value::Int(it) = it { u64::try_from(*it).ok() } else { None };
    let shape: Option<Vec<u64>> = lengths.iter().map(length).collect();
    let shape = shape.ok_or("has a shape of lengths")?;
    let raw = decoded(array.get("data"), "array.data")?;
    let size = shape.iter().try_fold(dtype.size(), |size, length| size.checked_mul(*length));
    if size != Some(raw.len() as u64) {
        return Err(format!(
            "has {} bytes, which are no {} array of shape {shape:?}",
            raw.len(),
            dtype.name()
        ));
    }
    Ok(Tensor { dtype, shape, data: Buffer::from_bytes(raw) })
}

fn audio(map: &Value) -> Result<Audio, String> {
    let whole = |key: &str| map.get(key).and_then(Value::as_f64).filter(|it| it.fract() == 0.0 && *it >= 1.0);
    let sample_rate = whole("sample_rate").filter(|it| *it <= f64::from(u32::MAX));
    let sample_rate = sample_rate.ok_or("has a `sample_rate` of at least 1 Hz")? as u32;
    let channels = if map.get("channels").is_some() { whole("channels") } else { Some(1.0) };
    let channels = channels.filter(|it| *it <= f64::from(u16::MAX));
    let channels = channels.ok_or("has `channels` of 1 to 65535")? as u16;
    let samples = match map.get("samples").and_then(Value::items) {
        Some(list) => {
            let samples: Option<Vec<f32>> = list.iter().map(|it| it.as_f64().map(|it| it as f32)).collect();
            Buffer::from_f32(samples.ok_or("has `samples` that are numbers")?)
        }
        None => Buffer::from_bytes(decoded(map.get("samples"), "samples")?),
    };
    if samples.size() % (4 * u64::from(channels)) != 0 {
        return Err(format!(
            "has {} bytes of samples, which are no frames of {channels} f32",
            samples.size()
        ));
    }
    Ok(Audio { sample_rate, channels, samples })
}

fn bytes(map: &Value) -> Result<Bytes, String> {
    let text = |key: &str| map.get(key).and_then(Value::as_text).map(str::to_owned);
    let data = Buffer::from_bytes(decoded(map.get("data"), "data")?);
    Ok(Bytes { mime: text("mime"), name: text("name"), data })
}

fn decoded(data: Option<&Value>, name: &str) -> Result<Vec<u8>, String> {
    let text = data.and_then(Value::as_text).ok_or_else(|| format!("holds `{name}`, base64 text"))?;
    base64::decode(text).ok_or_else(|| format!("has a `{name}` that is no base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, text: &str) {
        assert_eq!(written(&value).unwrap(), text);
        assert_eq!(read(text).unwrap(), value);
    }

    #[track_caller]
    fn check_error(text: &str, message: &str) {
        let error = read(text).unwrap_err();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn bulk_values_go_through_json() {
        let data = Buffer::from_f32(vec![0.5, -0.5]);
        check(
            Value::Tensor(Tensor { dtype: Dtype::Float32, shape: vec![2, 1], data: data.clone() }),
            concat!(
                r#"{"__numpy__":true,"array":{"meta":{"shape":[2,1],"dtype":"float32","size":2,"c_contiguous":true,"#,
                r#""f_contiguous":true},"data":"AAAAPwAAAL8="}}"#
            ),
        );
        let audio = Value::Audio(Audio { sample_rate: 8000, channels: 1, samples: data });
        let text = r#"{"__audio__":true,"sample_rate":8000,"channels":1,"samples":"AAAAPwAAAL8="}"#;
        check(Value::List(vec![audio.clone()]), &format!("[{text}]"));
        assert_eq!(read(r#"{"__audio__":true,"sample_rate":8000,"samples":[0.5,-0.5]}"#).unwrap(), audio);
        let bytes = Bytes { mime: Some("a/b".into()), name: None, data: Buffer::from_bytes(vec![0, 255]) };
        let text = r#"{"a":{"__bytes__":true,"mime":"a/b","data":"AP8="}}"#;
        check(Value::map([("a", Value::Bytes(bytes))]), text);
    }

    #[test]
    fn a_map_that_only_looks_like_an_envelope_is_a_map() {
        let text = r#"{"__numpy__":"yes","__audio__":1,"__bytes__":false}"#;
        assert_eq!(read(text).unwrap(), Value::from_json(text).unwrap());
    }

    #[test]
    fn damaged_envelopes_are_refused_with_what_is_wrong() {
        let array = |dtype: &str, shape: &str, data: &str| {
            format!(
                r#"{{"__numpy__":true,"array":{{"meta":{{"dtype":"{dtype}","shape":{shape}}},"data":{data}}}}}"#
            )
        };
        check_error(r#"{"__numpy__":true}"#, "the envelope __numpy__ holds `array`");
        check_error(&array("complex64", "[1]", "\"\""), "has an `array.meta.dtype` of bool, int8");
        check_error(&array("int8", "[-1]", "\"\""), "has a shape of lengths");
        check_error(&array("int8", "[3]", "\"AAA=\""), "has 2 bytes, which are no int8 array of shape [3]");
        check_error(&array("int8", "[4294967296,4294967296,4294967296]", "\"\""), "has 0 bytes");
        check_error(&array("int8", "[1]", "7"), "holds `array.data`, base64 text");
        check_error(&array("int8", "[1]", "\"A\""), "has a `array.data` that is no base64");
        check_error(r#"{"__audio__":true,"sample_rate":0,"samples":[]}"#, "`sample_rate` of at least 1 Hz");
        check_error(r#"{"__audio__":true,"sample_rate":1,"channels":2,"samples":[1]}"#, "no frames of 2 f32");
        check_error(r#"{"__audio__":true,"sample_rate":1,"samples":["x"]}"#, "`samples` that are numbers");
        check_error(r#"[{"__bytes__":true}]"#, "the envelope __bytes__ holds `data`");
        check_error(r#"{"__pickled__":true,"data":""}"#, "is refused");
        check_error("[1,", "EOF while parsing a value at line 1 column 3");
    }
}

//! The forms in which sound comes: our own, and those of the original's manifests.
use protocol::{Audio, Buffer, Dtype, Value};

use crate::media::sound::Format;
use crate::node::NodeError;

/// Samples of equal channels, not yet with a rate.
struct Samples {
    interleaved: Vec<f32>,
    channels: u64,
}

/// The sound that the next part of a recording is, `known` being the recording's format if it has begun. Its end may
/// come as a last part that holds nothing.
pub(crate) fn part_of(value: Value, known: Option<Format>) -> Result<(Format, Audio), NodeError> {
    let audio = match (known, value) {
        (Some(Format { rate, channels }), Value::Null) => {
            Audio { sample_rate: rate, channels, samples: Buffer::from_f32(Vec::new()) }
        }
        (_, value) => audio_of(value)?,
    };
    let format = Format::of(&audio)?;
    known.map_or(Ok(()), |known| known.goes_on_as(format))?;
    Ok((format, audio))
}

/// The sound that `value` is: audio itself, `[samples, sample_rate]`, `{audio|audio_data, sample_rate}`, or
/// `{data, sample_rate, channels?, format?}`. Samples are a list, a list of one list for each channel, a tensor,
/// or the original's `__numpy__` envelope.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is no form of audio is refused alike")]
fn audio_of(value: Value) -> Result<Audio, NodeError> {
    match value {
        Value::Audio(audio) => Format::of(&audio).map(|_| audio),
        Value::List(pair) if pair.len() == 2 => with_rate(samples_of(&pair[0])?, &pair[1]),
        Value::Map(_) => audio_of_map(&value),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(value: &Value) -> NodeError {
    let hint = if matches!(value, Value::Bytes(_)) { "; AudioDecode makes audio of files" } else { "" };
    format!("expected audio, found {}{hint}", value.type_name()).into()
}

fn audio_of_map(value: &Value) -> Result<Audio, NodeError> {
    let rate = value.get("sample_rate").or(value.get("sampleRate"));
    let rate = rate.ok_or_else(|| NodeError::from("expected audio, found a map without `sample_rate`"))?;
    if let Some(data) = value.get("data") {
        let mut samples = samples_of(data)?;
        scale(&mut samples.interleaved, value.get("format"))?;
        samples.channels =
            value.get("channels").and_then(Value::as_f64).map_or(samples.channels, |it| it as u64);
        return with_rate(samples, rate);
    }
    let sound = value.get("audio").or(value.get("audio_data"));
    let sound = sound.ok_or_else(|| NodeError::from("expected audio, found a map without `audio`"))?;
    with_rate(samples_of(sound)?, rate)
}

fn with_rate(samples: Samples, rate: &Value) -> Result<Audio, NodeError> {
    let rate = rate.as_f64().ok_or_else(|| format!("expected a sample rate, found {}", rate.type_name()))?;
    // A rate out of range becomes one that the check refuses.
    let format = Format::new(rate.round() as u32, samples.channels)?;
    let samples = Buffer::from_f32(samples.interleaved);
    Ok(Audio { sample_rate: format.rate, channels: format.channels, samples })
}

fn scale(samples: &mut [f32], format: Option<&Value>) -> Result<(), NodeError> {
    let full = match format.map(|it| it.as_text().unwrap_or_default()) {
        None | Some("F32" | "f32") => return Ok(()),
        Some("I16" | "i16") => 32_768.0,
        Some("I32" | "i32") => 2_147_483_648.0,
        Some(other) => return Err(format!("audio of format `{other}`; known are F32, I16 and I32").into()),
    };
    samples.iter_mut().for_each(|sample| *sample /= full);
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is no form of audio is refused alike")]
fn samples_of(value: &Value) -> Result<Samples, NodeError> {
    match value {
        Value::Numbers(data) => {
            let interleaved = data.f64s()?.iter().map(|x| *x as f32).collect();
            Ok(Samples { interleaved, channels: 1 })
        }
        Value::List(rows) if rows.iter().any(|row| row.items().is_some()) => planes(rows),
        Value::List(items) => Ok(Samples { interleaved: row(items)?, channels: 1 }),
        Value::Tensor(tensor) => array(tensor.dtype, &tensor.shape, &tensor.data.bytes()?),
        Value::Map(_) => numpy(value),
        other => Err(unexpected(other)),
    }
}

fn row(items: &[Value]) -> Result<Vec<f32>, NodeError> {
    let sample = |item: &Value| match item.as_f64() {
        Some(x) => Ok(x as f32),
        None => Err(format!("expected a sample, found {}", item.type_name()).into()),
    };
    items.iter().map(sample).collect()
}

/// One row for each channel.
fn planes(rows: &[Value]) -> Result<Samples, NodeError> {
    let rows =
        rows.iter().map(|row| samples_of(row).map(|it| it.interleaved)).collect::<Result<Vec<_>, _>>()?;
    let frames = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != frames) {
        return Err("channels of different lengths".into());
    }
    let interleaved = (0..frames).flat_map(|frame| rows.iter().map(move |row| row[frame])).collect();
    Ok(Samples { interleaved, channels: rows.len() as u64 })
}

/// `{"__numpy__": true, "array": {"meta": {"dtype", "shape"}, "data": base64}}`
fn numpy(value: &Value) -> Result<Samples, NodeError> {
    let array_of = value.get("array").filter(|_| value.get("__numpy__") == Some(&Value::Bool(true)));
    let array_of = array_of.ok_or_else(|| unexpected(value))?;
    let meta = array_of.get("meta").unwrap_or(array_of);
    let dtype = meta.get("dtype").and_then(Value::as_text).unwrap_or_default();
    let dtype = Dtype::from_name(dtype).ok_or_else(|| format!("array of unknown dtype `{dtype}`"))?;
    let shape = meta.get("shape").and_then(Value::items).unwrap_or_default();
    let shape: Vec<u64> = shape.iter().filter_map(Value::as_f64).map(|x| x as u64).collect();
    let data = array_of.get("data").and_then(Value::as_text).unwrap_or_default();
    let data = base64(data).ok_or_else(|| NodeError::from("array whose data is not base64"))?;
    array(dtype, &shape, &data)
}

/// An array of frames, or of channels × frames.
fn array(dtype: Dtype, shape: &[u64], bytes: &[u8]) -> Result<Samples, NodeError> {
    let planar: Vec<f32> = match dtype {
        Dtype::Float32 => bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect(),
        Dtype::Float64 => bytes.as_chunks().0.iter().map(|it| f64::from_le_bytes(*it) as f32).collect(),
        Dtype::Int16 => {
            bytes.as_chunks().0.iter().map(|it| f32::from(i16::from_le_bytes(*it)) / 32_768.0).collect()
        }
        Dtype::Bool
        | Dtype::Int8
        | Dtype::Int32
        | Dtype::Int64
        | Dtype::Uint8
        | Dtype::Uint16
        | Dtype::Uint32
        | Dtype::Uint64 => {
            return Err(format!("samples of {}; known are float32, float64 and int16", dtype.name()).into());
        }
    };
    let length = planar.len();
    match *shape {
        [] | [_] => Ok(Samples { interleaved: planar, channels: 1 }),
        [channels, frames] if channels.checked_mul(frames) == Some(length as u64) => {
            let (channels, frames) = (channels as usize, frames as usize);
            let interleaved = (0..frames)
                .flat_map(|frame| planar[frame..].iter().step_by(frames).take(channels).copied())
                .collect();
            Ok(Samples { interleaved, channels: channels as u64 })
        }
        _ => Err(format!(
            "array of shape {shape:?} with {length} samples; expected [frames] or [channels, frames]"
        )
        .into()),
    }
}

/// The bytes that standard base64 stands for; padding may be missing.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Tensor;

    #[track_caller]
    fn check(json: &str, rate: u32, channels: u16, samples: &[f32]) {
        let audio = audio_of(Value::from_json(json).unwrap()).unwrap();
        assert_eq!((audio.sample_rate, audio.channels), (rate, channels));
        assert_eq!(audio.samples.f32s().unwrap().as_ref(), samples);
    }

    #[track_caller]
    fn check_error(json: &str, expected: &str) {
        assert_eq!(audio_of(Value::from_json(json).unwrap()).unwrap_err().message, expected);
    }

    #[test]
    fn the_forms_of_the_original_are_read() {
        check("[[0.5,-0.5],16000]", 16000, 1, &[0.5, -0.5]);
        check("[[[1,2],[3,4]],8000]", 8000, 2, &[1.0, 3.0, 2.0, 4.0]);
        check(r#"{"audio":[0.5],"sample_rate":16000}"#, 16000, 1, &[0.5]);
        check(r#"{"audio_data":[],"sample_rate":16000}"#, 16000, 1, &[]);
        check(r#"{"data":[1,2,3,4],"sample_rate":8000,"channels":2}"#, 8000, 2, &[1.0, 2.0, 3.0, 4.0]);
        check(r#"{"data":[16384,-32768],"sample_rate":8000,"format":"I16"}"#, 8000, 1, &[0.5, -1.0]);
    }

    #[test]
    fn numpy_arrays_are_read() {
        let numpy = |dtype: &str, shape: &str, data: &str| {
            format!(
                r#"{{"audio":{{"__numpy__":true,"array":{{"meta":{{"shape":{shape},"dtype":"{dtype}"}},"data":"{data}"}}}},"sample_rate":8000}}"#
            )
        };
        check(&numpy("float32", "[2]", "AAAAPwAAAL8="), 8000, 1, &[0.5, -0.5]);
        check(&numpy("int16", "[2,1]", "AEAAgA=="), 8000, 2, &[0.5, -1.0]);
        check(&numpy("float64", "[1]", "AAAAAAAA4D8="), 8000, 1, &[0.5]);
        check_error(&numpy("int8", "[1]", "AA=="), "samples of int8; known are float32, float64 and int16");
        check_error(&numpy("float32", "[1]", "%"), "array whose data is not base64");
        check_error(
            &numpy("float32", "[3,7]", "AAAAPwAAAL8="),
            "array of shape [3, 7] with 2 samples; expected [frames] or [channels, frames]",
        );
    }

    #[test]
    fn a_tensor_of_samples_is_read() {
        let data = Buffer::from_f32(vec![1.0, 2.0, 3.0, 4.0]);
        let tensor = Value::Tensor(Tensor { dtype: Dtype::Float32, shape: vec![2, 2], data });
        let audio = audio_of(Value::List(vec![tensor, Value::Int(8000)])).unwrap();
        assert_eq!(audio.samples.f32s().unwrap().as_ref(), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn who_gives_a_file_hears_what_decodes_it() {
        let file = protocol::Bytes { mime: None, name: None, data: Buffer::from_bytes(vec![1]) };
        let error = audio_of(Value::Bytes(file)).unwrap_err();
        assert_eq!(error.message, "expected audio, found bytes; AudioDecode makes audio of files");
    }

    #[test]
    fn what_is_no_audio_is_named() {
        check_error("5", "expected audio, found number");
        check_error("null", "expected audio, found null");
        check_error("[1,2,3]", "expected audio, found list");
        check_error(r#"[["x"],8000]"#, "expected a sample, found text");
        check_error(r#"[[0.5],"x"]"#, "expected a sample rate, found text");
        check_error("[[0.5],0]", "audio of 0 Hz; possible are 100 to 768000 Hz");
        check_error("[[[1,2],[3]],8000]", "channels of different lengths");
        check_error(r#"{"a":1}"#, "expected audio, found a map without `sample_rate`");
        check_error(r#"{"sample_rate":8000}"#, "expected audio, found a map without `audio`");
        check_error(r#"{"audio":{},"sample_rate":8000}"#, "expected audio, found map");
        check_error(
            r#"{"data":[1],"sample_rate":8000,"format":"X"}"#,
            "audio of format `X`; known are F32, I16 and I32",
        );
    }
}

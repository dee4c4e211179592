//! Golden bytes of values, for both sides: `js/encode.ts` and `js/decode.ts` are held to the same file.
//! `UPDATE_GENERATED=1` writes it anew.
#![allow(clippy::unwrap_used, reason = "test support")]
use std::fmt::Write as _;
use std::path::Path;

use protocol::{Audio, Buffer, Bytes, Dtype, Packed, Tensor, Value};

/// One value each, as JSON text.
const JSON: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "63",
    "64",
    "-64",
    "-65",
    "127",
    "128",
    "300",
    "8191",
    "8192",
    "-8193",
    "1073741823",
    "1073741824",
    "-1073741825",
    "2147483648",
    "4294967296",
    "-4294967297",
    "4503599627370496",
    "-4503599627370496",
    "-4503599627370497",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740991",
    "-9007199254740992",
    "1e20",
    "-1e300",
    "0.1",
    "-2.5",
    "5e-324",
    "1.7976931348623157e308",
    "\"\"",
    "\"a\"",
    "\"24 characters, and ASCII\"",
    "\"25 characters, and ASCII!\"",
    "\"äöü\"",
    "\"日本語 text 🎧\"",
    "\"\\u0000\\ufeff\"",
    "\"\\ufeffmarked\"",
    "\"a text of more than 127 bytes: a text of more than 127 bytes: a text of more than 127 bytes: a text of more than 127 bytes\"",
    "\"a text of 43 characters whose bytes are more: ööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö\"",
    "[]",
    "{}",
    "[1,\"a\",null,[true,[2.5]]]",
    "{\"a\":1,\"b\":{\"c\":[{}]}}",
    "{\"\":0,\"ä\":1,\"__proto__\":{\"x\":1},\"constructor\":2}",
    "{\"type\":\"audio\",\"samples\":[1,2]}",
    "{\"type\":\"bytes\"}",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn data(packed: &Packed) -> String {
    hex(&packed.data.bytes().unwrap())
}

fn bulk() -> [(&'static str, Value); 5] {
    let floats = Buffer::from_f32(vec![0.5, -1.0]);
    let audio = Audio { sample_rate: 44_100, channels: 2, samples: floats.clone() };
    let tensor = Tensor { dtype: Dtype::Float32, shape: vec![2, 1], data: floats };
    let bytes = Bytes { mime: Some("audio/wav".into()), name: None, data: Buffer::from_bytes(vec![1, 2, 3]) };
    [
        ("audio", Value::Audio(audio)),
        ("tensor", Value::Tensor(tensor)),
        ("bytes", Value::Bytes(bytes.clone())),
        ("list", Value::List(vec![Value::Bytes(bytes.clone()), Value::map([("b", Value::Bytes(bytes))])])),
        ("numbers", Value::Numbers(Buffer::from_f64((0..300).map(|i| f64::from(i) / 2.0).collect()))),
    ]
}

fn generated() -> String {
    let mut text = String::from("{\n  \"json\": [\n");
    for (i, json) in JSON.iter().enumerate() {
        let packed = Packed::pack(&[Value::from_json(json).unwrap()]).unwrap();
        let comma = if i + 1 < JSON.len() { "," } else { "" };
        let quoted = serde_json::to_string(json).unwrap();
        _ = writeln!(text, "    {{ \"json\": {quoted}, \"hex\": \"{}\" }}{comma}", data(&packed));
    }
    text.push_str("  ],\n  \"bulk\": {\n");
    let bulk = bulk();
    for (i, (name, value)) in bulk.iter().enumerate() {
        let packed = Packed::pack(std::slice::from_ref(value)).unwrap();
        let slots: Vec<String> =
            packed.slots.iter().map(|slot| format!("\"{}\"", hex(&slot.bytes().unwrap()))).collect();
        let comma = if i + 1 < bulk.len() { "," } else { "" };
        let (hex, slots) = (data(&packed), slots.join(", "));
        _ = writeln!(text, "    \"{name}\": {{ \"hex\": \"{hex}\", \"slots\": [{slots}] }}{comma}");
    }
    text.push_str("  },\n  \"exact\": {\n");
    for (i, number) in ["9007199254740993", "-9223372036854775808", "18446744073709551615"].iter().enumerate()
    {
        let packed = Packed::pack(&[Value::from_json(number).unwrap()]).unwrap();
        let comma = if i < 2 { "," } else { "" };
        _ = writeln!(text, "    \"{number}\": \"{}\"{comma}", data(&packed));
    }
    text.push_str("  }\n}\n");
    text
}

#[test]
fn the_golden_bytes_are_those_of_rust() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/values.json");
    let text = generated();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "tests/fixtures/values.json is out of date: run UPDATE_GENERATED=1 cargo test -p main-thread"
    );
}

#[test]
fn whole_floats_and_packed_numbers_are_what_they_were() {
    let floats: Vec<u8> = [&[1, 4][..], &2.0_f64.to_le_bytes()].concat();
    let packed = Packed { count: 1, data: Buffer::from_bytes(floats), slots: vec![] };
    assert_eq!(packed.unpack().unwrap(), [Value::Int(2)]);
    let list = Value::List(vec![Value::Int(1), Value::Float(0.5)]);
    assert_eq!(Value::Numbers(Buffer::from_f64(vec![1.0, 0.5])), list);
}

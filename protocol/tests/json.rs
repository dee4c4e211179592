//! JSON text is read and written as serde_json does, its words about mistakes included.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use protocol::Value;

/// What serde_json makes of `text`, by the number rules of [`Value`].
fn reference(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map(|it: serde_json::Value| value(&it)).map_err(|error| error.to_string())
}

fn value(it: &serde_json::Value) -> Value {
    match it {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(it) => Value::Bool(*it),
        serde_json::Value::Number(it) => match (it.as_i64(), it.as_u64()) {
            (Some(it), _) => Value::Int(it),
            (None, Some(it)) => Value::uint(it),
            (None, None) => Value::number(it.as_f64().unwrap()),
        },
        serde_json::Value::String(it) => Value::Text(it.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(entries) => Value::map(entries.iter().map(|(key, it)| (key, value(it)))),
    }
}

#[track_caller]
fn check(text: &str) {
    assert_eq!(Value::from_json(text).map_err(|error| error.0), reference(text), "{text:?}");
}

/// `text`, and all that is left of it when it is cut, spoilt in one place, or missing one.
#[track_caller]
fn check_spoilt(text: &str) {
    check(text);
    let cuts = text.char_indices().map(|(at, _)| at);
    for at in cuts {
        let (before, after) = text.split_at(at);
        check(before);
        check(&format!("{before}{}", after.chars().skip(1).collect::<String>()));
        for other in
            ["\"", "\\", "\n", "0", "-", ".", "e", ",", ":", "[", "]", "{", "}", "t", "u", "\u{1}", "é"]
        {
            check(&format!("{before}{other}{after}"));
            check(&format!("{before}{other}{}", after.chars().skip(1).collect::<String>()));
        }
    }
}

#[test]
fn texts_are_read_and_refused_as_serde_json_does() {
    check_spoilt("");
    check_spoilt(" {\"a\" : [1, -2.50, 3e2,\n[], {}], \"é\\u00e9\" : {\"b\":null} }\n");
    check_spoilt("[true,false,\t\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\r\n0, -0, 1E-7]");
    check_spoilt(r#""\ud83d\ude00 \u0041 \udc00""#);
    check_spoilt(r#"{"a":1,"b":2,"a":3}"#.trim_end_matches(",\"a\":3}"));
    check_spoilt("[\n\n\"x\ny\"]");
}

#[test]
fn numbers_are_read_as_serde_json_does() {
    for text in [
        "0",
        "-0",
        "-0.0",
        "00",
        "01",
        "-",
        "-x",
        "1.",
        "1.x",
        ".5",
        "1e",
        "1e+",
        "1ex",
        "1e5",
        "1E+05",
        "-1e-5",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551615",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "-1e309",
        "4.9e-324",
        "2e-324",
        "1e-400",
        "0e400",
        "0e99999999999",
        "0.0e-99999999999",
        "1e99999999999 ",
        "1e-99999999999",
        "0.1e99999999999x",
        "9007199254740993.0",
        "5e-1",
        "0.30000000000000004",
        "2.2250738585072011e-308",
        "6.631236846766476e-316",
        "1.00000000000000011102230246251565404236316680908203125",
    ] {
        check(text);
    }
}

#[test]
fn depth_is_limited_as_in_serde_json() {
    for levels in [126, 127, 128, 100_000] {
        check(&"[".repeat(levels));
        check(&"{\"a\":[".repeat(levels / 2));
        check(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    }
}

#[test]
fn a_repeated_key_keeps_its_place_and_takes_the_last_value() {
    let read = Value::from_json(r#"{"a":1,"b":2,"a":3}"#).unwrap();
    assert_eq!(read.to_json(), r#"{"a":3,"b":2}"#);
}

proptest! {
    #[test]
    fn any_text_survives(text in "(?s).*") {
        let json = Value::Text(text.clone()).to_json();
        prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
        prop_assert_eq!(Value::from_json(&json), Ok(Value::Text(text)));
    }

    #[test]
    fn any_number_survives(bits: u64) {
        let x = f64::from_bits(bits);
        let json = Value::number(x).to_json();
        prop_assert_eq!(Value::from_json(&json), Ok(Value::number(x)));
        if x.is_finite() {
            check(&format!("{x:e}"));
            check(&format!("{x}"));
        }
    }

    #[test]
    fn what_is_nearly_json_is_read_or_refused_as_serde_json_does(
        text in "[\\[\\]{}\",:0-9eE+\\-. \n\\\\untrfalse\u{e9}]{0,24}",
    ) {
        check(&text);
    }
}

//! One example of every message and every kind of value, of every state, level and unit.
#![allow(unreachable_pub, dead_code, reason = "shared by several test files")]
use node_abi::*;

pub fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("Null", Value::Null),
        ("Bool", Value::Bool(true)),
        ("Int", Value::Int(-3)),
        ("UInt", Value::UInt(u64::MAX)),
        ("Float", Value::Float(1.5)),
        ("Text", Value::Text("né".into())),
        ("List", Value::List(vec![Value::Int(1), Value::Null])),
        ("Numbers", Value::Numbers(Bulk::from_f64(&[1.0, 2.5]))),
        ("Map", Value::Map(vec![("k".into(), Value::Int(1))])),
        (
            "Audio",
            Value::Audio(Audio { sample_rate: 16_000, channels: 1, samples: Bulk::from_f32(&[0.5, -0.5]) }),
        ),
        (
            "Tensor",
            Value::Tensor(Tensor { dtype: Dtype::Int16, shape: vec![2, 1], data: Bulk(vec![1, 0, 2, 0]) }),
        ),
        ("Bytes", Value::Bytes(Bytes { mime: Some("a/b".into()), name: None, data: Bulk(vec![9]) })),
    ]
}

fn kind() -> Kind {
    Kind {
        name: "N".into(),
        aliases: vec!["M".into()],
        description: "d".into(),
        params: "{}".into(),
        inputs: vec!["any".into()],
        outputs: vec!["text".into()],
        streaming: true,
    }
}

pub fn to_guest() -> Vec<(&'static str, ToGuest)> {
    let item = Item { value: Value::Int(21), part: Part { index: 2, last: false } };
    vec![
        ("Hello", ToGuest::Hello { capabilities: vec!["c".into()] }),
        (
            "Open",
            ToGuest::Open {
                node: 1,
                id: "a".into(),
                kind: "N".into(),
                params: Value::Map(vec![("k".into(), Value::Null)]),
            },
        ),
        ("Turn", ToGuest::Turn { node: 1, items: vec![item], outputs: 300, bytes: 1 << 20 }),
        ("Flush", ToGuest::Flush { node: 1, outputs: 300, bytes: 1 << 20 }),
        ("Close", ToGuest::Close),
        ("Register", ToGuest::Register { name: "n".into(), source: "s".into() }),
    ]
}

pub fn from_guest() -> Vec<(&'static str, FromGuest)> {
    let output = Output { input: 1, part: Part::WHOLE, value: Value::Int(42) };
    vec![
        ("Hello", FromGuest::Hello { capabilities: vec!["sources".into()], kinds: vec![kind()] }),
        ("Opened", FromGuest::Opened),
        ("Worked", FromGuest::Worked { outputs: vec![output], done: 2, state: State::Waiting }),
        ("Closed", FromGuest::Closed),
        ("Kinds", FromGuest::Kinds { kinds: vec![] }),
        (
            "Fault",
            FromGuest::Fault {
                code: "NodeFailed".into(),
                stage: "process".into(),
                message: "m".into(),
                traceback: Some("t".into()),
            },
        ),
        ("Log", FromGuest::Log { node: Some(1), level: Level::Warn, message: "l".into() }),
        ("Progress", FromGuest::Progress { node: 1, done: 1.5, total: None, unit: Unit::Tokens }),
        ("Partial", FromGuest::Partial { node: 1, value: Value::Text("p".into()) }),
    ]
}

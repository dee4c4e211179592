//! Values of the engine survive the way through v1 and back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use node_abi::host::{from_guest, to_guest};
use proptest::prelude::*;
use protocol::{Audio, Buffer, ByteSource, Bytes, Code, Dtype, ReadError, Tensor, Value};

const ROOM: u64 = 1 << 20;

#[track_caller]
fn survives(value: Value) {
    let there = to_guest(&value, ROOM).unwrap();
    assert_eq!(from_guest(there), Ok(value));
}

#[test]
fn every_kind_of_value_survives_exactly() {
    for number in [0, -1, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN] {
        survives(Value::Int(number));
    }
    for value in [
        Value::UInt(u64::MAX),
        Value::Float(0.1),
        Value::Float(1e300),
        Value::Numbers(Buffer::from_f64(vec![1.0, 2.5, 9_007_199_254_740_993.0])),
        Value::map([
            ("b", Value::Null),
            ("a", Value::List(vec![Value::Bool(true), Value::Text("né".into())])),
        ]),
        Value::Audio(Audio { sample_rate: 48_000, channels: 2, samples: Buffer::from_f32(vec![0.5, -0.5]) }),
        Value::Bytes(Bytes {
            mime: Some("a/b".into()),
            name: Some("n".into()),
            data: Buffer::from_bytes(vec![1, 2, 3]),
        }),
    ] {
        survives(value);
    }
    for dtype in Dtype::ALL {
        let data = Buffer::from_bytes(vec![1; 6 * dtype.size() as usize]);
        survives(Value::Tensor(Tensor { dtype, shape: vec![2, 3], data }));
    }
}

#[test]
fn numbers_get_their_one_form_on_the_way_back() {
    use node_abi::Value as There;
    for (given, expected) in [
        (There::Float(3.0), Value::Int(3)),
        (There::Float(f64::NAN), Value::Null),
        (There::Float(f64::INFINITY), Value::Null),
        (There::UInt(7), Value::Int(7)),
        (There::Float(-0.0), Value::Int(0)),
    ] {
        assert_eq!(from_guest(given), Ok(expected));
    }
}

/// Bytes that are not in memory.
struct Outside(&'static [u8], u64);

impl ByteSource for Outside {
    fn size(&self) -> u64 {
        self.1
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let rest = &self.0[(offset as usize).min(self.0.len())..];
        // A byte at a time: whoever reads must go on.
        let count = rest.len().min(out.len()).min(1);
        out[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn blob(source: Outside) -> Value {
    Value::Bytes(Bytes { mime: None, name: Some("f".into()), data: Buffer::new(source) })
}

#[test]
fn bytes_outside_memory_are_read_within_the_limit() {
    survives(blob(Outside(b"hello", 5)));
    let nested = Value::List(vec![blob(Outside(b"hello", ROOM)), Value::Null]);
    assert_eq!(to_guest(&nested, ROOM).unwrap_err().code, Code::LimitExceeded);
    assert_eq!(to_guest(&blob(Outside(b"hello", 6)), ROOM).unwrap_err().code, Code::InvalidInput);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::uint),
        any::<f64>().prop_map(Value::number),
        ".{0,8}".prop_map(Value::Text),
        proptest::collection::vec(-1e6..1e6_f64, 0..4).prop_map(|it| Value::Numbers(Buffer::from_f64(it))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(".{0,3}", inner, 0..4).prop_map(Value::map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn trees_survive(value in value()) {
        prop_assert_eq!(from_guest(to_guest(&value, ROOM).unwrap()), Ok(value));
    }
}

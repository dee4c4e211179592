//! Whatever the bytes: an error or a message, never a panic, and a message survives the way.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;

use proptest::prelude::*;
use protocol::{
    Buffer, Frame, FromHost, FromRuntime, FromWorker, Message, Packed, ToHost, ToRuntime, ToWorker, Value,
    decode, encode,
};

fn prefixed<M: Message>(bytes: &[u8]) -> Frame {
    let mut header = b"RM".to_vec();
    header.extend(protocol::FINGERPRINT.to_le_bytes());
    header.push(M::CHANNEL as u8);
    header.extend(bytes);
    Frame { header, buffers: vec![Buffer::from_bytes(vec![1, 2, 3]); 3] }
}

fn survives<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let frame = Frame { header: bytes.to_vec(), buffers: vec![] };
    _ = decode::<M>(&frame);
    if let Ok(message) = decode::<M>(&prefixed::<M>(bytes)) {
        let again = decode::<M>(&encode(&message).unwrap()).unwrap();
        // NaN differs from itself: compare what is shown.
        assert_eq!(format!("{again:?}"), format!("{message:?}"));
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::uint),
        any::<f64>().prop_map(Value::number),
        ".{0,8}".prop_map(Value::Text),
        proptest::collection::vec(-1e6..1e6f64, 0..4).prop_map(|it| Value::Numbers(Buffer::from_f64(it))),
        Just(examples::audio()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(".{0,3}", inner, 0..4).prop_map(Value::map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_bytes_are_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives::<ToRuntime>(&bytes);
        survives::<FromRuntime>(&bytes);
        survives::<ToHost>(&bytes);
        survives::<FromHost>(&bytes);
        survives::<ToWorker>(&bytes);
        survives::<FromWorker>(&bytes);
        _ = Packed { count: 1, data: Buffer::from_bytes(bytes), slots: vec![] }.unpack();
    }

    #[test]
    fn values_survive_the_way(values in proptest::collection::vec(value(), 0..6)) {
        prop_assert_eq!(Packed::pack(&values).unwrap().unpack(), Ok(values));
    }

    #[test]
    fn json_like_values_survive_json(value in value()) {
        let plain = Value::from_json(&value.to_json()).unwrap();
        prop_assert_eq!(Value::from_json(&plain.to_json()), Ok(plain));
    }
}

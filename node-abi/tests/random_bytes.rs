//! Whatever the bytes: an error or a message, never a panic, and a message survives the way.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;

use node_abi::{FromGuest, Message, ToGuest, VERSION, decode, encode};
use proptest::prelude::*;

fn survives<M: Message + std::fmt::Debug>(bytes: &[u8]) {
    _ = decode::<M>(bytes);
    if let Ok(message) = decode::<M>(&[&[VERSION], bytes].concat()) {
        let again = decode::<M>(&encode(&message).unwrap()).unwrap();
        // NaN differs from itself: compare what is shown.
        assert_eq!(format!("{again:?}"), format!("{message:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_bytes_are_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives::<ToGuest>(&bytes);
        survives::<FromGuest>(&bytes);
    }

    #[test]
    fn changed_bytes_are_never_a_panic(which in 0..15_usize, at in 0..100_usize, byte in any::<u8>()) {
        let mut frames: Vec<_> = examples::to_guest().iter().map(|(_, it)| encode(it).unwrap()).collect();
        frames.extend(examples::from_guest().iter().map(|(_, it)| encode(it).unwrap()));
        let frame = &mut frames[which];
        let at = at % frame.len();
        frame[at] = byte;
        survives::<ToGuest>(&frame[1..]);
        survives::<FromGuest>(&frame[1..]);
    }
}

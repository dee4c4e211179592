//! The bytes of every message are SPEC.md's, and nothing else is a message.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;

use std::fmt::Debug;

use protocol::{Buffer, DecodeError, FINGERPRINT, Frame, Message, Packed, Value, decode, encode};

/// Bytes before the postcard part.
const PREFIX: usize = 11;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn name(message: &impl Debug) -> String {
    let text = format!("{message:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

fn row(name: &str, header: &[u8], buffers: &[Buffer]) -> String {
    let slots: Vec<_> = buffers.iter().map(|buffer| hex(&buffer.bytes().unwrap())).collect();
    let slots = if slots.is_empty() { "–".to_owned() } else { slots.join(" / ") };
    format!("| `{name}` | {} | {slots} |", hex(header))
}

/// Rows of SPEC.md for one message enum; checks on the way what must hold for each message.
fn rows<M: Message + PartialEq + Debug>(title: &str, examples: Vec<M>) -> Vec<String> {
    let mut rows = vec![String::new(), format!("### {title} (channel {})", M::CHANNEL as u8), String::new()];
    rows.push("| variant | postcard bytes | buffers |".into());
    rows.push("|---|---|---|".into());
    for (i, message) in examples.iter().enumerate() {
        let frame = encode(message).unwrap();
        assert_eq!(frame.header[PREFIX] as usize, i, "{} stands where another variant is due", name(message));
        assert_eq!(decode::<M>(&frame).as_ref(), Ok(message));
        for cut in 0..frame.header.len() {
            let cut = Frame { header: frame.header[..cut].to_vec(), buffers: frame.buffers.clone() };
            assert!(
                decode::<M>(&cut).is_err(),
                "{} bytes of {} are a message",
                cut.header.len(),
                name(message)
            );
        }
        let mut longer = frame.clone();
        longer.header.push(0);
        assert_eq!(decode::<M>(&longer), Err(DecodeError::Trailing { left: 1 }));
        if !frame.buffers.is_empty() {
            let bare = Frame { header: frame.header.clone(), buffers: vec![] };
            assert!(
                matches!(decode::<M>(&bare), Err(DecodeError::Malformed(_))),
                "{} lost its slots",
                name(message)
            );
        }
        rows.push(row(&name(message), &frame.header[PREFIX..], &frame.buffers));
    }
    // A variant without an example would be decoded from its number and zeros.
    let mut beyond = encode(&examples[0]).unwrap().header[..PREFIX].to_vec();
    beyond.push(examples.len() as u8);
    beyond.extend([0; 400]);
    let beyond = decode::<M>(&Frame { header: beyond, buffers: vec![Buffer::from_bytes(vec![])] });
    assert!(matches!(beyond, Err(DecodeError::Malformed(_))), "a variant of {title} has no example");
    rows
}

fn value_rows() -> Vec<String> {
    let mut rows = vec![String::new(), "### Value".into(), String::new()];
    rows.extend(["| variant | postcard bytes | buffers |".into(), "|---|---|---|".into()]);
    for (i, value) in examples::values().into_iter().enumerate() {
        let packed = Packed::pack(std::slice::from_ref(&value)).unwrap();
        let bytes = packed.data.bytes().unwrap();
        assert_eq!(bytes[1] as usize, i, "{} stands where another variant is due", name(&value));
        assert_eq!(packed.unpack(), Ok(vec![value.clone()]));
        rows.push(row(&name(&value), &bytes[1..], &packed.slots));
    }
    rows
}

#[test]
fn spec_shows_the_bytes_of_every_message() {
    let tables = [
        value_rows(),
        rows("ToRuntime", examples::to_runtime()),
        rows("FromRuntime", examples::from_runtime()),
        rows("ToHost", examples::to_host()),
        rows("FromHost", examples::from_host()),
        rows("ToWorker", examples::to_worker()),
        rows("FromWorker", examples::from_worker()),
    ];
    let tables = tables.concat().join("\n") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/SPEC.md");
    let spec = std::fs::read_to_string(path).unwrap();
    let (before, after) = spec.split_once("<!-- tables -->\n").expect("SPEC.md marks its tables");
    if std::env::var_os("UPDATE_SPEC").is_some() {
        std::fs::write(path, format!("{before}<!-- tables -->\n{tables}")).unwrap();
    } else {
        for (found, expected) in after.lines().zip(tables.lines()) {
            assert_eq!(found, expected, "SPEC.md differs; if the change is meant, run with UPDATE_SPEC=1");
        }
        assert_eq!(after.lines().count(), tables.lines().count());
    }
}

#[test]
fn a_frame_of_another_build_is_refused_by_name() {
    let mut frame = encode(&protocol::ToHost::Close { run: protocol::RunId(1) }).unwrap();
    assert_eq!(&frame.header[..2], b"RM");
    assert_eq!(frame.header[2..10], FINGERPRINT.to_le_bytes());
    frame.header[5] ^= 1;
    let error = decode::<protocol::ToHost>(&frame).unwrap_err();
    assert!(matches!(error, DecodeError::Fingerprint { expected: FINGERPRINT, .. }));
    assert!(error.to_string().contains("another build"));
}

#[test]
fn a_message_of_another_conversation_is_refused() {
    let frame = encode(&protocol::ToHost::Close { run: protocol::RunId(1) }).unwrap();
    assert_eq!(decode::<protocol::FromHost>(&frame), Err(DecodeError::Channel { found: 3, expected: 4 }));
}

#[test]
fn depth_is_capped_both_ways() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    let deepest = nested(protocol::MAX_DEPTH as usize);
    assert_eq!(Packed::pack(std::slice::from_ref(&deepest)).unwrap().unpack(), Ok(vec![deepest]));
    assert!(Packed::pack(&[nested(protocol::MAX_DEPTH as usize + 1)]).is_err());
    // 100 000 lists of one entry each, written by hand: ends in an error, not in a stack overflow.
    let mut bytes = vec![1];
    bytes.extend([6, 1].repeat(100_000));
    let hostile = Packed { count: 1, data: Buffer::from_bytes(bytes), slots: vec![] };
    assert!(matches!(hostile.unpack(), Err(DecodeError::Malformed(_))));
}

#[test]
fn a_length_that_is_not_there_is_an_error_at_once() {
    for bytes in [
        vec![1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![1, 6, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ] {
        let claim = Packed { count: 1, data: Buffer::from_bytes(bytes), slots: vec![] };
        assert!(matches!(claim.unpack(), Err(DecodeError::Malformed(_))));
    }
}

#[test]
fn a_packed_batch_holds_what_it_announces() {
    let mut packed = Packed::pack(&[Value::Null, Value::Null]).unwrap();
    packed.count = 3;
    assert!(matches!(packed.unpack(), Err(DecodeError::Malformed(_))));
}

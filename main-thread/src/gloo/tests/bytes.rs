//! The bytes of the bridge: golden ones, cut ones, any.
use proptest::prelude::*;
use protocol::{Buffer, Code, DecodeError, Fault, Frame, FromRuntime, Packed, RunId, ToRuntime, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::gloo::codec::{Parcel, Sealed, bridge_of, nobodys, open, seal};
use crate::gloo::message::{Answer, Ask, FINGERPRINT, Order, Settings, Word};

/// gloo-worker's own messages, of which it shows nothing.
#[derive(Debug, Serialize, Deserialize)]
enum ToWorker {
    Connected(usize),
    ProcessInput(usize, Parcel),
    Disconnected(usize),
    Destroy,
}

#[derive(Debug, Serialize, Deserialize)]
enum FromWorker {
    WorkerLoaded,
    ProcessOutput(usize, Parcel),
}

/// `message` has these bytes behind the prefix, is read as it was, and is an error when cut anywhere.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + std::fmt::Debug>(message: &T, bytes: &[u8]) {
    let Sealed { envelope, frame } = seal(7, message).unwrap();
    assert_eq!(envelope[..6], *b"RG\x07\0\0\0");
    assert_eq!(envelope[6..14], FINGERPRINT.to_le_bytes());
    assert_eq!(envelope[14..], *bytes);
    assert_eq!(bridge_of(&envelope), Some(7));
    for end in 0..envelope.len() {
        let cut = Sealed { envelope: envelope[..end].to_vec(), frame: frame.clone() };
        assert!(open::<T>(cut).is_err(), "{end} of {envelope:?}");
    }
    let long = [&envelope[..], &[0]].concat();
    assert_eq!(
        open::<T>(Sealed { envelope: long, frame: frame.clone() }).unwrap_err(),
        DecodeError::Trailing { left: 1 }
    );
    let read: T = open(Sealed { envelope, frame }).unwrap();
    assert_eq!(format!("{read:?}"), format!("{message:?}"));
}

fn parcel() -> Parcel {
    Parcel(Ok(Frame { header: vec![1, 2], buffers: vec![Buffer::from_bytes(vec![3])] }))
}

#[test]
fn an_envelope_has_golden_bytes_and_its_parcel_takes_none() {
    check(&ToWorker::Connected(300), &[0, 0xac, 2]);
    check(&ToWorker::ProcessInput(5, parcel()), &[1, 5]);
    check(&ToWorker::Disconnected(5), &[2, 5]);
    check(&ToWorker::Destroy, &[3]);
    check(&FromWorker::WorkerLoaded, &[0]);
    check(&FromWorker::ProcessOutput(5, parcel()), &[1, 5]);
}

#[test]
fn another_build_is_refused_by_both_numbers() {
    let mut sealed = seal(7, &ToWorker::Destroy).unwrap();
    sealed.envelope[6..14].copy_from_slice(&1_u64.to_le_bytes());
    assert_eq!(bridge_of(&sealed.envelope), Some(7));
    let error = open::<ToWorker>(sealed).unwrap_err();
    assert_eq!(error, DecodeError::Fingerprint { found: 1, expected: FINGERPRINT });
    assert!(error.to_string().contains("is an old build cached?"));
}

#[test]
fn a_frame_without_a_parcel_and_a_parcel_without_a_frame_are_errors() {
    let Sealed { envelope, .. } = seal(7, &ToWorker::Destroy).unwrap();
    let frame = parcel().0.ok();
    assert!(matches!(open::<ToWorker>(Sealed { envelope, frame }), Err(DecodeError::Malformed(_))));
    let Sealed { envelope, .. } = seal(7, &ToWorker::ProcessInput(5, parcel())).unwrap();
    let read = open::<ToWorker>(Sealed { envelope, frame: None }).unwrap();
    assert!(matches!(read, ToWorker::ProcessInput(5, Parcel(Err(DecodeError::NotAFrame)))));
}

#[test]
fn what_cannot_be_read_becomes_a_message_for_nobody() {
    let nobody = 0xffff_ffff;
    assert!(matches!(nobodys(), Some(ToWorker::ProcessInput(id, Parcel(Err(_)))) if id == nobody));
    assert!(matches!(nobodys(), Some(FromWorker::ProcessOutput(id, Parcel(Err(_)))) if id == nobody));
}

/// `frame` has this header, is read as `message`, and is an error when cut anywhere.
#[track_caller]
fn check_frame<T: PartialEq + std::fmt::Debug>(
    message: &T,
    frame: Frame,
    read: impl Fn(&Frame) -> Result<T, DecodeError>,
    header: &[u8],
) {
    assert!(frame.header.ends_with(header), "{:?}", frame.header);
    for end in 0..frame.header.len() {
        let cut = Frame { header: frame.header[..end].to_vec(), buffers: frame.buffers.clone() };
        assert!(read(&cut).is_err(), "{end} of {:?}", frame.header);
    }
    assert_eq!(read(&frame).unwrap(), *message);
}

#[test]
fn what_the_page_says_has_golden_bytes() {
    let settings = Settings {
        compute_workers: Some(2),
        python_workers: None,
        python_index_url: Some("u".into()),
        python_packages: vec!["p".into()],
    };
    let register = Order::Register { request: 300, source: "s".into(), packages: vec!["p".into()] };
    let cases = [
        (Ask::Order(Order::Open { settings }), &b"RB\x01\0\x01\x02\0\x01\x01u\x01\x01p"[..]),
        (Ask::Order(register), b"RB\x01\x01\xac\x02\x01s\x01\x01p"),
        (Ask::Order(Order::Ping), b"RB\x01\x02"),
        // What is said of runs is the protocol's: its own golden bytes show the rest.
        (Ask::Runtime(ToRuntime::Cancel { run: RunId(300) }), b"\x01\x05\xac\x02"),
    ];
    for (ask, header) in cases {
        check_frame(&ask, ask.frame().unwrap(), Ask::read, header);
    }
}

#[test]
fn what_the_worker_says_has_golden_bytes() {
    let fault = Fault::new(Code::Cancelled, "m");
    let cases = [
        (Answer::Word(Word::Opened { lock: Some("l".into()) }), &b"RB\x02\0\x01\x01l"[..]),
        (Answer::Word(Word::Ready { kinds: vec![] }), b"RB\x02\x01\0"),
        (Answer::Word(Word::StartFailed { fault: fault.clone() }), b"RB\x02\x02\x04\0\0\x01m\0\0\0"),
        (Answer::Word(Word::Kinds { kinds: vec![] }), b"RB\x02\x03\0"),
        (Answer::Word(Word::Registered { request: 1, kinds: vec![] }), b"RB\x02\x04\x01\0"),
        (Answer::Word(Word::Refused { request: 1, fault }), b"RB\x02\x05\x01\x04\0\0\x01m\0\0\0"),
        (Answer::Word(Word::Pong), b"RB\x02\x06"),
        (Answer::Runtime(FromRuntime::Demand { run: RunId(7), items: 1 }), b"\x02\x06\x07\x01"),
    ];
    for (answer, header) in cases {
        check_frame(&answer, answer.frame().unwrap(), Answer::read, header);
    }
}

#[test]
fn the_two_directions_are_never_taken_for_each_other() {
    let ping = Ask::Order(Order::Ping).frame().unwrap();
    assert_eq!(Answer::read(&ping), Err(DecodeError::Channel { found: 1, expected: 2 }));
    let end = Ask::Runtime(ToRuntime::End { run: RunId(1) }).frame().unwrap();
    assert_eq!(Answer::read(&end), Err(DecodeError::Channel { found: 1, expected: 2 }));
}

#[test]
fn values_travel_beside_the_bytes() {
    let items = Packed::pack(&[Value::Int(1), Value::Numbers(Buffer::from_f64(vec![0.5; 300]))]).unwrap();
    let ask = Ask::Runtime(ToRuntime::Push { run: RunId(1), items, open: false });
    let parcel = Parcel(Ok(ask.frame().unwrap()));
    let sealed = seal(0, &ToWorker::ProcessInput(1, parcel)).unwrap();
    assert_eq!(sealed.frame.as_ref().unwrap().buffers[1].size(), 2400);
    assert!(sealed.frame.as_ref().unwrap().header.len() < 32);
    let Ok(ToWorker::ProcessInput(1, Parcel(Ok(frame)))) = open(sealed) else { panic!("another message") };
    assert_eq!(Ask::read(&frame).unwrap(), ask);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_bytes_are_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let buffers = vec![Buffer::from_bytes(vec![1, 2, 3]); 3];
        for prefix in [&[][..], b"RB\x01", b"RB\x02"] {
            let frame = Frame { header: [prefix, &bytes].concat(), buffers: buffers.clone() };
            _ = Ask::read(&frame);
            _ = Answer::read(&frame);
            _ = open::<ToWorker>(Sealed { envelope: bytes.clone(), frame: Some(frame) });
        }
        let mut envelope = seal(7, &ToWorker::Destroy).unwrap().envelope;
        envelope.truncate(14);
        envelope.extend(&bytes);
        _ = bridge_of(&bytes);
        _ = open::<ToWorker>(Sealed { envelope: envelope.clone(), frame: parcel().0.ok() });
        _ = open::<FromWorker>(Sealed { envelope, frame: None });
    }
}

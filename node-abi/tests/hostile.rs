//! Whatever a guest answers: a typed fault that names the node, never a panic.
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use node_abi::host::{Guest, node_kinds};
use node_abi::{Audio, Bulk, Dtype, FromGuest, Kind, Level, Output, Part, State, Tensor, Value, encode};
use proptest::prelude::*;
use protocol::{Fault, FromHost, Home, Language, ToHost};
use support::*;

/// The answer to a turn with the inputs `emit` and `emit`.
#[track_caller]
fn refused(answer: Vec<u8>, expected: &str) {
    let guest = Scripted::default();
    let mut host = opened(guest);
    host.guest().instead.push_back(answer);
    credit(&mut host, A, 1000, 1 << 40);
    give(&mut host, A, &["emit", "emit"]);
    let said = show(work(&mut host));
    let expected = format!("0 failed NodeFailed process: {expected}");
    assert!(said.starts_with(&expected), "found    {said}\nexpected {expected}");
    host.handle(ToHost::Close { run: RUN });
    assert_eq!(show(work(&mut host)), "closed 7");
}

fn worked(outputs: Vec<Output>, done: u32, state: State) -> Vec<u8> {
    encode(&FromGuest::Worked { outputs, done, state }).unwrap()
}

fn gave(value: Value) -> Vec<u8> {
    worked(vec![whole(0, value)], 2, State::Idle)
}

#[test]
fn counts_that_do_not_add_up_are_refused() {
    refused(worked(vec![], 3, State::Idle), "is done with 3 inputs where it had 2");
    refused(worked(vec![], u32::MAX, State::More), "is done with 4294967295 inputs where it had 2");
    refused(worked(vec![], 1, State::Idle), "is idle with 1 of its inputs not done");
    let output = |input, index, last| Output { input, part: Part { index, last }, value: Value::Null };
    refused(
        worked(vec![output(2, 0, true)], 2, State::Idle),
        "gave an output for its input 2, of 2 from 0 on",
    );
    refused(
        worked(vec![output(1, 0, true), output(0, 0, true)], 2, State::Idle),
        "gave an output for its input 0, of 2 from 1 on",
    );
    refused(worked(vec![output(0, 1, true)], 2, State::Idle), "gave part 1 of an output where part 0 is due");
    refused(
        worked(vec![output(0, 0, false), output(0, 0, false)], 2, State::Idle),
        "gave part 0 of an output where part 1 is due",
    );
}

#[test]
fn values_that_cannot_be_are_refused() {
    let audio = |sample_rate, channels, size| {
        gave(Value::Audio(Audio { sample_rate, channels, samples: Bulk(vec![0; size]) }))
    };
    refused(audio(0, 1, 4), "gave audio of 0 Hz and 1 channels has 4 bytes of samples");
    refused(audio(8000, 0, 4), "gave audio of 8000 Hz and 0 channels");
    refused(audio(8000, 2, 4), "gave audio of 8000 Hz and 2 channels");
    let tensor =
        |shape, size| gave(Value::Tensor(Tensor { dtype: Dtype::Int16, shape, data: Bulk(vec![0; size]) }));
    refused(tensor(vec![2, 2], 6), "gave a Int16 tensor of 2 dimensions has 6 bytes");
    refused(tensor(vec![u64::MAX, 2], 0), "gave a Int16 tensor of 2 dimensions has 0 bytes");
    let key = || ("k".to_owned(), Value::Null);
    refused(gave(Value::Map(vec![key(), key()])), "gave a map has the key \"k\" twice");
    refused(gave(Value::Numbers(Bulk(vec![0; 9]))), "gave a list of numbers has 9 bytes");
}

#[test]
fn frames_that_are_no_answer_are_refused() {
    refused(vec![], "answered with an empty frame");
    refused(vec![2, 0], "answered with a frame of node ABI version 2, expected 1");
    refused(vec![1, 200], "answered with malformed message");
    refused(encode(&FromGuest::Opened).unwrap(), "answered with Opened, which is no answer here");
    let log = FromGuest::Log { node: None, level: Level::Info, message: String::new() };
    refused(encode(&log).unwrap(), "answered with Log, which is no answer here");
    let mut long = worked(vec![], 2, State::Idle);
    long.push(0);
    refused(long, "answered with 1 bytes left over after the message");
}

#[test]
fn giant_answers_are_refused_before_they_are_read() {
    refused(vec![1; (64 << 20) + 1], "gave 67108865 bytes at once, at most 67108864 are allowed");
    // A null takes one byte there and fifty here.
    let mut nulls = worked(vec![whole(0, Value::List(vec![]))], 2, State::Idle);
    let at = nulls.iter().rposition(|it| *it == 0).unwrap();
    nulls.truncate(at - 2);
    nulls.extend([0xff, 0xff, 0xff, 0x0f]);
    nulls.extend(vec![0; 32 << 20]);
    refused(nulls, "answered with malformed message");
    refused(
        [vec![1, 0, 0, 0xff, 0xff, 0xff, 0x0f], vec![0; 8 << 20]].concat(),
        "tells its kinds in 8388615 bytes, at most 4194304 are allowed",
    );
}

#[test]
fn a_flush_in_the_middle_of_an_output_is_refused() {
    let mut host = opened(Scripted::default());
    let half = Output { input: 0, part: Part { index: 0, last: false }, value: Value::Null };
    host.guest().instead.push_back(worked(vec![half], 0, State::Idle));
    credit(&mut host, A, 1000, 1 << 40);
    host.handle(ToHost::Flush { run: RUN, node: A });
    assert_eq!(
        show(work(&mut host)),
        "0 failed NodeFailed flush: ended in the middle of an output that it gave in parts"
    );
}

#[test]
fn what_is_said_is_an_utterance_of_a_node_that_is_there() {
    let say = |host: &mut node_abi::host::Guests<Loud>, said: FromGuest| {
        host.guest().said.push(encode(&said).unwrap());
    };
    let mut loud = node_abi::host::Guests::new(Loud::default(), || 0.0, node_abi::host::Bounds::PLUGIN);
    let params = protocol::Value::Map(vec![]);
    loud.handle(ToHost::Open { run: RUN, node: A, id: "a".into(), kind: "Scripted".into(), params });
    say(&mut loud, FromGuest::Opened);
    // Before the run there is nobody to hear it, and the greeting comes first.
    assert_eq!(show(loud.step(1e6)), "0 opened");
    say(&mut loud, FromGuest::Progress { node: 9, done: 1.0, total: None, unit: node_abi::Unit::Items });
    say(&mut loud, FromGuest::Progress { node: 0, done: f64::NAN, total: None, unit: node_abi::Unit::Items });
    say(&mut loud, FromGuest::Log { node: Some(9), level: Level::Info, message: "é".repeat(1 << 20) });
    loud.handle(ToHost::Credit { run: RUN, node: A, outputs: 9, bytes: 999 });
    let text = |text: &str| protocol::WorkItem {
        value: protocol::Value::Text(text.into()),
        part: protocol::Part::WHOLE,
    };
    loud.handle(ToHost::Process { run: RUN, node: A, items: vec![text("emit")] });
    let said = loud.step(1e6);
    let [FromHost::Log { node: None, message, .. }, FromHost::Worked { .. }] = &said[..] else {
        panic!("{said:?}")
    };
    assert_eq!(message.len(), (64 << 10) + '…'.len_utf8());
    say(&mut loud, FromGuest::Closed);
    loud.handle(ToHost::Process { run: RUN, node: A, items: vec![text("emit")] });
    assert_eq!(show(loud.step(1e6)), "0 failed NodeFailed process: said Closed, which is an answer");
}

#[test]
fn a_fault_that_is_said_is_the_outcome_whatever_the_answer() {
    let mut loud = node_abi::host::Guests::new(Loud::default(), || 0.0, node_abi::host::Bounds::PLUGIN);
    let params = protocol::Value::Map(vec![]);
    loud.handle(ToHost::Open { run: RUN, node: A, id: "a".into(), kind: "Scripted".into(), params });
    assert_eq!(show(loud.step(1e6)), "0 opened");
    loud.guest().said.push(encode(&fault("OutOfMemory", "", "panicked at src/lib.rs:1:1: no")).unwrap());
    loud.handle(ToHost::Credit { run: RUN, node: A, outputs: 9, bytes: 999 });
    loud.handle(ToHost::Flush { run: RUN, node: A });
    assert_eq!(show(loud.step(1e6)), "0 failed OutOfMemory flush: panicked at src/lib.rs:1:1: no");
}

/// A scripted guest that says what it is told to, at the next question.
#[derive(Default)]
struct Loud {
    inner: Scripted,
    said: Vec<Vec<u8>>,
}

impl Guest for Loud {
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        self.inner.call(request)
    }
    fn said(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.said)
    }
}

#[test]
fn kinds_are_looked_at_before_anybody_plans_with_them() {
    #[track_caller]
    fn check(change: impl Fn(&mut Kind), expected: &str) {
        let mut kinds = [kind("First"), kind("Second")];
        change(&mut kinds[1]);
        let error = node_kinds(&kinds, Language::Rust, Home::Compute).unwrap_err();
        assert!(error.message.contains(expected), "{error}");
    }
    check(|it| it.name.clear(), "empty");
    check(|it| it.name = "x".repeat(201), "longer than 200");
    check(|it| it.name = "a\nb".into(), "not printable");
    check(|it| it.name = "First".into(), "another kind");
    check(|it| it.aliases = vec!["First".into()], "another kind");
    check(|it| it.params = "[1]".into(), "no JSON Schema");
    check(|it| it.params = "{".into(), "no JSON Schema");
    let mut fine = kind("A");
    fine.inputs = vec!["audio".into(), "hologram".into()];
    let listed = node_kinds(&[fine], Language::Rust, Home::Compute).unwrap();
    assert_eq!((listed[0].inputs.as_slice(), listed[0].params.as_str()), (&["any".to_owned()][..], "{}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_answers_end_in_an_outcome(
        answers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..4),
        tag in 0..9_u8,
    ) {
        let mut host = opened(Scripted::default());
        for answer in answers {
            host.guest().instead.push_back([vec![1, tag], answer].concat());
        }
        credit(&mut host, A, 1000, 1 << 40);
        give(&mut host, A, &["emit", "emit"]);
        for _ in 0..8 {
            host.step(1e6);
        }
        host.guest().instead.clear();
        host.handle(ToHost::Close { run: RUN });
        let said = host.step(1e6);
        prop_assert!(matches!(said.last(), Some(FromHost::Closed { .. })), "{:?}", said);
    }
}

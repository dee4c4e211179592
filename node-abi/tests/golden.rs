//! The bytes of v1 are those of `golden.txt`, for ever, and nothing else is a message.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;

use node_abi::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Name and bytes of every example; checks on the way what must hold for each message.
fn rows<M: Message + PartialEq + Debug>(of: &str, examples: Vec<(&str, M)>) -> Vec<(String, Vec<u8>)> {
    let count = examples.len();
    let mut rows = Vec::new();
    for (i, (name, message)) in examples.into_iter().enumerate() {
        let frame = encode(&message).unwrap();
        assert_eq!(frame[..2], [VERSION, i as u8], "{name} stands where another variant is due");
        assert_eq!(decode::<M>(&frame).as_ref(), Ok(&message));
        for cut in 0..frame.len() {
            assert!(decode::<M>(&frame[..cut]).is_err(), "{cut} bytes of {name} are a message");
        }
        let longer = [&frame[..], &[0]].concat();
        assert_eq!(decode::<M>(&longer), Err(AbiError::Trailing { left: 1 }));
        rows.push((format!("{of}.{name}"), frame));
    }
    let beyond = [vec![VERSION, count as u8], vec![0; 100]].concat();
    assert!(matches!(decode::<M>(&beyond), Err(AbiError::Malformed(_))), "a variant of {of} has no example");
    rows
}

fn value_rows() -> Vec<(String, Vec<u8>)> {
    let row = |(i, (name, value)): (usize, (&str, Value))| {
        let message = FromGuest::Partial { node: 0, value };
        let frame = encode(&message).unwrap();
        assert_eq!(decode(&frame), Ok(message));
        assert_eq!(frame[3] as usize, i, "{name} stands where another variant is due");
        (format!("Value.{name}"), frame[3..].to_vec())
    };
    examples::values().into_iter().enumerate().map(row).collect()
}

fn all() -> Vec<(String, Vec<u8>)> {
    let tables =
        [value_rows(), rows("ToGuest", examples::to_guest()), rows("FromGuest", examples::from_guest())];
    tables.concat()
}

#[test]
fn the_bytes_are_those_of_the_first_day() {
    let path = file("tests/golden.txt");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut golden: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    let mut added = String::new();
    for (name, bytes) in all() {
        match golden.remove(name.as_str()) {
            Some(expected) => assert_eq!(hex(&bytes), expected, "{name} changed, but v1 is frozen"),
            None => added.push_str(&format!("{name}: {}\n", hex(&bytes))),
        }
    }
    assert!(golden.is_empty(), "{golden:?} have no example any more, but v1 is frozen");
    if std::env::var_os("ADD_GOLDEN").is_some() {
        std::fs::write(path, text + &added).unwrap();
    } else {
        assert_eq!(added, "", "new at the end of its enum? Then run with ADD_GOLDEN=1");
    }
}

#[test]
fn spec_shows_the_bytes_of_every_message() {
    let rows = all().into_iter().map(|(name, bytes)| format!("| `{name}` | {} |\n", hex(&bytes)));
    let table = format!("| message | bytes |\n|---|---|\n{}", rows.collect::<String>());
    let path = file("SPEC.md");
    let spec = std::fs::read_to_string(&path).unwrap();
    let (before, after) = spec.split_once("<!-- table -->\n\n").expect("SPEC.md marks its table");
    if std::env::var_os("UPDATE_SPEC").is_some() {
        std::fs::write(path, format!("{before}<!-- table -->\n\n{table}")).unwrap();
    } else {
        assert_eq!(after, table, "SPEC.md differs; if the change is meant, run with UPDATE_SPEC=1");
    }
}

#[test]
fn small_enums_keep_their_numbers() {
    let number = |value: &dyn Fn() -> FromGuest, at: usize| encode(&value()).unwrap()[at];
    for (expected, state) in [State::Idle, State::More, State::Waiting].into_iter().enumerate() {
        let worked = || FromGuest::Worked { outputs: vec![], done: 0, state };
        assert_eq!(usize::from(number(&worked, 4)), expected);
    }
    for (expected, level) in [Level::Debug, Level::Info, Level::Warn, Level::Error].into_iter().enumerate() {
        let log = || FromGuest::Log { node: None, level, message: String::new() };
        assert_eq!(usize::from(number(&log, 3)), expected);
    }
    for (expected, unit) in [Unit::Items, Unit::Seconds, Unit::Bytes, Unit::Tokens].into_iter().enumerate() {
        let progress = || FromGuest::Progress { node: 0, done: 0.0, total: None, unit };
        assert_eq!(usize::from(number(&progress, 12)), expected);
    }
    for (expected, dtype) in Dtype::ALL.into_iter().enumerate() {
        let tensor = Value::Tensor(Tensor { dtype, shape: vec![], data: Bulk::default() });
        let partial = || FromGuest::Partial { node: 0, value: tensor.clone() };
        assert_eq!(usize::from(number(&partial, 4)), expected);
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    let mut frame = encode(&ToGuest::Close).unwrap();
    frame[0] = 2;
    let error = decode::<ToGuest>(&frame).unwrap_err();
    assert_eq!(error, AbiError::Version { found: 2 });
    assert!(error.to_string().contains("version 2, expected 1"));
    assert_eq!(decode::<ToGuest>(&[]), Err(AbiError::Empty));
}

#[test]
fn depth_is_capped_both_ways() {
    let nested = |depth: u32| {
        let value = (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        FromGuest::Partial { node: 0, value }
    };
    let deepest = nested(MAX_DEPTH);
    assert_eq!(decode(&encode(&deepest).unwrap()), Ok(deepest));
    assert!(encode(&nested(MAX_DEPTH + 1)).is_err());
    // 100 000 lists of one entry each, written by hand: ends in an error, not in a stack overflow.
    let bomb = [vec![VERSION, 8, 0], [6, 1].repeat(100_000)].concat();
    assert!(matches!(decode::<FromGuest>(&bomb), Err(AbiError::Malformed(_))));
}

#[test]
fn a_length_that_is_not_there_is_an_error_at_once() {
    const HUGE: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];
    // Text, a list, numbers, a map, samples, a shape, kinds, outputs.
    for start in
        [&[8, 0, 5][..], &[8, 0, 6], &[8, 0, 7], &[8, 0, 8], &[8, 0, 9, 1, 1], &[8, 0, 10, 0], &[0, 0], &[2]]
    {
        let claim = [&[VERSION], start, &HUGE].concat();
        assert!(matches!(decode::<FromGuest>(&claim), Err(AbiError::Malformed(_))), "{claim:?}");
    }
}

#[test]
fn words_that_are_not_known_are_no_error() {
    let hello = FromGuest::Hello { capabilities: vec!["of tomorrow".into()], kinds: vec![] };
    assert_eq!(decode(&encode(&hello).unwrap()), Ok(hello));
}

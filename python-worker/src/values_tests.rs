use super::*;

#[track_caller]
fn there_and_back(value: Value, expected: &str) {
    let text = Text::value(&value);
    assert_eq!(text.text, expected);
    assert_eq!(read(&text.text, &text.buffers), Ok(value));
}

fn floats(n: usize) -> Buffer {
    Buffer::from_f32(vec![0.5; n])
}

#[test]
fn plain_values_are_json() {
    there_and_back(Value::Null, "null");
    there_and_back(Value::Int(i64::MIN), "-9223372036854775808");
    there_and_back(Value::UInt(u64::MAX), "18446744073709551615");
    there_and_back(Value::Float(0.1), "0.1");
    there_and_back(Value::Float(1e300), "1e+300");
    there_and_back(Value::Text("é\"\\\n".into()), r#""é\"\\\n""#);
    there_and_back(Value::List(vec![Value::Bool(true), Value::List(vec![])]), "[true,[]]");
    there_and_back(
        Value::map([("", Value::Int(1)), ("__proto__", Value::Null)]),
        r#"{"":1,"__proto__":null}"#,
    );
}

#[test]
fn keys_of_ours_in_user_maps_are_escaped() {
    there_and_back(Value::map([("$rm", Value::Text("audio".into()))]), r#"{"$$rm":"audio"}"#);
    there_and_back(
        Value::map([("$$rm", Value::Null), ("a$rm", Value::Null)]),
        r#"{"$$$rm":null,"a$rm":null}"#,
    );
}

#[test]
fn bulk_lies_beside() {
    let audio = Audio { sample_rate: 8000, channels: 2, samples: floats(4) };
    there_and_back(Value::Audio(audio), r#"{"$rm":"audio","rate":8000,"channels":2,"buffer":0}"#);
    let tensor = Tensor { dtype: Dtype::Float32, shape: vec![2, 3], data: floats(6) };
    there_and_back(Value::Tensor(tensor), r#"{"$rm":"tensor","dtype":"float32","shape":[2, 3],"buffer":0}"#);
    let bytes = Bytes { mime: Some("a/b".into()), name: None, data: Buffer::from_bytes(vec![1]) };
    there_and_back(Value::Bytes(bytes), r#"{"$rm":"bytes","mime":"a/b","name":null,"buffer":0}"#);
    let numbers = Value::Numbers(Buffer::from_f64(vec![1.0, 0.5]));
    there_and_back(numbers, r#"{"$rm":"numbers","buffer":0}"#);
}

#[test]
fn whole_floats_become_integers() {
    assert_eq!(
        read("[1.0,-0.0,1e15,1e300]", &[]).map(|it| it.to_json()),
        Ok("[1,0,1000000000000000,1e+300]".into())
    );
}

#[test]
fn what_python_never_writes_is_an_error() {
    let cases = [
        "",
        "[",
        "[1] 2",
        "NaN",
        "\"\\ud800\"",
        r#"{"$rm":"audio","rate":1,"channels":1,"buffer":1}"#,
        r#"{"$rm":"audio","rate":-1,"channels":1,"buffer":0}"#,
        r#"{"$rm":"magic","buffer":0}"#,
        r#"{"$rm":5}"#,
        r#"{"$rm":"tensor","dtype":"float32","shape":[9],"buffer":0}"#,
        r#"{"$rm":"tensor","dtype":"object","shape":[2],"buffer":0}"#,
        r#"{"$rm":"tensor","dtype":"int8","shape":[9223372036854775807,9223372036854775807],"buffer":0}"#,
    ];
    for text in cases {
        assert!(read(text, &[floats(2)]).is_err(), "{text}");
    }
    assert!(read(&"[".repeat(100_000), &[]).is_err());
}

#[test]
fn values_as_deep_as_allowed_pass_in_an_answer() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let answer = Answer::read(&format!("[1,0,[[0,{deep}]]]"), &[]);
    assert!(matches!(answer, Ok(Answer::Turn { done: 1, .. })), "{answer:?}");
}

#[test]
fn items_tell_their_parts_only_if_there_are_any() {
    let item = |index, last| WorkItem { value: Value::Int(5), part: Part { index, last } };
    assert_eq!(Text::items(&[item(0, true), item(0, true)]).text, "[[5,5],null]");
    assert_eq!(Text::items(&[item(0, false), item(1, true)]).text, "[[5,5],[[0,false],[1,true]]]");
}

#[test]
fn answers_are_read() {
    let whole = WorkOutput { input: 1, part: Part::WHOLE, value: Value::Int(7) };
    let part = WorkOutput { input: 0, part: Part { index: 3, last: false }, value: Value::Null };
    let expected = Answer::Turn { done: 2, state: State::More, outputs: vec![whole, part] };
    assert_eq!(Answer::read("[2,1,[[1,7],[0,null,3,false]]]", &[]), Ok(expected));
    let fault = r#"{"fault":{"message":"ValueError: no","traceback":null,"stage":"process"}}"#;
    let expected =
        Answer::Fault { message: "ValueError: no".into(), traceback: None, stage: "process".into() };
    assert_eq!(Answer::read(fault, &[]), Ok(expected));
    for text in ["[1]", "[1,9,[]]", "[-1,0,[]]", "[1,0,[5]]", "[1,0,[[0]]]", "{}", r#"{"kinds":[{}]}"#, "5"] {
        assert!(Answer::read(text, &[]).is_err(), "{text}");
    }
}

#[test]
fn the_built_in_kinds_are_kinds() {
    let text = format!("{{\"kinds\":{}}}", include_str!("../python/remotemedia/kinds.json"));
    let Ok(Answer::Kinds(kinds)) = Answer::read(&text, &[]) else { panic!("no kinds") };
    let names: Vec<_> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["DataTransformNode", "TextProcessorNode"]);
}

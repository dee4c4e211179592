//! `tokenizer.json` as others write it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use serde_json::{Value, json};
use whisper::tokens::Vocabulary;
use whisper::weights::testing::{Kind, files, hugging_face};
use whisper::weights::{self, Checkpoint, Dims, Rejected};

const SMALL: Dims = Dims {
    n_mels: 1,
    n_audio_ctx: 2,
    n_audio_state: 32,
    n_audio_head: 1,
    n_audio_layer: 1,
    n_vocab: 256 + 2 + 99 + 1509,
    n_text_ctx: 2,
    n_text_state: 32,
    n_text_head: 1,
    n_text_layer: 1,
};

/// The vocabulary of a model whose `tokenizer.json` is changed.
fn vocabulary(change: impl FnOnce(&mut Value)) -> Result<Vocabulary, Rejected> {
    let mut folder = hugging_face(&Checkpoint::random(SMALL, 1).unwrap(), Kind::F16, 1).unwrap();
    let (_, bytes) = folder.iter_mut().find(|it| it.0 == "tokenizer.json").unwrap();
    let mut tokenizer = serde_json::from_slice(bytes).unwrap();
    change(&mut tokenizer);
    *bytes = tokenizer.to_string().into_bytes();
    weights::open(files(folder)).map(|it| it.vocabulary)
}

/// Two words of two bytes that share one, and how they join.
fn overlapping(tokenizer: &mut Value, merges: Value) {
    let words = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    words.retain(|_, id| id.as_u64().unwrap() < 256);
    words.extend([("ab".to_owned(), json!(256)), ("bc".to_owned(), json!(257))]);
    tokenizer["model"]["merges"] = merges;
}

#[track_caller]
fn check(merges: Value, expected: &[u32]) {
    let vocabulary = vocabulary(|it| overlapping(it, merges)).unwrap();
    assert_eq!(vocabulary.encode("abc"), expected);
}

#[test]
fn merges_decide_what_joins_first_whatever_the_ids() {
    check(json!([["a", "b"], ["b", "c"]]), &[256, 66]);
    check(json!([["b", "c"], ["a", "b"]]), &[64, 257]);
    check(json!(["b c", "a b"]), &[64, 257]);
    check(json!(["b c"]), &[64, 257]);
    check(json!([]), &[64, 65, 66]);
}

#[test]
fn merges_in_the_order_of_the_ids_are_as_good_as_none() {
    let merged = vocabulary(|it| overlapping(it, json!(["a b", "b c"]))).unwrap();
    assert_eq!(Vocabulary::numbered(merged.texts.clone(), merged.len).unwrap(), merged);
}

#[test]
fn older_files_name_silence_otherwise_and_list_no_timestamps() {
    let own = vocabulary(|_| ()).unwrap();
    let older = vocabulary(|tokenizer| {
        let added = tokenizer["added_tokens"].as_array_mut().unwrap();
        added.retain(|it| it["id"].as_u64().unwrap() < u64::from(own.timestamp_begin));
        let silence = added.iter_mut().find(|it| it["content"] == "<|nospeech|>").unwrap();
        silence["content"] = json!("<|nocaptions|>");
    });
    assert_eq!(older.unwrap(), own);
}

#[test]
fn special_tokens_may_be_listed_among_the_words() {
    let own = vocabulary(|_| ()).unwrap();
    let listed = vocabulary(|tokenizer| tokenizer["model"]["vocab"]["<|endoftext|>"] = json!(own.eot));
    assert_eq!(listed.unwrap(), own);
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value), expected: &str) {
    let error = vocabulary(change).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    fn eot(tokenizer: &mut Value, id: u32) {
        let added = tokenizer["added_tokens"].as_array_mut().unwrap();
        added.iter_mut().find(|it| it["content"] == "<|endoftext|>").unwrap()["id"] = json!(id);
    }
    check_refused(|it| eot(it, 1_000_000), "tokenizer.json: token <|endoftext|> has id 1000000 of 1866");
    check_refused(
        |it| eot(it, 1800),
        "tokenizer.json: 258 words; expected 1800, one for each id before the specials",
    );
    check_refused(
        |it| it["model"]["merges"] = json!(["ab"]),
        "tokenizer.json: invalid value: string \"ab\", expected two words, in a list or with a blank between",
    );
}

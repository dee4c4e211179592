//! Text ↔ tokens, held against openai's multilingual vocabulary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use whisper::tokens::{Vocabulary, code_of, name_of};

/// Texts of that vocabulary and their ids in it: what the tests below need, and what those are made of. The bytes'
/// ids, 0 to 255, are the same here and there.
#[rustfmt::skip]
const TEXTS: &[(u32, &[u8])] = &[
    (256, b" t"), (258, b" th"), (261, b" w"), (264, b" the"), (265, b"re"), (266, b"on"), (268, b"en"),
    (269, b" c"), (272, b" b"), (274, b" d"), (284, b"or"), (285, b"ll"), (286, b" I"), (303, b"ve"),
    (310, b"ot"), (311, b"'s"), (321, b" we"), (333, b" \xd0"), (348, b"ld"), (358, b"qu"),
    (359, b" -"), (380, b"'t"), (386, b"\xd0\xb0"), (387, b"\xd0\xb5"), (389, b" H"),
    (403, b"\xd1\x82"), (434, b"'re"), (435, b"\xd0\xb8"), (436, b" they"), (467, b" It"),
    (469, b" wor"), (481, b"\xd1\x80"), (487, b"\xe3\x81"), (500, b" don"), (502, b" 1"), (503, b" \""),
    (521, b"end"), (522, b" ("), (526, b"\xc3\xa9"), (531, b" \xeb"), (542, b" ["),
    (549, b"\xd0\xb0\xd0"), (603, b"'ll"), (615, b"\xd0\xb5\xd0"), (629, b"na"), (634, b" He"),
    (672, b" \xe2"), (734, b"xt"), (756, b"\xe3\x80"), (817, b"\xed\x95"), (824, b"\xe3\x82"),
    (839, b"\xe0\xb8"), (844, b"ft"), (859, b"\xd0\xb2"), (873, b" \xe2\x99"), (893, b">>"),
    (898, b"ell"), (902, b" >>"), (913, b"\xe2\x80"), (918, b"--"), (922, b" '"),
    (931, b" \xe2\x99\xaa"), (981, b" \xd0\xba"), (1002, b" world"), (1047, b"\xe3\x83"),
    (1059, b" \xe2\x80"), (1070, b" \xd0\xb4"), (1094, b"\xd0\xb5\xd1\x82"), (1116, b"'d"),
    (1272, b"\xd0\xb0\xd0\xba"), (1335, b" ca"), (1350, b" --"), (1370, b"ote"),
    (1414, b"\xd0\xb5\xd0\xbb"), (1474, b"\xe6\x9c"), (1528, b"\xec\x96"), (1574, b"\xec\x9e"),
    (1853, b" *"), (1913, b"llo"), (1982, b" :"), (2272, b" 12"), (2425, b" Hello"), (2460, b" /"),
    (2627, b" <"), (2739, b"\xd0\xb8\xd0\xb2"), (2972, b"\xe3\x81\xae"),
    (3014, b" \xd0\xba\xd0\xb0\xd0\xba"), (3049, b"\xed\x95\x9c"), (3103, b"\xec\x96\xb4"),
    (3246, b"\xe3\x80\x8c"), (3253, b"\xe3\x80\x8d"), (3268, b"\xe2\x99"), (3359, b"\xea\xb5"),
    (3522, b"It"), (3536, b" #"), (3549, b"\xe8\xaa"), (3828, b"ext"), (3846, b" \xe2\x99\xab"),
    (3919, b"\xe5\x9b"), (3927, b"IT"), (3941, b"\xe0\xa4"), (3961, b"\xe2\x99\xaa"), (3999, b"endo"),
    (4183, b" ]"), (4222, b"\xf0\x9f"), (4332, b"aa"), (4479, b"\xe6\x97"), (4509, b" \xeb\xac"),
    (4573, b"\xec\x9e\xa5"), (4667, b" +"), (4762, b"12"), (5981, b"\xe0\xb8\xb1"),
    (6033, b"\xe0\xb8\xb5"), (6585, b" ="), (6647, b" -("), (6649, b" \xd0\xb4\xd0\xb5\xd0\xbb"),
    (6890, b"\xe6\x97\xa5"), (7273, b" )"), (7385, b" \xf0\x9f"), (7588, b"\xe3\x83\x88"),
    (7643, b"\xe0\xb8\xa7"), (7771, b"90"), (7854, b"\xea\xb5\xad"), (8465, b"45"), (8703, b"\xe0\xa5"),
    (8802, b"\xe6\x9c\xac"), (9061, b" \xe2\x99\xaa\xe2\x99\xaa"), (9223, b"\xd0\x9f"),
    (9345, b"\xe0\xb8\x94"), (9383, b"))"), (9550, b"\xe3\x82\xb9"), (10428, b" @"), (10929, b" {"),
    (10933, b"\xf0\x9d"), (11216, b"ello"), (11938, b" ~"), (12033, b" \\"), (12331, b" >"),
    (12562, b" ;"), (13086, b" \xeb\xac\xb8"), (13125, b"\xf0\x9f\x98"), (13715, b"\xe0\xb8\xaa"),
    (13793, b" >>>"), (13966, b"don"), (14157, b"\xe2\x99\xab"), (14635, b" -["), (15246, b" caf"),
    (15265, b" (("), (15487, b"\xc3\xaf"), (15535, b"\xe3\x82\xad"), (15618, b" (\""),
    (15947, b"Hello"), (16425, b"aaaa"), (16553, b"\xe3\x80\x8e"), (16604, b"\xe3\x80\x8f"),
    (18362, b" |"), (18956, b" ^"), (19425, b"\xe5\x9b\x9b"), (20075, b"---"),
    (21675, b" \xe3\x80\x8c"), (21981, b"\xe0\xa5\x87"), (22452, b"67"), (22520, b" \xe2\x99\xac"),
    (22985, b"\xe3\x83\x86"), (25016, b"quote"), (25118, b" caf\xc3\xa9"),
    (26130, b"\xe2\x99\xaa\xe2\x99\xaa"), (26161, b" _"), (26435, b" )))"), (27099, b"\xe0\xa5\x8d"),
    (27311, b"\xe6\x97\xa5\xe6\x9c\xac"), (28279, b" `"), (29464, b"}}"),
    (31259, b"\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"), (31348, b"\xe8\xaa\x9e"),
    (31650, b" \xe2\x99\xaa\xe2\x99\xaa\xe2\x99\xaa"), (32302, b" ))"), (32470, b" ---"),
    (32797, b"\xcc\x81"), (35082, b"\xe0\xa4\xa8"), (36158, b"\xe0\xa4\xa4"), (36865, b" \xe2\x99\xa9"),
    (40498, b"\xe3\x82\xb9\xe3\x83\x88"), (42863, b"\xe2\x99\xac"), (43971, b"\xd0\x9f\xd1\x80"),
    (45938, b"\xe0\xa4\xb8"), (46157, b" \xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb0"), (47425, b" <<"),
    (48521, b"\xe0\xa4\xae"), (49870, b" }"), (50254, b" ('"),
];

/// A vocabulary of those texts.
fn small() -> Vocabulary {
    let printable = |it: &u8| matches!(it, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let (first, others): (Vec<u8>, Vec<u8>) = (0..=u8::MAX).partition(printable);
    let bytes = first.into_iter().chain(others).map(|it| vec![it]);
    let texts: Vec<_> = bytes.chain(TEXTS.iter().map(|it| it.1.to_vec())).collect();
    let n_vocab = u32::try_from(texts.len() + 99 + 1509).unwrap();
    Vocabulary::numbered(texts, n_vocab).unwrap()
}

/// Ids as openai has them.
fn openai(ids: &[u32]) -> Vec<u32> {
    ids.iter().map(|id| TEXTS.get((*id as usize).wrapping_sub(256)).map_or(*id, |it| it.0)).collect()
}

#[track_caller]
fn check(text: &str, expected: &[u32]) {
    let vocabulary = small();
    let ids = vocabulary.encode(text);
    assert_eq!(openai(&ids), expected, "{text:?}");
    assert_eq!(vocabulary.decode(&ids), text);
}

#[test]
fn text_is_encoded_as_tiktoken_encodes_it() {
    let cases: &[(&str, &[u32])] = &[
        ("Hello, world!", &[15947, 11, 1002, 0]),
        (" Hello  world\n", &[2425, 220, 1002, 198]),
        ("It's they're don't I'd we'll", &[3522, 311, 436, 434, 500, 380, 286, 1116, 321, 603]),
        ("IT'S", &[3927, 6, 50]),
        ("日本語のテキスト", &[27311, 31348, 2972, 22985, 15535, 40498]),
        ("한국어 문장", &[3049, 7854, 3103, 13086, 4573]),
        ("Привет, как дела?", &[43971, 31259, 11, 3014, 46157, 30]),
        ("नमस्ते", &[35082, 48521, 45938, 27099, 36158, 21981]),
        ("สวัสดี", &[13715, 7643, 5981, 13715, 9345, 6033]),
        ("😀 🇩🇪", &[13125, 222, 7385, 229, 102, 4222, 229, 103]),
        ("a\n\n b\t\tc  ", &[64, 198, 198, 272, 197, 197, 66, 220, 220]),
        ("½ Ⅷ ① 四", &[126, 121, 672, 227, 100, 672, 239, 254, 220, 19425]),
        ("e\u{301} Ⓐ", &[68, 32797, 672, 240, 114]),
        ("1234567890 12,345.67", &[4762, 18, 8465, 22452, 23, 7771, 2272, 11, 18, 8465, 13, 22452]),
        ("naïve café", &[629, 15487, 303, 25118]),
        ("aaaaaaaaaaaa", &[16425, 16425, 16425]),
        ("“quote” ‘s’", &[913, 250, 25016, 913, 251, 1059, 246, 82, 913, 247]),
        ("𝒳", &[10933, 240, 111]),
        ("<|endoftext|>", &[27, 91, 3999, 844, 3828, 91, 29]),
        ("\u{a0}x\u{3000}y", &[126, 254, 87, 756, 222, 88]),
        ("'", &[6]),
    ];
    cases.iter().for_each(|(text, expected)| check(text, expected));
}

#[test]
fn tokens_that_are_not_speech_are_those_of_openai() {
    let expected = [
        1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 359, 503, 522,
        542, 873, 893, 902, 918, 922, 931, 1350, 1853, 1982, 2460, 2627, 3246, 3253, 3268, 3536, 3846, 3961,
        4183, 4667, 6585, 6647, 7273, 9061, 9383, 10428, 10929, 11938, 12033, 12331, 12562, 13793, 14157,
        14635, 15265, 15618, 16553, 16604, 18362, 18956, 20075, 21675, 22520, 26130, 26161, 26435, 28279,
        29464, 31650, 32302, 32470, 36865, 42863, 47425, 49870, 50254,
    ];
    assert_eq!(openai(&small().non_speech_tokens()), expected);
}

#[test]
fn what_is_suppressed_comes_from_the_files_and_prompts_are_always_in_it() {
    let mut vocabulary = small();
    let Vocabulary { eot, sot, translate, no_speech, .. } = vocabulary;
    let prompts = [sot, translate, translate + 1, translate + 2, translate + 3, no_speech];
    let own = vocabulary.non_speech_tokens();
    assert_eq!(vocabulary.suppressed(), [own.as_slice(), &prompts].concat());
    assert_eq!(vocabulary.suppressed_at_begin(), [220, eot]);
    (vocabulary.suppress, vocabulary.begin_suppress) = (Some(vec![9, 5, sot]), Some(vec![7]));
    assert_eq!(vocabulary.suppressed(), [&[5, 9], prompts.as_slice()].concat());
    assert_eq!(vocabulary.suppressed_at_begin(), [7]);
}

#[test]
fn a_blank_may_be_said_even_where_signs_begin_with_it() {
    let bytes = Vocabulary::numbered(small().texts[..256].to_vec(), 256 + 1509).unwrap();
    assert_eq!(bytes.encode(" -"), [220, 12]);
    assert!(!bytes.non_speech_tokens().contains(&220));
}

#[track_caller]
fn check_words(tokens: &[u32], language: &str, expected: &[(&str, usize)]) {
    let words = small().split_to_words(tokens, Some(language));
    let found: Vec<_> = words.iter().map(|it| (it.0.as_str(), it.1.len())).collect();
    assert_eq!(found, expected);
    assert_eq!(words.into_iter().flat_map(|it| it.1).collect::<Vec<_>>(), tokens);
}

#[test]
fn words_begin_with_a_space_and_punctuation_stands_alone() {
    let vocabulary = small();
    let text = vocabulary.encode("Hello, world! It's (don't) -- café.");
    let begin = vocabulary.timestamp_begin;
    let tokens = [&[begin], text.as_slice(), &[begin + 50, vocabulary.eot]].concat();
    let expected = [
        ("<|0.00|>Hello", 2),
        (",", 1),
        (" world", 1),
        ("!", 1),
        (" It's", 2),
        (" (don't", 3),
        (")", 1),
        (" --", 1),
        (" café", 1),
        (".", 1),
        ("<|1.00|>", 1),
        ("<|endoftext|>", 1),
    ];
    check_words(&tokens, "en", &expected);
}

#[test]
fn words_of_languages_without_spaces_are_whole_characters() {
    let tokens = small().encode("日本語のテキスト");
    let parts = [("日本", 1), ("語", 1), ("の", 1), ("テ", 1), ("キ", 1), ("スト", 1)];
    check_words(&tokens, "ja", &parts);
    check_words(&tokens, "en", &[("日本語のテキスト", 6)]);
    // A character of two tokens, and one that is cut off.
    check_words(&small().encode("𝒳 🇩"), "ja", &[("𝒳", 3), (" 🇩", 3)]);
    check_words(&small().encode("𝒳")[..2], "ja", &[("\u{fffd}", 1), ("\u{fffd}", 1)]);
}

#[test]
fn characters_are_joined_over_tokens_and_special_tokens_are_passed_over() {
    let vocabulary = small();
    let Vocabulary { eot, sot, timestamp_begin, .. } = vocabulary;
    let flag = vocabulary.encode("🇩🇪");
    let tokens =
        [&[sot, sot + 1, timestamp_begin + 54], flag.as_slice(), &[timestamp_begin + 1500, eot]].concat();
    assert_eq!(vocabulary.decode(&tokens), "🇩🇪");
    let whole = "<|startoftranscript|><|en|><|1.08|>🇩🇪<|30.00|><|endoftext|>";
    assert_eq!(vocabulary.decode_with_timestamps(&tokens), whole);
    assert_eq!(vocabulary.decode(&flag[..1]), "\u{fffd}");
    assert_eq!(vocabulary.decode(&[u32::MAX]), "");
}

#[test]
fn timestamps_are_a_fiftieth_of_a_second_apart() {
    let vocabulary = small();
    let begin = vocabulary.timestamp_begin;
    let cases = [(begin, Some(0.0)), (begin + 54, Some(1.08)), (begin + 1500, Some(30.0))];
    cases.iter().for_each(|(id, seconds)| assert_eq!(vocabulary.timestamp(*id), *seconds));
    [begin - 1, begin + 1501, u32::MAX].iter().for_each(|id| assert_eq!(vocabulary.timestamp(*id), None));
}

#[test]
fn languages_go_by_code_and_by_name() {
    let vocabulary = small();
    let sot = vocabulary.sot;
    let named = [("en", 1), ("EN", 1), ("German", 3), ("de", 3), ("castilian", 4), ("su", 99)];
    for (language, at) in named {
        assert_eq!(vocabulary.language_token(language), Some(sot + at), "{language}");
    }
    ["yue", "Cantonese", "klingon", ""].iter().for_each(|it| assert_eq!(vocabulary.language_token(it), None));
    assert_eq!(vocabulary.language_of(sot + 99), Some("su"));
    assert_eq!(vocabulary.language_of(sot + 100), None);
    assert_eq!((code_of("Haitian Creole"), name_of("ht")), (Some("ht"), Some("Haitian Creole")));
}

#[test]
fn special_ids_follow_from_the_count_of_texts() {
    let texts = |count: usize| vec![vec![b'a']; count];
    let cases = [(50_257, 51_865, 99, 50_364), (50_257, 51_866, 100, 50_365), (1005, 2613, 99, 1112)];
    for (count, n_vocab, languages, begin) in cases {
        let vocabulary = Vocabulary::numbered(texts(count), n_vocab).unwrap();
        assert_eq!((vocabulary.languages.len(), vocabulary.timestamp_begin), (languages, begin));
        assert_eq!((vocabulary.eot as usize, vocabulary.multilingual), (count, true));
    }
    let english = Vocabulary::numbered(texts(50_256), 51_864).unwrap();
    assert_eq!((english.eot, english.no_timestamps, english.multilingual), (50_256, 50_362, false));
    assert!(english.languages.is_empty());
    for (count, n_vocab) in [(100, 100 + 1508), (100, 100 + 1509 + 101), (100, 3), (100, u32::MAX)] {
        assert!(Vocabulary::numbered(texts(count), n_vocab).is_err(), "{n_vocab}");
    }
}

//! Fallback, silence, language, context, words: what the reference's `transcribe()` decides.
use super::*;

/// What the model of one window and no doubts says, as segments.
#[track_caller]
fn says(seconds: f64, texts: &[&str], expected: &[&str]) -> Told {
    let told = transcribed(&Fake::says(texts), seconds, 16_000, plain());
    assert_eq!(told.segments(), expected, "{texts:?}");
    told
}

#[test]
fn segments_are_what_is_between_timestamps() {
    says(10.0, &["<0.00> one<2.00><2.00> two three<4.50>"], &["0 2 one", "2 4.5 two three"]);
    says(10.0, &["<0.50> one<2.00>"], &["0 2 one"]);
    says(10.0, &["<0.50> one"], &["0 0.5 one"]);
    says(10.0, &["<0.00> one"], &["0 10 one"]);
}

#[test]
fn the_next_window_begins_after_the_last_pair() {
    let windows = ["<0.00> one<20.00><20.00> two<28.00><28.00> thr", "<0.00> three<4.00>"];
    let told = says(40.0, &windows, &["0 20 one", "20 28 two", "28 32 three"]);
    assert_eq!(told.transcript.text, " one two three");
    assert_eq!(told.transcript.segments[2].seek, 2800);
    assert_eq!(told.progress(), [28.0, 40.0]);
}

#[test]
fn one_timestamp_at_the_end_means_silence_up_to_the_next_window() {
    let windows = ["<0.00> one<20.00><20.00> two<28.00>", "<0.00> three<4.00>"];
    says(40.0, &windows, &["0 20 one", "20 28 two", "30 34 three"]);
}

#[test]
fn segments_stay_inside_the_recording_and_apart() {
    says(5.0, &["<0.00> one<4.00><4.00> two<29.00>"], &["0 4 one", "4 5 two"]);
    says(3.0, &["<0.00> one<4.00><4.00> two<29.00>"], &["0 3 one", "3 3 two"]);
}

#[test]
fn segments_without_text_are_left_out() {
    says(9.0, &["<0.00> <2.00><2.00> two<4.00>"], &["2 4 two"]);
    assert_eq!(says(9.0, &[""], &[]).transcript.text, "");
}

#[test]
fn any_length_works() {
    let at = |seconds: f64| transcribed(&Fake::says(&["<0.00> one<0.06>"; 2]), seconds, 999, plain());
    let none = at(0.0);
    assert_eq!((none.segments().len(), none.progress(), none.transcript.audio_duration), (0, vec![0.0], 0.0));
    // Less than a frame is nothing.
    assert_eq!((at(0.005).segments().len(), at(0.005).progress()), (0, vec![0.005]));
    assert_eq!(at(0.1).segments(), ["0 0.06 one"]);
    assert_eq!(at(0.03).segments(), ["0 0.03 one"]);
    assert_eq!((at(30.0).segments().len(), at(30.0).progress()), (1, vec![30.0]));
    assert_eq!((at(30.0051).segments().len(), at(30.0051).progress()), (1, vec![30.0, 30.005125]));
    assert_eq!(at(30.01).segments(), ["0 0.06 one", "30 30.01 one"]);
}

#[test]
fn what_is_missing_of_a_window_is_zero() {
    let fake = Fake::says(&["<0.00> one<20.00>"; 2]);
    transcribed(&fake, 31.0, 16_000, plain());
    assert_eq!(*fake.padding.borrow(), [0, 2900]);
}

#[test]
fn a_loop_is_decoded_again_at_higher_temperatures_but_heard_once() {
    let fake = Fake::new(0, |asked| {
        let text = if asked.attempt < 2 { " one two".repeat(30) } else { " three".to_owned() };
        vec![(
            next_of(asked.vocabulary, &tokens(asked.vocabulary, &format!("<0.00>{text}<9.00>")), asked.said),
            30.0,
        )]
    });
    let told = transcribed(&fake, 10.0, 16_000, plain());
    assert_eq!(told.segments(), ["0 9 three"]);
    assert_eq!((fake.windows.get(), fake.decoders.borrow().clone()), (1, vec![3]));
    let segment = &told.transcript.segments[0];
    assert_eq!(segment.temperature, 0.4);
    assert!(segment.compression_ratio < 1.0 && segment.avg_logprob > -0.1, "{segment:?}");
    let never = Options { compression_ratio_threshold: None, ..plain() };
    fake.windows.set(0);
    let told =
        transcribed(&Fake::says(&[&format!("<0.00>{}<9.00>", " one two".repeat(30))]), 10.0, 16_000, never);
    assert!(told.transcript.segments[0].compression_ratio > 2.4);
}

/// A text whose tokens are all as likely as so many others.
fn doubtful(asked: &super::Asked<'_>, text: &str, others: u32, silence: f32) -> Vec<(u32, f32)> {
    let next = next_of(asked.vocabulary, &tokens(asked.vocabulary, text), asked.said);
    let doubts = (b'A'..).map(u32::from).take(others as usize).map(|it| (it, 4.99));
    doubts.chain([(next, 5.0), (asked.vocabulary.no_speech, silence)]).collect()
}

#[test]
fn an_unlikely_text_is_decoded_again() {
    let fake = Fake::new(0, |asked| {
        let others = if asked.attempt == 0 { 5 } else { 0 };
        doubtful(asked, "<0.00> one two three four<9.00>", others, -9.0)
    });
    let told = transcribed(&fake, 10.0, 16_000, plain());
    assert_eq!((told.transcript.segments[0].temperature, fake.decoders.borrow()[0]), (0.2, 2));
    let once = Options { logprob_threshold: None, ..plain() };
    let fake = Fake::new(0, |asked| doubtful(asked, "<0.00> one two three four<9.00>", 5, -9.0));
    let told = transcribed(&fake, 10.0, 16_000, once);
    assert!(told.transcript.segments[0].avg_logprob < -1.0);
    assert_eq!(fake.decoders.borrow()[0], 1);
}

#[test]
fn the_last_temperature_is_taken_as_it_is() {
    let fake = Fake::new(0, |asked| doubtful(asked, "<0.00> one two three<9.00>", 40, -9.0));
    let told = transcribed(&fake, 10.0, 16_000, plain());
    assert_eq!((told.transcript.segments[0].temperature, fake.decoders.borrow()[0]), (1.0, 6));
}

#[test]
fn a_silent_window_is_skipped_unless_its_text_is_likely() {
    let run = |others, silence, options| {
        let fake = Fake::new(0, move |asked| {
            let silence = if asked.window == 0 { silence } else { -9.0 };
            let others = if asked.window == 0 { others } else { 0 };
            doubtful(asked, "<0.00> one two three four<9.00>", others, silence)
        });
        let told = transcribed(&fake, 40.0, 16_000, options);
        (told.segments().len(), fake.decoders.borrow()[0], told.progress())
    };
    assert_eq!(run(5, 9.0, plain()), (1, 1, vec![30.0, 40.0]));
    assert_eq!(run(0, 9.0, plain()).0, 2);
    assert_eq!(run(5, 9.0, Options { no_speech_threshold: None, temperatures: vec![0.0], ..plain() }).0, 2);
    assert_eq!(run(0, 9.0, Options { logprob_threshold: None, ..plain() }).0, 1);
}

#[test]
fn the_language_is_detected_once() {
    let fake = Fake::new(99, |asked| {
        let german = asked.vocabulary.language_token("de").unwrap();
        if asked.prompt == [asked.vocabulary.sot] {
            return vec![(german, 5.0), (german + 1, 2.0)];
        }
        vec![(next_of(asked.vocabulary, &tokens(asked.vocabulary, "<0.00> one<9.00>"), asked.said), 9.0)]
    });
    let told = transcribed(&fake, 40.0, 16_000, plain());
    assert_eq!(told.transcript.language.as_deref(), Some("de"));
    let detected: Vec<_> = told.events.iter().filter(|it| matches!(it, Event::Language { .. })).collect();
    let [Event::Language { code, probability }] = detected[..] else { panic!("{detected:?}") };
    assert_eq!(code, "de");
    assert!((probability - 0.9525).abs() < 1e-3);
    assert_eq!(*fake.decoders.borrow(), [2, 1]);
    let known = &fake.vocabulary;
    assert_eq!(fake.prompts.borrow()[1], [known.sot, known.language_token("de").unwrap(), known.transcribe]);
}

#[test]
fn every_language_and_both_tasks_can_be_asked_for() {
    let codes: Vec<String> = vocabulary_of(100).languages.into_iter().map(|it| it.0).collect();
    for (at, code) in codes.iter().enumerate() {
        let fake = Fake::new(100, |asked| {
            vec![(next_of(asked.vocabulary, &tokens(asked.vocabulary, "<0.00> one<1.00>"), asked.said), 9.0)]
        });
        let task = if at % 2 == 0 { Task::Transcribe } else { Task::Translate };
        let options = Options { language: Some(code.clone()), task, ..plain() };
        let told = transcribed(&fake, 1.0, 16_000, options);
        assert_eq!(told.transcript.language.as_ref(), Some(code));
        let known = &fake.vocabulary;
        let task = if at % 2 == 0 { known.transcribe } else { known.translate };
        assert_eq!(*fake.prompts.borrow(), [[known.sot, known.sot + 1 + at as u32, task]]);
    }
}

#[test]
fn names_of_languages_do_as_well() {
    let options = Options { language: Some("German".to_owned()), ..plain() };
    let told = transcribed(&Fake::new(99, |it| vec![(it.vocabulary.eot, 1.0)]), 0.0, 1, options);
    assert_eq!(told.transcript.language.as_deref(), Some("de"));
}

#[track_caller]
fn refuses(languages: usize, options: Options, expected: &str) {
    let fake = Fake::new(languages, |_| Vec::new());
    let refused = Transcriber::new(fake, LogMel::new(4, None), options).err().unwrap_or_default();
    assert!(refused.starts_with(expected), "{refused}");
}

#[test]
fn options_out_of_range_are_refused() {
    let language = |it: &str| Options { language: Some(it.to_owned()), ..plain() };
    refuses(3, language("xx"), "the language is xx; the model knows en, zh, de");
    refuses(0, language("de"), "the language is de; the model knows en only");
    refuses(3, Options { temperatures: vec![0.0, 1.5], ..plain() }, "a temperature is 1.5; expected 0 to 1");
    refuses(3, Options { temperatures: vec![], ..plain() }, "no temperature is given; expected one or more");
    let both = Options { beam_size: 0, best_of: 99, ..plain() };
    refuses(3, both, "beam_size is 0; expected 1 to 64; best_of is 99; expected 1 to 64");
    refuses(3, Options { patience: Some(f32::NAN), ..plain() }, "patience is NaN; expected 0.1 to 10");
}

/// The text before each window, as the model is told.
fn contexts(fake: &Fake) -> Vec<String> {
    let known = &fake.vocabulary;
    let text = |it: &Vec<u32>| known.decode_with_timestamps(&it[..it.len() - 1]).replace('|', "");
    fake.prompts.borrow().iter().map(text).collect()
}

#[test]
fn windows_know_what_was_said_before() {
    let texts = ["<0.00> one<30.00>", "<0.00> two<30.00>", "<0.00> three<30.00>"];
    let fake = Fake::says(&texts);
    transcribed(&fake, 90.0, 16_000, plain());
    assert_eq!(
        contexts(&fake),
        ["", "<startofprev><0.00> one<30.00>", "<startofprev><0.00> one<30.00><0.00> two<30.00>"]
    );
    let fake = Fake::says(&texts);
    transcribed(&fake, 90.0, 16_000, Options { condition_on_previous_text: false, ..plain() });
    assert_eq!(contexts(&fake), ["", "", ""]);
}

#[test]
fn the_first_window_knows_the_initial_prompt() {
    let run = |condition_on_previous_text| {
        let fake = Fake::says(&["<0.00> one<30.00>"; 2]);
        let initial_prompt = Some("  a bc ".to_owned());
        transcribed(&fake, 60.0, 16_000, Options { initial_prompt, condition_on_previous_text, ..plain() });
        contexts(&fake)
    };
    assert_eq!(run(true), ["<startofprev> a bc", "<startofprev> a bc<0.00> one<30.00>"]);
    assert_eq!(run(false), ["<startofprev> a bc", ""]);
}

#[test]
fn a_text_of_high_temperature_is_no_context() {
    let run = |temperature| {
        let fake = Fake::says(&["<0.00> one<30.00>"; 2]);
        transcribed(&fake, 60.0, 16_000, Options { temperatures: vec![temperature], ..plain() });
        contexts(&fake)
    };
    assert_eq!(run(0.5)[1], "<startofprev><0.00> one<30.00>");
    assert_eq!(run(0.6)[1], "");
}

#[test]
fn without_timestamps_a_window_is_a_segment() {
    let fake = Fake::says(&[" one two", " three"]);
    let told = transcribed(&fake, 40.0, 16_000, Options { timestamps: Timestamps::None, ..plain() });
    assert_eq!(told.segments(), ["0 30 one two", "30 40 three"]);
    assert_eq!(fake.prompts.borrow()[0], [fake.vocabulary.sot, fake.vocabulary.no_timestamps]);
}

#[test]
fn words_are_placed_by_attention() {
    let fake = Fake::says(&["<0.00> one two<2.00><2.00> three.<4.00>"]);
    let told = transcribed(&fake, 10.0, 16_000, Options { timestamps: Timestamps::Word, ..plain() });
    let words: Vec<_> = told.transcript.segments.iter().flat_map(|it| it.words.as_ref().unwrap()).collect();
    let seen: Vec<_> = words.iter().map(|it| (it.word.as_str(), it.start, it.end)).collect();
    // The fake hears token `n` from `n / 5` seconds on, and punctuation does not make a word longer.
    assert_eq!(seen, [(" one", 0.0, 0.4), (" two", 0.4, 0.6), (" three.", 0.6, 0.8)]);
    assert_eq!(told.segments(), ["0 0.6 one two", "0.6 0.8 three."]);
}

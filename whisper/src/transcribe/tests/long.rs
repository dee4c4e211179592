//! Streams: how they are pushed, how long they are, what is told on the way.
use proptest::prelude::*;

use super::babbler::Babbler;
use super::*;

/// What is said in a recording: when, in steps of 0.02 s, and a word.
type Speech = Vec<(usize, usize, &'static str)>;

const WORDS: [&str; 10] =
    [" one", " two", " three", " four", " five", " six", " seven", " eight", " nine", " ten"];

/// A sentence every `every` steps, lasting `lasts`.
fn speech(seconds: usize, every: usize, lasts: usize) -> Speech {
    (0..seconds * 50 / every).map(|n| (n * every, n * every + lasts, WORDS[n % 10])).collect()
}

/// A model that hears `speech`, and leaves a sentence open that its window cuts. It finds out where its windows are by
/// the reference's rule: where the last whole sentence ends, else 30 s on.
fn listener(speech: Speech) -> Rc<Fake> {
    let seek = Cell::new((0, 0, 0));
    Fake::new(0, move |asked| {
        let known = asked.vocabulary;
        let (window, here, next) = seek.get();
        let begin = if asked.window == window { here } else { next };
        let stamp = |at: usize| known.timestamp_begin + (at - begin) as u32;
        let mut wish = Vec::new();
        let mut after = begin;
        for (start, end, word) in speech.iter().filter(|it| it.0 >= begin && it.0 < begin + 1500) {
            wish.push(stamp(*start));
            wish.extend(tokens(known, word));
            if *end > begin + 1500 {
                break;
            }
            wish.push(stamp(*end));
            after = *end;
        }
        let whole = wish.last().is_none_or(|it| *it >= known.timestamp_begin);
        seek.set((asked.window, begin, if whole { begin + 1500 } else { after }));
        vec![(next_of(known, &wish, asked.said), 9.0)]
    })
}

#[test]
fn a_sentence_across_the_border_comes_out_once() {
    // Each lasts 4 s, with 0.4 s to the next: one begins at 26.4 s and ends at 30.4 s.
    let said = speech(120, 220, 200);
    let options = Options { max_initial_timestamp: None, ..plain() };
    let told = transcribed(&listener(said.clone()), 120.0, 16_000, options);
    let line = |it: &(usize, usize, &str)| format!("{} {}{}", it.0 as f64 / 50.0, it.1 as f64 / 50.0, it.2);
    assert_eq!(told.segments(), said.iter().map(line).collect::<Vec<_>>());
    assert!(told.transcript.segments.iter().any(|it| it.seek % 3000 != 0));
}

#[test]
fn how_it_is_pushed_makes_no_difference() {
    let samples: Vec<f32> = (0..41 * 16_000).map(|at| (at as f32 * 0.3).sin() * 0.1).collect();
    let run = |piece, samples: &[f32], options: Options| {
        let options = Options { max_initial_timestamp: None, ..options };
        let told = told(&listener(speech(41, 220, 200)), samples, piece, options);
        let kept = |it: &Event| !matches!(it, Event::Partial { .. });
        (told.transcript, told.events.into_iter().filter(kept).collect::<Vec<_>>())
    };
    for options in
        [plain(), Options::default(), Options { timestamps: Timestamps::None, ..Options::default() }]
    {
        let whole = run(usize::MAX, &samples, options.clone());
        assert!(whole.0.segments.len() > 1);
        for piece in [159, 4801, 16_000 * 30] {
            assert_eq!(run(piece, &samples, options.clone()), whole, "{piece}");
        }
    }
    let short = &samples[..3001];
    assert_eq!(run(1, short, plain()), run(usize::MAX, short, plain()));
}

#[test]
fn three_hours_are_heard_in_bounded_memory() {
    let fake = listener(speech(3 * 3600, 220, 200));
    let options = Options { max_initial_timestamp: None, ..plain() };
    let mut transcriber = Transcriber::new(fake, LogMel::new(4, None), options).unwrap();
    let (mut pushed, mut most, mut done) = (0, 0, 0.0);
    loop {
        let step = transcriber.step(Pace::TURN);
        most = most.max(transcriber.shared.hearing.borrow().held());
        for event in transcriber.take_events() {
            if let Event::Progress { done: now } = event {
                assert!(now > done);
                done = now;
            }
        }
        match step {
            Step::More => {}
            Step::NeedsAudio if pushed < 3 * 3600 => {
                transcriber.push(&[0.1; 16_000]);
                pushed += 1;
            }
            Step::NeedsAudio => transcriber.end(),
            Step::Done => break,
        }
    }
    assert_eq!(done, 10_800.0);
    assert_eq!(transcriber.transcript().segments.len(), 3 * 3600 * 50 / 220);
    assert!(most < 3 * 16_000 + 3200 * 4, "{most} values held");
}

#[test]
fn long_silence_is_not_heard() {
    // 20 s of silence, 4 s of noise, 50 s of silence, 2 s of noise.
    let mut random = 1u32;
    let mut noise = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random as f32 / u32::MAX as f32 - 0.5
    };
    let parts = [(20, 0.001), (4, 0.5), (50, 0.001), (2, 0.5)];
    let samples: Vec<f32> = parts
        .iter()
        .flat_map(|(seconds, level)| vec![*level; seconds * 16_000])
        .map(|level: f32| noise() * level)
        .collect();
    let fake = Fake::says(&["<0.00> one<4.50>", "<0.00> two<2.50>"]);
    let heard = told(&fake, &samples, 16_000, Options { vad: true, ..plain() });
    assert_eq!(heard.segments(), ["19.5 24 one", "73.5 76 two"].map(|it| it.to_owned()));
    assert_eq!(fake.windows.get(), 2);
    assert_eq!(heard.progress().last(), Some(&76.0));
    let fake = Fake::says(&["<0.00> one<4.50>"; 3]);
    told(&fake, &samples, 16_000, plain());
    assert_eq!(fake.windows.get(), 3);
    let fake = Fake::says(&["<0.00> one<4.50>"]);
    let silent = told(&fake, &samples[..19 * 16_000], 16_000, Options { vad: true, ..plain() });
    // Nothing stands out, so the model decides.
    assert_eq!((silent.segments().len(), fake.windows.get()), (1, 1));
    let zeros = told(&Fake::says(&[]), &vec![0.0; 19 * 16_000], 16_000, Options { vad: true, ..plain() });
    assert_eq!((zeros.segments().len(), zeros.progress()), (0, vec![19.0]));
}

#[test]
fn partials_grow_token_by_token_and_end_as_segments() {
    let told = transcribed(
        &Fake::says(&["<0.00> one two<2.00><2.00> three<4.00><4.00> four", ""]),
        9.0,
        9000,
        plain(),
    );
    let seen: Vec<String> = told
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Partial { id, start, end, text } => Some(format!("{id} {start} {end}{text}")),
            Event::Segment(it) => Some(format!("final {} {} {}{}", it.id, it.start, it.end, it.text)),
            Event::Language { .. } | Event::Progress { .. } | Event::Warning(_) => None,
        })
        .collect();
    let expected = [
        "0 0 9 one",
        "0 0 9 one two",
        "0 0 2 one two",
        "1 2 9 three",
        "1 2 4 three",
        "2 4 9 four",
        "final 0 0 2 one two",
        "final 1 2 4 three",
        "2 4 9",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn dropping_it_stops_the_work() {
    let fake = Fake::says(&["<0.00> one<9.00>"]);
    let mut transcriber = Transcriber::new(fake.clone(), LogMel::new(4, None), plain()).unwrap();
    transcriber.push(&[0.1; 160_000]);
    transcriber.end();
    while fake.windows.get() == 0 {
        assert_eq!(transcriber.step(1000), Step::More);
    }
    drop(transcriber);
    assert_eq!(Rc::strong_count(&fake), 1);
}

fn any_options() -> impl Strategy<Value = Options> {
    let timestamps = prop::sample::select(vec![Timestamps::None, Timestamps::Segment, Timestamps::Word]);
    (timestamps, any::<bool>(), 1..4usize, any::<u64>(), any::<bool>()).prop_map(
        |(timestamps, vad, beam_size, seed, hot)| {
            let temperatures = if hot { vec![0.7, 1.0] } else { vec![0.0, 0.5] };
            Options { timestamps, vad, beam_size, best_of: 2, seed, temperatures, ..Options::default() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn times_are_in_order_and_inside_whatever_the_model_says(
        seed in any::<u64>(), seconds in 0.0..65.0f64, options in any_options(),
    ) {
        let told = transcribed(&Babbler::model(seed, 3), seconds, 48_000, options.clone());
        let duration = told.transcript.audio_duration;
        let (mut before, mut word_before) = (0.0, 0.0);
        for (id, it) in told.transcript.segments.iter().enumerate() {
            prop_assert!(it.id as usize == id && !it.text.trim().is_empty());
            prop_assert!(before <= it.start && it.start <= it.end && it.end <= duration, "{it:?} after {before}");
            before = it.end;
            for word in it.words.iter().flatten() {
                prop_assert!(word_before <= word.start && word.start <= word.end && word.end <= duration, "{word:?}");
                word_before = word.end;
            }
        }
        let finals: Vec<_> = told.events.iter().filter_map(|it| match it {
            Event::Segment(it) => Some(it.clone()),
            Event::Language { .. } | Event::Progress { .. } | Event::Partial { .. } | Event::Warning(_) => None,
        }).collect();
        prop_assert_eq!(&finals, &told.transcript.segments);
        let progress = told.progress();
        prop_assert!(progress.is_sorted() && progress.last() == Some(&duration), "{progress:?} of {duration}");
        prop_assert_eq!(transcribed(&Babbler::model(seed, 3), seconds, 48_000, options).transcript, told.transcript);
    }
}

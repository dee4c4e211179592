use super::testing::{Scripted, UNLIKELY, logits, next_of, parted, tokens, vocabulary, vocabulary_of};
use super::*;

fn request(search: Search) -> Request<'static> {
    Request {
        language: None,
        task: Task::Transcribe,
        timestamps: true,
        previous: &[],
        suppressed: &[],
        suppressed_at_begin: &[],
        max_initial_timestamp: Some(50),
        search,
        length_penalty: None,
    }
}

/// Decodes with a model whose logits are `script(vocabulary, said so far)`.
fn decoded(
    request: &Request<'_>,
    script: impl Fn(&Vocabulary, &[u32]) -> Vec<(u32, f32)>,
) -> (Decoded, Vec<Vec<u32>>) {
    let known = vocabulary();
    let pace = Pace::default();
    let mut model =
        Scripted::new(&known, |all: &[u32]| logits(&known, &script(&known, parted(&known, all).1)));
    let mut partials = Vec::new();
    let decoded = pace.finish(decode(&pace, &mut model, request, &mut |it| partials.push(it.to_vec())));
    (decoded, partials)
}

/// The choice that is left after `said`, of a model to which all of `likely` are alike.
#[track_caller]
fn allows(said: &str, likely: &str, expected: &str) {
    let known = vocabulary();
    let mut logits = vec![f32::NEG_INFINITY; known.len as usize];
    let likely = tokens(&known, likely);
    likely.iter().for_each(|it| logits[*it as usize] = if *it < known.eot { 1.0 } else { 0.0 });
    logits[known.eot as usize] = 0.5;
    let suppressed = [tokens(&known, " (")[0]];
    let at_begin = [tokens(&known, " ")[0], known.eot];
    let request =
        Request { suppressed: &suppressed, suppressed_at_begin: &at_begin, ..request(Search::Greedy) };
    Rules::new(&known, &request).apply(&mut logits, &tokens(&known, said));
    let left = (0..known.len).filter(|it| logits[*it as usize].is_finite()).collect::<Vec<_>>();
    let ends = left.contains(&known.eot);
    let left: String = left.iter().map(|it| known.decode_with_timestamps(&[*it]).replace('|', "")).collect();
    assert_eq!(left.replace("<endoftext>", ""), expected.replace('$', ""), "after {said:?}");
    assert_eq!(ends, expected.contains('$'), "the end after {said:?}");
}

#[test]
fn a_window_begins_with_a_timestamp_within_its_first_second() {
    allows("", " one two<0.00><0.98><1.00><1.02><30.00>", "<0.00><0.98><1.00>");
}

#[test]
fn text_follows_the_first_timestamp_of_a_pair() {
    allows("<0.50>", " one two<0.00><0.50><0.52>", " one two$");
    allows("<0.00> one<1.00><1.00>", " one two<1.00><1.50>", " one two$");
}

#[test]
fn a_timestamp_or_the_end_follows_the_second() {
    allows("<0.00> one<1.00>", " one<0.50><0.98><1.00>", "<1.00>$");
    allows("<0.00> one<1.00>", " one<0.50><0.98><1.00><1.02>", "<1.00><1.02>");
}

#[test]
fn timestamps_do_not_fall_and_segments_have_a_length() {
    allows("<0.50> one", " two<0.00><0.50>", " two$");
    allows("<0.50> one", " two<0.00><0.50><0.52>", " two<0.52>$");
    allows("<0.00> one<1.00><2.00> two", " three<1.98><2.00><2.02>", " three<2.02>$");
    allows("<0.00> one<30.00>", " two<29.00><30.00>", "<30.00>$");
}

#[test]
fn a_timestamp_comes_when_all_of_them_are_likelier_than_any_text() {
    allows("<0.00> one", " two three<0.50><0.52>", " two three<0.50><0.52>$");
    allows("<0.00> one", " two three<0.50><0.52><0.54>", "<0.50><0.52><0.54>");
}

#[test]
fn suppressed_tokens_never_come_and_some_not_at_the_beginning() {
    allows("<0.00> one", " two (", " two$");
    let known = vocabulary();
    let (blank, one) = (tokens(&known, " ")[0], tokens(&known, " one")[0]);
    let request =
        Request { timestamps: false, suppressed_at_begin: &[blank, known.eot], ..request(Search::Greedy) };
    let (text, _) =
        decoded(&request, |it, said| vec![(blank, 3.0), (it.eot, 2.0 + said.len() as f32 * 3.0), (one, 1.0)]);
    assert_eq!(text.tokens, [one]);
}

#[track_caller]
fn prompts(languages: usize, request: Request<'_>, expected: &str) {
    let known = vocabulary_of(languages);
    let language = known.language_token("de").filter(|_| request.language.is_some());
    let (prompt, sot_at) = prompt(&known, 448, &Request { language, ..request });
    assert_eq!(known.decode_with_timestamps(&prompt).replace('|', ""), expected);
    assert_eq!(prompt[sot_at], known.sot);
}

#[test]
fn prompts_name_language_and_task_where_there_are_several() {
    let (greedy, language) = (|| request(Search::Greedy), Some(0));
    prompts(99, Request { language, ..greedy() }, "<startoftranscript><de><transcribe>");
    let translate = Request { language, task: Task::Translate, ..greedy() };
    prompts(99, translate, "<startoftranscript><de><translate>");
    prompts(
        99,
        Request { language, timestamps: false, ..greedy() },
        "<startoftranscript><de><transcribe><notimestamps>",
    );
    prompts(0, greedy(), "<startoftranscript>");
    prompts(
        0,
        Request { task: Task::Translate, timestamps: false, ..greedy() },
        "<startoftranscript><notimestamps>",
    );
}

#[test]
fn prompts_begin_with_the_last_of_the_text_before() {
    let previous: Vec<u32> =
        (0..300).map(|it| if it < 100 { u32::from(b'x') } else { u32::from(b'y') }).collect();
    let all = request(Search::Greedy);
    let expected = format!("<startofprev>{}{}<startoftranscript>", "x".repeat(23), "y".repeat(200));
    prompts(0, Request { previous: &previous, ..all.clone() }, &expected);
    prompts(0, Request { previous: &previous[290..], ..all }, "<startofprev>yyyyyyyyyy<startoftranscript>");
}

#[test]
fn greedy_takes_the_likeliest_and_tells_each_token() {
    let known = vocabulary();
    let wish = tokens(&known, "<0.00> one two<1.00>");
    let (text, partials) = decoded(&request(Search::Greedy), |it, said| {
        vec![(next_of(it, &wish, said), 2.0), (it.no_speech, 1.0)]
    });
    assert_eq!(text.tokens, wish);
    let seen: Vec<_> = partials.iter().map(Vec::len).collect();
    assert_eq!(seen, [1, 2, 3, 4, 4]);
    let certain = 2.0 - (2f32.exp() + 1f32.exp()).ln();
    assert!((text.no_speech_prob - (1.0 - certain.exp())).abs() < 1e-5, "{text:?}");
    // The rules take no-speech out of the first choice, and timestamps out of others; here it is not suppressed.
    assert!((text.avg_logprob - certain * 4.0 / 5.0).abs() < 0.2, "{text:?}");
}

#[test]
fn what_never_ends_has_half_the_context() {
    let known = vocabulary();
    let one = tokens(&known, " one")[0];
    let request = Request { timestamps: false, ..request(Search::Greedy) };
    let (text, _) = decoded(&request, |_, _| vec![(one, 5.0)]);
    assert_eq!(text.tokens.len(), 224);
    let previous = vec![one; 400];
    let long = Request { previous: &previous, language: known.language_token("en"), ..request };
    // 223 of the text before, and the five tokens of the start: 448 positions in all, and one token after the last.
    assert_eq!(decoded(&long, |_, _| vec![(one, 5.0)]).0.tokens.len(), 449 - 228);
}

/// ` one` is likelier than ` two`, but then nothing is likely.
fn trap(known: &Vocabulary, said: &[u32]) -> Vec<(u32, f32)> {
    let [one, two, three, four] = [" one", " two", " three", " four"].map(|it| tokens(known, it)[0]);
    match *said {
        [] => vec![(one, 0.2), (two, 0.0)],
        [it] if it == one => vec![(three, 0.0), (four, 0.0), (one, 0.0), (two, 0.0)],
        [it] if it == two => vec![(four, 5.0)],
        _ => vec![(known.eot, 5.0)],
    }
}

#[test]
fn beams_find_what_greed_misses() {
    let known = vocabulary();
    let without = |search| Request { timestamps: false, ..request(search) };
    let greedy = decoded(&without(Search::Greedy), trap).0;
    let beam = decoded(&without(Search::Beam { size: 2, patience: 1.0 }), trap).0;
    assert_eq!(known.decode(&beam.tokens), " two four");
    assert_eq!(greedy.tokens[0], tokens(&known, " one")[0]);
    assert!(beam.avg_logprob > greedy.avg_logprob);
}

#[test]
fn patience_waits_for_more_candidates() {
    // Ending soon is likely; what goes on gets likelier per token in the end.
    let script = |it: &Vocabulary, said: &[u32]| {
        let one = tokens(it, " one")[0];
        match said.len() {
            0 => vec![(one, 0.0)],
            1 => vec![(one, 0.0), (it.eot, 0.0)],
            2..6 => vec![(one, 0.0), (it.eot, -0.1)],
            _ => vec![(it.eot, 5.0)],
        }
    };
    let with = |patience| {
        let request = Request { timestamps: false, ..request(Search::Beam { size: 2, patience }) };
        decoded(&request, script).0.tokens.len()
    };
    assert_eq!((with(1.0), with(3.0)), (1, 6));
}

#[test]
fn the_length_penalty_changes_the_rank() {
    let rank = |alpha| {
        let short = Sampled { tokens: vec![1], logprob: -1.0 };
        let long = Sampled { tokens: vec![1; 10], logprob: -2.0 };
        best_of(vec![short, long], alpha).tokens.len()
    };
    assert_eq!((rank(None), rank(Some(0.0)), rank(Some(1.0))), (10, 1, 10));
}

#[test]
fn samples_repeat_with_their_seed() {
    let sample = |seed, best_of| {
        let search = Search::Sample { temperature: 1.0, best_of, seed };
        let request = Request { timestamps: false, ..request(search) };
        decoded(&request, |it, said| {
            let words = tokens(it, " one two three four five six seven eight");
            let end = if said.len() < 12 { UNLIKELY } else { 9.0 };
            words.into_iter().map(|it| (it, 0.0)).chain([(it.eot, end)]).collect()
        })
        .0
    };
    assert_eq!(sample(1, 3), sample(1, 3));
    assert_ne!(sample(1, 3).tokens, sample(2, 3).tokens);
}

#[test]
fn the_best_of_several_samples_is_taken() {
    let sample = |best_of| {
        let search = Search::Sample { temperature: 1.0, best_of, seed: 5 };
        decoded(&Request { timestamps: false, ..request(search) }, trap).0.avg_logprob
    };
    let beam = Request { timestamps: false, ..request(Search::Beam { size: 5, patience: 1.0 }) };
    assert_eq!(sample(20), decoded(&beam, trap).0.avg_logprob);
    assert!((1..20).any(|seed| {
        let search = Search::Sample { temperature: 1.0, best_of: 1, seed };
        decoded(&Request { timestamps: false, ..request(search) }, trap).0.avg_logprob < sample(20)
    }));
}

#[test]
fn every_language_is_detected() {
    let known = vocabulary();
    let pace = Pace::default();
    for (code, token) in &known.languages {
        let mut model = Scripted::new(&known, |all: &[u32]| {
            assert_eq!(all, [known.sot]);
            logits(&known, &[(*token, 3.0), (known.transcribe, 9.0), (0, 8.0)])
        });
        let (found, probability) = pace.finish(detect_language(&mut model)).unwrap();
        assert_eq!(&found, code);
        assert!(probability > 0.99);
    }
    let english = vocabulary_of(0);
    let mut model = Scripted::new(&english, |_: &[u32]| logits(&english, &[]));
    assert_eq!(pace.finish(detect_language(&mut model)), None);
}

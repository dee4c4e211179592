//! `AudioResample` as a filter: what it keeps, what it removes, and that chunking changes nothing.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use proptest::prelude::*;
use support::{Sound, purity, run};

fn tone(rate: u32, channels: u16, frames: usize, frequency: f64) -> Sound {
    let sample =
        |i: usize| (0.5 * (std::f64::consts::TAU * frequency * i as f64 / f64::from(rate)).sin()) as f32;
    let samples = (0..frames).flat_map(|i| std::iter::repeat_n(sample(i), channels.into())).collect();
    Sound { rate, channels, samples }
}

fn resample(sound: &Sound, to: u32, quality: &str, chunk: usize) -> Sound {
    let params = format!(r#"{{"sample_rate":{to},"quality":"{quality}"}}"#);
    run("AudioResample", &params, vec![sound.parts(chunk)]).sounds().remove(0)
}

/// A tone of one second stays that tone, without a delay, and exactly as long.
#[track_caller]
fn check_tone(from: u32, to: u32, frequency: f64, quality: &str, decibels: f64, off_by: f32) {
    let resampled = resample(&tone(from, 1, from as usize, frequency), to, quality, 4096);
    assert_eq!((resampled.rate, resampled.frames()), (to, to as usize), "{from} to {to}");
    let edge = to as usize / 10;
    let found = purity(&resampled.samples, to, frequency, edge);
    assert!(found > decibels, "{from} to {to} at {frequency} Hz, {quality}: {found} dB");
    let ideal = tone(to, 1, to as usize, frequency).samples;
    let off = |(a, b): (&f32, &f32)| (a - b).abs();
    let worst = resampled
        .samples
        .iter()
        .zip(&ideal)
        .skip(edge)
        .take(to as usize - 2 * edge)
        .map(off)
        .fold(0.0, f32::max);
    assert!(worst < off_by, "{from} to {to} at {frequency} Hz, {quality}: off by {worst}");
}

#[test]
fn a_tone_stays_the_tone_it_is() {
    for quality in ["low", "medium", "high"] {
        check_tone(44_100, 16_000, 440.0, quality, 80.0, 0.002);
        check_tone(48_000, 16_000, 3000.0, quality, 80.0, 0.002);
        check_tone(16_000, 48_000, 3000.0, quality, 80.0, 0.002);
    }
    check_tone(8000, 44_100, 1000.0, "medium", 80.0, 0.002);
    check_tone(44_100, 48_000, 10_000.0, "medium", 80.0, 0.002);
    check_tone(192_000, 8000, 1000.0, "medium", 80.0, 0.002);
    check_tone(44_100, 16_000, 7000.0, "high", 80.0, 0.002);
}

#[test]
fn rates_without_a_common_divisor_do_too() {
    check_tone(44_101, 16_001, 440.0, "medium", 70.0, 0.01);
    check_tone(16_001, 47_999, 3000.0, "medium", 70.0, 0.01);
}

#[test]
fn what_the_lower_rate_cannot_hold_is_removed() {
    let resampled = resample(&tone(44_100, 1, 44_100, 12_000.0), 16_000, "medium", 44_100);
    let loudest = resampled.samples[1600..14_400].iter().fold(0f32, |loudest, x| loudest.max(x.abs()));
    assert!(loudest < 0.001, "{loudest}");
}

#[test]
fn lengths_are_exact_however_short() {
    for frames in [0usize, 1, 2, 3, 100, 1023, 44_099] {
        for (from, to) in
            [(44_100, 16_000), (16_000, 44_100), (8000, 8001), (48_000, 100), (100, 48_000), (47_999, 101)]
        {
            let resampled = run(
                "AudioResample",
                &format!(r#"{{"sample_rate":{to}}}"#),
                vec![vec![tone(from, 2, frames, 0.1).value()]],
            );
            let expected = (frames as f64 * f64::from(to) / f64::from(from)).round() as usize;
            assert_eq!(resampled.sounds()[0].frames(), expected, "{frames} frames from {from} to {to}");
        }
    }
}

#[test]
fn a_recording_begins_anew_after_another() {
    let (one, two) = (tone(44_100, 1, 5000, 440.0), tone(48_000, 2, 5000, 3000.0));
    let params = r#"{"sample_rate":16000}"#;
    let together = run("AudioResample", params, vec![one.parts(999), two.parts(77)]).sounds();
    assert_eq!(together, [resample(&one, 16_000, "medium", 5000), resample(&two, 16_000, "medium", 5000)]);
}

#[test]
fn a_recording_that_changes_its_format_is_refused() {
    let parts = vec![tone(8000, 1, 10, 1.0).value(), tone(8000, 2, 10, 1.0).value()];
    let failure = run("AudioResample", "{}", vec![parts]).failure.unwrap();
    assert_eq!(failure.1, "a recording of 8000 Hz with 1 channel goes on as one of 8000 Hz with 2 channels");
}

#[test]
fn a_long_recording_comes_in_parts_of_bounded_size() {
    let heard = run("AudioResample", "{}", vec![vec![tone(48_000, 2, 480_000, 440.0).value()]]);
    assert!(heard.outputs.len() >= 10, "{}", heard.outputs.len());
    assert!(heard.outputs.iter().all(|output| output.value.weight() < 400_000));
    assert_eq!(heard.sounds()[0].frames(), 160_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_chunking_gives_the_same_samples(
        from in prop_oneof![Just(8000u32), Just(16_000), Just(44_100), 7000u32..50_000],
        to in prop_oneof![Just(16_000u32), Just(48_000), 7000u32..50_000],
        cuts in prop::collection::vec(1usize..3000, 1..8),
        channels in 1u16..3,
    ) {
        let sound = tone(from, channels, cuts.iter().sum(), 440.0);
        let whole = resample(&sound, to, "low", usize::MAX >> 8);
        let mut parts = Vec::new();
        let mut rest = &sound.samples[..];
        for cut in cuts {
            let (part, after) = rest.split_at(cut * usize::from(channels));
            parts.push(Sound { samples: part.to_vec(), ..sound }.value());
            rest = after;
        }
        let params = format!(r#"{{"sample_rate":{to},"quality":"low"}}"#);
        prop_assert_eq!(&run("AudioResample", &params, vec![parts]).sounds()[0], &whole);
    }
}

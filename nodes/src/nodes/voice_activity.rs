//! `VoiceActivity`: where somebody speaks.
use protocol::Home;

use crate::kind::{AUDIO_FORMS, Kind, media};
use crate::params::{Param, Type};

/// An hour: longer times are mistakes.
const LONGEST_MS: u64 = 3_600_000;

pub(crate) const KIND: Kind = Kind {
    name: "VoiceActivity",
    aliases: &["RustVADNode", "FastVADNode", "VoiceActivityDetector"],
    description: "Finds speech by its loudness against the background. Gives `{ segments: [{ start, end }], \
                  speech_ratio }` in seconds, or the speech itself and nothing else.",
    params: &[
        Param::new(
            "threshold",
            Type::Within(0.0, 1.0),
            "How far above the background speech is: 1 is 20 decibels, 0 takes everything for speech.",
        )
        .or("0.5"),
        Param::new(
            "energy_threshold",
            Type::Within(0.0, 1.0),
            "Takes what has this root mean square or more for speech, whatever the background.",
        )
        .also(&["energyThreshold"]),
        Param::new("min_speech_ms", Type::Integer(0, LONGEST_MS), "Shorter speech is none.")
            .or("250")
            .also(&["min_speech_duration_ms", "minSpeechDurationMs"]),
        Param::new("min_silence_ms", Type::Integer(0, LONGEST_MS), "Shorter pauses are none.")
            .or("100")
            .also(&["min_silence_duration_ms", "minSilenceDurationMs"]),
        Param::new("pad_ms", Type::Integer(0, LONGEST_MS), "Kept before and after speech.")
            .or("30")
            .also(&["speech_pad_ms", "speechPadMs"]),
        Param::new(
            "mode",
            Type::Choice(&["annotate", "filter"]),
            "`annotate` tells where speech is, `filter` gives it and leaves out all else.",
        )
        .or("\"annotate\""),
        Param::new(
            "filter_mode",
            Type::Flag,
            "The original's word for `mode`: true is `filter`, false is `annotate`.",
        )
        .also(&["filterMode"]),
        Param::ignored("sample_rate", &["sampling_rate", "sampleRate"], "the audio itself tells its rate"),
        Param::ignored("frame_duration_ms", &["frameDurationMs"], "frames of 30 ms are judged"),
        Param::ignored("speech_threshold", &[], "`min_speech_ms` and `min_silence_ms` decide"),
        Param::ignored("include_metadata", &[], "`mode` decides what is given"),
    ],
    inputs: AUDIO_FORMS,
    outputs: &["json", "audio"],
    home: Home::Compute,
    streaming: true,
    open: media!(|params| {
        use crate::media::{
            effect::Effects,
            speech::{Rules, Speech},
        };
        use crate::params::{flag, integer, number, text};
        let milliseconds = |name, otherwise| integer(params, name).unwrap_or(otherwise).min(LONGEST_MS);
        let rules = Rules {
            threshold: number(params, "threshold", 0.5),
            fixed: params.get("energy_threshold").and_then(protocol::Value::as_f64),
            min_speech_ms: milliseconds("min_speech_ms", 250),
            min_silence_ms: milliseconds("min_silence_ms", 100),
            pad_ms: milliseconds("pad_ms", 30),
        };
        let filter = flag(params, "filter_mode").unwrap_or(text(params, "mode") == Some("filter"));
        Ok(Box::new(Effects::new(Speech::new(rules, filter))))
    }),
};

#[cfg(all(test, feature = "media"))]
mod tests {
    use crate::testing::{check_audio, run};
    use protocol::{Audio, Buffer, Value};

    /// Half a second of loud sound at 1000 Hz, of two channels, between half seconds of silence.
    fn recording() -> Vec<f32> {
        let sample = |i: usize| if (500..1000).contains(&i) { 0.5 } else { 0.0 };
        (0..1500).flat_map(|i| [sample(i), sample(i)]).collect()
    }

    #[track_caller]
    fn annotate(params: &str, expected: &str) {
        let audio = Audio { sample_rate: 1000, channels: 2, samples: Buffer::from_f32(recording()) };
        let result =
            run("VoiceActivity", params, vec![Value::Audio(audio)]).map(|values| values[0].to_json());
        assert_eq!(result, Ok(expected.into()));
    }

    #[test]
    fn speech_is_told_in_seconds() {
        annotate(r#"{"pad_ms":0}"#, r#"{"segments":[{"start":0.48,"end":1.02}],"speech_ratio":0.36}"#);
        annotate(r#"{"pad_ms":0,"energy_threshold":0.6}"#, r#"{"segments":[],"speech_ratio":0}"#);
        annotate(r#"{"min_speech_ms":600}"#, r#"{"segments":[],"speech_ratio":0}"#);
    }

    #[test]
    fn filtering_gives_the_speech_only() {
        let recording = recording();
        let speech = (1000, 2, &recording[960..2040]);
        check_audio("VoiceActivity", r#"{"pad_ms":0,"mode":"filter"}"#, (1000, 2, &recording), speech);
        check_audio("VoiceActivity", r#"{"pad_ms":0,"filter_mode":true}"#, (1000, 2, &recording), speech);
    }
}

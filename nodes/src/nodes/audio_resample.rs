//! `AudioResample`: sound at another sample rate.
use protocol::Home;

use crate::kind::{AUDIO_FORMS, Kind, media};
use crate::params::{Param, Type};

pub(crate) const KIND: Kind = Kind {
    name: "AudioResample",
    aliases: &["RustResampleNode", "FastResampleNode", "AudioTransform", "AudioResampler", "ResampleNode"],
    description: "Changes the sample rate, and the number of channels if asked to. Takes parts of any size; gives \
                  exactly as many frames as came in times the ratio, without delay.",
    params: &[
        Param::new(
            "sample_rate",
            Type::IntegerOrAuto(100, 768_000),
            "Frames per second to give, in hertz; `auto` leaves the rate as it is.",
        )
        .or("16000")
        .also(&[
            "target_rate",
            "targetRate",
            "output_sample_rate",
            "outputSampleRate",
            "target_sample_rate",
            "targetSampleRate",
            "sampleRate",
        ]),
        Param::new(
            "channels",
            Type::Integer(1, 64),
            "How many channels to give; as many as come, if absent.",
        )
        .also(&["output_channels", "outputChannels"]),
        Param::new("quality", Type::Choice(&["low", "medium", "high"]), "How sharp the filter is.")
            .or("\"medium\""),
        Param::ignored(
            "source_rate",
            &["sourceRate", "input_sample_rate"],
            "the audio itself tells its rate",
        ),
        Param::ignored("chunk_size", &["chunkSize"], "parts of any size are taken"),
    ],
    inputs: AUDIO_FORMS,
    outputs: &["audio"],
    home: Home::Compute,
    streaming: true,
    open: media!(|params| {
        use crate::media::{converter::Converter, effect::Effects, resampler::Quality};
        let rate = match crate::params::text(params, "sample_rate") {
            Some("auto") => None,
            Some(other) => {
                return Err(format!("`sample_rate` is `{other}`; expected an integer or `auto`").into());
            }
            None => Some(crate::params::integer(params, "sample_rate").unwrap_or(16_000) as u32),
        };
        let channels = crate::params::integer(params, "channels").map(|channels| channels as u16);
        let quality =
            crate::params::text(params, "quality").and_then(Quality::named).unwrap_or(Quality::Medium);
        Ok(Box::new(Effects::new(Converter::new(rate, channels, quality))))
    }),
};

#[cfg(all(test, feature = "media"))]
mod tests {
    use crate::testing::{check, check_audio, check_error};

    #[test]
    fn sound_that_has_the_rate_already_passes_unchanged() {
        check_audio("AudioResample", "{}", (16000, 2, &[0.1, 0.2]), (16000, 2, &[0.1, 0.2]));
        check_audio("AudioResample", r#"{"sample_rate":"auto"}"#, (44100, 1, &[0.1]), (44100, 1, &[0.1]));
    }

    #[test]
    fn channels_change_along_if_asked_to() {
        check_audio("AudioResample", r#"{"channels":1}"#, (16000, 2, &[0.5, 0.0]), (16000, 1, &[0.25]));
    }

    #[test]
    fn nothing_is_resampled_to_nothing() {
        check_audio("AudioResample", "{}", (44100, 2, &[]), (16000, 2, &[]));
    }

    #[test]
    fn a_stage_without_items_gives_none() {
        check("AudioResample", "{}", "[]", "[]");
    }

    #[test]
    fn what_is_no_audio_is_refused() {
        check_error("AudioResample", "{}", "[5]", "expected audio, found number");
        check_error(
            "AudioResample",
            r#"{"sample_rate":"x"}"#,
            "[]",
            "`sample_rate` is `x`; expected an integer or `auto`",
        );
    }
}

//! `AudioMix`: sound with another number of channels.
use protocol::Home;

use crate::kind::{AUDIO_FORMS, Kind, media};
use crate::params::{Param, Type};

pub(crate) const KIND: Kind = Kind {
    name: "AudioMix",
    aliases: &[],
    description: "Changes the number of channels: one is the mean of all, one becomes many by copying, many become \
                  fewer by leaving out the last.",
    params: &[Param::new("channels", Type::Integer(1, 64), "How many channels to give.")
        .or("1")
        .also(&["output_channels", "outputChannels"])],
    inputs: AUDIO_FORMS,
    outputs: &["audio"],
    home: Home::Compute,
    streaming: true,
    open: media!(|params| {
        use crate::media::{converter::Converter, effect::Effects, resampler::Quality};
        let channels = crate::params::integer(params, "channels").unwrap_or(1) as u16;
        Ok(Box::new(Effects::new(Converter::new(None, Some(channels), Quality::Medium))))
    }),
};

#[cfg(all(test, feature = "media"))]
mod tests {
    use crate::testing::check_audio;

    #[test]
    fn channels_become_one_by_default() {
        check_audio("AudioMix", "{}", (8000, 2, &[1.0, 0.0, 0.5, -0.5]), (8000, 1, &[0.5, 0.0]));
    }

    #[test]
    fn one_channel_becomes_many_by_copying() {
        check_audio(
            "AudioMix",
            r#"{"channels":2}"#,
            (8000, 1, &[1.0, 0.5]),
            (8000, 2, &[1.0, 1.0, 0.5, 0.5]),
        );
    }

    #[test]
    fn a_recording_of_nothing_is_one_too() {
        check_audio("AudioMix", "{}", (8000, 2, &[]), (8000, 1, &[]));
    }
}

//! `AudioDecode`: an audio file, read piece by piece, as sound.
use protocol::Home;

use crate::kind::{Kind, media};
use crate::params::{Param, Type};

pub(crate) const KIND: Kind = Kind {
    name: "AudioDecode",
    aliases: &["AudioDecoder"],
    description: "Decodes WAV, AIFF, FLAC, MP3, AAC, Vorbis and Opus, bare or in Ogg, MP4, Matroska and WebM. Reads \
                  the file piece by piece and gives sound in parts of about half a second. Sound that comes as such \
                  passes.",
    params: &[
        Param::new("sample_rate", Type::Integer(100, 768_000), "Resamples to this rate, in hertz, if given.")
            .also(&["sampleRate", "target_sample_rate", "output_sample_rate"]),
        Param::new("channels", Type::Integer(1, 64), "Mixes to so many channels, if given.")
            .also(&["output_channels", "outputChannels"]),
    ],
    inputs: &["bytes", "audio", "json"],
    outputs: &["audio"],
    home: Home::Compute,
    streaming: true,
    open: media!(|params| {
        use crate::media::{converter::Converter, decode::Decode, resampler::Quality};
        let rate = crate::params::integer(params, "sample_rate").map(|rate| rate as u32);
        let channels = crate::params::integer(params, "channels").map(|channels| channels as u16);
        Ok(Box::new(Decode::new(Converter::new(rate, channels, Quality::Medium))))
    }),
};

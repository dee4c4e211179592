//! Opus packets to samples: what the containers' `OpusHead` (RFC 7845, section 5.1) says, and the decoders it needs.
use opus_decoder::{OpusDecoder, OpusMultistreamDecoder};

use crate::media::sound::Format;
use crate::node::NodeError;

/// Opus always decodes at this rate, whatever was recorded.
const RATE: u32 = 48_000;
/// Frames of the longest packet there may be: 120 ms.
const LONGEST: usize = 5760;

/// Decodes the packets of one track.
pub(crate) struct OpusTrack {
    decoder: Decoder,
    channels: usize,
    /// Frames to leave out at the start.
    skip: usize,
    gain: f32,
    frames: Vec<f32>,
}

enum Decoder {
    Plain(Box<OpusDecoder>),
    Multistream(Box<OpusMultistreamDecoder>),
}

impl OpusTrack {
    /// From the container's `OpusHead`; without one, `channels` tells all there is to know.
    pub(crate) fn new(head: Option<&[u8]>, channels: u64) -> Result<Self, NodeError> {
        let head = head.and_then(|head| head.strip_prefix(b"OpusHead")).filter(|head| head.len() >= 11);
        let Some(head) = head else { return Self::with(0, 0, channels, None) };
        let word = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        // After the signature: version, channels, pre-skip (2), rate (4), gain (2), mapping family.
        let mapping = (head[10] != 0).then(|| &head[11..]);
        Self::with(word(2), word(8) as i16, head[1].into(), mapping)
    }

    fn with(skip: u16, gain: i16, channels: u64, mapping: Option<&[u8]>) -> Result<Self, NodeError> {
        let channels = usize::from(Format::new(RATE, channels)?.channels);
        let refused = |error: opus_decoder::OpusError| format!("Opus this decoder does not know: {error:?}");
        let decoder = match mapping {
            None => Decoder::Plain(Box::new(OpusDecoder::new(RATE, channels).map_err(refused)?)),
            Some([streams, coupled, map @ ..]) if map.len() >= channels => {
                let (streams, coupled) = (usize::from(*streams), usize::from(*coupled));
                let decoder = OpusMultistreamDecoder::new(RATE, channels, streams, coupled, &map[..channels]);
                Decoder::Multistream(Box::new(decoder.map_err(refused)?))
            }
            Some(_) => return Err("Opus without a full channel mapping".into()),
        };
        // A 256th of a decibel each.
        let gain = 10f32.powf(f32::from(gain) / (20.0 * 256.0));
        Ok(OpusTrack { decoder, channels, skip: skip.into(), gain, frames: vec![0.0; LONGEST * channels] })
    }

    pub(crate) fn format(&self) -> Format {
        Format { rate: RATE, channels: self.channels as u16 }
    }

    /// Appends the samples of one packet but for `trim` frames at its end; an error leaves only this packet out.
    pub(crate) fn decode(
        &mut self,
        packet: &[u8],
        trim: usize,
        samples: &mut Vec<f32>,
    ) -> Result<(), String> {
        if packet.is_empty() {
            return Err("an empty Opus packet".into());
        }
        let frames = match &mut self.decoder {
            Decoder::Plain(decoder) => decoder.decode_float(packet, &mut self.frames, false),
            Decoder::Multistream(decoder) => decoder.decode_float(packet, &mut self.frames, false),
        };
        let frames = frames.map_err(|error| format!("{error:?}"))?;
        let end = frames.saturating_sub(trim);
        let start = self.skip.min(end);
        self.skip -= start;
        let fresh = &self.frames[start * self.channels..end * self.channels];
        samples.extend(fresh.iter().map(|sample| sample * self.gain));
        Ok(())
    }
}

//! Opus packets to samples: what the containers' `OpusHead` (RFC 7845, section 5.1) says, and the decoders it needs.
use ropus::OpusMSDecoder;

use crate::media::sound::Format;
use crate::node::NodeError;

/// Opus always decodes at this rate, whatever was recorded.
const RATE: u32 = 48_000;
/// Frames of the longest packet there may be: 120 ms.
const LONGEST: usize = 5760;

/// Decodes the packets of one track.
pub(crate) struct OpusTrack {
    decoder: OpusMSDecoder,
    channels: usize,
    /// Frames to leave out at the start.
    skip: usize,
    gain: f32,
    decoded: Vec<i16>,
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

    /// `mapping` tells how many streams there are, how many of them are stereo, and which of their channels each
    /// channel is; without one there is one stream.
    fn with(skip: u16, gain: i16, channels: u64, mapping: Option<&[u8]>) -> Result<Self, NodeError> {
        let channels = Format::new(RATE, channels)?.channels;
        let (streams, coupled, map) = match mapping {
            None if channels <= 2 => (1, channels as u8 - 1, &[0, 1][..channels.into()]),
            Some([streams, coupled, map @ ..]) if map.len() >= channels.into() => {
                (*streams, *coupled, &map[..channels.into()])
            }
            None | Some(_) => return Err("Opus without a full channel mapping".into()),
        };
        let decoder = OpusMSDecoder::new(RATE as i32, channels.into(), streams.into(), coupled.into(), map);
        let decoder =
            decoder.map_err(|code| format!("Opus whose channel mapping makes no sense (error {code})"))?;
        // A 256th of a decibel each, and the full scale of the decoder.
        let gain = 10f32.powf(f32::from(gain) / (20.0 * 256.0)) / 32_768.0;
        let channels = usize::from(channels);
        Ok(OpusTrack { decoder, channels, skip: skip.into(), gain, decoded: vec![0; LONGEST * channels] })
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
        // Without bytes the decoder would make up what was lost.
        if packet.is_empty() {
            return Err("an empty Opus packet".into());
        }
        let size = packet.len() as i32;
        let frames = self.decoder.decode(Some(packet), size, &mut self.decoded, LONGEST as i32, false);
        let frames = frames.map_err(|code| format!("not an Opus packet (error {code})"))? as usize;
        let end = frames.saturating_sub(trim);
        let start = self.skip.min(end);
        self.skip -= start;
        let fresh = &self.decoded[start * self.channels..end * self.channels];
        samples.extend(fresh.iter().map(|sample| f32::from(*sample) * self.gain));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(head: &[u8], expected: &str) {
        assert_eq!(OpusTrack::new(Some(head), 2).err().unwrap().message, expected);
    }

    #[test]
    fn heads_that_make_no_sense_are_refused() {
        check_error(b"OpusHead\x01\x00\0\0\0\0\0\0\0\0\0", "audio of 0 channels; possible are 1 to 64");
        check_error(b"OpusHead\x01\x03\0\0\0\0\0\0\0\0\0", "Opus without a full channel mapping");
        check_error(
            b"OpusHead\x01\x03\0\0\0\0\0\0\0\0\x01\x02\x01\x00\x01",
            "Opus without a full channel mapping",
        );
        check_error(
            b"OpusHead\x01\x03\0\0\0\0\0\0\0\0\x01\x01\x01\x00\x01\x09",
            "Opus whose channel mapping makes no sense (error -1)",
        );
    }

    #[test]
    fn empty_packets_and_noise_are_errors_or_samples() {
        let mut track = OpusTrack::new(None, 2).unwrap();
        assert!(track.decode(&[], 0, &mut Vec::new()).is_err());
        let mut samples = Vec::new();
        for first in 0..=255u8 {
            // Errors are as good as samples here.
            _ = track.decode(&[first, 0x55, 0xaa, first, 3, 200, 7], 0, &mut samples);
        }
        assert!(samples.iter().all(|sample| sample.is_finite()));
    }
}

//! Encoded files to samples: finds the container and the codec, and decodes packet by packet.
use std::io::ErrorKind;

use protocol::{Buffer, Bytes, Code};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase};

use crate::media::opus::OpusTrack;
use crate::media::sound::{Format, mix};
use crate::media::source::File;
use crate::node::NodeError;

/// A file being decoded.
pub(crate) struct Decoder {
    reader: Box<dyn FormatReader>,
    track: u32,
    codec: Codec,
    /// Known from the first samples on, and the same to the end.
    format: Option<Format>,
    /// How long the container says it is, in seconds.
    claimed: Claim,
    /// How long it can be at most, in seconds.
    most: f64,
    /// Bytes that the header promises and the file does not have.
    missing: Missing,
    decoded: u64,
    damaged: u64,
    scratch: Vec<f32>,
}

/// Sizes from here on are what programs write who cannot go back to correct them.
const PIPED: u32 = 0x7fff_0000;

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Box<OpusTrack>),
}

/// What a container says about how long it is, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Claim {
    Nothing,
    /// Reckoned from the first frames, or that of a whole film.
    About(f64),
    Exactly(f64),
}

/// What one packet comes to.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Perhaps samples; there may be more.
    More,
    /// The end; if it came too early or something was left out, what is to be said about it.
    End(Option<String>),
}

impl Decoder {
    /// Finds out what `file` is.
    pub(crate) fn open(file: &Bytes) -> Result<Self, NodeError> {
        // A truncated file may lack the index that it points to; it can be read without.
        let reader = match probe(file, true) {
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => probe(file, false),
            other => other,
        };
        let reader = reader.map_err(|error| not_known(&error))?;
        let track =
            reader.default_track(TrackType::Audio).ok_or_else(|| no_codec("it has no audio track"))?;
        let parameters = audio_parameters(track)?;
        let claimed = claim(reader.as_ref(), track, parameters);
        let most = most_seconds(parameters, file.data.size());
        let (track, codec) = (track.id, open_codec(parameters)?);
        Ok(Decoder {
            reader,
            track,
            codec,
            format: None,
            claimed,
            most,
            missing: missing_bytes(&file.data),
            decoded: 0,
            damaged: 0,
            scratch: Vec::new(),
        })
    }

    /// Of the samples; `None` until there are any.
    pub(crate) fn format(&self) -> Option<Format> {
        self.format
    }

    /// How long it seems to be, in seconds. Recorders that write into a pipe claim the most that a header can
    /// say, so it is bounded by what the file can hold.
    pub(crate) fn expected(&self) -> Option<f64> {
        match self.claimed {
            Claim::Nothing => None,
            Claim::About(claimed) | Claim::Exactly(claimed) => Some(claimed.min(self.most)),
        }
    }

    /// Seconds decoded so far.
    pub(crate) fn seconds(&self) -> f64 {
        self.format.map_or(0.0, |format| format.seconds(self.decoded))
    }

    /// Decodes one packet and appends its samples.
    pub(crate) fn step(&mut self, samples: &mut Vec<f32>) -> Result<Step, NodeError> {
        match self.reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == self.track => self.packet(&packet, samples),
            Ok(Some(_)) => Ok(Step::More),
            Ok(None) => self.end(None),
            Err(Error::ResetRequired) => self.change_track(),
            Err(Error::IoError(error)) if error.kind() != ErrorKind::UnexpectedEof => Err(error.into()),
            Err(Error::IoError(_)) => self.end(None),
            Err(error) => self.end(Some(error.to_string())),
        }
    }

    fn packet(&mut self, packet: &Packet, samples: &mut Vec<f32>) -> Result<Step, NodeError> {
        self.scratch.clear();
        let format = match self.codec.decode(packet, &mut self.scratch) {
            Ok(format) => format?,
            Err(_) => {
                self.damaged += 1;
                return Ok(Step::More);
            }
        };
        if self.scratch.is_empty() {
            return Ok(Step::More);
        }
        let known = *self.format.get_or_insert(format);
        if known.rate != format.rate {
            return self.end(Some(format!("it changes from {known} to {format}")));
        }
        for sample in &mut self.scratch {
            if !sample.is_finite() {
                *sample = 0.0;
            }
        }
        self.decoded += (self.scratch.len() / usize::from(format.channels)) as u64;
        mix(&self.scratch, format.channels, known.channels, samples);
        Ok(Step::More)
    }

    /// The next of several recordings in one Ogg file: it goes on like the first, or it ends here.
    fn change_track(&mut self) -> Result<Step, NodeError> {
        let track = self.reader.default_track(TrackType::Audio);
        let Some(track) = track else { return self.end(Some("its next part has no audio".into())) };
        self.track = track.id;
        self.codec = open_codec(audio_parameters(track)?)?;
        self.claimed = Claim::Nothing;
        Ok(Step::More)
    }

    fn end(&self, why: Option<String>) -> Result<Step, NodeError> {
        let seconds = self.seconds();
        if self.decoded == 0 && (why.is_some() || self.damaged > 0) {
            let why = why.unwrap_or_else(|| format!("all of its {} packets are damaged", self.damaged));
            return Err(format!("nothing of this file could be decoded: {why}").into());
        }
        let mut words = Vec::new();
        if let Some(why) = why {
            words.push(format!("decoding ended after {seconds:.2} s: {why}"));
        } else if let Claim::Exactly(claimed) = self.claimed
            && seconds + 0.1 < claimed
        {
            words.push(format!("the file ends after {seconds:.2} s, but says that it lasts {claimed:.2} s"));
        } else {
            match self.missing {
                Missing::Nothing => {}
                Missing::Bytes(bytes) => {
                    words.push(format!(
                        "the file is {bytes} bytes shorter than it says; it has {seconds:.2} s"
                    ));
                }
                Missing::Unsaid => {
                    words.push(format!("the file claims the most a header can; it has {seconds:.2} s"));
                }
            }
        }
        if self.damaged > 0 {
            words.push(format!("{} damaged packets were left out", self.damaged));
        }
        Ok(Step::End((!words.is_empty()).then(|| words.join("; "))))
    }
}

impl Codec {
    /// Appends the samples of a packet. The outer error leaves only this packet out.
    fn decode(
        &mut self,
        packet: &Packet,
        samples: &mut Vec<f32>,
    ) -> Result<Result<Format, NodeError>, String> {
        match self {
            Codec::Symphonia(decoder) => {
                let decoded = decoder.decode(packet).map_err(|error| error.to_string())?;
                let spec = decoded.spec();
                let format = Format::new(spec.rate(), spec.channels().count() as u64);
                decoded.copy_to_vec_interleaved(samples);
                Ok(format)
            }
            Codec::Opus(track) => {
                track.decode(&packet.data, packet.trim_end.get() as usize, samples)?;
                Ok(Ok(track.format()))
            }
        }
    }
}

fn probe(file: &Bytes, seekable: bool) -> Result<Box<dyn FormatReader>, Error> {
    let source = Box::new(File::new(file.data.clone(), seekable));
    let source = MediaSourceStream::new(source, Default::default());
    let options = (FormatOptions::default(), MetadataOptions::default());
    symphonia::default::get_probe().probe(&hint(file), source, options.0, options.1)
}

fn hint(file: &Bytes) -> Hint {
    let mut hint = Hint::new();
    if let Some((_, extension)) = file.name.as_deref().and_then(|name| name.rsplit_once('.')) {
        hint.with_extension(extension);
    }
    if let Some(mime) = &file.mime {
        hint.mime_type(mime.split(';').next().unwrap_or_default());
    }
    hint
}

fn audio_parameters(track: &Track) -> Result<&AudioCodecParameters, NodeError> {
    match &track.codec_params {
        Some(CodecParameters::Audio(parameters)) => Ok(parameters),
        _ => Err(no_codec("the codec of its audio track is not known")),
    }
}

fn open_codec(parameters: &AudioCodecParameters) -> Result<Codec, NodeError> {
    let channels = parameters.channels.as_ref().map_or(1, |channels| channels.count() as u64);
    if parameters.codec == CODEC_ID_OPUS {
        return OpusTrack::new(parameters.extra_data.as_deref(), channels)
            .map(|track| Codec::Opus(Box::new(track)));
    }
    if let Some(rate) = parameters.sample_rate {
        Format::new(rate, channels)?;
    }
    let decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default());
    decoder.map(Codec::Symphonia).map_err(|error| no_codec(&error.to_string()))
}

fn claim(reader: &dyn FormatReader, track: &Track, parameters: &AudioCodecParameters) -> Claim {
    let media = reader.media_info();
    match (track_seconds(track, parameters), seconds(media.duration, media.time_base)) {
        (Some(claimed), _) if is_reckoned(reader, track) => Claim::About(claimed),
        (Some(claimed), _) => Claim::Exactly(claimed),
        (None, Some(claimed)) => Claim::About(claimed),
        (None, None) => Claim::Nothing,
    }
}

fn track_seconds(track: &Track, parameters: &AudioCodecParameters) -> Option<f64> {
    match (track.num_frames, parameters.sample_rate.filter(|rate| *rate > 0)) {
        (Some(frames), Some(rate)) => Some(frames as f64 / f64::from(rate)),
        _ => seconds(track.duration, track.time_base),
    }
}

fn seconds(ticks: Option<Duration>, base: Option<TimeBase>) -> Option<f64> {
    let (ticks, base) = (ticks?, base?);
    Some(ticks.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get()))
}

/// Bare frames say nothing about how many there are, unless the encoder put an index before them, with its delay.
fn is_reckoned(reader: &dyn FormatReader, track: &Track) -> bool {
    matches!(reader.format_info().short_name, "aac" | "mp1" | "mp2" | "mp3") && track.delay.is_none()
}

/// How long a file of so many bytes can be: known where all frames have one size.
fn most_seconds(parameters: &AudioCodecParameters, size: u64) -> f64 {
    let bits = parameters.bits_per_coded_sample.or(parameters.bits_per_sample).unwrap_or(0);
    let channels = parameters.channels.as_ref().map_or(1, |channels| channels.count());
    let bits_per_second = f64::from(bits) * channels as f64 * f64::from(parameters.sample_rate.unwrap_or(0));
    if is_pcm(parameters) && bits_per_second > 0.0 {
        size as f64 * 8.0 / bits_per_second
    } else {
        f64::INFINITY
    }
}

/// What a file's header says of its size.
#[derive(Clone, Copy)]
enum Missing {
    /// All it claims is there.
    Nothing,
    /// So many bytes are not there.
    Bytes(u64),
    /// It claims the most a header can.
    Unsaid,
}

/// How much is missing of a RIFF (WAV) or FORM (AIFF) file: the demuxer takes it silently for a shorter one. A file
/// that claims the most a header can say was written into a pipe, by somebody who did not know.
fn missing_bytes(data: &Buffer) -> Missing {
    let mut head = [0; 8];
    if !matches!(data.source().read_at(0, &mut head), Ok(8)) {
        return Missing::Nothing;
    }
    let [a, b, c, d, size @ ..] = head;
    let claimed = match &[a, b, c, d] {
        b"RIFF" => u32::from_le_bytes(size),
        b"FORM" => u32::from_be_bytes(size),
        _ => return Missing::Nothing,
    };
    match (u64::from(claimed) + 8).saturating_sub(data.size()) {
        0 => Missing::Nothing,
        _ if claimed >= PIPED => Missing::Unsaid,
        bytes => Missing::Bytes(bytes),
    }
}

fn is_pcm(parameters: &AudioCodecParameters) -> bool {
    let info = symphonia::default::get_codecs().get_audio_decoder(parameters.codec);
    info.is_some_and(|it| it.codec.info.short_name.starts_with("pcm"))
}

fn not_known(error: &Error) -> NodeError {
    if let Error::IoError(error) = error
        && error.kind() != ErrorKind::UnexpectedEof
    {
        return error.into();
    }
    no_codec(&error.to_string())
}

fn no_codec(why: &str) -> NodeError {
    NodeError::new(
        Code::NotSupported,
        format!(
            "not audio this decoder knows ({why}); it knows WAV, AIFF, FLAC, MP3, AAC, Vorbis and Opus, bare or in \
             Ogg, MP4, Matroska and WebM"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn open(bytes: Vec<u8>) -> Decoder {
        Decoder::open(&Bytes { mime: None, name: None, data: Buffer::from_bytes(bytes) }).unwrap()
    }

    #[track_caller]
    fn check(name: &str, expected: f64, tolerance: f64) {
        let found = open(fixture(name)).expected().unwrap_or(f64::NAN);
        assert!((found - expected).abs() <= tolerance, "{name}: {found} s");
    }

    #[test]
    fn how_long_a_file_is_is_known_before_it_is_decoded() {
        check("tone-8k-mono.wav", 1.0, 0.0);
        check("tone-8k-mono.aiff", 1.0, 0.0);
        check("tone.flac", 1.0, 0.0);
        check("tone-flac.mka", 1.0, 0.01);
        check("tone.mp3", 1.0, 0.0);
        check("tone.aac", 1.0, 0.05);
        check("tone-aac.m4a", 1.0, 0.05);
        check("tone-vorbis.ogg", 1.0, 0.0);
        check("tone-opus.ogg", 1.0, 0.01);
        check("tone-opus-speech.ogg", 1.0, 0.01);
    }

    #[test]
    fn a_recorder_never_says_how_long_a_live_recording_will_be() {
        assert_eq!(open(fixture("tone-opus-live.webm")).claimed, Claim::Nothing);
    }

    #[test]
    fn bare_frames_are_reckoned_and_nobody_complains_if_there_are_fewer() {
        let mp3 = fixture("tone.mp3");
        let frames: Vec<usize> = (0..mp3.len()).filter(|at| mp3[*at..].starts_with(&[0xff, 0xfb])).collect();
        let mut bare = open(mp3[frames[1]..].repeat(20));
        let Claim::About(claimed) = bare.claimed else { panic!("{:?}", bare.claimed) };
        assert!((claimed - 20.8).abs() < 1.0, "{claimed} s");
        bare.claimed = Claim::About(100.0);
        assert_eq!(bare.end(None).unwrap(), Step::End(None));
    }
}

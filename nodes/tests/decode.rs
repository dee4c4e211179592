//! `AudioDecode` on files of every kind, whole and broken.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use protocol::{Buffer, ByteSource, Bytes, Code, ReadError, Value};
use support::{Heard, Sound, purity, run, watch};

fn file(data: Buffer) -> Value {
    Value::Bytes(Bytes { mime: None, name: None, data })
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn decode(bytes: Vec<u8>, params: &str) -> Heard {
    run("AudioDecode", params, vec![vec![file(Buffer::from_bytes(bytes))]])
}

/// The header of a WAV file (format 1 is integers, 3 floats) with `claimed` bytes of samples.
fn wav_header(format: u16, rate: u32, channels: u16, bits: u16, claimed: u32) -> Vec<u8> {
    let frame = u32::from(channels) * u32::from(bits) / 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(claimed.saturating_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(format.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(frame).to_le_bytes());
    bytes.extend((frame as u16).to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(claimed.to_le_bytes());
    bytes
}

fn wav_f32(rate: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let mut bytes = wav_header(3, rate, channels, 32, size_of_val(samples) as u32);
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// A second of the fixtures' tones; lossy codecs come less close to them, and may begin and end late.
#[track_caller]
fn check_tone(name: &str, rate: u32, channels: u16, decibels: f64, lateness: f64) {
    let heard = decode(fixture(name), "{}");
    let sounds = heard.sounds();
    let [sound] = &sounds[..] else { panic!("{name}: {} recordings", sounds.len()) };
    assert_eq!((sound.rate, sound.channels), (rate, channels), "{name}");
    let seconds = sound.frames() as f64 / f64::from(rate);
    assert!((seconds - 1.0).abs() <= lateness, "{name}: {seconds} s");
    let edge = rate as usize / 10;
    if channels == 2 {
        for (channel, frequency) in [(0, 440.0), (1, 880.0)] {
            let found = purity(&sound.channel(channel), rate, frequency, edge);
            assert!(found > decibels, "{name}: {found} dB at {frequency} Hz");
        }
    }
    let loudest = sound.samples.iter().fold(0f32, |loudest, sample| loudest.max(sample.abs()));
    assert!((0.4..0.6).contains(&loudest) || name.contains("aac"), "{name}: {loudest}");
    assert_eq!(heard.warnings, Vec::<String>::new(), "{name}");
    let (done, total) = *heard.progress.last().unwrap();
    assert_eq!((done, total), (seconds, Some(seconds)), "{name}");
}

#[test]
fn every_codec_and_container_gives_the_tone_it_was_made_from() {
    check_tone("tone-8k-mono.wav", 8000, 1, 0.0, 0.0);
    check_tone("tone-8k-mono.aiff", 8000, 1, 0.0, 0.0);
    check_tone("tone.flac", 8000, 2, 60.0, 0.0);
    check_tone("tone-flac.mka", 8000, 2, 60.0, 0.0);
    check_tone("tone.mp3", 44_100, 2, 30.0, 0.06);
    check_tone("tone.aac", 44_100, 2, 12.0, 0.06);
    check_tone("tone-aac.m4a", 44_100, 2, 12.0, 0.06);
    check_tone("tone-vorbis.ogg", 44_100, 2, 20.0, 0.001);
    check_tone("tone-opus.ogg", 48_000, 2, 20.0, 0.001);
    check_tone("tone-opus-live.webm", 48_000, 2, 20.0, 0.03);
    check_tone("tone-opus-speech.ogg", 48_000, 1, 0.0, 0.001);
}

#[test]
fn samples_of_a_float_wav_come_out_as_they_went_in_but_for_what_is_no_number() {
    let heard = decode(wav_f32(8000, 2, &[0.5, -0.25, f32::NAN, f32::INFINITY, 1.5, -1.0]), "{}");
    let samples = vec![0.5, -0.25, 0.0, 0.0, 1.5, -1.0];
    assert_eq!(heard.sounds(), [Sound { rate: 8000, channels: 2, samples }]);
}

#[test]
fn rate_and_channels_can_be_asked_for() {
    let sound = &decode(fixture("tone.flac"), r#"{"sample_rate":16000,"channels":1}"#).sounds()[0];
    assert_eq!((sound.rate, sound.channels, sound.frames()), (16_000, 1, 16_000));
}

#[test]
fn a_file_may_come_in_parts_and_several_files_are_several_recordings() {
    let bytes = fixture("tone-opus.ogg");
    let parts = bytes.chunks(1000).map(|part| file(Buffer::from_bytes(part.to_vec()))).collect();
    let sounds = run("AudioDecode", "{}", vec![parts, vec![file(Buffer::from_bytes(bytes))]]).sounds();
    assert_eq!(sounds.len(), 2);
    assert_eq!(sounds[0], sounds[1]);
}

#[test]
fn sound_that_is_decoded_already_passes() {
    let sound = Sound { rate: 8000, channels: 2, samples: vec![0.1, 0.2, 0.3, 0.4] };
    assert_eq!(run("AudioDecode", "{}", vec![sound.parts(1)]).sounds(), [sound]);
}

#[track_caller]
fn check_error(bytes: Vec<u8>, code: Code, text: &str) {
    let (found, message) = decode(bytes, "{}").failure.unwrap();
    assert_eq!(found, code, "{message}");
    assert!(message.contains(text), "{message}");
}

#[test]
fn what_is_no_audio_is_refused_with_the_reason() {
    check_error(Vec::new(), Code::NodeFailed, "an empty file");
    check_error(b"hello".repeat(1000), Code::NotSupported, "not audio this decoder knows");
    check_error(b"RIFF".to_vec(), Code::NotSupported, "not audio this decoder knows");
    let failure = run("AudioDecode", "{}", vec![vec![Value::Text("a.wav".into())]]).failure.unwrap();
    assert_eq!(failure.1, "expected an audio file or audio, found text");
}

#[test]
fn headers_out_of_bounds_are_refused() {
    let with_samples = |mut header: Vec<u8>| {
        header.extend([0; 4000]);
        header
    };
    check_error(with_samples(wav_header(1, 0, 1, 16, 4000)), Code::NodeFailed, "0 Hz");
    check_error(with_samples(wav_header(1, 8000, 1000, 16, 4000)), Code::NotSupported, "channel count");
}

#[test]
fn a_header_that_claims_4_gb_gives_what_is_there_and_a_warning() {
    let mut bytes = wav_header(1, 8000, 1, 16, u32::MAX);
    bytes.extend([0; 16_000]);
    let heard = decode(bytes, "{}");
    assert_eq!(heard.sounds()[0].frames(), 8000);
    let claimed = heard.progress.iter().filter_map(|(_, total)| *total).fold(0.0, f64::max);
    assert!(claimed < 1.1, "{claimed}");
}

#[test]
fn truncated_files_give_what_was_decoded_and_a_warning() {
    for name in ["tone-8k-mono.wav", "tone.flac", "tone.mp3", "tone-opus-live.webm"] {
        let bytes = fixture(name);
        let heard = decode(bytes[..bytes.len() / 2].to_vec(), "{}");
        assert_eq!(heard.failure, None, "{name}");
        let sound = &heard.sounds()[0];
        let seconds = sound.frames() as f64 / f64::from(sound.rate);
        assert!((0.05..0.9).contains(&seconds), "{name}: {seconds} s");
        // A recorder never says how long a live recording will be.
        if !name.contains("live") {
            assert_eq!(heard.warnings.len(), 1, "{name}: {:?}", heard.warnings);
        }
    }
}

#[test]
fn every_proper_prefix_and_damaged_byte_ends_in_sound_or_an_error() {
    let names = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).unwrap();
    for path in
        names.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().contains("tone"))
    {
        let bytes = std::fs::read(&path).unwrap();
        for cut in (0..bytes.len()).step_by(bytes.len() / 25 + 1) {
            decode(bytes[..cut].to_vec(), "{}");
        }
        let mut seed = 1u64;
        for _ in 0..30 {
            let mut damaged = bytes.clone();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (seed >> 20) as usize % bytes.len();
                damaged[at] = (seed >> 50) as u8;
            }
            decode(damaged, "{}");
        }
    }
}

/// A WAV file of 2 GB that exists only as far as it is read.
struct Huge {
    header: Vec<u8>,
    size: u64,
    read: Rc<Cell<u64>>,
    longest: Rc<Cell<usize>>,
}

impl ByteSource for Huge {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let count = out.len().min((self.size - offset.min(self.size)) as usize);
        let out = &mut out[..count];
        out.fill(0);
        if let Some(header) = self.header.get(offset as usize..) {
            let shown = header.len().min(count);
            out[..shown].copy_from_slice(&header[..shown]);
        }
        self.read.set(self.read.get() + count as u64);
        self.longest.set(self.longest.get().max(count));
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_file_of_2_gb_is_read_piece_by_piece_as_its_sound_is_wanted() {
    let (read, longest) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (size, header) = (2_000_000_044, wav_header(1, 44_100, 2, 16, 2_000_000_000));
    let source = Huge { header, size, read: read.clone(), longest: longest.clone() };
    let (mut frames, mut largest, mut total) = (0u64, 0, None);
    let items = vec![vec![file(Buffer::new(source))]];
    watch("AudioDecode", r#"{"channels":1}"#, items, 200, |said| {
        if let protocol::FromHost::Worked { outputs, .. } = &said {
            for output in outputs {
                let Value::Audio(audio) = &output.value else { panic!("{:?}", output.value) };
                frames += audio.samples.size() / 4;
                largest = largest.max(audio.samples.size());
            }
        }
        if let protocol::FromHost::Progress { total: said, .. } = said {
            total = said;
        }
    });
    assert!(frames > 4_000_000, "{frames} frames");
    assert!(read.get() < frames * 4 + (2 << 20), "{} bytes read for {frames} frames", read.get());
    assert!(longest.get() <= 256 << 10, "{} bytes at once", longest.get());
    assert!(largest < 4 * 50_000, "an output of {largest} bytes");
    assert!((total.unwrap() - 500_000_000.0 / 44_100.0).abs() < 1.0, "{total:?}");
}

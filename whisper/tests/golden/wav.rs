//! Recordings: WAV files of 16 bits, 16 kHz, mono.
use std::path::Path;

/// The samples of a recording.
pub(crate) fn read(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut rest = &bytes[12..];
    loop {
        let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let chunk = &rest[8..8 + size];
        match &rest[..4] {
            b"fmt " => assert_eq!(chunk[..16], FORMAT, "{}: 16 bits, 16 kHz, mono", path.display()),
            b"data" => return samples(chunk),
            _ => {}
        }
        rest = &rest[8 + size + size % 2..];
    }
}

/// PCM, one channel, 16000 samples of 2 bytes a second.
const FORMAT: [u8; 16] = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];

fn samples(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|it| f32::from(i16::from_le_bytes([it[0], it[1]])) / 32768.0).collect()
}

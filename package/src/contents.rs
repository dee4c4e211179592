//! What an entry holds, piece by piece. Only here are bytes unpacked.

use std::io::{Read, Seek, SeekFrom};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::Rejection;
use crate::text::shown;
use crate::zip::{Method, Record, broken, unread};

/// Bytes that are read or unpacked at a time.
const PIECE: usize = 1 << 16;

/// Gives the contents of `record` to `take`, never more of them than its header says.
///
/// # Errors
/// They are not what its header says, or what `take` says.
pub(crate) fn contents<R: Read + Seek>(
    reader: &mut R,
    record: &Record,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    reader.seek(SeekFrom::Start(record.data)).map_err(|error| unread(&error))?;
    let mut packed = reader.take(record.compressed);
    let mut checked = Checked { record, crc: crc32fast::Hasher::new(), size: 0, take };
    match record.method {
        Method::Stored => stored(&mut packed, &mut checked)?,
        Method::Deflated => deflated(&mut packed, &mut checked)?,
    }
    checked.finish()
}

/// What was unpacked so far.
struct Checked<'a> {
    record: &'a Record,
    crc: crc32fast::Hasher,
    size: u64,
    take: &'a mut dyn FnMut(&[u8]) -> Result<(), Rejection>,
}

impl Checked<'_> {
    fn wrong(&self, why: &str) -> Rejection {
        broken(format_args!("`{}` {why}", shown(&self.record.name)))
    }
    fn piece(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        self.size += bytes.len() as u64;
        if self.size > self.record.size {
            return Err(self.wrong(&format!("has more than the {} bytes it claims", self.record.size)));
        }
        self.crc.update(bytes);
        (self.take)(bytes)
    }
    fn finish(self) -> Result<(), Rejection> {
        if self.size != self.record.size {
            return Err(self.wrong(&format!("has {} of the {} bytes it claims", self.size, self.record.size)));
        }
        if self.crc.clone().finalize() != self.record.crc {
            return Err(self.wrong("is damaged: its checksum is wrong"));
        }
        Ok(())
    }
}

/// The next piece, of which there is none at the end.
fn fill(packed: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Rejection> {
    packed.read(buffer).map_err(|error| unread(&error))
}

fn stored(packed: &mut impl Read, checked: &mut Checked<'_>) -> Result<(), Rejection> {
    let mut buffer = vec![0; PIECE];
    loop {
        match fill(packed, &mut buffer)? {
            0 => return Ok(()),
            count => checked.piece(&buffer[..count])?,
        }
    }
}

fn deflated(packed: &mut impl Read, checked: &mut Checked<'_>) -> Result<(), Rejection> {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let (mut input, mut output) = (vec![0; PIECE], vec![0; PIECE]);
    let (mut from, mut to) = (0, 0);
    loop {
        if from == to {
            (from, to) = (0, fill(packed, &mut input)?);
        }
        let ended = to == 0;
        let result = inflate(&mut state, &input[from..to], &mut output, MZFlush::None);
        from += result.bytes_consumed;
        checked.piece(&output[..result.bytes_written])?;
        match result.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(_) | Err(MZError::Buf) if !ended || result.bytes_written > 0 => {}
            Ok(_) | Err(MZError::Buf) => return Err(checked.wrong("ends in the middle of its contents")),
            Err(_) => return Err(checked.wrong("cannot be unpacked")),
        }
    }
    if from < to || fill(packed, &mut input)? > 0 {
        return Err(checked.wrong("has strange bytes behind its contents"));
    }
    Ok(())
}

//! Writes ZIP archives: fixed times, fixed order, so the same input gives the same bytes.

use std::io::Write;

use miniz_oxide::deflate::compress_to_vec;

use crate::Rejection;
use crate::text::shown;
use crate::zip::{CENTRAL, END, LOCAL, Method};

/// As hard as the original's packer tries.
const LEVEL: u8 = 9;
/// 1980-01-01, the first day there is; the time is 0.
const DATE: u16 = 0x0021;
/// Version that reads it: 2.0, for deflate.
const VERSION: u16 = 20;
/// Made on Unix, so that the mode counts.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A file that everybody may read and its owner may write.
const MODE: u32 = 0o100_644 << 16;
/// The name is UTF-8.
const IS_UTF8: u16 = 1 << 11;

/// An archive that is being written.
pub(crate) struct Archive<'a, W> {
    out: &'a mut W,
    offset: u64,
    directory: Vec<u8>,
    entries: u16,
}

/// What is to be written of an entry, before its contents.
pub(crate) struct Header<'a> {
    pub(crate) name: &'a str,
    pub(crate) crc: u32,
    pub(crate) size: u64,
}

/// `bytes`, deflated.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, LEVEL)
}

impl<'a, W: Write> Archive<'a, W> {
    pub(crate) fn new(out: &'a mut W) -> Self {
        Archive { out, offset: 0, directory: Vec::new(), entries: 0 }
    }

    /// The header of an entry, whose `compressed` bytes are to be written next.
    pub(crate) fn begin(
        &mut self,
        header: &Header<'_>,
        method: Method,
        compressed: u64,
    ) -> Result<(), Rejection> {
        let number = |value: u64| {
            let beyond =
                || Rejection::new(format!("`{}` would end beyond 4 GiB, where ZIP ends", shown(header.name)));
            u32::try_from(value).ok().filter(|it| *it < u32::MAX).ok_or_else(beyond)
        };
        let (offset, compressed, size) = (number(self.offset)?, number(compressed)?, number(header.size)?);
        let flags = if header.name.is_ascii() { 0 } else { IS_UTF8 };
        let method: u16 = if method == Method::Stored { 0 } else { 8 };
        let mut common = Vec::new();
        for field in [VERSION, flags, method, 0, DATE] {
            common.extend(field.to_le_bytes());
        }
        for field in [header.crc, compressed, size] {
            common.extend(field.to_le_bytes());
        }
        // Names are bounded long before.
        common.extend((header.name.len() as u16).to_le_bytes());
        let name = header.name.as_bytes();
        let none = 0u16.to_le_bytes();
        self.directory.extend(CENTRAL.to_le_bytes());
        self.directory.extend(MADE_BY.to_le_bytes());
        self.directory.extend(&common);
        // No extra field, no comment, the first disk, no text.
        self.directory.extend([none; 4].concat());
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name);
        self.entries += 1;
        self.write(&[&LOCAL.to_le_bytes()[..], &common, &none, name].concat())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        self.offset += bytes.len() as u64;
        self.out
            .write_all(bytes)
            .map_err(|error| Rejection::unread(format!("the package cannot be written: {error}")))
    }

    /// The directory. Gives the size of the archive.
    pub(crate) fn finish(mut self) -> Result<u64, Rejection> {
        let beyond = || Rejection::new("the package would end beyond 4 GiB, where ZIP ends");
        let start = u32::try_from(self.offset).ok().filter(|it| *it < u32::MAX).ok_or_else(beyond)?;
        let directory = std::mem::take(&mut self.directory);
        let mut end = END.to_le_bytes().to_vec();
        end.extend([0; 4]);
        end.extend([self.entries.to_le_bytes(); 2].concat());
        end.extend((directory.len() as u32).to_le_bytes());
        end.extend(start.to_le_bytes());
        end.extend([0; 2]);
        self.write(&directory)?;
        self.write(&end)?;
        Ok(self.offset)
    }
}

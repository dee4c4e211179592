//! Signing packages that are there: what they hold is copied as it is, piece by piece.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use crate::archive::{Archive, Header};
use crate::lock::LOCK;
use crate::signature::{self, SIGNATURE};
use crate::write::{Planned, check_sizes, finish, rank, write_entry};
use crate::zip::{Record, unread};
use crate::{File, Limits, Package, Rejection, SigningKey};

/// Bytes that are copied at a time.
const PIECE: u64 = 1 << 16;

/// The package `bytes`, signed with `key` too. The first to sign is written into the lock, so that his signature cannot
/// be taken away unseen; later ones stand beside him. Signing again with the same key changes nothing.
///
/// # Errors
/// `bytes` is no acceptable package of format 2.
pub fn sign(bytes: &[u8], key: &SigningKey, limits: &Limits) -> Result<Vec<u8>, Rejection> {
    let mut out = Vec::new();
    sign_to(Cursor::new(bytes), key, limits, &mut out)?;
    Ok(out)
}

/// The same from a file to `out`, whatever the size of the package: a piece of it and its texts are in memory at a time.
/// What was written before an error is to be thrown away.
///
/// # Errors
/// As [`sign`], and what `reader` and `out` say.
pub fn sign_to<R: Read + Seek>(
    reader: R,
    key: &SigningKey,
    limits: &Limits,
    out: &mut impl Write,
) -> Result<(), Rejection> {
    let mut package = Package::open(reader, None, limits)?;
    let Some(lock) = package.lock().cloned() else {
        return Err(Rejection::new("Packages of format 1 cannot be signed"));
    };
    if package.keys().contains(&key.public()) {
        let size = package.size();
        return copy(&mut package.into_inner(), 0, size, &mut |piece| {
            out.write_all(piece)
                .map_err(|error| Rejection::unread(format!("the package cannot be written: {error}")))
        });
    }
    let (lock, before) = if package.keys().is_empty() {
        (lock.signed(Some(key)).bytes()?, None)
    } else {
        (package.read(LOCK)?, Some(package.read(SIGNATURE)?))
    };
    let signature = signature::add(before.as_deref(), key, &lock)?;
    let made = [
        Planned::new(File::new(LOCK, lock), limits)?,
        Planned::new(File::new(SIGNATURE, signature), limits)?,
    ];
    write(package, made, limits, out)
}

/// Writes what is in the package, but for its lock and its signature, with those that were `made`.
fn write<R: Read + Seek>(
    package: Package<R>,
    made: [Planned<'_>; 2],
    limits: &Limits,
    out: &mut impl Write,
) -> Result<(), Rejection> {
    let (mut reader, records) = package.into_parts();
    let kept: Vec<&Record> =
        records.iter().filter(|it| ![LOCK, SIGNATURE].contains(&it.name.as_str())).collect();
    let sizes = kept.iter().map(|it| (it.name.as_str(), it.size));
    check_sizes(sizes.chain(made.iter().map(|it| (it.name(), it.size()))), limits)?;
    let mut parts: Vec<Part<'_>> = kept.into_iter().map(Part::Kept).chain(made.map(Part::Made)).collect();
    parts.sort_by(|one, other| rank(one.name()).cmp(&rank(other.name())));
    let mut archive = Archive::new(out);
    for part in parts {
        match part {
            Part::Made(planned) => write_entry(planned, limits, &mut archive)?,
            Part::Kept(record) => {
                let header = Header { name: &record.name, crc: record.crc, size: record.size };
                archive.begin(&header, record.method, record.compressed)?;
                copy(&mut reader, record.data, record.compressed, &mut |piece| archive.write(piece))?;
            }
        }
    }
    finish(archive, limits)
}

enum Part<'a> {
    Kept(&'a Record),
    Made(Planned<'a>),
}

impl Part<'_> {
    fn name(&self) -> &str {
        match self {
            Part::Kept(record) => &record.name,
            Part::Made(planned) => planned.name(),
        }
    }
}

/// Gives `size` bytes of `reader`, from `at` on, to `take`.
fn copy<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    size: u64,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    reader.seek(SeekFrom::Start(at)).map_err(|error| unread(&error))?;
    let (mut left, mut piece) = (size, vec![0; PIECE as usize]);
    while left > 0 {
        let some = &mut piece[..left.min(PIECE) as usize];
        reader.read_exact(some).map_err(|error| unread(&error))?;
        take(some)?;
        left -= some.len() as u64;
    }
    Ok(())
}

//! Writing packages: the same input gives the same bytes, everywhere.

use std::io::{Cursor, Read, Seek, Write};

use sha2::{Digest, Sha256};

use crate::archive::{Archive, Header, deflate};
use crate::layout::{self, MANIFEST, METADATA, RUNTIME};
use crate::lock::{LOCK, Lock, Locked};
use crate::metadata;
use crate::name;
use crate::rejection::problem;
use crate::signature::{self, SIGNATURE};
use crate::text::{hex, shown};
use crate::zip::Method;
use crate::{Limits, ReadSeek, Rejection, SigningKey};

/// A file that goes into a package.
pub struct File<'a> {
    /// Its path in the package, parts separated by `/`.
    pub name: String,
    /// Its contents, from the start to the end. Read twice: for its hash, which stands before it, and to be written.
    pub data: Box<dyn ReadSeek + 'a>,
}

impl<'a> File<'a> {
    /// A file of bytes that are at hand.
    pub fn new(name: impl Into<String>, bytes: impl AsRef<[u8]> + 'a) -> Self {
        File { name: name.into(), data: Box::new(Cursor::new(bytes)) }
    }
}

/// How a package is written.
pub struct PackOptions {
    /// 2, or 1 for the original's loader: needs `runtime.wasm`, knows no lock and no signature. Default 2.
    pub format: u8,
    /// Text of `metadata.json`, as it is to be; else it is made from the manifest, as the original's packer does.
    pub metadata: Option<String>,
    /// `created_at` of the metadata that is made; left out unless given, so that the same input gives the same bytes.
    pub created_at: Option<String>,
    /// Who signs it.
    pub sign: Option<SigningKey>,
    /// What the package must keep to.
    pub limits: Limits,
}

impl Default for PackOptions {
    fn default() -> Self {
        PackOptions { format: 2, metadata: None, created_at: None, sign: None, limits: Limits::default() }
    }
}

/// The bytes of the package of `manifest` (JSON text) and `files`. `package.format` is put into the manifest if it says
/// nothing of it; the rest of its text stays as it is. A `metadata.json` among the files is used as it is.
///
/// # Errors
/// It would not open: what [`Package::open`](crate::Package::open) would say; or a file cannot be read.
pub fn pack(manifest: &str, files: Vec<File<'_>>, options: &PackOptions) -> Result<Vec<u8>, Rejection> {
    let mut bytes = Vec::new();
    pack_to(manifest, files, options, &mut bytes)?;
    Ok(bytes)
}

/// The same, written to `out` piece by piece. Entries that are compressed are held in memory one at a time.
///
/// # Errors
/// As [`pack`], and what `out` says.
pub fn pack_to(
    manifest: &str,
    mut files: Vec<File<'_>>,
    options: &PackOptions,
    out: &mut impl Write,
) -> Result<(), Rejection> {
    let PackOptions { format, limits, .. } = options;
    let manifest = match format {
        1 => manifest.to_owned(),
        2 => metadata::with_format(manifest)?,
        other => return Err(Rejection::new(format!("Unsupported package format: {other}"))),
    };
    files.sort_by(|one, other| one.name.cmp(&other.name));
    check_names(&files, limits)?;
    let mut names = vec![MANIFEST];
    names.extend((*format == 2).then_some(LOCK));
    names.extend(files.iter().map(|it| it.name.as_str()));
    let head = layout::check(Some(serde_json::from_str(&manifest)), &names)?;
    if head.format != *format {
        return Err(Rejection::new(format!(
            "package.format is {} in the manifest, not {format}",
            head.format
        )));
    }
    let mut planned = plan(files, limits)?;
    if !planned.iter().any(|it| it.file.name == METADATA) {
        let wasm = planned.iter().find(|it| it.file.name == RUNTIME).map_or(0, |it| it.size);
        let text = match &options.metadata {
            Some(text) => text.clone(),
            None => metadata::make(&head.manifest, wasm, options.created_at.as_deref())?,
        };
        planned.push(Planned::new(File::new(METADATA, text), limits)?);
    } else if options.metadata.is_some() {
        return Err(Rejection::new(format!("`{METADATA}` is there twice: as a file and as an option")));
    }
    planned.push(Planned::new(File::new(MANIFEST, manifest), limits)?);
    if *format == 1 {
        if options.sign.is_some() {
            return Err(Rejection::new("Packages of format 1 cannot be signed"));
        }
        let limits = Limits { archive: limits.archive.min(limits.archive_v1), ..*limits };
        return write(planned, &limits, out);
    }
    let entries = planned.iter().map(|it| (it.file.name.clone(), it.locked())).collect();
    seal(planned, Lock::new(entries), options.sign.as_ref(), limits, out)
}

/// Writes `planned` with `lock`, and the signature of `key` over it.
fn seal(
    mut planned: Vec<Planned<'_>>,
    lock: Lock,
    key: Option<&SigningKey>,
    limits: &Limits,
    out: &mut impl Write,
) -> Result<(), Rejection> {
    let lock = lock.signed(key).bytes()?;
    if let Some(key) = key {
        planned.push(Planned::new(File::new(SIGNATURE, signature::add(None, key, &lock)?), limits)?);
    }
    planned.push(Planned::new(File::new(LOCK, lock), limits)?);
    write(planned, limits, out)
}

fn check_names(files: &[File<'_>], limits: &Limits) -> Result<(), Rejection> {
    let names = || files.iter().map(|it| it.name.as_str());
    let wrong = |name: &str| {
        let why = match name::check(name, limits) {
            Ok(()) if name.ends_with('/') => "is a folder".into(),
            verdict => verdict.err()?,
        };
        Some(problem(String::new(), format!("`{}` {why}", shown(name))))
    };
    let problems: Vec<_> = names().filter_map(wrong).collect();
    if !problems.is_empty() {
        return Err(Rejection { problems });
    }
    let made = (!names().any(|it| it == METADATA)).then_some(METADATA);
    let own = [MANIFEST, LOCK, SIGNATURE].into_iter().chain(made);
    name::distinct(own.chain(names())).map_err(Rejection::new)
}

/// A file whose contents have been seen.
pub(crate) struct Planned<'a> {
    file: File<'a>,
    crc: u32,
    size: u64,
    sha256: String,
}

fn plan<'a>(files: Vec<File<'a>>, limits: &Limits) -> Result<Vec<Planned<'a>>, Rejection> {
    files.into_iter().map(|file| Planned::new(file, limits)).collect()
}

impl<'a> Planned<'a> {
    pub(crate) fn new(mut file: File<'a>, limits: &Limits) -> Result<Self, Rejection> {
        let (needed, max) = layout::looks_into(&file.name, limits);
        let max = max.min(limits.entry);
        let (mut crc, mut hash) = (crc32fast::Hasher::new(), Sha256::new());
        let (mut size, mut kept) = (0, Vec::new());
        pieces(&mut file, &mut |piece| {
            size += piece.len() as u64;
            if size > max {
                return Err(Rejection::new(format!("at most {max} bytes are allowed")));
            }
            crc.update(piece);
            hash.update(piece);
            let missing = needed.saturating_sub(kept.len() as u64).min(piece.len() as u64);
            kept.extend_from_slice(&piece[..missing as usize]);
            Ok(())
        })
        .map_err(|rejection| named(&file.name, rejection))?;
        layout::check_contents(&file.name, &kept, limits)?;
        Ok(Planned { file, crc: crc.finalize(), size, sha256: hex(&hash.finalize()) })
    }
    fn locked(&self) -> Locked {
        Locked { sha256: self.sha256.clone(), size: self.size }
    }
    pub(crate) fn name(&self) -> &str {
        &self.file.name
    }
    pub(crate) fn size(&self) -> u64 {
        self.size
    }
}

/// Where the file `name` stands: what a reader needs first comes first.
pub(crate) fn rank(name: &str) -> (usize, &str) {
    let first = [MANIFEST, METADATA, LOCK, SIGNATURE];
    (first.iter().position(|it| *it == name).unwrap_or(first.len()), name)
}

fn named(name: &str, rejection: Rejection) -> Rejection {
    let problems = rejection
        .problems
        .into_iter()
        .map(|it| protocol::Problem { message: format!("`{}`: {}", shown(name), it.message), ..it });
    Rejection { problems: problems.collect() }
}

fn pieces(
    file: &mut File<'_>,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let unread = |error: std::io::Error| Rejection::unread(format!("it cannot be read: {error}"));
    file.data.rewind().map_err(unread)?;
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.data.read(&mut piece).map_err(unread)? {
            0 => return Ok(()),
            count => take(&piece[..count])?,
        }
    }
}

fn write(mut planned: Vec<Planned<'_>>, limits: &Limits, out: &mut impl Write) -> Result<(), Rejection> {
    planned.sort_by(|one, other| rank(one.name()).cmp(&rank(other.name())));
    check_sizes(planned.iter().map(|it| (it.name(), it.size)), limits)?;
    let mut archive = Archive::new(out);
    for planned in planned {
        write_entry(planned, limits, &mut archive)?;
    }
    finish(archive, limits)
}

/// Whether so many files, of such names and sizes, may be in a package.
pub(crate) fn check_sizes<'a>(
    files: impl Iterator<Item = (&'a str, u64)> + Clone,
    limits: &Limits,
) -> Result<(), Rejection> {
    let (count, total) = (files.clone().count(), files.clone().map(|(_, size)| size).sum::<u64>());
    if count > limits.entries.min(u32::from(u16::MAX) - 1) as usize {
        return Err(Rejection::new(format!("{count} entries, at most {} are allowed", limits.entries)));
    }
    if total > limits.total {
        return Err(Rejection::new(format!("{total} bytes, at most {} are allowed", limits.total)));
    }
    let inflated: u64 = files.filter(|(name, _)| !layout::is_stored(name)).map(|(_, size)| size).sum();
    if inflated > limits.inflated {
        let max = limits.inflated;
        return Err(Rejection::new(format!(
            "{inflated} bytes are neither models nor media, at most {max} are allowed"
        )));
    }
    Ok(())
}

/// Writes the end of a package, which must not be too long for one.
pub(crate) fn finish(archive: Archive<'_, impl Write>, limits: &Limits) -> Result<(), Rejection> {
    let size = archive.finish()?;
    if size > limits.archive {
        return Err(Rejection::new(format!(
            "the package has {size} bytes, at most {} are allowed",
            limits.archive
        )));
    }
    Ok(())
}

pub(crate) fn write_entry(
    mut planned: Planned<'_>,
    limits: &Limits,
    archive: &mut Archive<'_, impl Write>,
) -> Result<(), Rejection> {
    let name = planned.file.name.clone();
    let header = Header { name: &name, crc: planned.crc, size: planned.size };
    let (mut crc, mut bytes) = (crc32fast::Hasher::new(), Vec::new());
    let is_stored = layout::is_stored(&name);
    if is_stored {
        archive.begin(&header, Method::Stored, planned.size)?;
    }
    pieces(&mut planned.file, &mut |piece| {
        crc.update(piece);
        if is_stored {
            return archive.write(piece);
        }
        bytes.extend_from_slice(piece);
        Ok(())
    })
    .map_err(|rejection| named(&name, rejection))?;
    if crc.finalize() != planned.crc {
        return Err(Rejection::new(format!("`{}` was changed while it was packed", shown(&name))));
    }
    if is_stored {
        return Ok(());
    }
    let packed = deflate(&bytes);
    // What packs too well would be taken for a bomb.
    let (method, contents) = if planned.size > packed.len() as u64 * u64::from(limits.ratio) {
        (Method::Stored, bytes)
    } else {
        (Method::Deflated, packed)
    };
    archive.begin(&header, method, contents.len() as u64)?;
    archive.write(&contents)
}

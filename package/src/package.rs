//! A package that was read and found acceptable.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};

use protocol::{Code, Problem, Severity};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::contents::contents;
use crate::info;
use crate::layout::{self, Head, MANIFEST, METADATA};
use crate::lock::{LOCK, Lock, Locked};
use crate::rejection::problem;
use crate::signature::{self, SIGNATURE};
use crate::text::{hex, shown, size};
use crate::zip::{self, Method, Record, unread};
use crate::{Info, Limits, PublicKey, Rejection, Signature, SignatureState};

/// Where packages are read from.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, parts separated by `/`.
    pub name: String,
    /// Bytes of its contents.
    pub size: u64,
    /// Bytes that it takes in the package.
    pub compressed: u64,
    /// SHA-256 of its contents as they were read, in hexadecimal.
    pub sha256: String,
    /// Where in the file its contents lie as they are; `None` if they are compressed.
    pub offset: Option<u64>,
}

/// A package that was read and found acceptable.
pub struct Package<R> {
    reader: R,
    size: u64,
    format: u8,
    text: String,
    manifest: Value,
    metadata: Option<Value>,
    warnings: Vec<Problem>,
    entries: Vec<Entry>,
    /// Those of `entries`, one for one.
    records: Vec<Record>,
    lock: Option<Lock>,
    keys: Vec<PublicKey>,
}

impl<R: Read + Seek> Package<R> {
    /// Reads all of a package once, and checks it. `name` is the name of its file, if it has one.
    ///
    /// # Errors
    /// What is wrong with it, in the words and the order of the original.
    pub fn open(mut reader: R, name: Option<&str>, limits: &Limits) -> Result<Self, Rejection> {
        let size = reader.seek(SeekFrom::End(0)).map_err(|error| unread(&error))?;
        check_file(size, name, limits)?;
        // What is no package of format 2 may not be as big as one.
        let too_large = || check_size(size, limits.archive_v1);
        let records = match zip::directory(&mut reader, size, limits) {
            Ok(records) => records,
            Err(rejection) => return too_large().and(Err(rejection)),
        };
        let records: Vec<Record> = records.into_iter().filter(|it| !it.is_folder()).collect();
        let names: Vec<&str> = records.iter().map(|it| it.name.as_str()).collect();
        let text = match records.iter().find(|it| it.name == MANIFEST) {
            Some(record) => Some(read_file(&mut reader, record, limits)?.kept),
            None => None,
        };
        let parsed = text.as_deref().map(serde_json::from_slice);
        if layout::format(&parsed, &names) != Ok(2) {
            too_large()?;
        }
        let Head { format, manifest, mut warnings } = layout::check(parsed, &names)?;
        let mut files = Vec::new();
        for record in &records {
            files.push(read_file(&mut reader, record, limits)?);
        }
        let (lock, keys) = check_files(&records, &files)?;
        let metadata = metadata(&records, &files, &mut warnings);
        // It was checked as what it is parsed from, so it is UTF-8.
        let text = String::from_utf8(text.unwrap_or_default()).map_err(|_| Rejection::new("not UTF-8"))?;
        let entries = records.iter().zip(files).map(|(record, file)| entry(record, file.sha256)).collect();
        Ok(Package { reader, size, format, text, manifest, metadata, warnings, entries, records, lock, keys })
    }

    /// 1 or 2.
    pub fn format(&self) -> u8 {
        self.format
    }
    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The text of `manifest.json`.
    pub fn manifest(&self) -> &str {
        &self.text
    }
    /// What is not as it should be, but stops nothing.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
    /// Its files, in the order of the archive's directory. Folders are not listed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// The file called `name`.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|it| it.name == name)
    }

    /// The bytes of the entry `name`, checked again.
    ///
    /// # Errors
    /// There is no such entry, the file cannot be read, or it has been changed since it was opened.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, Rejection> {
        let mut bytes = Vec::new();
        self.copy(name, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes the contents of the entry `name` to `out`, piece by piece. They are right only if this ends well: what was
    /// written before an error is to be thrown away.
    ///
    /// # Errors
    /// As [`Package::read`], and what `out` says.
    pub fn copy(&mut self, name: &str, out: &mut impl Write) -> Result<(), Rejection> {
        let Some(at) = self.entries.iter().position(|it| it.name == name) else {
            return Err(Rejection::new(format!("`{}` is not in the package", shown(name))));
        };
        let mut hash = Sha256::new();
        contents(&mut self.reader, &self.records[at], &mut |piece| {
            hash.update(piece);
            out.write_all(piece)
                .map_err(|error| Rejection::unread(format!("`{}` cannot be written: {error}", shown(name))))
        })?;
        if hex(&hash.finalize()) == self.entries[at].sha256 {
            Ok(())
        } else {
            Err(Rejection::new(format!("`{}` has been changed since the package was opened", shown(name))))
        }
    }

    /// Reads everything again, and holds it to what was read before.
    ///
    /// # Errors
    /// The first entry that is not as it was.
    pub fn verify(&mut self) -> Result<(), Rejection> {
        let names: Vec<String> = self.entries.iter().map(|it| it.name.clone()).collect();
        names.iter().try_for_each(|name| self.copy(name, &mut std::io::sink()))
    }

    /// SHA-256 of the whole file, in hexadecimal. Reads it once.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sha256(&mut self) -> Result<String, Rejection> {
        let mut hash = Sha256::new();
        let mut piece = vec![0; 1 << 16];
        self.reader.rewind().map_err(|error| unread(&error))?;
        loop {
            match self.reader.read(&mut piece).map_err(|error| unread(&error))? {
                0 => return Ok(hex(&hash.finalize())),
                count => hash.update(&piece[..count]),
            }
        }
    }

    /// Whether it is signed, by one of `trusted` or by others.
    pub fn signature(&self, trusted: &[PublicKey]) -> Signature {
        let state = if self.format == 1 {
            SignatureState::None
        } else if self.keys.is_empty() {
            SignatureState::Unsigned
        } else if self.keys.iter().any(|key| trusted.contains(key)) {
            SignatureState::Trusted
        } else {
            SignatureState::Unknown
        };
        Signature { state, keys: self.keys.iter().map(PublicKey::id).collect() }
    }

    /// What the package is and holds. Reads the file once, for its hash.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn info(&mut self, trusted: &[PublicKey]) -> Result<Info, Rejection> {
        let sha256 = self.sha256()?;
        let signature = self.signature(trusted);
        let about = info::About {
            manifest: &self.manifest,
            metadata: self.metadata.as_ref(),
            entries: &self.entries,
        };
        Ok(about.info(self.format, self.size, sha256, signature))
    }

    /// The verdict once the engine has planned the manifest: `problems` is what validating it found. Node types that
    /// nobody has are no reason to refuse a package, as a run may bring them; they come back with the warnings.
    ///
    /// # Errors
    /// Every other error among `problems`.
    pub fn judge(&self, problems: Vec<Problem>) -> Result<Vec<Problem>, Rejection> {
        let stops = |it: &Problem| it.severity == Severity::Error && it.code != Code::UnknownNode;
        let (errors, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(stops);
        if errors.is_empty() {
            Ok(self.warnings.iter().cloned().chain(others).collect())
        } else {
            Err(Rejection { problems: errors })
        }
    }

    /// What it was read from.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// What it was read from, and where what lies in there.
    pub(crate) fn into_parts(self) -> (R, Vec<Record>) {
        (self.reader, self.records)
    }

    pub(crate) fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }
    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}

fn check_file(size: u64, name: Option<&str>, limits: &Limits) -> Result<(), Rejection> {
    check_size(size, limits.archive)?;
    match name {
        Some(name) if !name.ends_with(".rmpkg") => Err(Rejection::new(format!(
            "Invalid package file: expected .rmpkg extension, got {}",
            shown(name)
        ))),
        _ => Ok(()),
    }
}

fn check_size(bytes: u64, max: u64) -> Result<(), Rejection> {
    if bytes <= max {
        return Ok(());
    }
    Err(Rejection::new(format!("Package too large: {} (max {})", size(bytes), size(max))))
}

/// A file as it was read.
struct FileRead {
    sha256: String,
    /// All of it, if it is a text of ours.
    kept: Vec<u8>,
    /// What is wrong with it, if it is a module.
    problem: Option<Problem>,
}

fn read_file<R: Read + Seek>(
    reader: &mut R,
    record: &Record,
    limits: &Limits,
) -> Result<FileRead, Rejection> {
    let (needed, max) = layout::looks_into(&record.name, limits);
    if record.size > max {
        let (name, bytes) = (shown(&record.name), record.size);
        return Err(Rejection::new(format!("`{name}` has {bytes} bytes, at most {max} are allowed")));
    }
    let (mut hash, mut kept) = (Sha256::new(), Vec::new());
    contents(reader, record, &mut |piece| {
        hash.update(piece);
        let missing = needed.saturating_sub(kept.len() as u64).min(piece.len() as u64);
        kept.extend_from_slice(&piece[..missing as usize]);
        Ok(())
    })?;
    let problem = layout::check_contents(&record.name, &kept, limits).err();
    if !layout::is_text(&record.name) {
        kept = Vec::new();
    }
    Ok(FileRead { sha256: hex(&hash.finalize()), kept, problem })
}

/// Holds the files to the lock, and the lock to the signature; then tells what is wrong with modules.
fn check_files(records: &[Record], files: &[FileRead]) -> Result<(Option<Lock>, Vec<PublicKey>), Rejection> {
    let all = || records.iter().map(|it| it.name.as_str()).zip(records).zip(files);
    let kept = |name: &str| all().find(|((it, _), _)| *it == name).map(|(_, file)| file.kept.as_slice());
    let mut verdict = (None, Vec::new());
    if let Some(bytes) = kept(LOCK) {
        let lock = Lock::read(bytes)?;
        let others = all().filter(|((name, _), _)| ![LOCK, SIGNATURE].contains(name));
        let locked =
            |record: &Record, file: &FileRead| Locked { sha256: file.sha256.clone(), size: record.size };
        let found = others.map(|((name, record), file)| (name, locked(record, file)));
        lock.check(&found.collect::<BTreeMap<&str, Locked>>())?;
        let keys = signature::check(kept(SIGNATURE), &lock, bytes)?;
        verdict = (Some(lock), keys);
    }
    let problems: Vec<Problem> = files.iter().filter_map(|it| it.problem.clone()).collect();
    if problems.is_empty() { Ok(verdict) } else { Err(Rejection { problems }) }
}

/// `metadata.json`, which stops nothing if it is broken.
fn metadata(records: &[Record], files: &[FileRead], warnings: &mut Vec<Problem>) -> Option<Value> {
    let (_, file) = records.iter().zip(files).find(|(it, _)| it.name == METADATA)?;
    let parsed = serde_json::from_slice(&file.kept);
    if let Err(error) = &parsed {
        let message = format!("Invalid {METADATA}: {error}");
        warnings.push(Problem { severity: Severity::Warning, ..problem(String::new(), message) });
    }
    parsed.ok()
}

fn entry(record: &Record, sha256: String) -> Entry {
    Entry {
        name: record.name.clone(),
        size: record.size,
        compressed: record.compressed,
        sha256,
        offset: (record.method == Method::Stored).then_some(record.data),
    }
}

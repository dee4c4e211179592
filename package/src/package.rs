//! A package that was read and found acceptable.

use std::io::{Read, Seek, Write};

use protocol::Problem;

use crate::{Info, Limits, PublicKey, Rejection, Signature};

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
    manifest: String,
    warnings: Vec<Problem>,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Package<R> {
    /// Reads all of a package once, and checks it. `name` is the name of its file, if it has one.
    ///
    /// # Errors
    /// What is wrong with it, in the words and the order of the original.
    pub fn open(reader: R, name: Option<&str>, limits: &Limits) -> Result<Self, Rejection> {
        let _ = (reader, name, limits);
        Err(Rejection::new("packages cannot be read yet"))
    }

    /// 1 or 2.
    pub fn format(&self) -> u8 {
        2
    }
    /// The text of `manifest.json`.
    pub fn manifest(&self) -> &str {
        &self.manifest
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
        let _ = (name, out, &mut self.reader);
        Err(Rejection::new("packages cannot be read yet"))
    }

    /// Reads everything again, against the lock and against what was read before.
    ///
    /// # Errors
    /// The first entry that is not as it was.
    pub fn verify(&mut self) -> Result<(), Rejection> {
        Err(Rejection::new("packages cannot be read yet"))
    }

    /// SHA-256 of the whole file, in hexadecimal. Reads it once.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sha256(&mut self) -> Result<String, Rejection> {
        Err(Rejection::new("packages cannot be read yet"))
    }

    /// Whether it is signed, by one of `trusted` or by others.
    pub fn signature(&self, trusted: &[PublicKey]) -> Signature {
        let _ = trusted;
        Signature { state: crate::SignatureState::None, keys: Vec::new() }
    }

    /// What the package is and holds. Reads the file once, for its hash.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn info(&mut self, trusted: &[PublicKey]) -> Result<Info, Rejection> {
        let _ = trusted;
        Err(Rejection::new("packages cannot be read yet"))
    }

    /// The verdict once the engine has planned the manifest: `problems` is what validating it found. Node types that
    /// nobody has are no reason to refuse a package, as a run may bring them; they come back with the warnings.
    ///
    /// # Errors
    /// Every other error among `problems`.
    pub fn judge(&self, problems: Vec<Problem>) -> Result<Vec<Problem>, Rejection> {
        let _ = problems;
        Ok(self.warnings.clone())
    }

    /// What it was read from.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

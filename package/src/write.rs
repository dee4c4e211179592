//! Writing packages: the same input gives the same bytes, everywhere.

use std::io::{Cursor, Write};

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
/// nothing of it; the rest of its text stays as it is.
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
    files: Vec<File<'_>>,
    options: &PackOptions,
    out: &mut impl Write,
) -> Result<(), Rejection> {
    let _ = (manifest, files, options, out);
    Err(Rejection::new("packages cannot be written yet"))
}

//! Files of this machine: folders of them, how they are written, and what the program brings itself.
use std::any::Any;
use std::fs::File;
use std::path::{Path, PathBuf};

use protocol::{Buffer, ByteSource, Code, ReadError};

use super::failure::Failure;

/// Bytes of this program.
struct Built(&'static [u8]);

impl ByteSource for Built {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let rest = usize::try_from(offset).ok().and_then(|it| self.0.get(it..)).unwrap_or_default();
        let count = out.len().min(rest.len());
        out[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
    fn as_slice(&self) -> Option<&[u8]> {
        Some(self.0)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Bytes that are part of the program.
pub(crate) fn built(bytes: &'static [u8]) -> Buffer {
    Buffer::new(Built(bytes))
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::new(Code::InvalidInput, format!("{}: is no text in UTF-8", path.display())))
}

/// Writes a whole file, or says why not.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::of_file(path, &error))
}

/// Writes a file whole or not at all: whoever reads it meanwhile sees the old one.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let folder = path.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| Failure::of_file(path, &error);
    let mut builder = tempfile::Builder::new();
    // As any new file, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    write(file.as_file_mut())?;
    file.persist(path).map_err(|error| failed(error.error)).map(drop)
}

/// The files of a folder and of those within it, in the order of their paths; nothing hidden.
pub(crate) fn within(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let listed = std::fs::read_dir(folder).map_err(|error| Failure::of_file(folder, &error))?;
    let mut entries = Vec::new();
    for entry in listed {
        entries.push(entry.map_err(|error| Failure::of_file(folder, &error))?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder is not followed: it may lead round in a circle.
        let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
        match entry.file_name().to_string_lossy().starts_with('.') {
            true => {}
            false if is_folder => found.extend(within(&path)?),
            false if path.is_file() => found.push(path),
            false => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_without_what_is_hidden() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b/2", "b/1", "a", "c", ".hidden", ".git/x", "b/.no"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, name).expect("a file");
        }
        let found = within(folder.path()).ok().expect("files");
        let names =
            found.iter().map(|it| it.strip_prefix(folder.path()).expect("inside").display().to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b/1", "b/2", "c"]);
    }
}

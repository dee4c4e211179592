//! Files as values and as models: read piecewise, never held whole.
use std::any::Any;
use std::cell::RefCell;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use protocol::{Buffer, ByteSource, Bytes, Code, Fault, ModelFile, ModelFiles, ReadError, Value};

/// A file on disk, or a part of one. It is open from its first byte that is asked for to its last: a folder of
/// thousands of recordings waits in a queue without thousands of open files.
struct Stored {
    file: RefCell<Option<File>>,
    path: PathBuf,
    start: u64,
    size: u64,
}

impl ByteSource for Stored {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let told = |error: std::io::Error| ReadError(format!("{}: {error}", self.path.display()));
        let left = self.size.saturating_sub(offset);
        let wanted = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let mut slot = self.file.borrow_mut();
        let mut file = match slot.take() {
            Some(file) => file,
            None => File::open(&self.path).map_err(told)?,
        };
        file.seek(SeekFrom::Start(self.start + offset)).map_err(told)?;
        let count = loop {
            match file.read(&mut out[..wanted]) {
                Ok(0) => {
                    return Err(ReadError(format!("{}: changed while it was read", self.path.display())));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(told)?,
            }
        };
        if (count as u64) < left {
            *slot = Some(file);
        }
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The bytes of a file, to be read as they are needed.
///
/// # Errors
/// `LoadFailed`: it cannot be opened, or is a folder.
pub fn open(path: &Path) -> Result<Buffer, Fault> {
    let failed = |why: &dyn std::fmt::Display| {
        Fault::new(Code::LoadFailed, format!("{} cannot be read: {why}", path.display())).during("load")
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let facts = file.metadata().map_err(|error| failed(&error))?;
    if facts.is_dir() {
        return Err(failed(&"it is a folder"));
    }
    Ok(part(path, 0, facts.len()))
}

/// `size` bytes of a file from `start` on, to be read as they are needed.
pub fn part(path: &Path, start: u64, size: u64) -> Buffer {
    Buffer::new(Stored { file: RefCell::new(None), path: path.into(), start, size })
}

/// A file as an item, with its name and media type.
///
/// # Errors
/// As [`open`].
pub fn value(path: &Path) -> Result<Value, Fault> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mime = media_type(path).map(str::to_owned);
    Ok(Value::Bytes(Bytes { mime, name, data: open(path)? }))
}

/// The media type of files whose names end as `path` does, if that is known.
pub fn media_type(path: &Path) -> Option<&'static str> {
    const TYPES: [(&str, &str); 15] = [
        ("aac", "audio/aac"),
        ("aif", "audio/aiff"),
        ("aiff", "audio/aiff"),
        ("flac", "audio/flac"),
        ("json", "application/json"),
        ("m4a", "audio/mp4"),
        ("mka", "audio/x-matroska"),
        ("mkv", "video/x-matroska"),
        ("mp3", "audio/mpeg"),
        ("mp4", "video/mp4"),
        ("oga", "audio/ogg"),
        ("ogg", "audio/ogg"),
        ("txt", "text/plain"),
        ("wav", "audio/wav"),
        ("webm", "video/webm"),
    ];
    let extension = path.extension()?.to_string_lossy().to_ascii_lowercase();
    TYPES.into_iter().find(|(name, _)| *name == extension).map(|(_, mime)| mime)
}

/// The model that lies at `path`: a folder of its files, or its only file.
///
/// # Errors
/// `LoadFailed`: there is none, or it cannot be read.
pub fn model(path: &Path) -> Result<ModelFiles, Fault> {
    let failed = |why: &dyn std::fmt::Display| {
        Fault::new(Code::LoadFailed, format!("no model can be read at {}: {why}", path.display()))
    };
    if !path.is_dir() {
        return Ok(ModelFiles { files: vec![model_file(path)?], note: None });
    }
    let mut paths = Vec::new();
    for entry in path.read_dir().map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?.path();
        if entry.is_file() {
            paths.push(entry);
        }
    }
    if paths.is_empty() {
        return Err(failed(&"the folder has no files"));
    }
    paths.sort();
    let files = paths.iter().map(|path| model_file(path)).collect::<Result<_, _>>()?;
    Ok(ModelFiles { files, note: None })
}

fn model_file(path: &Path) -> Result<ModelFile, Fault> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(ModelFile { name: name.unwrap_or_default(), data: open(path)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_file_ends_where_it_should() {
        let folder = std::env::temp_dir().join(format!("remotemedia-part-{}", std::process::id()));
        std::fs::write(&folder, b"0123456789").unwrap();
        let read = |start, size| part(&folder, start, size).bytes().map(|it| it.to_vec());
        assert_eq!(read(2, 3), Ok(b"234".to_vec()));
        assert_eq!(read(0, 10), Ok(b"0123456789".to_vec()));
        assert!(read(8, 3).unwrap_err().0.ends_with("changed while it was read"));
        let buffer = part(&folder, 2, 3);
        assert_eq!(buffer.source().read_at(3, &mut [0; 4]), Ok(0));
        assert_eq!(buffer.source().read_at(2, &mut [0; 4]), Ok(1));
        std::fs::remove_file(&folder).unwrap();
        assert!(read(0, 1).is_err());
    }
}

//! Files as values and as models: read piecewise, never held whole.
use std::any::Any;
use std::cell::RefCell;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use protocol::{Buffer, ByteSource, Bytes, Code, Fault, ModelFile, ModelFiles, ReadError, Value};

/// A file on disk, open as long as something refers to it.
struct Stored {
    file: RefCell<File>,
    size: u64,
    path: PathBuf,
}

impl ByteSource for Stored {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let told = |error: std::io::Error| ReadError(format!("{}: {error}", self.path.display()));
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset)).map_err(told)?;
        loop {
            match file.read(&mut out[..wanted]) {
                Ok(0) if wanted > 0 => {
                    return Err(ReadError(format!("{}: changed while it was read", self.path.display())));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.map_err(told),
            }
        }
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
    Ok(Buffer::new(Stored { file: RefCell::new(file), size: facts.len(), path: path.into() }))
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

//! What a command works on: a manifest, or a package with one.
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use package::{Entry, Limits, Package};
use protocol::{Buffer, Bytes, Code, Value};

use super::failure::Failure;
use super::files;
use super::report::Document;
use super::{place, words};
use crate::json;

/// A pipeline on disk.
pub(crate) struct Pipeline {
    /// Its manifest.
    pub(crate) document: Document,
    /// What it came in, if that was a package.
    pub(crate) package: Option<Opened>,
    /// Items that came with the manifest, in the original's form of a request.
    pub(crate) input_data: Option<Vec<Value>>,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

/// A package that was found acceptable.
pub(crate) struct Opened {
    pub(crate) package: Package<File>,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

impl Pipeline {
    /// Reads a manifest or a package; what it is, its first bytes say.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if is_package(path)? {
            let opened = Opened::open(path)?;
            let text = opened.package.manifest().to_owned();
            let name = format!("{}/manifest.json", file_name(path));
            let document = Document { name, manifest: 0..text.len(), text };
            return Ok(Pipeline { document, package: Some(opened), input_data: None, path: path.into() });
        }
        let is_stdin = path == Path::new("-");
        let text = if is_stdin { text_of_stdin(path)? } else { files::text(path)? };
        let name = if is_stdin { "standard input".into() } else { path.display().to_string() };
        let manifest = place::value(&text, "/manifest");
        let request = manifest.as_ref().and_then(|_| json::read(&text).ok());
        let input_data = request.and_then(|it| it.get("input_data")?.items());
        let manifest = manifest.unwrap_or(0..text.len());
        let document = Document { name, text, manifest };
        Ok(Pipeline { document, package: None, input_data, path: path.into() })
    }

    /// Where paths in the manifest begin; none for a package, whose author this machine's files are no business of.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let parent = self.path.parent().map(Path::to_owned);
        parent.filter(|_| self.package.is_none())
    }

    /// How many nodes nobody listens to: those that give the results.
    pub(crate) fn sinks(&self) -> usize {
        let Ok(manifest) = Value::from_json(self.document.manifest()) else { return 0 };
        let list = |name: &str| manifest.get(name).and_then(Value::items).unwrap_or_default();
        let heard: Vec<Value> = list("connections").iter().filter_map(|it| it.get("from").cloned()).collect();
        list("nodes").iter().filter_map(|it| it.get("id")).filter(|id| !heard.contains(id)).count()
    }
}

impl Opened {
    /// Opens a package, or says everything that is wrong with it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| Failure::of_file(path, &error))?;
        let name = file_name(path);
        let package = Package::open(file, Some(&name), &Limits::default())
            .map_err(|rejection| Failure::rejected(path, &rejection))?;
        Ok(Opened { package, path: path.into() })
    }
}

impl Opened {
    /// The bytes of an entry, read from the package as they are needed where they lie in it as they are.
    fn buffer(&mut self, entry: &Entry) -> Result<Buffer, Failure> {
        if let Some(offset) = entry.offset {
            return Ok(crate::files::part(&self.path, offset, entry.size));
        }
        let bytes = self.package.read(&entry.name).map_err(|it| Failure::rejected(&self.path, &it))?;
        Ok(Buffer::from_bytes(bytes))
    }

    /// Everything below `models/`.
    pub(crate) fn models(&mut self) -> Result<Vec<(String, Buffer)>, Failure> {
        let entries = self.package.entries().to_vec();
        let models = entries.iter().filter(|it| it.name.starts_with("models/"));
        models.map(|it| Ok((it.name.clone(), self.buffer(it)?))).collect()
    }

    /// The items that the package brings as its example.
    pub(crate) fn example_inputs(&mut self) -> Result<Vec<Value>, Failure> {
        let manifest = Value::from_json(self.package.manifest()).unwrap_or_default();
        let example = manifest.get("package").and_then(|it| it.get("example")?.get("inputs")?.items());
        let Some(items) = example else {
            return Err(Failure::new(Code::InvalidInput, "the package brings no example"));
        };
        items.into_iter().map(|it| self.with_media(it)).collect()
    }

    /// `value` with the package's media in the places of their names, `{ "media": "media/a.wav" }`.
    fn with_media(&mut self, value: Value) -> Result<Value, Failure> {
        match value {
            Value::List(items) => {
                items.into_iter().map(|it| self.with_media(it)).collect::<Result<_, _>>().map(Value::List)
            }
            Value::Map(entries) => {
                if let [(key, Value::Text(name))] = &entries[..]
                    && key == "media"
                {
                    return self.medium(name);
                }
                let filled = entries.into_iter().map(|(key, it)| Ok((key, self.with_media(it)?)));
                filled.collect::<Result<_, _>>().map(Value::Map)
            }
            other => Ok(other),
        }
    }

    fn medium(&mut self, name: &str) -> Result<Value, Failure> {
        let Some(entry) = self.package.entry(name).cloned() else {
            let message =
                format!("the example names `{}`, which the package does not have", words::line(name));
            return Err(Failure::new(Code::InvalidInput, message));
        };
        let name = file_name(Path::new(name));
        let mime = crate::files::media_type(Path::new(&name)).map(str::to_owned);
        Ok(Value::Bytes(Bytes { mime, name: Some(name), data: self.buffer(&entry)? }))
    }
}

/// The last part of a path, for people.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Whether it is a package, or was meant to be one.
fn is_package(path: &Path) -> Result<bool, Failure> {
    if path == Path::new("-") {
        return Ok(false);
    }
    let mut file = File::open(path).map_err(|error| Failure::of_file(path, &error))?;
    let mut first = [0; 2];
    let is_zip = file.read_exact(&mut first).is_ok() && first == *b"PK";
    Ok(is_zip || path.extension().is_some_and(|it| it == "rmpkg"))
}

fn text_of_stdin(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::of_file(path, &error))?;
    Ok(text)
}

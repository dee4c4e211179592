//! Models by name: of the package, of this machine, of the program itself. Nothing is downloaded.
use std::path::PathBuf;

use protocol::{Buffer, Code, Fault, ModelFile, ModelFiles};

use super::files;

/// The model that comes with the program, as it does with a page's bundle.
const BUILT_IN: &str = "demo";

macro_rules! demo_files {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("../../../whisper/demo-model/hf/", $name)) as &[u8])),*]
    };
}

/// Where models are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Holds models by their names.
    pub(crate) folder: Option<PathBuf>,
    /// What paths in a manifest begin at; none for a package, whose author this machine's files are no business of.
    pub(crate) beside: Option<PathBuf>,
}

/// The folder of models unless the user names another.
pub(crate) fn usual_folder() -> Option<PathBuf> {
    let named = std::env::var_os("REMOTEMEDIA_MODELS").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".remotemedia").join("models")))
}

impl Places {
    /// The files of the model called `name`.
    pub(crate) fn find(&self, name: &str) -> Result<ModelFiles, Fault> {
        if name.contains("://") {
            let message = format!(
                "model `{name}`: this command fetches nothing; download it, and name its folder or file"
            );
            return Err(Fault::new(Code::LoadFailed, message));
        }
        let candidates = self.candidates(name);
        if let Some(path) = candidates.iter().find(|it| it.exists()) {
            return crate::files::model(path);
        }
        if name == BUILT_IN {
            return Ok(built_in());
        }
        Err(Fault::new(Code::LoadFailed, self.missing(name)))
    }

    fn candidates(&self, name: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        if let Some(folder) = self.folder.as_deref().filter(|_| is_plain(name)) {
            let names = [name.to_owned(), format!("ggml-{name}.bin"), format!("{name}.bin")];
            found.extend(names.map(|it| folder.join(it)));
        }
        found.extend(self.beside.iter().map(|beside| beside.join(name)));
        found.extend(self.beside.iter().map(|_| PathBuf::from(name)));
        found
    }

    fn missing(&self, name: &str) -> String {
        let Some(folder) = self.folder.as_deref().filter(|_| is_plain(name)) else {
            return format!("no model `{name}`: there is no such file or folder");
        };
        format!(
            "no model `{name}` in {}: this command fetches none; put the file ggml-{name}.bin there, or a folder \
             `{name}` in the format of Hugging Face, or name another folder with --models",
            folder.display()
        )
    }
}

/// The model that a package brings under `name`, `models/NAME`: a folder, or one file.
pub(crate) fn of_package(brought: &[(String, Buffer)], name: &str) -> Option<ModelFiles> {
    let place = name.starts_with("models/").then(|| name.trim_end_matches('/'))?;
    let file = |(path, data): &(String, Buffer)| {
        let inner = path.strip_prefix(place)?;
        let name = if inner.is_empty() { path.rsplit('/').next()? } else { inner.strip_prefix('/')? };
        (!name.contains('/')).then(|| ModelFile { name: name.into(), data: data.clone() })
    };
    let files: Vec<_> = brought.iter().filter_map(file).collect();
    (!files.is_empty()).then_some(ModelFiles { files, note: None })
}

/// Whether a name is one of a model and no way out of the folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

fn built_in() -> ModelFiles {
    let files = demo_files![
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json"
    ];
    let file =
        |(name, bytes): (&str, &'static [u8])| ModelFile { name: name.into(), data: files::built(bytes) };
    ModelFiles { files: files.map(file).into(), note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["models/ggml-tiny.bin", "models/base/config.json", "models/base/sub/x", "beside/own.bin"]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, name).expect("a file");
        }
        std::fs::create_dir(folder.path().join("models/empty")).expect("a folder");
        folder
    }

    fn names(found: Result<ModelFiles, Fault>) -> Result<Vec<String>, Code> {
        found.map(|it| it.files.into_iter().map(|file| file.name).collect()).map_err(|fault| fault.code)
    }

    #[test]
    fn a_model_is_found_by_its_name_or_its_path() {
        let root = folder();
        let at = |it: &str| Some(root.path().join(it));
        let own = Places { folder: at("models"), beside: at("beside") };
        assert_eq!(names(own.find("tiny")), Ok(vec!["ggml-tiny.bin".into()]));
        assert_eq!(names(own.find("base")), Ok(vec!["config.json".into()]));
        assert_eq!(names(own.find("own.bin")), Ok(vec!["own.bin".into()]));
        assert_eq!(names(own.find("../models/ggml-tiny.bin")), Ok(vec!["ggml-tiny.bin".into()]));
        assert_eq!(names(own.find("demo")).map(|it| it.len()), Ok(5));
        assert_eq!(names(own.find("empty")), Err(Code::LoadFailed));
        assert_eq!(names(own.find("small")), Err(Code::LoadFailed));
        assert_eq!(names(own.find("https://example.org/ggml.bin")), Err(Code::LoadFailed));
    }

    #[test]
    fn a_package_brings_models_in_folders_and_alone() {
        let entry = |name: &str| (name.to_owned(), Buffer::from_bytes(name.into()));
        let brought =
            ["models/tiny/config.json", "models/tiny/w", "models/tiny2/w", "models/a.bin"].map(entry);
        let found = |name| of_package(&brought, name).map(|it| names(Ok(it)).unwrap_or_default());
        assert_eq!(found("models/tiny"), Some(vec!["config.json".into(), "w".into()]));
        assert_eq!(found("models/tiny/"), found("models/tiny"));
        assert_eq!(found("models/a.bin"), Some(vec!["a.bin".into()]));
        assert_eq!(found("tiny"), None);
        assert_eq!(found("models"), None);
    }

    #[test]
    fn a_package_finds_only_models_by_name() {
        let root = folder();
        let package = Places { folder: Some(root.path().join("models")), beside: None };
        assert_eq!(names(package.find("tiny")), Ok(vec!["ggml-tiny.bin".into()]));
        let outside = root.path().join("beside/own.bin");
        for name in ["../beside/own.bin", "..", ".", "", outside.to_str().expect("text"), "base/config.json"]
        {
            assert_eq!(names(package.find(name)), Err(Code::LoadFailed), "{name}");
        }
    }
}

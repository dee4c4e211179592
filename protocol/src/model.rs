//! Models: the files that a node reads at its start, as they travel.
use serde::{Deserialize, Serialize};

use crate::{Buffer, Bytes, Value};

/// A model at hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFiles {
    /// At least one.
    pub files: Vec<ModelFile>,
    /// What the user should know of how it is kept, if anything.
    pub note: Option<String>,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its name, without any folder: `config.json`.
    pub name: String,
    /// Its bytes, outside memory: a file or blob, read piecewise.
    pub data: Buffer,
}

impl ModelFiles {
    /// The value that a parameter naming the model `name` has in [`crate::ToHost::Open`]:
    /// `{ name: text, files: [{ name: text, data: bytes }] }`.
    pub fn to_value(&self, name: &str) -> Value {
        let file = |file: &ModelFile| {
            let data = Bytes { mime: None, name: Some(file.name.clone()), data: file.data.clone() };
            Value::map([("name", Value::Text(file.name.clone())), ("data", Value::Bytes(data))])
        };
        let files = self.files.iter().map(file).collect();
        Value::map([("name", Value::Text(name.into())), ("files", Value::List(files))])
    }

    /// The files in such a value; none if it is no such value.
    pub fn from_value(value: &Value) -> Option<Self> {
        let Some(Value::List(files)) = value.get("files") else { return None };
        let file = |file: &Value| {
            let Some(Value::Bytes(bytes)) = file.get("data") else { return None };
            Some(ModelFile { name: file.get("name")?.as_text()?.into(), data: bytes.data.clone() })
        };
        Some(ModelFiles { files: files.iter().map(file).collect::<Option<_>>()?, note: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_out_of_a_parameter_as_they_went_in() {
        let file = |name: &str, byte| ModelFile { name: name.into(), data: Buffer::from_bytes(vec![byte]) };
        let files = ModelFiles { files: vec![file("config.json", 1), file("w", 2)], note: None };
        let value = files.to_value("tiny");
        assert_eq!(value.get("name"), Some(&Value::Text("tiny".into())));
        assert_eq!(ModelFiles::from_value(&value), Some(files));
        for other in [Value::Null, Value::Text("tiny".into()), Value::map([("files", Value::Null)])] {
            assert_eq!(ModelFiles::from_value(&other), None, "{other:?}");
        }
    }
}

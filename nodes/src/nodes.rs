//! Every Rust node, by one word each: the name of its file in this folder, which has a `KIND`.
use protocol::{Code, NodeKind, Value};

use crate::kind::Kind;
use crate::node::{Node, NodeError};

macro_rules! nodes {
    ($($name:ident)*) => {
        $(mod $name;)*
        const KINDS: &[&Kind] = &[$(&$name::KIND),*];
        #[cfg(test)]
        const FILES: &[&str] = &[$(concat!(stringify!($name), ".rs")),*];
    };
}

nodes! {
    add
    audio_decode
    audio_mix
    audio_resample
    calculator
    echo
    multiply
    pass_through
    subtitles
    text_collector
    voice_activity
    whisper
}

/// Every kind of Rust node, whether this build can open it or not.
pub fn catalog() -> Vec<NodeKind> {
    KINDS.iter().map(|kind| kind.listed()).collect()
}

/// Makes a node of the kind called `name`.
///
/// # Errors
/// If there is none, if this build has no code for it, or if it refuses its parameters.
pub fn open(name: &str, params: &Value) -> Result<Box<dyn Node>, NodeError> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let kind =
        kind.ok_or_else(|| NodeError::new(Code::UnknownNode, format!("no Rust node is called `{name}`")))?;
    let open = kind.open.ok_or_else(|| {
        NodeError::new(Code::NotSupported, format!("`{name}` is not part of this build of the node host"))
    })?;
    open(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Home;

    #[test]
    fn every_file_of_this_folder_is_registered_in_alphabetical_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/nodes");
        let names =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = names.filter(|name| name.ends_with(".rs")).collect();
        files.sort();
        assert_eq!(FILES, files);
    }

    // rustfmt does not see modules that a macro declares.
    #[test]
    fn every_file_of_this_folder_is_formatted() {
        let files = FILES.iter().map(|file| format!("{}/src/nodes/{file}", env!("CARGO_MANIFEST_DIR")));
        let check =
            std::process::Command::new("rustfmt").args(["--check", "--edition", "2024"]).args(files).output();
        let check = check.unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }

    #[test]
    fn names_and_aliases_are_unique_and_light_nodes_open_in_every_build() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in KINDS {
            for name in kind.aliases.iter().chain([&kind.name]) {
                assert!(seen.insert(*name), "{name} twice");
            }
            assert!(kind.open.is_some() || kind.home == Home::Compute, "{}", kind.name);
        }
    }

    #[test]
    fn every_schema_is_json_and_every_default_has_the_type_of_its_property() {
        for kind in catalog() {
            let schema = Value::from_json(&kind.params).unwrap();
            let Some(Value::Map(properties)) = schema.get("properties") else { panic!("{}", kind.name) };
            for (name, property) in properties {
                let Some(default) = property.get("default") else { continue };
                let types = property.get("type").unwrap().to_json();
                let fits = match default.type_name() {
                    "number" => types.contains("number") || types.contains("integer"),
                    "text" => types.contains("string"),
                    "bool" => types.contains("boolean"),
                    "list" => types.contains("array"),
                    _ => false,
                };
                assert!(fits, "{}.{name}: {}", kind.name, property.to_json());
            }
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let error = open("Nonsense", &Value::Null).err().unwrap();
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::UnknownNode, "no Rust node is called `Nonsense`")
        );
    }
}

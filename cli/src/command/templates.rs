//! What `new` writes.

/// What a new thing is called.
pub(crate) struct Name {
    /// With dashes: `word-count`.
    pub(crate) dashed: String,
}

impl Name {
    /// A name that can be a file's, a crate's and a class's.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '-' | '_');
        let begins_well = text.starts_with(|it: char| it.is_ascii_lowercase());
        let ends_well = text.ends_with(|it: char| it.is_ascii_alphanumeric());
        if begins_well && ends_well && text.chars().all(is_plain) && text.len() <= 64 {
            return Ok(Name { dashed: text.replace('_', "-") });
        }
        Err(format!(
            "`{}` is no name: small letters, digits and dashes, a letter first",
            text.escape_default()
        ))
    }
    /// `word_count`
    fn snake(&self) -> String {
        self.dashed.replace('-', "_")
    }
    /// `WordCount`
    fn class(&self) -> String {
        let big = |part: &str| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_uppercase() + rest
        };
        self.dashed.split('-').map(big).collect()
    }
}

/// Files to write, by their names in the folder, and what to do with them.
pub(crate) struct Made {
    pub(crate) files: Vec<(String, String)>,
    /// Command lines.
    pub(crate) next: Vec<String>,
}

/// What a new pipeline works on.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Matter {
    /// Numbers: multiplied, then added to
    Numbers,
    /// Texts: counted and changed, in Python
    Text,
    /// Recordings: to subtitles
    Speech,
}

/// A manifest.
pub(crate) fn pipeline(name: &Name, on: Matter) -> Made {
    let (text, inputs) = match on {
        Matter::Numbers => (include_str!("templates/numbers.json"), "-i 5 -i 7 -i 3"),
        Matter::Text => (include_str!("templates/text.json"), "-i '\"Hello there\"'"),
        Matter::Speech => (include_str!("templates/speech.json"), "--text RECORDING"),
    };
    let file = format!("{}.json", name.dashed);
    let next = vec![format!("remotemedia run {{folder}}/{file} {inputs}")];
    Made { files: vec![(file, filled(text, name))], next }
}

/// A Python file with a node, and its test.
pub(crate) fn python_node(name: &Name) -> Made {
    let node = filled(include_str!("templates/node.py"), name);
    let test = filled(include_str!("templates/test_node.py"), name);
    let file = format!("{}.py", name.snake());
    let next = vec![
        format!("python3 {{folder}}/test_{file}"),
        format!("remotemedia nodes {} --nodes {{folder}}/{file}", name.class()),
    ];
    Made { files: vec![(file, node), (format!("test_{}.py", name.snake()), test)], next }
}

/// A crate with a node in Rust: a plugin.
pub(crate) fn rust_node(name: &Name) -> Made {
    const FILES: [(&str, &str); 5] = [
        ("Cargo.toml", include_str!("../../../remotemedia-node/template/Cargo.toml")),
        (".cargo/config.toml", include_str!("../../../remotemedia-node/template/.cargo/config.toml")),
        ("src/lib.rs", include_str!("../../../remotemedia-node/template/src/lib.rs")),
        ("pipeline.json", include_str!("../../../remotemedia-node/template/pipeline.json")),
        ("README.md", include_str!("../../../remotemedia-node/template/README.md")),
    ];
    let built = format!("target/wasm32-unknown-unknown/release/{}.wasm", name.snake());
    let next = vec![
        "cd {folder}/. && cargo build --release --target wasm32-unknown-unknown".into(),
        format!("remotemedia run {{folder}}/pipeline.json --nodes {{folder}}/{built} -i '\"hello\"'"),
    ];
    Made { files: FILES.map(|(file, text)| (file.into(), filled(text, name))).into(), next }
}

fn filled(template: &str, name: &Name) -> String {
    template
        .replace("{{name}}", &name.dashed)
        .replace("{{snake}}", &name.snake())
        .replace("{{class}}", &name.class())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_good_for_files_crates_and_classes() {
        let check = |text: &str, snake: &str, class: &str| {
            let name = Name::parse(text).expect("a name");
            assert_eq!((name.snake().as_str(), name.class().as_str()), (snake, class));
        };
        check("loudness", "loudness", "Loudness");
        check("word-count2", "word_count2", "WordCount2");
        check("word_count", "word_count", "WordCount");
        for wrong in ["", "Word", "1st", "a b", "../a", "a-", "ü"] {
            assert!(Name::parse(wrong).is_err(), "{wrong}");
        }
    }
}

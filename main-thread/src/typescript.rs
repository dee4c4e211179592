//! Writes `js/generated/data.ts`; with `UPDATE_GENERATED=1` in the environment, else it only compares.
use std::path::Path;

use protocol::{Code, Dtype};
use ts_rs::{Config, TS};

use crate::step::FaultView;
use crate::view::{
    EventView, GraphView, LimitsView, LoadView, MetricsView, NodeMetricsView, NodeView, ProblemView,
    ReportView,
};
use crate::{Options, PluginPlace, Role, Step};

fn declare<T: TS>(text: &mut String) {
    let config = Config::default();
    text.push('\n');
    text.push_str(&T::docs().unwrap_or_default());
    text.push_str("export ");
    text.push_str(&T::decl(&config));
    text.push('\n');
}

fn union(text: &mut String, doc: &str, name: &str, words: impl Iterator<Item = String>) {
    let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    text.push_str(&format!("\n/** {doc} */\nexport type {name} = {};\n", words.join(" | ")));
}

fn generated() -> String {
    let mut text = String::from(
        "// Generated from Rust by `UPDATE_GENERATED=1 cargo test -p main-thread`. Do not edit.\n",
    );
    text.push_str("\n/** A JSON Schema. */\nexport type JsonSchema = { [word: string]: unknown };\n");
    union(&mut text, "The closed list of error codes.", "ErrorCode", Code::ALL.iter().map(Code::to_string));
    let dtypes = Dtype::ALL.iter().map(|dtype| dtype.name().to_string());
    union(&mut text, "Type of one element of a tensor, named as numpy does.", "Dtype", dtypes);
    declare::<NodeView>(&mut text);
    declare::<ProblemView>(&mut text);
    declare::<GraphView>(&mut text);
    declare::<LoadView>(&mut text);
    declare::<NodeMetricsView>(&mut text);
    declare::<MetricsView>(&mut text);
    declare::<LimitsView>(&mut text);
    declare::<ReportView>(&mut text);
    declare::<EventView>(&mut text);
    declare::<FaultView>(&mut text);
    declare::<Role>(&mut text);
    declare::<PluginPlace>(&mut text);
    declare::<Options>(&mut text);
    declare::<Step>(&mut text);
    text
}

#[test]
fn the_typescript_types_are_those_of_rust() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/generated/data.ts");
    let text = generated();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "js/generated/data.ts is out of date: run UPDATE_GENERATED=1 cargo test -p main-thread"
    );
}

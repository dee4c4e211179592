//! `nodes`: what there is to build pipelines from.
use std::path::PathBuf;

use protocol::{Code, Language, NodeKind, Value};

use super::console::Console;
use super::failure::Failure;
use super::{Done, hosts, table, words};

/// Columns below which what a node does matters more than the types it takes.
const NARROW: usize = 78;

/// List the nodes there are, or show one with its parameters
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The type of a node, or another name for it
    name: Option<String>,
    /// Nodes of your own too: a Python file, or a plugin (.wasm); repeat it for more
    #[arg(long = "nodes", value_name = "FILE")]
    sources: Vec<PathBuf>,
    /// The Python that reads Python files
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// One JSON object for each node
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let kinds = hosts::all_kinds(&args.python, &args.sources)?;
    let shown: Vec<&NodeKind> = match &args.name {
        None => kinds.iter().collect(),
        Some(name) => vec![named(&kinds, name)?],
    };
    if args.json {
        return shown.iter().try_for_each(|it| console.say_json(&described(it)));
    }
    if args.name.is_some() {
        return shown.iter().try_for_each(|it| show(console, it));
    }
    let width = console.table_width();
    let rows: Vec<Vec<String>> = shown.iter().map(|it| row(it, width < NARROW)).collect();
    table::lines(&rows, width).iter().try_for_each(|line| console.say(line))
}

fn named<'a>(kinds: &'a [NodeKind], name: &str) -> Result<&'a NodeKind, Failure> {
    let found = kinds.iter().find(|it| it.name == name || it.aliases.iter().any(|alias| alias == name));
    found.ok_or_else(|| {
        let message = format!("no node is called `{}`: `remotemedia nodes` lists them", words::line(name));
        Failure::new(Code::UnknownNode, message)
    })
}

fn language(kind: &NodeKind) -> &'static str {
    match kind.language {
        Language::Rust => "rust",
        Language::Python => "python",
    }
}

fn row(kind: &NodeKind, is_narrow: bool) -> Vec<String> {
    let flow = format!("{} → {}", kind.inputs.join("|"), kind.outputs.join("|"));
    let facts = [language(kind), &flow];
    let facts = if is_narrow { &[][..] } else { &facts[..] };
    let cells = [kind.name.as_str()].into_iter().chain(facts.iter().copied()).chain([&*kind.description]);
    cells.map(words::line).collect()
}

fn described(kind: &NodeKind) -> Value {
    let texts = |it: &[String]| Value::List(it.iter().map(|text| Value::Text(text.clone())).collect());
    Value::map([
        ("type", Value::Text(kind.name.clone())),
        ("aliases", texts(&kind.aliases)),
        ("language", Value::Text(language(kind).into())),
        ("description", Value::Text(kind.description.clone())),
        ("params", Value::from_json(&kind.params).unwrap_or_default()),
        ("inputs", texts(&kind.inputs)),
        ("outputs", texts(&kind.outputs)),
    ])
}

fn show(console: &mut Console, kind: &NodeKind) -> Done {
    let width = console.table_width().min(100);
    console.say(&words::line(&kind.name))?;
    for line in table::wrapped(&kind.description, "  ", width) {
        console.say(&line)?;
    }
    console.say("")?;
    let mut facts = vec![
        vec!["language".into(), language(kind).into()],
        vec!["takes".into(), words::line(&kind.inputs.join(", "))],
        vec!["gives".into(), words::line(&kind.outputs.join(", "))],
    ];
    if !kind.aliases.is_empty() {
        facts.push(vec!["also called".into(), words::line(&kind.aliases.join(", "))]);
    }
    table::lines(&facts, usize::MAX).iter().try_for_each(|line| console.say(line))?;
    let schema = Value::from_json(&kind.params).unwrap_or_default();
    let Some(Value::Map(params)) = schema.get("properties") else { return console.say("\nNo parameters.") };
    if params.is_empty() {
        return console.say("\nNo parameters.");
    }
    console.say("\nParameters:")?;
    for (name, rule) in params {
        param(console, name, rule, width)?;
    }
    Ok(())
}

fn param(console: &mut Console, name: &str, rule: &Value, width: usize) -> Done {
    let default = rule.get("default").map_or(String::new(), |it| format!(", default {}", it.to_json()));
    console.say(&format!(
        "  {}: {}{}",
        words::line(name),
        words::line(&kind_of(rule)),
        words::line(&default)
    ))?;
    let aliases = rule.get("x-aliases").and_then(Value::items).unwrap_or_default();
    let aliases: Vec<&str> = aliases.iter().filter_map(Value::as_text).collect();
    let mut about: String = rule.get("description").and_then(Value::as_text).unwrap_or_default().into();
    if let Some(why) = rule.get("x-ignored").and_then(Value::as_text) {
        about = format!("Has no effect here: {why}.");
    }
    if !aliases.is_empty() {
        about = format!("{about} Also: {}.", aliases.join(", "));
    }
    table::wrapped(&about, "      ", width).iter().try_for_each(|line| console.say(line))
}

/// What a parameter may be, in words.
fn kind_of(rule: &Value) -> String {
    if let Some(allowed) = rule.get("enum").and_then(Value::items) {
        return allowed.iter().map(Value::to_json).collect::<Vec<_>>().join(" or ");
    }
    let Some(types) = rule.get("type") else { return "any".into() };
    let types = types.items().unwrap_or_else(|| vec![types.clone()]);
    let types: Vec<&str> = types.iter().filter_map(Value::as_text).collect();
    let bound = |name: &str, word: &str| {
        rule.get(name).map_or(String::new(), |it| format!(", {word} {}", it.to_json()))
    };
    format!("{}{}{}", types.join(" or "), bound("minimum", "at least"), bound("maximum", "at most"))
}

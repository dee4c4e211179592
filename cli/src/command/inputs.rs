//! The items of a run, as a command line can give them.
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use protocol::{Buffer, Bytes, Code, Fault, Value};

use super::failure::Failure;
use super::files;
use crate::{Cancel, Inputs, json};

/// Lines of standard input that are read ahead.
const AHEAD: usize = 1024;
/// Whoever waits for a line looks so often whether the run was cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// Where items come from.
#[derive(clap::Args)]
#[group(id = "source", multiple = false)]
pub(crate) struct Args {
    /// Files or folders, each file an item of bytes; folders in the order of their paths, without hidden files; `-` is
    /// standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// An item, as JSON; repeat it for more
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    input: Vec<String>,
    /// A file of items: a JSON array, or a JSON value on each line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    inputs: Option<PathBuf>,
    /// The items that the package brings as its example
    #[arg(long)]
    pub(crate) example: bool,
}

impl Args {
    /// The items; `absent` if the command line names none. They can be read as they are needed.
    pub(crate) fn gather(
        &self,
        absent: Option<Vec<Value>>,
        cancel: Cancel,
    ) -> Result<Inputs<'static>, Failure> {
        if !self.files.is_empty() {
            return self.files_named();
        }
        if !self.input.is_empty() {
            let read = |(at, text): (usize, &String)| {
                json::read(text).map_err(|why| Failure::Usage(format!("--input {}: {why}: {text}", at + 1)))
            };
            let items: Vec<_> = self.input.iter().enumerate().map(read).collect::<Result<_, _>>()?;
            return Ok(Inputs::from_values(items));
        }
        match self.inputs.as_deref() {
            Some(path) if path == Path::new("-") => from_stdin(cancel),
            Some(path) => {
                let is_lines = path.extension().is_some_and(|it| it == "jsonl" || it == "ndjson");
                let items = items_of(&files::text(path)?, is_lines);
                let refused = |why| Failure::new(Code::InvalidInput, format!("{}: {why}", path.display()));
                Ok(Inputs::from_values(items.map_err(refused)?))
            }
            None => Ok(Inputs::from(absent)),
        }
    }

    fn files_named(&self) -> Result<Inputs<'static>, Failure> {
        let mut paths = Vec::new();
        for path in &self.files {
            let is_stdin = path == Path::new("-");
            let facts = (!is_stdin).then(|| std::fs::metadata(path)).transpose();
            let facts = facts.map_err(|error| Failure::of_file(path, &error))?;
            if facts.is_some_and(|it| it.is_dir()) {
                let found = files::within(path)?;
                if found.is_empty() {
                    return Err(Failure::new(
                        Code::LoadFailed,
                        format!("{}: no files in there", path.display()),
                    ));
                }
                paths.extend(found);
            } else {
                paths.push(path.clone());
            }
        }
        let open =
            |path: PathBuf| if path == Path::new("-") { all_of_stdin() } else { crate::files::value(&path) };
        Ok(Inputs::from_results(paths.into_iter().map(open)))
    }
}

fn all_of_stdin() -> Result<Value, Fault> {
    let mut bytes = Vec::new();
    match std::io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => Ok(Value::Bytes(Bytes { mime: None, name: None, data: Buffer::from_bytes(bytes) })),
        Err(error) => Err(Fault::new(Code::LoadFailed, format!("standard input: {error}"))),
    }
}

/// The items of a text: of a JSON array, or one on each line.
fn items_of(text: &str, is_lines: bool) -> Result<Vec<Value>, String> {
    let by_lines = || {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(at, line)| line_item(at + 1, line)).collect::<Result<Vec<_>, _>>()
    };
    if is_lines {
        return by_lines();
    }
    match json::read(text) {
        Ok(value) => Ok(value.items().unwrap_or_else(|| vec![value])),
        // Several lines of which the first is JSON are meant as lines.
        Err(_) if text.trim().lines().next().is_some_and(|it| json::read(it).is_ok()) => by_lines(),
        Err(why) => Err(why),
    }
}

fn line_item(number: usize, line: &str) -> Result<Value, String> {
    // The column stays, the line is that of the file.
    json::read(line).map_err(|why| why.replace("at line 1 ", &format!("at line {number} ")))
}

/// An array at once, lines as they come.
fn from_stdin(cancel: Cancel) -> Result<Inputs<'static>, Failure> {
    let refused = |why: String| Failure::new(Code::InvalidInput, format!("standard input: {why}"));
    let mut first = String::new();
    let mut stdin = std::io::stdin().lock();
    while first.trim().is_empty() {
        let read = stdin.read_line(&mut first).map_err(|error| refused(error.to_string()))?;
        if read == 0 {
            return Ok(Inputs::from_values(Vec::new()));
        }
    }
    if first.trim_start().starts_with('[') || json::read(&first).is_err() {
        let mut text = first;
        stdin.read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
        return Ok(Inputs::from_values(items_of(&text, false).map_err(refused)?));
    }
    drop(stdin);
    Ok(Inputs::from_results(lines_of_stdin(first, cancel)))
}

fn lines_of_stdin(first: String, cancel: Cancel) -> impl Iterator<Item = Result<Value, Fault>> {
    let (sender, lines) = mpsc::sync_channel(AHEAD);
    let failed =
        |why: String| Fault::new(Code::InvalidInput, format!("standard input: {why}")).during("input");
    // A thread of its own, as reading cannot be interrupted. It ends with the input, or with the program.
    std::thread::spawn(move || {
        let rest = std::io::stdin().lines().map(|it| it.map_err(|error| error.to_string()));
        for line in std::iter::once(Ok(first)).chain(rest) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            match lines.recv_timeout(LOOK) {
                Ok(line) => {
                    number += 1;
                    match line {
                        Ok(line) if line.trim().is_empty() => {}
                        line => return Some(line.and_then(|it| line_item(number, &it)).map_err(failed)),
                    }
                }
                Err(RecvTimeoutError::Timeout) if !cancel.is_asked() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, items: &str) {
        let found = items_of(text, false).map(|it| Value::List(it).to_json());
        assert_eq!(found.unwrap_or_else(|why| why), items, "{text}");
    }

    #[test]
    fn items_are_those_of_an_array_or_of_lines() {
        check("[1, \"a\", [2]]", "[1,\"a\",[2]]");
        check("[]", "[]");
        check("{\"a\": 1}\n", "[{\"a\":1}]");
        check("1\n\n\"two\"\n[3]\n", "[1,\"two\",[3]]");
        check("[1]\n[2]", "[[1],[2]]");
        check("1\n2,\n", "trailing characters at line 2 column 2");
        check("[1,\n2", "EOF while parsing a list at line 2 column 1");
        check("", "EOF while parsing a value at line 1 column 0");
        assert_eq!(items_of("[1, 2]\n", true).map(|it| it.len()), Ok(1));
    }
}

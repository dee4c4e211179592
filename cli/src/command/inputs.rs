//! The items of a run, as a command line can give them.
use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};

use protocol::{Buffer, Bytes, Code, Fault, Value};

use super::failure::Failure;
use super::files;
use crate::{Inputs, Next, json};

/// Lines of standard input that are read ahead.
const AHEAD: usize = 1024;

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
    pub(crate) fn gather(&self, absent: Option<Vec<Value>>) -> Result<Inputs<'static>, Failure> {
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
            Some(path) if path == Path::new("-") => Ok(stdin()),
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

/// Lines of standard input as they come, each an item; or all of it, if the first line is no JSON of its own or the
/// beginning of an array.
fn stdin() -> Inputs<'static> {
    let lines = lines_of_stdin();
    let mut number = 0;
    // Text that must be there as a whole before it can be read.
    let mut whole: Option<String> = None;
    let mut read: VecDeque<Value> = VecDeque::new();
    Inputs::from_source(move |most| {
        loop {
            if let Some(item) = read.pop_front() {
                return Next::Item(Ok(item));
            }
            let line = match lines.recv_timeout(most) {
                Ok(Ok(line)) => line,
                Ok(Err(why)) => return refused(&why),
                Err(RecvTimeoutError::Timeout) => return Next::Later,
                Err(RecvTimeoutError::Disconnected) => {
                    match whole.take().map(|text| items_of(&text, false)) {
                        None => return Next::End,
                        Some(Err(why)) => return refused(&why),
                        Some(Ok(items)) => {
                            read.extend(items);
                            continue;
                        }
                    }
                }
            };
            number += 1;
            if let Some(text) = &mut whole {
                text.push('\n');
                text.push_str(&line);
            } else if line.trim().is_empty() {
            } else if number == 1 && (line.trim_start().starts_with('[') || json::read(&line).is_err()) {
                whole = Some(line);
            } else {
                return line_item(number, &line)
                    .map_or_else(|why| refused(&why), |item| Next::Item(Ok(item)));
            }
        }
    })
}

fn refused(why: &str) -> Next {
    Next::Item(Err(Fault::new(Code::InvalidInput, format!("standard input: {why}")).during("input")))
}

/// Reads on a thread of its own, as reading cannot be interrupted. It ends with the input, or with the program.
fn lines_of_stdin() -> mpsc::Receiver<Result<String, String>> {
    let (sender, lines) = mpsc::sync_channel(AHEAD);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if sender.send(line.map_err(|error| error.to_string())).is_err() {
                return;
            }
        }
    });
    lines
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

//! The built command in a folder of its own.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by tests, each of which uses some of it")]
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use protocol::Value;

pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Did {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// A folder with `files`, given by their names and texts.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(name, text)| desk.write(name, text));
        desk
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
    /// The command, in the folder; nothing of this machine's user reaches it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_remotemedia"));
        command.args(arguments).current_dir(self.folder.path()).env("HOME", self.path("home"));
        command.env_remove("REMOTEMEDIA_MODELS").env_remove("NO_COLOR");
        command.stdin(Stdio::null());
        command
    }
    pub(crate) fn run(&self, arguments: &[&str]) -> Did {
        did(self.command(arguments).output().unwrap())
    }
    /// With `text` on standard input.
    pub(crate) fn fed(&self, arguments: &[&str], text: &str) -> Did {
        let mut child = self.start(arguments);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        did(child.wait_with_output().unwrap())
    }
    /// All of it open to whoever asked.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

pub(crate) fn did(output: Output) -> Did {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    Did { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Did {
    /// What it wrote, if it went well.
    #[track_caller]
    pub(crate) fn out(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }
    /// Each line of stdout, as JSON.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| Value::from_json(line).unwrap()).collect()
    }
    /// The only line of stdout, as JSON.
    #[track_caller]
    pub(crate) fn object(&self) -> Value {
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{self:?}");
        lines[0].clone()
    }
    /// It failed so, and said so.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, said: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains(said), "{said}\nis not in\n{}", self.stderr);
        assert!(!self.stderr.contains('\u{1b}'), "{:?}", self.stderr);
    }
}

/// The text at a path of an object's keys.
#[track_caller]
pub(crate) fn text<'a>(value: &'a Value, keys: &[&str]) -> &'a str {
    let found = keys.iter().try_fold(value, |it, key| it.get(key));
    found.and_then(Value::as_text).unwrap_or_else(|| panic!("no text at {keys:?} in {}", value.to_json()))
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A recording that the project synthesised itself.
pub(crate) fn recording(name: &str) -> PathBuf {
    root().join("whisper/demo-model/recordings").join(name)
}

/// The command in a pseudo terminal of so many columns.
pub(crate) fn terminal(
    desk: &Desk,
    columns: u32,
    typed: &str,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Did {
    let mut command = Command::new("python3");
    command.arg(root().join("cli/tests/support/terminal.py")).args([&columns.to_string(), typed]);
    command.arg(env!("CARGO_BIN_EXE_remotemedia")).args(arguments).current_dir(desk.path(""));
    command.env("HOME", desk.path("home")).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command.envs(variables.iter().copied());
    did(command.output().unwrap())
}

/// A manifest of nodes in a row: types and parameters.
pub(crate) fn chain(nodes: &[(&str, &str)]) -> String {
    let node = |(at, (kind, params)): (usize, &(&str, &str))| {
        format!(r#"{{"id":"n{at}","node_type":"{kind}","params":{params}}}"#)
    };
    let links = (1..nodes.len()).map(|to| format!(r#"{{"from":"n{}","to":"n{to}"}}"#, to - 1));
    let [nodes, links] = [nodes.iter().enumerate().map(node).collect::<Vec<_>>(), links.collect()];
    format!(r#"{{"version":"v1","nodes":[{}],"connections":[{}]}}"#, nodes.join(","), links.join(","))
}

pub(crate) const DOUBLE: &str = r#"{"version":"v1","nodes":[{"id":"double","node_type":"MultiplyNode","params":{"factor":2}}],"connections":[]}"#;
pub(crate) const SAME: &str =
    r#"{"version":"v1","nodes":[{"id":"same","node_type":"PassThrough"}],"connections":[]}"#;
pub(crate) const SUBTITLES: &str = r#"{"version":"v1","metadata":{"name":"talk"},"nodes":[
    {"id":"decode","node_type":"AudioDecode","params":{}},
    {"id":"speech","node_type":"Whisper","params":{"model":"demo","language":"en"}},
    {"id":"subtitles","node_type":"Subtitles","params":{"format":"srt"}}],
    "connections":[{"from":"decode","to":"speech"},{"from":"speech","to":"subtitles"}]}"#;

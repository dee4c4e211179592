//! Both outputs of the command, and what each can do.
use std::io::{self, BufWriter, IsTerminal, Stderr, Stdout, Write};

use protocol::Value;

use super::{Done, failure::Failure, words};

/// Where the command speaks: results on stdout, everything else on stderr.
pub(crate) struct Console {
    out: BufWriter<Stdout>,
    err: Stderr,
    /// One JSON object a line on stdout, for programs.
    pub(crate) json: bool,
}

impl Console {
    pub(crate) fn new() -> Self {
        Console { out: BufWriter::new(io::stdout()), err: io::stderr(), json: false }
    }

    /// Whether somebody watches stderr, so that things may move there.
    pub(crate) fn is_watched(&self) -> bool {
        self.err.is_terminal()
    }
    /// Whether a question can be asked and answered.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && self.err.is_terminal() && io::stdin().is_terminal()
    }
    /// Whether errors may be colored.
    pub(crate) fn is_colored(&self) -> bool {
        self.err.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
    }
    /// Columns of the terminal.
    pub(crate) fn width(&self) -> usize {
        let (_, columns) = console::Term::stderr().size();
        if self.err.is_terminal() { usize::from(columns).max(20) } else { 100 }
    }
    /// Columns that a table on stdout may have.
    pub(crate) fn table_width(&self) -> usize {
        let stdout = console::Term::stdout();
        if stdout.is_term() { usize::from(stdout.size().1).max(20) } else { 100 }
    }

    /// A line on stdout.
    pub(crate) fn say(&mut self, line: &str) -> Done {
        self.raw(line.as_bytes())?;
        self.raw(b"\n")
    }
    /// Bytes on stdout.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Done {
        self.out.write_all(bytes).map_err(Failure::from_stdout)
    }
    /// A value as a line of JSON on stdout.
    pub(crate) fn say_json(&mut self, value: &Value) -> Done {
        self.say_line_of_json(&value.to_json())
    }
    /// The same, of a value that is written already.
    pub(crate) fn say_line_of_json(&mut self, line: &str) -> Done {
        // To a program every letter is one; a terminal must not be commanded by them.
        if self.out.get_ref().is_terminal() { self.say(&words::json(line)) } else { self.say(line) }
    }
    /// Text as it is, unless it goes to a terminal.
    pub(crate) fn say_text(&mut self, text: &str) -> Done {
        if self.out.get_ref().is_terminal() { self.say(&words::lines(text)) } else { self.say(text) }
    }
    pub(crate) fn flush(&mut self) -> Done {
        self.out.flush().map_err(Failure::from_stdout)
    }
    /// A line on stderr. If even that cannot be written, nobody can be told.
    pub(crate) fn tell(&mut self, line: &str) {
        _ = writeln!(self.err, "{line}");
    }
    /// Asks; only a clear yes is one.
    pub(crate) fn ask(&mut self, question: &str) -> bool {
        _ = write!(self.err, "{question} [y/N] ");
        _ = self.err.flush();
        let mut answer = String::new();
        let heard = io::stdin().read_line(&mut answer);
        heard.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }
}

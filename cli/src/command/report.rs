//! Problems and faults for people, with the place in the file, and for programs, as JSON.
use std::fmt;
use std::ops::Range;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use package::Rejection;
use protocol::{Code, Fault, Problem, Severity, Value};

use super::console::Console;
use super::{place, words};

/// Lines longer than this (a manifest all on one line) are not shown whole.
const LONGEST: usize = 240;
/// So much of them is shown.
const AROUND: usize = 60;

/// The text of a manifest, and what to call it.
#[derive(Clone)]
pub(crate) struct Document {
    /// Of the file.
    pub(crate) name: String,
    /// All of the file.
    pub(crate) text: String,
    /// Where in it the manifest is.
    pub(crate) manifest: Range<usize>,
}

impl Document {
    /// The manifest's text.
    pub(crate) fn manifest(&self) -> &str {
        &self.text[self.manifest.clone()]
    }
    /// Byte and length of what a problem points at.
    fn span(&self, problem: &Problem) -> (usize, usize) {
        let manifest = self.manifest();
        if let Some((line, column)) = told_place(&problem.message).filter(|_| problem.path.is_empty()) {
            let at = place::byte_at(manifest, line, column).min(manifest.len());
            return (self.manifest.start + at, usize::from(at < manifest.len()));
        }
        let span = place::find(manifest, &problem.path);
        (self.manifest.start + span.start, span.len())
    }
    /// Line and column, both from 1.
    pub(crate) fn place(&self, problem: &Problem) -> (usize, usize) {
        place::line_and_column(&self.text, self.span(problem).0)
    }
}

/// The place that a parser's message ends with.
fn told_place(message: &str) -> Option<(usize, usize)> {
    let (_, rest) = message.rsplit_once(" at line ")?;
    let (line, column) = rest.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// One thing to tell, as miette wants it.
struct Told {
    code: String,
    message: String,
    severity: Severity,
    label: Option<LabeledSpan>,
    source: Option<NamedSource<String>>,
    /// The place in words, where its lines are too long to be shown.
    help: Option<String>,
}

impl Told {
    fn new(code: Code, message: &str, severity: Severity) -> Self {
        let message = words::lines(message);
        Told { code: code.to_string(), message, severity, label: None, source: None, help: None }
    }
    /// The same, about `length` bytes of `document` from `at` on.
    fn about(mut self, document: &Document, (at, length): (usize, usize)) -> Self {
        let name = words::line(&document.name);
        let text = words::masked(&document.text);
        let (line, column) = place::line_and_column(&text, at);
        let shown = text.lines().skip(line.saturating_sub(2)).take(3);
        if shown.map(str::len).max().unwrap_or(0) > LONGEST {
            let cut: String = text[at..].chars().take(AROUND).take_while(|it| *it != '\n').collect();
            self.help = Some(format!("at {name}:{line}:{column}: {cut}"));
        } else {
            self.label = Some(LabeledSpan::new(None, at, length));
            self.source = Some(NamedSource::new(name, text));
        }
        self
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Told {}

impl Diagnostic for Told {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        // A warning is no error of any kind.
        (self.severity == Severity::Error).then(|| Box::new(&self.code) as Box<dyn fmt::Display>)
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help.as_ref().map(|it| Box::new(it) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|it| it as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.label.clone().into_iter()))
    }
}

fn tell(console: &mut Console, told: &Told) {
    let theme = match (console.is_watched(), console.is_colored()) {
        (_, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(console.width().min(120))
        .with_context_lines(1)
        .without_cause_chain();
    let mut text = String::new();
    if handler.render_report(&mut text, told).is_err() {
        text.clone_from(&told.message);
    }
    console.tell(text.trim_end());
}

/// Every problem with its place.
pub(crate) fn problems(console: &mut Console, document: Option<&Document>, problems: &[Problem]) {
    for problem in problems {
        let told = Told::new(problem.code, &problem.message, problem.severity);
        match document {
            Some(document) => tell(console, &told.about(document, document.span(problem))),
            None => tell(console, &told),
        }
    }
}

/// The end of a command that failed.
pub(crate) fn failed(console: &mut Console, fault: &Fault, document: Option<&Document>) {
    if console.json {
        let event =
            Value::map([("type", Value::Text("failed".into())), ("error", fault_value(fault, document))]);
        // Whoever does not read it learns from the exit code.
        _ = console.say_json(&event);
        return;
    }
    if !fault.problems.is_empty() {
        problems(console, document, &fault.problems);
        console.tell(&summary(document.map_or("", |it| &it.name), &fault.problems));
        return;
    }
    let told = Told::new(fault.code, &fault.to_string(), Severity::Error);
    let span = document.and_then(|it| Some((it, node_span(it, fault.node.as_deref()?)?)));
    match span {
        Some((document, span)) => tell(console, &told.about(document, span)),
        None => tell(console, &told),
    }
    if let Some(traceback) = &fault.traceback {
        console.tell(&words::lines(traceback.trim_end()));
    }
}

/// A package that is not acceptable.
pub(crate) fn rejected(console: &mut Console, path: &Path, rejection: &Rejection) {
    if console.json {
        return failed(console, &rejection.fault(), None);
    }
    problems(console, None, &rejection.problems);
    console.tell(&summary(&path.display().to_string(), &rejection.problems));
}

/// Where the node `id` is written.
fn node_span(document: &Document, id: &str) -> Option<(usize, usize)> {
    let manifest = document.manifest();
    let nodes = Value::from_json(manifest).ok()?.get("nodes")?.items()?;
    let at = nodes.iter().position(|it| it.get("id").and_then(Value::as_text) == Some(id))?;
    let span = place::find(manifest, &format!("/nodes/{at}/id"));
    Some((document.manifest.start + span.start, span.len()))
}

/// How many of which kind, in words.
pub(crate) fn summary(name: &str, problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|it| it.severity == Severity::Error).count();
    let kinds = [(errors, "error"), (problems.len() - errors, "warning")];
    let counts = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| words::count(*count, kind));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let name = words::line(name);
    if name.is_empty() { counts } else { format!("{name}: {counts}") }
}

fn text(it: &str) -> Value {
    Value::Text(it.into())
}

/// A problem as programs read it.
pub(crate) fn problem_value(problem: &Problem, document: Option<&Document>) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut entries = vec![("code", text(&problem.code.to_string())), ("severity", text(severity))];
    entries.extend(problem.node.as_deref().map(|it| ("node", text(it))));
    entries.extend([("path", text(&problem.path)), ("message", text(&problem.message))]);
    if let Some(document) = document {
        let (line, column) = document.place(problem);
        entries.extend([("line", Value::Int(line as i64)), ("column", Value::Int(column as i64))]);
    }
    Value::map(entries)
}

/// A fault as programs read it.
pub(crate) fn fault_value(fault: &Fault, document: Option<&Document>) -> Value {
    let mut entries = vec![("code", text(&fault.code.to_string())), ("message", text(&fault.message))];
    entries.extend(fault.node.as_deref().map(|it| ("node", text(it))));
    entries.extend(fault.stage.as_deref().map(|it| ("stage", text(it))));
    if !fault.problems.is_empty() {
        let problems = fault.problems.iter().map(|it| problem_value(it, document));
        entries.push(("problems", Value::List(problems.collect())));
    }
    entries.extend(fault.traceback.as_deref().map(|it| ("traceback", text(it))));
    let details = fault.details.as_deref().and_then(|it| Value::from_json(it).ok());
    entries.extend(details.map(|it| ("details", it)));
    Value::map(entries)
}

//! How a command ends badly.
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use package::Rejection;
use protocol::{Code, Fault};

use super::console::Console;
use super::report::{self, Document};

/// Why a command did not do what it was told.
pub(crate) enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// A pipeline, a package or the world said no; with the text that it is about.
    Fault(Box<Fault>, Option<Box<Document>>),
    /// A package is not acceptable.
    Rejected(PathBuf, Rejection),
    /// It was all told already.
    Told,
    /// Interrupted by the user.
    Interrupted,
    /// Nobody reads our output any more.
    Unheard,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Fault::new(code, message).into()
    }
    /// A file could not be read or written.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        Self::new(Code::LoadFailed, format!("{}: {}", path.display(), reason(error)))
    }
    pub(crate) fn from_stdout(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unheard,
            _ => Self::new(Code::StorageFull, format!("the output cannot be written: {}", reason(&error))),
        }
    }
    /// A package that was refused.
    pub(crate) fn rejected(path: &Path, rejection: &Rejection) -> Self {
        Failure::Rejected(path.into(), rejection.clone())
    }
    /// Something that cannot happen, did.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::new(Code::WorkerCrashed, error.to_string())
    }
    /// The same, about `document`.
    pub(crate) fn about(self, document: &Document) -> Self {
        match self {
            Failure::Fault(fault, None) => Failure::Fault(fault, Some(Box::new(document.clone()))),
            other => other,
        }
    }
    /// Tells why, and gives the code to exit with.
    pub(crate) fn end(self, console: &mut Console) -> ExitCode {
        match self {
            Failure::Usage(message) => {
                console.tell(&format!("error: {message}\n\nFor more information, try '--help'."));
                ExitCode::from(2)
            }
            Failure::Fault(fault, document) => {
                report::failed(console, &fault, document.as_deref());
                _ = console.flush();
                ExitCode::FAILURE
            }
            Failure::Rejected(path, rejection) => {
                report::rejected(console, &path, &rejection);
                _ = console.flush();
                ExitCode::FAILURE
            }
            Failure::Told => {
                _ = console.flush();
                ExitCode::FAILURE
            }
            Failure::Interrupted => {
                _ = console.flush();
                ExitCode::from(130)
            }
            Failure::Unheard => ExitCode::SUCCESS,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Fault(Box::new(fault), None)
    }
}

/// What the system said, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let (words, _) = text.split_once(" (os error").unwrap_or((&text, ""));
    words.to_lowercase()
}

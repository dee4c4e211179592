//! Why a package is refused.

use std::fmt;

use protocol::{Code, Fault, Problem, Severity};

/// A package, or something asked of one, is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Every defect that was found; the one that the original would have named comes first. [`Code::PackageRejected`],
    /// [`Code::LoadFailed`] if the file could not be read, or what [`Package::judge`](crate::Package::judge) was given.
    pub problems: Vec<Problem>,
}

impl Rejection {
    /// A rejection for one reason that is about no place in the manifest.
    pub fn new(message: impl Into<String>) -> Self {
        problem(String::new(), message).into()
    }
    /// A rejection for something that cannot be read or written, which is not the package's fault.
    pub(crate) fn unread(message: impl Into<String>) -> Self {
        Problem { code: Code::LoadFailed, ..problem(String::new(), message) }.into()
    }
    /// The same as an error of a run: [`Code::PackageRejected`] with the problems; the message is the original's.
    pub fn fault(&self) -> Fault {
        let code = match &self.problems[..] {
            [only] if only.code == Code::LoadFailed => Code::LoadFailed,
            _ => Code::PackageRejected,
        };
        Fault { problems: self.problems.clone(), ..Fault::new(code, self.to_string()).during("load") }
    }
}

/// An error at `path` of the manifest.
pub(crate) fn problem(path: String, message: impl Into<String>) -> Problem {
    Problem {
        code: Code::PackageRejected,
        severity: Severity::Error,
        node: None,
        path,
        message: message.into(),
    }
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Rejection { problems: vec![problem] }
    }
}

/// A line for each defect; `Invalid manifest:` before them if the first was found in the manifest here. What the engine
/// finds says by itself what it is.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_manifest = |it: &Problem| !it.path.is_empty() && it.code == Code::PackageRejected;
        if self.problems.first().is_some_and(of_manifest) {
            f.write_str("Invalid manifest:\n")?;
        }
        let lines: Vec<&str> = self.problems.iter().map(|it| it.message.as_str()).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Rejection {}

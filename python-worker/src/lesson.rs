//! What an interpreter is taught: sources of the user's, or the code of a package.
use protocol::{Code, PackageFile};

use crate::Action;
use crate::node::Call;

#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) request: u32,
    pub(crate) lesson: Lesson,
    /// Whether what it needs lies in the interpreter.
    pub(crate) loaded: bool,
}

#[derive(Debug)]
pub(crate) enum Lesson {
    Source { source: String, packages: Vec<String> },
    Package { modules: Vec<PackageFile>, wheels: Vec<PackageFile> },
}

impl Registration {
    /// What to ask of Python, once all it needs is there.
    pub(crate) fn call(&self) -> Option<Call> {
        if !self.loaded {
            return None;
        }
        Some(match &self.lesson {
            Lesson::Source { source, .. } => Call::Register { source: source.clone() },
            Lesson::Package { .. } => Call::Install,
        })
    }
    /// What has to be done before; once.
    pub(crate) fn load(&mut self) -> Option<Action> {
        if self.loaded {
            return None;
        }
        Some(match &mut self.lesson {
            Lesson::Source { packages, .. } => Action::Load(packages.clone()),
            Lesson::Package { modules, wheels } => {
                Action::Unpack { modules: std::mem::take(modules), wheels: std::mem::take(wheels) }
            }
        })
    }
}

impl Lesson {
    /// The code for one that cannot be learned: `usual` for a source.
    pub(crate) fn refused(&self, usual: Code) -> Code {
        match self {
            Lesson::Source { .. } => usual,
            Lesson::Package { .. } => Code::PackageRejected,
        }
    }
}

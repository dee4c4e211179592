//! What a node's file says about it.
use protocol::{Home, Language, NodeKind, Value};

use crate::node::{Node, NodeError};
use crate::params::{self, Param};

/// One kind of Rust node.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) description: &'static str,
    pub(crate) params: &'static [Param],
    /// In the words of [`NodeKind::inputs`].
    pub(crate) inputs: &'static [&'static str],
    pub(crate) outputs: &'static [&'static str],
    pub(crate) home: Home,
    pub(crate) streaming: bool,
    /// `None` where this build has no code for it: the kind is known, for planning, but opened elsewhere.
    pub(crate) open: Option<Open>,
}

/// How a heavy node is opened, in builds that have its code.
#[cfg(feature = "media")]
macro_rules! media {
    ($open:expr) => {
        Some($open)
    };
}
#[cfg(not(feature = "media"))]
macro_rules! media {
    ($open:expr) => {
        None
    };
}
pub(crate) use media;

/// Sound, or the forms in which the original's manifests carry it.
pub(crate) const AUDIO_FORMS: &[&str] = &["audio", "json"];

/// Makes a node from its parameters, all defaults in place.
pub(crate) type Open = fn(&Value) -> Result<Box<dyn Node>, NodeError>;

impl Kind {
    /// A light node without parameters that takes and gives anything.
    pub(crate) const fn light(name: &'static str, description: &'static str, open: Open) -> Self {
        Kind {
            name,
            aliases: &[],
            description,
            params: &[],
            inputs: &["any"],
            outputs: &["any"],
            home: Home::Runtime,
            streaming: false,
            open: Some(open),
        }
    }

    /// As the planner and users see it.
    pub(crate) fn listed(&self) -> NodeKind {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).into()).collect();
        NodeKind {
            name: self.name.into(),
            aliases: owned(self.aliases),
            language: Language::Rust,
            home: self.home,
            description: self.description.into(),
            params: params::schema(self.params),
            inputs: owned(self.inputs),
            outputs: owned(self.outputs),
            streaming: self.streaming,
        }
    }
}

//! The page's half of RemoteMedia: the coordinator that starts, leases, watches and replaces workers.
//!
//! **Invariant:** no clock, no thread, no browser outside `web.rs`. The [`Coordinator`] is a value: an [`Event`]
//! goes in, [`Action`]s come out, and time is an argument. What users see of it lies in `js/`.
#![deny(missing_docs)]

mod event;
#[cfg(feature = "gloo")]
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "who needs it is in a web.rs"))]
#[allow(clippy::result_large_err, reason = "what a run ends with, as it is")]
pub mod gloo;
mod handler;
mod host;
mod models;
mod packages;
mod places;
mod plugins;
mod pool;
mod python;
mod register;
mod runtime;
mod step;
mod table;
#[cfg(test)]
mod typescript;
mod view;
#[cfg(all(target_arch = "wasm32", feature = "coordinator"))]
#[allow(unsafe_code)]
mod web;

pub use event::{Action, Event, Notice, Options, PackageCode, PackageId, PluginPlace, Role, WorkerId};
pub use handler::Coordinator;
pub use step::{Bulk, Step, steps};
pub use view::{
    EventView, GraphView, LimitsView, LoadView, MetricsView, NodeMetricsView, NodeView, NodesView,
    ProblemView, ReportView,
};

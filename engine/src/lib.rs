//! Manifest → plan → run.
//!
//! **Invariant:** no clock, no thread, no browser. [`Engine::handle`] is a function of what came before and its
//! arguments, so everything here is tested natively and gives the same order of results every time.
//!
//! **Invariant:** the engine knows node hosts only by [`protocol::ToHost`] and [`protocol::FromHost`]. Whether a host
//! is a function call away or a worker is somebody else's business.
//!
//! Reading order: `plan` (what is to be done), `key` (in which order results come), `span` and `port` (queues), `run`
//! (one run's state), `inputs` (what comes in), `pump` (who works next), `order` (fan-in), `route` (what comes out),
//! `ending` (how a run ends), `engine` (events in, actions out).
#![deny(missing_docs)]

mod edges;
mod ending;
mod engine;
mod inputs;
mod key;
mod manifest;
mod metrics;
mod models;
mod order;
mod plan;
mod port;
mod progress;
mod pump;
mod reader;
mod route;
mod run;
mod schema;
mod span;

pub use engine::{Action, Engine, Event};
pub use plan::{Catalog, Plan, PlanNode, fault_of, plan};

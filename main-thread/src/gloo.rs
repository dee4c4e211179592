//! For Rust front ends: pipelines from an app written with Yew, Leptos or anything else that runs in a page.
//!
//! The whole runtime, coordinator included, lives in a worker of its own, `pipelines-worker.js` of the bundle; this
//! module speaks to it over a bridge of gloo-worker, with postcard as its codec. The app's thread does nothing but
//! read what it says.
//!
//! ```ignore
//! let runtime = Runtime::start(Options::at("remotemedia/")).await?;
//! let mut run = runtime.run(Request::new(manifest).inputs([Value::Int(5), Value::Int(7)]));
//! while let Some(update) = run.next().await {
//!     match update {
//!         Update::Progress { node, fraction, .. } => show(node, fraction),
//!         Update::Output { value, .. } => add(value),
//!         Update::Failed(fault) => tell(fault),
//!         _ => {}
//!     }
//! }
//! ```
mod client;
pub mod codec;
#[cfg(any(test, feature = "host"))]
pub mod host;
mod live;
pub mod message;
mod request;
mod runtime;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
pub mod web;

pub use request::{Outcome, Request, Update};
pub use runtime::{Handle, Run, Runtime};
#[cfg(target_arch = "wasm32")]
pub use web::Options;

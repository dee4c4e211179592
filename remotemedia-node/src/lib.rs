//! Nodes for RemoteMedia pipelines, written in Rust, compiled to wasm and shipped in a package.
//!
//! ```
//! use remotemedia_node::{Context, Error, Kind, Node, Params, Value, export};
//!
//! struct Shout {
//!     mark: String,
//! }
//!
//! impl Node for Shout {
//!     const KIND: Kind = Kind {
//!         name: "Shout",
//!         description: "Says it louder.",
//!         params: r#"{ "properties": { "mark": { "type": "string", "default": "!" } } }"#,
//!         inputs: &["text"],
//!         outputs: &["text"],
//!         ..Kind::ANY
//!     };
//!     fn open(params: &Params) -> Result<Self, Error> {
//!         Ok(Shout { mark: params.text("mark")?.into() })
//!     }
//!     fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error> {
//!         cx.emit(input.text()?.to_uppercase() + &self.mark);
//!         Ok(())
//!     }
//! }
//!
//! export!(Shout);
//! # let said = remotemedia_node::testing::run::<Shout>(Value::map([("mark", "?")]), vec!["hi".into()]);
//! # assert_eq!(said.unwrap(), [Value::from("HI?")]);
//! ```
//!
//! Built with `cargo build --release --target wasm32-unknown-unknown` as a `cdylib`, this is a plugin. It speaks node ABI
//! v1 (the crate `node-abi`), which is frozen: what was built once goes on working.
#![deny(missing_docs)]

mod context;
pub mod glue;
mod node;
mod session;
pub mod testing;
mod value;

pub use context::Context;
pub use node::{Error, Kind, Node, Params};
pub use node_abi::{Dtype, Level, Part, Unit};
pub use value::{Audio, Bytes, Tensor, Value};

//! What runs nodes, as the executor sees it.
use std::time::Duration;

use nodes::NodeHost;
use protocol::{Fault, FromHost, HostId, HostKind, RunId, ToHost};

/// Microseconds that Rust nodes work before anybody else has a turn.
const STEP_US: f64 = 8_000.0;

/// Runs nodes of one run, in this process or in one of its own. Dropping it ends whatever is still under way.
pub trait Host {
    /// Takes `message` in and gives what must be said before anything else. It does no node's work.
    fn handle(&mut self, message: ToHost) -> Vec<FromHost>;
    /// Works for some milliseconds.
    fn step(&mut self) -> Vec<FromHost>;
    /// Whether [`Host::step`] has something to do.
    fn has_work(&self) -> bool;
    /// Called while nobody has work: waits for what comes from elsewhere (another process, a timer of a node), at most
    /// so long, and gives what it led to. None if it waits for nothing.
    fn wait(&mut self, _most: Duration) -> Option<Vec<FromHost>> {
        None
    }
    /// The run is cancelled: interrupt the turn under way, if that can be done.
    fn interrupt(&mut self) {}
}

/// For whom a host is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// How the engine will call the host.
    pub host: HostId,
    /// Of what kind it is to be.
    pub kind: HostKind,
}

/// Makes a host. Its error ends the run: `StartFailed`, `LoadFailed`, `NotSupported`.
pub type Maker = Box<dyn FnMut(Lease) -> Result<Box<dyn Host>, Fault>>;

impl Host for NodeHost {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        NodeHost::handle(self, message)
    }
    fn step(&mut self) -> Vec<FromHost> {
        NodeHost::step(self, STEP_US)
    }
    fn has_work(&self) -> bool {
        NodeHost::has_work(self)
    }
}

//! What runs nodes, as the executor sees it.
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use nodes::NodeHost;
use protocol::{Fault, FromHost, HostId, HostKind, RunId, ToHost};

use crate::executor::{Cancel, now_us};

/// Microseconds that Rust nodes work before anybody else has a turn.
const STEP_US: f64 = 8_000.0;

/// Whether a run is to end, for hosts in this process whose nodes may not come back: they hold up whoever would end them.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    pub(crate) cancel: Cancel,
    /// In microseconds of [`now_us`]; none for a run without a time limit.
    pub(crate) until: Rc<Cell<Option<f64>>>,
}

impl Stop {
    /// Whether the run is cancelled, or its time is over.
    pub fn is_asked(&self) -> bool {
        self.cancel.is_asked() || self.until.get().is_some_and(|until| now_us() >= until)
    }
}

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
    /// Told once, before anything else: where a node that works for long is to look whether it may go on. One that may not
    /// is ended without a word: whoever asked for the end of the run says why.
    fn watch(&mut self, _stop: Stop) {}
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

//! What waits on the connections, for whoever asked to see it.
use protocol::RunEvent;

use crate::run::Run;

/// At most so many milliseconds pass between two looks: ten a second are enough to see queues fill and drain.
const INTERVAL_MS: f64 = 100.0;

/// What was told of the connections of a run.
#[derive(Debug)]
pub(crate) struct Edges {
    /// Items and bytes, per node and connection that leads to it.
    told: Vec<Vec<(u64, u64)>>,
    looked_at: f64,
    /// Whether anything happened since.
    changed: bool,
}

impl Edges {
    /// Of nodes that hear so many connections each.
    pub(crate) fn new(inputs: impl Iterator<Item = usize>) -> Self {
        let told = inputs.map(|count| vec![(0, 0); count]).collect();
        Edges { told, looked_at: f64::NEG_INFINITY, changed: false }
    }
}

impl Run {
    /// Tells what has changed, if a look is due at `now`.
    pub(crate) fn tell_edges(&mut self, now: f64) {
        if !self.options.edges {
            return;
        }
        match &self.ending {
            // What a run leaves behind that ends badly is thrown away.
            Some(ending) if ending.fault.is_some() => {}
            None if now < self.edges.looked_at + INTERVAL_MS => self.edges.changed = true,
            None | Some(_) => self.look_at_edges(now),
        }
    }

    /// When the next look is due.
    pub(crate) fn edges_due(&self) -> Option<f64> {
        (self.edges.changed && self.ending.is_none()).then_some(self.edges.looked_at + INTERVAL_MS)
    }

    fn look_at_edges(&mut self, now: f64) {
        (self.edges.looked_at, self.edges.changed) = (now, false);
        for n in 0..self.nodes.len() {
            for port in 0..self.plan.nodes[n].inputs.len() {
                let waits = self.waits_on(n, port);
                if waits != std::mem::replace(&mut self.edges.told[n][port], waits) {
                    self.tell_edge(n, port);
                }
            }
        }
    }

    /// Items (or parts) and bytes that came by a connection and are not done: those in the queue, and those the
    /// node's host has already.
    fn waits_on(&self, n: usize, port: usize) -> (u64, u64) {
        let node = &self.nodes[n];
        let waiting = &node.ports[port].waiting;
        let (items, bytes) = node.inflight.of_connection(self.plan.nodes[n].level, port);
        (waiting.len() as u64 + items, waiting.bytes() + bytes)
    }

    fn tell_edge(&mut self, n: usize, port: usize) {
        let planned = &self.plan.nodes[n];
        let from = planned.inputs[port];
        // A connection that is there twice is one to users.
        let twins = planned.inputs.iter().zip(&self.edges.told[n]).filter(|(it, _)| **it == from);
        let (items, bytes) = twins.fold((0, 0), |sum, (_, it)| (sum.0 + it.0, sum.1 + it.1));
        let (from, to) = (self.plan.nodes[from].id.clone(), planned.id.clone());
        self.event(RunEvent::Edge { from, to, items, bytes });
    }
}

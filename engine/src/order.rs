//! Fan-in: whose turn it is, and what can still come before.
use crate::key::Key;
use crate::run::{Phase, Run};

impl Run {
    /// For each node, a key that none of its future outputs comes before; none if it gives nothing more.
    pub(crate) fn find_lows(&mut self) {
        let mut lows: Vec<Option<Key>> = vec![None; self.nodes.len()];
        for &n in &self.plan.order {
            lows[n] = self.low(n, &lows);
        }
        self.lows = lows;
    }

    fn low(&self, n: usize, lows: &[Option<Key>]) -> Option<Key> {
        let (node, level) = (&self.nodes[n], self.plan.nodes[n].level);
        let given = |key: &Key| match &node.giving {
            Some((giving, count)) if giving == key => key.output(level, *count),
            _ => key.clone(),
        };
        match node.phase {
            Phase::Done => None,
            Phase::Flushing => Some(given(&Key::flush(level))),
            Phase::Waiting | Phase::Opening | Phase::Running => match node.inflight.front() {
                Some(oldest) => Some(given(&oldest.key)),
                None => {
                    let next = (0..node.ports.len()).filter_map(|input| self.next_key(n, input, lows)).min();
                    Some(next.unwrap_or_else(|| Key::flush(level)))
                }
            },
        }
    }

    /// A key that nothing still to be taken from this input of `n` comes before.
    fn next_key(&self, n: usize, input: usize, lows: &[Option<Key>]) -> Option<Key> {
        let port = &self.nodes[n].ports[input];
        if let Some(head) = port.head() {
            return Some(head.clone());
        }
        if port.ended {
            return None;
        }
        match self.plan.nodes[n].inputs.get(input) {
            Some(&from) => lows[from].as_ref().map(|low| low.entering(self.plan.nodes[n].level, input)),
            None => Some(Key::item(self.inputs.item)),
        }
    }

    /// Which input of `n` to take from now. With several, the one whose head nothing can come before any more.
    pub(crate) fn next_input(&self, n: usize) -> Option<usize> {
        let ports = &self.nodes[n].ports;
        if let [only] = &ports[..] {
            return (!only.entries.is_empty()).then_some(0);
        }
        let (best, input) =
            (0..ports.len()).filter_map(|input| Some((&ports[input].entries.front()?.key, input))).min()?;
        let may_precede = |other: usize| {
            ports[other].entries.is_empty()
                && self.next_key(n, other, &self.lows).is_some_and(|low| low < *best)
        };
        (!(0..ports.len()).any(may_precede)).then_some(input)
    }

    /// The run stands still although work is left: the order asks for something that a full queue keeps back. Lets one
    /// queue grow, as little as helps. False if there is no such queue.
    pub(crate) fn loosen(&mut self) -> Option<Loosened> {
        let stuck: Vec<usize> = self
            .plan
            .order
            .iter()
            .copied()
            .filter(|&n| {
                self.nodes[n].ports.iter().any(|port| !port.entries.is_empty())
                    && self.next_input(n).is_none()
            })
            .collect();
        let mut seen = vec![false; self.nodes.len()];
        stuck.into_iter().find_map(|n| self.loosen_above(n, &mut seen))
    }

    /// Looks upstream of `n`, whose next input is missing, for the node that could give it.
    fn loosen_above(&self, n: usize, seen: &mut [bool]) -> Option<Loosened> {
        let mut way = vec![n];
        while let Some(n) = way.pop() {
            if std::mem::replace(&mut seen[n], true) {
                continue;
            }
            for (input, port) in self.nodes[n].ports.iter().enumerate() {
                if !port.entries.is_empty() || port.ended {
                    continue;
                }
                let Some(&from) = self.plan.nodes[n].inputs.get(input) else { return Some(Loosened::Inputs) };
                let above = &self.nodes[from];
                if !above.inflight.is_empty() || above.phase == Phase::Flushing {
                    return Some(Loosened::Credit(from));
                }
                way.push(from);
            }
        }
        None
    }
}

/// What is let grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loosened {
    /// The queues behind this node.
    Credit(usize),
    /// The queues of the sources.
    Inputs,
}

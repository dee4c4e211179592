//! Fan-in: whose turn it is, and what can still come before.
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::key::Key;
use crate::run::{Phase, Run};

impl Run {
    /// For each node, a key that none of its future outputs comes before; none if it gives nothing more.
    pub(crate) fn find_lows(&mut self) {
        let mut lows = std::mem::take(&mut self.lows);
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
            Phase::Waiting | Phase::Opening | Phase::Running => match node.inflight.first() {
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

    /// In which order to take from the inputs of `n`, from now on.
    pub(crate) fn merge(&self, n: usize) -> Merge {
        let ports = &self.nodes[n].ports;
        let head = |input: usize| Some(Reverse((ports[input].waiting.first()?.key.clone(), input)));
        let mut merge = Merge { heads: (0..ports.len()).filter_map(head).collect(), floor: None };
        if !merge.heads.is_empty() {
            (0..ports.len())
                .filter(|&input| ports[input].waiting.is_empty())
                .for_each(|input| merge.went_empty(self.next_key(n, input, &self.lows)));
        }
        merge
    }

    /// After values of `input` were taken in the order of `merge`.
    pub(crate) fn go_on(&self, n: usize, input: usize, merge: &mut Merge) {
        match self.nodes[n].ports[input].waiting.first() {
            Some(head) => merge.heads.push(Reverse((head.key.clone(), input))),
            None => merge.went_empty(self.next_key(n, input, &self.lows)),
        }
    }

    /// Whether what `n` may take depends on what is still to come.
    pub(crate) fn is_undecided(&self, n: usize) -> bool {
        let ports = &self.nodes[n].ports;
        ports.iter().any(|port| !port.waiting.is_empty())
            && ports.iter().any(|port| port.waiting.is_empty() && !port.ended)
    }

    /// The run stands still although work is left: the order asks for something that a full queue keeps back. Lets one
    /// queue grow, as little as helps. False if there is no such queue.
    pub(crate) fn loosen(&mut self) -> Option<Loosened> {
        let is_stuck = |n: &usize| self.is_undecided(*n) && self.merge(*n).next().is_none();
        let stuck: Vec<usize> = self.plan.order.iter().copied().filter(is_stuck).collect();
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
                if !port.waiting.is_empty() || port.ended {
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

/// Whose turn it is at a fan-in: the input whose head nothing can come before any more.
#[derive(Debug)]
pub(crate) struct Merge {
    heads: BinaryHeap<Reverse<(Key, usize)>>,
    /// A key that nothing still to come to an empty input comes before.
    floor: Option<Key>,
}

impl Merge {
    /// The input to take from, and how many neighbors at most. None if something else must come first.
    pub(crate) fn next(&mut self) -> Option<(usize, usize)> {
        let Reverse((key, input)) = self.heads.pop()?;
        if self.floor.as_ref().is_some_and(|floor| *floor < key) {
            return None;
        }
        let other = self.heads.peek().map(|Reverse((key, _))| key);
        let bound = [other, self.floor.as_ref()].into_iter().flatten().min();
        Some((input, bound.map_or(usize::MAX, |bound| key.distance(bound).max(1))))
    }

    fn went_empty(&mut self, next: Option<Key>) {
        self.floor = [self.floor.take(), next].into_iter().flatten().min();
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

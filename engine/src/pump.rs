//! Who works next: dispatch, credits.
use protocol::{FromRuntime, HostId, HostKind, Limits, ToHost, WorkItem};

use crate::engine::Cx;
use crate::order::Loosened;
use crate::run::{NodeState, Phase, Run, idx, kind_of};

/// Outputs that a loosened queue may grow by before the order is looked at again.
const LOOSENED_BY: u32 = 16;

impl Run {
    /// Moves everything that can move.
    pub(crate) fn pump(&mut self, cx: &mut Cx) {
        loop {
            if self.ending.is_some() {
                return;
            }
            if !self.worklist.is_empty() {
                self.look_at_fan_ins();
            }
            while let Some(n) = self.worklist.pop() {
                self.nodes[n].queued = false;
                self.dispatch(n, cx);
                self.grant(n, cx);
            }
            self.demand(cx);
            if self.undone == 0 {
                return self.succeed();
            }
            if self.can_go_on() {
                return;
            }
            match self.loosen() {
                Some(Loosened::Credit(n)) => {
                    self.add_credit(n, LOOSENED_BY, self.options.limits.queue_bytes, cx)
                }
                Some(Loosened::Inputs) => self.add_demand(1, cx),
                None => return,
            }
        }
    }

    /// Looks at fan-ins that wait for what others may still give: that may have changed.
    fn look_at_fan_ins(&mut self) {
        let undecided: Vec<usize> = self.fan_ins.iter().copied().filter(|&n| self.is_undecided(n)).collect();
        if !undecided.is_empty() {
            self.find_lows();
            undecided.into_iter().for_each(|n| self.look_at(n));
        }
    }

    /// Whether something outside will move this run again. Only the order of a fan-in can make it stand still.
    fn can_go_on(&mut self) -> bool {
        if self.fan_ins.is_empty() || (!self.inputs.ended && self.inputs.demanded > 0) {
            return true;
        }
        let (room, room_bytes) = self.reader_room();
        let reader_is_slow = self.options.events && (room <= 0 || room_bytes <= 0);
        let works = |n: usize| {
            let node = &self.nodes[n];
            let busy = !node.inflight.is_empty() || node.phase == Phase::Flushing;
            let waits_for_reader = reader_is_slow && self.is_sink(n);
            matches!(node.phase, Phase::Waiting | Phase::Opening)
                || busy && (node.credit > 0 && node.credit_bytes > 0 || waits_for_reader)
        };
        let count = self.nodes.len();
        let found = (0..count).map(|i| (self.mover + i) % count).find(|&n| works(n));
        self.mover = found.unwrap_or(0);
        found.is_some()
    }

    /// Results that the page can be given now, in number and bytes.
    fn reader_room(&self) -> (i64, i64) {
        let limits = self.options.limits;
        self.reader.room(i64::from(limits.queue_items.max(1)), limits.queue_bytes.max(1) as i64)
    }

    pub(crate) fn is_sink(&self, n: usize) -> bool {
        self.plan.nodes[n].outputs.is_empty()
    }

    /// Sends `n` what it may have now.
    fn dispatch(&mut self, n: usize, cx: &mut Cx) {
        let Some(host) = self.host_of(n).filter(|_| self.nodes[n].phase == Phase::Running) else { return };
        if !self.is_worth_sending(n, host) {
            return;
        }
        let items = self.take_items(n);
        if !items.is_empty() {
            cx.host(host, ToHost::Process { run: self.id, node: idx(n), items });
            for at in 0..self.plan.nodes[n].inputs.len() {
                self.grant(self.plan.nodes[n].inputs[at], cx);
            }
        }
        let node = &mut self.nodes[n];
        if node.inflight.is_empty() && node.ports.iter().all(|port| port.is_over()) {
            node.phase = Phase::Flushing;
            node.giving = None;
            cx.host(host, ToHost::Flush { run: self.id, node: idx(n) });
        }
    }

    /// What the host of `n` may have now, from all inputs in order.
    fn take_items(&mut self, n: usize) -> Vec<WorkItem> {
        let limits = self.options.limits;
        let mut items = Vec::new();
        if let [port] = &self.nodes[n].ports[..] {
            let before = port.waiting.len();
            while self.nodes[n].take_span(0, usize::MAX, &limits) > 0 {}
            let port = &mut self.nodes[n].ports[0];
            port.take_values(before - port.waiting.len(), &mut items);
            return items;
        }
        let node = &self.nodes[n];
        let waiting: usize = node.ports.iter().map(|port| port.waiting.len()).sum();
        let room = (limits.queue_items.max(1) as usize).saturating_sub(node.inflight.len());
        items.reserve_exact(waiting.min(room));
        let mut merge = self.merge(n);
        while let Some((input, most)) = merge.next() {
            let count = self.nodes[n].take_span(input, most, &limits);
            if count == 0 {
                break;
            }
            self.nodes[n].ports[input].take_values(count, &mut items);
            self.go_on(n, input, &mut merge);
        }
        items
    }

    /// Batches grow while the host is busy: the first item goes at once, the next ones when they are as many as are
    /// there already. In the runtime worker a message is a function call, so everything goes at once.
    fn is_worth_sending(&self, n: usize, host: HostId) -> bool {
        let node = &self.nodes[n];
        let waiting = || node.ports.iter().map(|port| port.waiting.len()).sum::<usize>();
        host == HostId::LOCAL
            || node.inflight.is_empty()
            || waiting() >= node.inflight.len().min(self.options.limits.queue_items as usize / 2)
            || node.ports.iter().any(|port| port.waiting.bytes() > 1 << 20)
            || node.ports.iter().all(|port| port.ended)
    }

    /// Lets `n` give as much as the queues behind it can take.
    fn grant(&mut self, n: usize, cx: &mut Cx) {
        let node = &self.nodes[n];
        if matches!(node.phase, Phase::Waiting | Phase::Opening | Phase::Done) {
            return;
        }
        let limits = self.options.limits;
        let (bound, bound_bytes) = (i64::from(limits.queue_items.max(1)), limits.queue_bytes.max(1) as i64);
        let (mut room, mut room_bytes) = (bound, bound_bytes);
        for &(to, input) in &self.plan.nodes[n].outputs {
            let port = &self.nodes[to].ports[input];
            room = room.min(bound - port.waiting.len() as i64);
            room_bytes = room_bytes.min(bound_bytes - port.waiting.bytes() as i64);
            if room <= 0 || room_bytes <= 0 {
                return;
            }
        }
        if self.options.events && self.is_sink(n) {
            (room, room_bytes) = self.reader_room();
        }
        let (more, more_bytes) = (room - node.credit, room_bytes - node.credit_bytes);
        let starved = node.credit <= 0 && more > 0 || node.credit_bytes <= 0 && more_bytes > 0;
        if room > 0
            && room_bytes > 0
            && (starved || more >= (bound / 4).max(1) || more_bytes >= bound_bytes / 4)
        {
            self.add_credit(n, more.max(0) as u32, more_bytes.max(0) as u64, cx);
        }
    }

    fn add_credit(&mut self, n: usize, outputs: u32, bytes: u64, cx: &mut Cx) {
        let Some(host) = self.host_of(n) else { return };
        self.nodes[n].credit += i64::from(outputs);
        self.nodes[n].credit_bytes += bytes as i64;
        cx.host(host, ToHost::Credit { run: self.id, node: idx(n), outputs, bytes });
    }

    /// Asks the page for as many inputs as all sources can take.
    fn demand(&mut self, cx: &mut Cx) {
        if self.inputs.ended {
            return;
        }
        let (bound, bytes) = (self.options.limits.queue_items.max(1), self.options.limits.queue_bytes);
        let room = self.sources.iter().map(|&n| &self.nodes[n].ports[0].waiting).map(|waiting| {
            let free = bound.saturating_sub(waiting.len() as u32);
            if waiting.bytes() >= bytes { 0 } else { free }
        });
        let more = room.min().unwrap_or(0).saturating_sub(self.inputs.demanded);
        if more >= (bound / 4).max(1) || (more > 0 && self.inputs.demanded == 0) {
            self.add_demand(more, cx);
        }
    }

    fn add_demand(&mut self, items: u32, cx: &mut Cx) {
        self.inputs.demanded += items;
        cx.page(FromRuntime::Demand { run: self.id, items });
    }

    /// A node has given everything: so have its connections.
    pub(crate) fn flushed(&mut self, n: usize, now: f64) {
        if std::mem::replace(&mut self.nodes[n].phase, Phase::Done) != Phase::Done {
            self.undone -= 1;
        }
        for at in 0..self.plan.nodes[n].outputs.len() {
            let (to, input) = self.plan.nodes[n].outputs[at];
            self.nodes[to].ports[input].ended = true;
            self.look_at(to);
        }
        self.finish_progress(n, now);
    }

    /// The page can take more: so can sinks.
    pub(crate) fn page_took(&mut self, outputs: u32) {
        self.reader.took(u64::from(outputs));
        for at in 0..self.sinks.len() {
            self.look_at(self.sinks[at]);
        }
    }

    /// A node is ready.
    pub(crate) fn opened(&mut self, n: usize, now: f64) {
        if self.nodes[n].phase != Phase::Opening {
            return;
        }
        self.nodes[n].phase = Phase::Running;
        self.look_at(n);
        self.unopened -= 1;
        if self.unopened == 0 {
            self.opened_at = Some(now);
        }
    }

    /// The node to name when the worker of this `kind` (none: the runtime's own) is lost: the one that was at work
    /// there, else the first.
    pub(crate) fn suspect(&self, kind: Option<HostKind>) -> Option<(usize, &'static str)> {
        let there = || self.plan.order.iter().copied().filter(|&n| kind_of(self.plan.nodes[n].home) == kind);
        let stage = |n: usize| match self.nodes[n].phase {
            Phase::Waiting | Phase::Opening => "open",
            Phase::Running | Phase::Done => "process",
            Phase::Flushing => "flush",
        };
        let busy =
            there().find(|&n| !self.nodes[n].inflight.is_empty() || self.nodes[n].phase == Phase::Flushing);
        busy.or_else(|| there().find(|&n| self.nodes[n].phase == Phase::Opening))
            .or_else(|| there().next())
            .map(|n| (n, stage(n)))
    }
}

impl NodeState {
    /// Counts up to `most` neighbors from the head of `input` as given to the host, as many as it may have; says how many.
    fn take_span(&mut self, input: usize, most: usize, limits: &Limits) -> usize {
        let Some(weight) = self.ports[input].waiting.first().map(|span| span.weight) else { return 0 };
        let room = self.room(weight, limits);
        let Some(span) = self.ports[input].waiting.take(room.min(most)) else { return 0 };
        let count = span.count;
        self.meter.totals.bytes_in += span.bytes();
        self.inflight.push(span);
        count
    }

    /// How many more values of `weight` bytes the host may have: the last one may overdraw, a single one always goes.
    fn room(&self, weight: u64, limits: &Limits) -> usize {
        let items = (limits.queue_items.max(1) as usize).saturating_sub(self.inflight.len());
        let bytes = limits.queue_bytes.saturating_sub(self.inflight.bytes()).div_ceil(weight.max(1));
        let bytes = if self.inflight.is_empty() { bytes.max(1) } else { bytes };
        items.min(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

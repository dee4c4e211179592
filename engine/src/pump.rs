//! Who works next: dispatch, credits, routing.
use protocol::{FromRuntime, Home, HostId, Packed, RunEvent, ToHost, Value, WorkItem, WorkOutput};

use crate::engine::Cx;
use crate::key::Key;
use crate::order::Loosened;
use crate::port::Entry;
use crate::run::{Inflight, Phase, Run, idx};

/// Outputs that a loosened queue may grow by before the order is looked at again.
const LOOSENED_BY: u32 = 16;

impl Run {
    /// Moves everything that can move.
    pub(crate) fn pump(&mut self, cx: &mut Cx) {
        loop {
            if self.ending.is_some() {
                return;
            }
            if self.fan_in {
                self.find_lows();
                for n in 0..self.nodes.len() {
                    if self.nodes[n].ports.len() > 1 {
                        self.look_at(n);
                    }
                }
            }
            while let Some(n) = self.worklist.pop() {
                self.nodes[n].queued = false;
                self.dispatch(n, cx);
                self.grant(n, cx);
            }
            self.demand(cx);
            if self.nodes.iter().all(|node| node.phase == Phase::Done) {
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

    /// Whether something outside will move this run again.
    fn can_go_on(&self) -> bool {
        let works = |n: usize| {
            let node = &self.nodes[n];
            let busy = !node.inflight.is_empty() || node.phase == Phase::Flushing;
            let waits_for_reader = self.options.events && self.page_credit <= 0 && self.is_sink(n);
            matches!(node.phase, Phase::Waiting | Phase::Opening)
                || busy && (node.credit > 0 && node.credit_bytes > 0 || waits_for_reader)
        };
        (!self.inputs.ended && self.inputs.demanded > 0) || (0..self.nodes.len()).any(works)
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
        let limits = self.options.limits;
        let mut items = Vec::new();
        while self.nodes[n].inflight.len() < limits.queue_items.max(1) as usize
            && (self.nodes[n].inflight_bytes < limits.queue_bytes || self.nodes[n].inflight.is_empty())
        {
            let Some(input) = self.next_input(n) else { break };
            let node = &mut self.nodes[n];
            let Some(Entry { key, part, value, weight, since }) = node.ports[input].pop() else { break };
            node.inflight_bytes += weight;
            node.meter.totals.bytes_in += weight;
            node.inflight.push_back(Inflight { key, part, weight, since });
            items.push(WorkItem { value, part });
        }
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

    /// Batches grow while the host is busy: the first item goes at once, the next ones when they are as many as are
    /// there already. In the runtime worker a message is a function call, so everything goes at once.
    fn is_worth_sending(&self, n: usize, host: HostId) -> bool {
        let node = &self.nodes[n];
        let waiting: usize = node.ports.iter().map(|port| port.entries.len()).sum();
        host == HostId::LOCAL
            || node.inflight.is_empty()
            || waiting >= node.inflight.len()
            || waiting >= self.options.limits.queue_items as usize / 2
            || node.ports.iter().any(|port| port.bytes > 1 << 20)
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
            room = room.min(bound - port.entries.len() as i64);
            room_bytes = room_bytes.min(bound_bytes - port.bytes as i64);
        }
        if self.options.events && self.is_sink(n) {
            room = room.min(self.page_credit);
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
        let sources = (0..self.nodes.len()).filter(|&n| self.plan.nodes[n].inputs.is_empty());
        let room = sources.map(|n| &self.nodes[n].ports[0]).map(|port| {
            let free = bound.saturating_sub(port.entries.len() as u32);
            if port.bytes >= bytes { 0 } else { free }
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

    /// A host is done with inputs and gives outputs.
    pub(crate) fn worked(&mut self, n: usize, outputs: Vec<WorkOutput>, done: u32, busy_us: u64, now: f64) {
        self.route(n, outputs, now);
        let node = &mut self.nodes[n];
        node.meter.worked(done, busy_us);
        let mean_ms = busy_us as f64 / 1000.0 / f64::from(done.max(1));
        for _ in 0..done {
            let Some(input) = node.inflight.pop_front() else { break };
            node.inflight_bytes -= input.weight;
            self.held = self.held.saturating_sub(input.weight);
            node.meter.totals.wait_ms += (now - input.since - mean_ms).max(0.0);
            if input.part.last {
                node.meter.totals.items += 1;
                node.progress.item_done();
            }
        }
        self.has_news(n);
        self.look_at(n);
    }

    fn route(&mut self, n: usize, outputs: Vec<WorkOutput>, now: f64) {
        let level = self.plan.nodes[n].level;
        let mut for_page = Vec::new();
        for WorkOutput { input, part, value } in outputs {
            let node = &mut self.nodes[n];
            let key = match node.inflight.get(input as usize) {
                Some(inflight) => inflight.key.clone(),
                None => Key::flush(level),
            };
            let weight = value.weight();
            node.credit -= 1;
            node.credit_bytes -= weight as i64;
            node.meter.totals.bytes_out += weight;
            let number = match &mut node.giving {
                Some((giving, count)) if *giving == key => *count,
                giving => giving.insert((key.clone(), 0)).1,
            };
            if let Some((_, count)) = node.giving.as_mut().filter(|_| part.last) {
                *count += 1;
            }
            let key = key.output(level, number);
            if self.is_sink(n) {
                let entry = Entry { key, part, value, weight, since: now };
                if let Err(error) = self.nodes[n].sink.push(entry, true, self.options.limits.item_bytes) {
                    return self.refuse(n, error);
                }
                while let Some(entry) = self.nodes[n].sink.pop() {
                    for_page.push(entry.value);
                }
            } else {
                self.send_on(n, key, part, value, now);
            }
        }
        if !for_page.is_empty() {
            self.give_result(n, for_page);
        }
    }

    fn send_on(&mut self, n: usize, key: Key, part: protocol::Part, value: Value, now: f64) {
        let last = self.plan.nodes[n].outputs.len() - 1;
        for at in 0..last {
            let (to, input) = self.plan.nodes[n].outputs[at];
            self.arrive(to, input, key.clone(), part, value.clone(), now);
        }
        let (to, input) = self.plan.nodes[n].outputs[last];
        self.arrive(to, input, key, part, value, now);
    }

    /// Results of the sink `n`.
    fn give_result(&mut self, n: usize, values: Vec<Value>) {
        if self.options.events {
            self.page_credit -= values.len() as i64;
            match Packed::pack(&values) {
                Ok(packed) => {
                    self.event(RunEvent::Output { node: self.plan.nodes[n].id.clone(), values: packed })
                }
                Err(error) => return self.fail_output(n, protocol::Code::NodeFailed, error.to_string()),
            }
        }
        if self.options.collect {
            self.collected_bytes += values.iter().map(Value::weight).sum::<u64>();
            self.peak = self.peak.max(self.held + self.collected_bytes);
            self.nodes[n].collected.extend(values);
            let max = self.options.limits.output_bytes;
            if self.collected_bytes > max {
                let message = format!(
                    "{} bytes of results, at most {max} are kept (limits.outputBytes); read them as a stream instead",
                    self.collected_bytes
                );
                self.fail_output(n, protocol::Code::LimitExceeded, message);
            }
        }
    }

    fn fail_output(&mut self, n: usize, code: protocol::Code, message: String) {
        self.fail(protocol::Fault::new(code, message).at(&self.plan.nodes[n].id).during("output"));
    }

    /// A node has given everything: so have its connections.
    pub(crate) fn flushed(&mut self, n: usize, now: f64) {
        self.nodes[n].phase = Phase::Done;
        for at in 0..self.plan.nodes[n].outputs.len() {
            let (to, input) = self.plan.nodes[n].outputs[at];
            self.nodes[to].ports[input].ended = true;
            self.look_at(to);
        }
        self.finish_progress(n, now);
    }

    /// The page can take more: so can sinks.
    pub(crate) fn page_took(&mut self, outputs: u32) {
        self.page_credit += i64::from(outputs);
        for n in 0..self.nodes.len() {
            if self.is_sink(n) {
                self.look_at(n);
            }
        }
    }

    /// A node is ready.
    pub(crate) fn opened(&mut self, n: usize, now: f64) {
        self.nodes[n].phase = Phase::Running;
        self.look_at(n);
        if self.nodes.iter().all(|node| !matches!(node.phase, Phase::Waiting | Phase::Opening)) {
            self.opened_at.get_or_insert(now);
        }
    }

    /// The node to name when `home` is lost: the one that was at work there, else the first.
    pub(crate) fn suspect(&self, home: Home) -> Option<(usize, &'static str)> {
        let there = || self.plan.order.iter().copied().filter(|&n| self.plan.nodes[n].home == home);
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

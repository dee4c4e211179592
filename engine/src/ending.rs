//! How a run ends: every host lets go of it, then the page gets the last word, once.
use protocol::{
    Code, Fault, FromRuntime, GraphInfo, HostId, HostKind, LogLevel, Packed, RunMetrics, RunReport, ToHost,
    Value,
};

use crate::engine::Cx;
use crate::run::{Ending, Link, Run};

/// A cancelled host answers within this time, or is terminated.
const CLOSE_MS: f64 = 200.0;
/// After a good end `cleanup` may take this long.
const CLEANUP_MS: f64 = 10_000.0;

impl Run {
    pub(crate) fn succeed(&mut self) {
        self.ending.get_or_insert(Ending { fault: None, waiting: None, deadline: f64::INFINITY });
    }

    /// Moves a run that is to end one step on; true once it is over.
    pub(crate) fn wind_up(&mut self, cx: &mut Cx) -> bool {
        match &mut self.ending {
            None => return false,
            Some(ending) if ending.waiting.is_none() => self.close_hosts(cx),
            Some(ending) if cx.now >= ending.deadline => {
                let late = ending.waiting.replace(Vec::new()).unwrap_or_default();
                late.into_iter().filter(|host| *host != HostId::LOCAL).for_each(|host| self.kill(host, cx));
            }
            Some(_) => {}
        }
        let over = self.ending.as_ref().and_then(|it| it.waiting.as_ref()).is_some_and(Vec::is_empty);
        if over {
            self.last_word(cx);
        }
        over
    }

    fn close_hosts(&mut self, cx: &mut Cx) {
        let hosts: Vec<_> = self.hosts().collect();
        let Some(ending) = &mut self.ending else { return };
        ending.deadline = cx.now + if ending.fault.is_some() { CLOSE_MS } else { CLEANUP_MS };
        ending.waiting = Some(hosts.clone());
        let bad = ending.fault.is_some();
        for host in hosts {
            if bad && self.link(HostKind::Python) == Some(Link::Attached(host)) {
                cx.page(FromRuntime::Interrupt { host });
            }
            cx.host(host, ToHost::Close { run: self.id });
        }
        self.release_unattached(cx);
    }

    /// A host has let go.
    pub(crate) fn closed(&mut self, host: HostId, cx: &mut Cx) {
        let Some(ending) = &mut self.ending else { return };
        ending.waiting.iter_mut().for_each(|waiting| waiting.retain(|it| *it != host));
        for (kind, link) in &mut self.links {
            if *link == Link::Attached(host) {
                *link = Link::Gone;
                cx.page(FromRuntime::Release { run: self.id, kind: *kind, host: Some(host) });
            }
        }
    }

    fn kill(&mut self, host: HostId, cx: &mut Cx) {
        self.lost(host);
        cx.page(FromRuntime::Kill { host });
    }

    /// This host is no more.
    pub(crate) fn lost(&mut self, host: HostId) {
        if let Some(ending) = &mut self.ending {
            ending.waiting.iter_mut().for_each(|waiting| waiting.retain(|it| *it != host));
        }
        for link in self.links.values_mut() {
            if *link == Link::Attached(host) {
                *link = Link::Gone;
            }
        }
    }

    fn release_unattached(&mut self, cx: &mut Cx) {
        for (kind, link) in &mut self.links {
            if *link == Link::Leasing {
                *link = Link::Gone;
                cx.page(FromRuntime::Release { run: self.id, kind: *kind, host: None });
            }
        }
    }

    fn last_word(&mut self, cx: &mut Cx) {
        if self.logs_left_out > 0 {
            let message = format!("{} more log lines were left out (limits.logs)", self.logs_left_out);
            self.event(protocol::RunEvent::Log { node: None, level: LogLevel::Warn, message });
        }
        self.flush_events(cx);
        let fault = self.ending.take().and_then(|ending| ending.fault);
        let outputs = self.take_results();
        let word = match (fault, Packed::pack(&outputs)) {
            (None, Ok(packed)) => {
                drop(outputs);
                FromRuntime::Finished { run: self.id, report: self.report(cx.now), outputs: packed }
            }
            (Some(fault), _) => FromRuntime::Failed { run: self.id, fault },
            (None, Err(error)) => {
                FromRuntime::Failed { run: self.id, fault: Fault::new(Code::NodeFailed, error.to_string()) }
            }
        };
        cx.page(word);
    }

    /// Everything that was collected, sink by sink.
    fn take_results(&mut self) -> Vec<Value> {
        let mut results = Vec::new();
        for &sink in &self.sinks {
            let mut more = std::mem::take(&mut self.nodes[sink].collected);
            if results.is_empty() {
                results = more;
            } else {
                results.append(&mut more);
            }
        }
        results
    }

    fn report(&self, now: f64) -> RunReport {
        let nodes = &self.plan.nodes;
        RunReport {
            graph: GraphInfo {
                node_count: nodes.len() as u32,
                source_count: nodes.iter().filter(|node| node.inputs.is_empty()).count() as u32,
                sink_count: nodes.iter().filter(|node| node.outputs.is_empty()).count() as u32,
                execution_order: self.plan.order.iter().map(|&n| nodes[n].id.clone()).collect(),
            },
            metrics: RunMetrics {
                total_ms: now - self.started_at,
                start_ms: self.opened_at.unwrap_or(now) - self.started_at,
                python_ms: self.python_ms,
                wasm_ms: self.wasm_ms,
                models_ms: self.models.ms,
                nodes: nodes
                    .iter()
                    .zip(&self.nodes)
                    .map(|(plan, it)| (plan.id.clone(), it.meter.read()))
                    .collect(),
                peak_bytes: self.peak,
            },
        }
    }

    pub(crate) fn flush_events(&mut self, cx: &mut Cx) {
        if !self.events.is_empty() {
            let events = std::mem::take(&mut self.events);
            cx.page(FromRuntime::Events { run: self.id, events });
        }
    }
}

//! Honest progress: only what was counted, never a guess between.
//!
//! A node in the middle of a chain hears sound as it comes and does not know how much of it will; the node that reads
//! the file does. So a node that counts seconds and says no total has that of the node before it, item by item.
use std::collections::VecDeque;

use protocol::{RunEvent, Unit};

use crate::run::{Phase, Run};

/// At most 60 events a second per node.
const INTERVAL_MS: f64 = 1000.0 / 60.0;

/// What stays as it is, is told once a second: so much is enough to see that the node still works.
const UNCHANGED_MS: f64 = 1000.0;

/// Items done whose lengths are kept, for nodes that are behind.
const KEPT: usize = 1024;

/// Progress of one node.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    items: u64,
    /// What the node itself says: done, of how much, in what. Some count on from item to item, some begin anew.
    own: Option<(f64, Option<f64>, Unit)>,
    /// What was done when the node last began anew.
    before: f64,
    /// What `own` was when the item at work began.
    base: f64,
    /// Seconds of the newest items done, the newest last; none where several were done between two words.
    lengths: VecDeque<Option<f64>>,
    /// The highest that was told.
    fraction: f64,
    first_at: Option<f64>,
    looked_at: Option<f64>,
    /// What was told last, and when.
    told: Option<(f64, Told)>,
    has_news: bool,
}

/// What is told of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Told {
    done: f64,
    total: Option<f64>,
    unit: Unit,
    fraction: Option<f64>,
}

impl Progress {
    pub(crate) fn items_done(&mut self, items: u64) {
        self.items += items;
        let Some((done, _, unit)) = self.own else { return };
        if unit == Unit::Seconds {
            let length = (items == 1).then_some(done - self.base);
            self.lengths.extend(std::iter::repeat_n(length, items.min(KEPT as u64) as usize));
            self.lengths.drain(..self.lengths.len().saturating_sub(KEPT));
        }
        self.base = done;
    }
    /// When it may be told.
    fn due(&self) -> f64 {
        self.looked_at.map_or(f64::NEG_INFINITY, |at| at + INTERVAL_MS)
    }
    pub(crate) fn says(&mut self, done: f64, total: Option<f64>, unit: Unit) {
        if let Some((last, ..)) = self.own.filter(|(last, ..)| done < *last) {
            self.before += last;
            self.base = 0.0;
        }
        self.own = Some((done, total, unit));
    }
    fn counts_seconds(&self) -> bool {
        matches!(self.own, Some((.., Unit::Seconds)))
    }
    /// How long its `item`-th item is, by its own word.
    fn length(&self, item: u64) -> Length {
        let (true, Some((_, total, _))) = (self.counts_seconds(), self.own) else { return Length::Unknown };
        if item == self.items {
            return match total {
                Some(total) if total > self.base => Length::Known(total - self.base),
                Some(_) => Length::Unknown,
                None => Length::Unsaid,
            };
        }
        let kept = self.items.checked_sub(item).and_then(|age| self.lengths.len().checked_sub(age as usize));
        kept.and_then(|at| *self.lengths.get(at)?).map_or(Length::Unknown, Length::Known)
    }
    /// How much of the item at work is done, 0 to 1, if it ends at `total`.
    fn inner(&self, total: Option<f64>) -> f64 {
        let (Some((done, ..)), Some(total)) = (self.own, total) else { return 0.0 };
        if total > self.base { ((done - self.base) / (total - self.base)).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// What a node says about the length of one of its items, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Known(f64),
    /// It counts seconds, but perhaps the node before it knows of how many.
    Unsaid,
    Unknown,
}

impl Run {
    pub(crate) fn has_news(&mut self, n: usize) {
        if self.options.events && !std::mem::replace(&mut self.nodes[n].progress.has_news, true) {
            self.news.push(n);
            self.news_at = self.news_at.min(self.nodes[n].progress.due());
        }
    }

    /// Tells what is due at `now`.
    pub(crate) fn tell_news(&mut self, now: f64) {
        if now < self.news_at {
            return;
        }
        let (ready, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.news).into_iter().partition(|&n| now >= self.nodes[n].progress.due());
        self.news_at = later.iter().map(|&n| self.nodes[n].progress.due()).fold(f64::INFINITY, f64::min);
        self.news = later;
        for n in ready {
            self.nodes[n].progress.has_news = false;
            if self.nodes[n].phase != Phase::Done {
                self.tell(n, false, now);
            }
        }
    }

    /// When the next news is due.
    pub(crate) fn news_due(&self) -> Option<f64> {
        (self.ending.is_none() && !self.news.is_empty()).then_some(self.news_at)
    }

    pub(crate) fn finish_progress(&mut self, n: usize, now: f64) {
        if self.options.events {
            self.tell(n, true, now);
        }
    }

    fn tell(&mut self, n: usize, finished: bool, now: f64) {
        let told = self.state(n, finished);
        let progress = &mut self.nodes[n].progress;
        progress.looked_at = Some(now);
        progress.fraction = told.fraction.unwrap_or(progress.fraction);
        if progress.told.is_some_and(|(at, last)| last == told && now - at < UNCHANGED_MS) {
            return;
        }
        progress.told = Some((now, told));
        let Told { done, total, unit, fraction } = told;
        let elapsed = now - *progress.first_at.get_or_insert(now);
        let eta_ms = fraction.filter(|it| *it > 0.01 && elapsed > 0.0).map(|it| elapsed * (1.0 - it) / it);
        let node = self.plan.nodes[n].id.clone();
        self.event(RunEvent::Progress { node, done, total, unit, fraction, eta_ms });
    }

    fn state(&self, n: usize, finished: bool) -> Told {
        let (items, end) = (self.items_of(n), self.end_of_item(n));
        let progress = &self.nodes[n].progress;
        let (mut done, mut total, unit) = match progress.own {
            Some((done, _, unit)) => {
                let left = items.map(|items| items.saturating_sub(progress.items));
                let end = if left == Some(0) { end.or(Some(done)) } else { end.filter(|_| left == Some(1)) };
                (progress.before + done, end.map(|end| progress.before + end), unit)
            }
            None => (progress.items as f64, items.map(|items| items as f64), Unit::Items),
        };
        if finished {
            let own = progress.own.is_none_or(|(_, own, _)| own.is_some());
            done = total.filter(|_| own).map_or(done, |total| total.max(done));
            total = Some(done);
        }
        let fraction =
            items.map(|items| (progress.items as f64 + progress.inner(end)) / (items.max(1) as f64));
        // 1 is the word for "finished": a flush may still take its time.
        let fraction = fraction.map(|it| it.min(0.999).max(progress.fraction));
        Told { done, total, unit, fraction: if finished { Some(1.0) } else { fraction } }
    }

    /// The node before `n`, if `n` hears only it, both count seconds, and it gives one item for each.
    fn feeder(&self, n: usize) -> Option<usize> {
        let [before] = self.plan.nodes[n].inputs[..] else { return None };
        let (node, source) = (&self.nodes[n], &self.nodes[before].progress);
        let one_for_each = node.received == source.items || node.received == source.items + 1;
        (one_for_each && node.progress.counts_seconds() && source.counts_seconds()).then_some(before)
    }

    /// How many items come in all: known once nothing more can come in, here or where it comes from.
    fn items_of(&self, n: usize) -> Option<u64> {
        let mut at = n;
        while !self.nodes[at].ports.iter().all(|port| port.ended) {
            at = self.feeder(at)?;
        }
        Some(self.nodes[at].received)
    }

    /// Where the item at work of `n` ends, in what `n` counts: by its own word, or by that of the nodes before it.
    fn end_of_item(&self, n: usize) -> Option<f64> {
        let progress = &self.nodes[n].progress;
        let (done, own, _) = progress.own?;
        // What it said of the item before says nothing of this one.
        let own = own.filter(|total| *total > progress.base);
        let mut at = n;
        while own.is_none() {
            at = self.feeder(at)?;
            match self.nodes[at].progress.length(progress.items) {
                Length::Known(seconds) => return Some((progress.base + seconds).max(done)),
                Length::Unsaid => {}
                Length::Unknown => return None,
            }
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(progress: &Progress) -> f64 {
        progress.items as f64 + progress.inner(progress.own.and_then(|(_, total, _)| total))
    }

    #[test]
    fn nodes_that_count_on_and_nodes_that_begin_anew_come_to_the_same() {
        let says = |progress: &mut Progress, done, total| progress.says(done, Some(total), Unit::Seconds);
        let (mut on, mut anew) = (Progress::default(), Progress::default());
        says(&mut on, 5.0, 10.0);
        says(&mut anew, 5.0, 10.0);
        assert_eq!((at(&on), at(&anew)), (0.5, 0.5));
        says(&mut on, 10.0, 10.0);
        says(&mut anew, 10.0, 10.0);
        on.items_done(1);
        anew.items_done(1);
        assert_eq!((at(&on), at(&anew)), (1.0, 1.0));
        says(&mut on, 15.0, 20.0);
        says(&mut anew, 5.0, 10.0);
        assert_eq!((at(&on), at(&anew)), (1.5, 1.5));
        assert_eq!((on.before, anew.before), (0.0, 10.0));
    }
}

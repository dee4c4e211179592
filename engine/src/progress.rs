//! Honest progress: only what was counted, never a guess between.
use protocol::{RunEvent, Unit};

use crate::run::{Phase, Run};

/// At most 60 events a second per node.
const INTERVAL_MS: f64 = 1000.0 / 60.0;

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
    fraction: f64,
    first_at: Option<f64>,
    told_at: Option<f64>,
    has_news: bool,
}

impl Progress {
    pub(crate) fn items_done(&mut self, items: u64) {
        self.items += items;
        self.base = self.own.map_or(0.0, |(done, ..)| done);
    }
    /// When it may be told.
    fn due(&self) -> f64 {
        self.told_at.map_or(f64::NEG_INFINITY, |at| at + INTERVAL_MS)
    }
    pub(crate) fn says(&mut self, done: f64, total: Option<f64>, unit: Unit) {
        if let Some((last, ..)) = self.own.filter(|(last, ..)| done < *last) {
            self.before += last;
            self.base = 0.0;
        }
        self.own = Some((done, total, unit));
    }
    /// How much of the item at work is done, 0 to 1, if the node says so.
    fn inner(&self) -> f64 {
        let Some((done, Some(total), _)) = self.own else { return 0.0 };
        if total > self.base { ((done - self.base) / (total - self.base)).clamp(0.0, 1.0) } else { 0.0 }
    }
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
        let node = &mut self.nodes[n];
        let progress = &mut node.progress;
        // Known once nothing more can come in.
        let items = node.ports.iter().all(|port| port.ended).then_some(node.received);
        let (mut done, mut total, unit) = match progress.own {
            Some((done, total, unit)) => {
                let last = items.is_some_and(|items| items <= progress.items + 1);
                (progress.before + done, total.filter(|_| last).map(|total| progress.before + total), unit)
            }
            None => (progress.items as f64, items.map(|items| items as f64), Unit::Items),
        };
        let fraction = items.map(|items| (progress.items as f64 + progress.inner()) / (items.max(1) as f64));
        // 1 is the word for "finished": a flush may still take its time.
        let fraction = fraction.map(|it| it.min(0.999).max(progress.fraction));
        let fraction = if finished { Some(1.0) } else { fraction };
        if finished {
            done = total.map_or(done, |total| total.max(done));
            total = Some(done);
        }
        progress.fraction = fraction.unwrap_or(progress.fraction);
        let elapsed = now - *progress.first_at.get_or_insert(now);
        let eta_ms = fraction.filter(|it| *it > 0.01 && elapsed > 0.0).map(|it| elapsed * (1.0 - it) / it);
        progress.told_at = Some(now);
        let node = self.plan.nodes[n].id.clone();
        self.event(RunEvent::Progress { node, done, total, unit, fraction, eta_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(progress: &Progress) -> f64 {
        progress.items as f64 + progress.inner()
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

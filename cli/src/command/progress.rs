//! What a run tells people meanwhile: bars on a terminal, and only what matters elsewhere.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use protocol::{LogLevel, RunEvent, Unit, Value};

use super::console::Console;
use super::{events, words};

/// A run that is over before this shows no bars: they would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);
/// Columns below which there is no room for a bar.
const NARROW: usize = 60;

/// Who watches a run.
pub(crate) struct Progress {
    bars: Option<MultiProgress>,
    by_node: BTreeMap<String, ProgressBar>,
    begun: Instant,
    is_narrow: bool,
    quiet: bool,
}

impl Progress {
    /// Bars if somebody watches, unless `quiet`.
    pub(crate) fn new(console: &Console, quiet: bool) -> Self {
        let watched = console.is_watched() && !console.json && !quiet;
        let target = ProgressDrawTarget::stderr_with_hz(12);
        Progress {
            bars: watched.then(|| MultiProgress::with_draw_target(target)),
            by_node: BTreeMap::new(),
            begun: Instant::now(),
            is_narrow: console.width() < NARROW,
            quiet,
        }
    }

    /// Shows what happened.
    pub(crate) fn event(&mut self, console: &mut Console, event: &RunEvent) {
        match event {
            RunEvent::Progress { node, done, total, unit, fraction, eta_ms } => {
                let Some(bar) = self.bar(node) else { return };
                bar.set_position((fraction.unwrap_or(0.0) * 1000.0) as u64);
                bar.set_message(state(*done, *total, *unit, *eta_ms));
            }
            RunEvent::Partial { node, value } => {
                let text = value.unpack().ok().and_then(|it| said(it.first()?));
                if let (Some(bar), Some(text)) = (self.bar(node), text) {
                    bar.set_message(words::line(&text));
                }
            }
            RunEvent::Log { node, level, message } => self.log(console, node.as_deref(), *level, message),
            RunEvent::Load { what: _, name, loaded, total } => {
                let Some(bar) = self.bar(name) else { return };
                let total = total.unwrap_or(0);
                bar.set_position((*loaded * 1000).checked_div(total).unwrap_or(0));
                bar.set_message(words::bytes(*loaded));
            }
            RunEvent::Started { .. } | RunEvent::Output { .. } | RunEvent::Edge { .. } => {}
        }
    }

    fn log(&mut self, console: &mut Console, node: Option<&str>, level: LogLevel, message: &str) {
        // With --json it stands among the events.
        if console.json {
            return;
        }
        let matters = matches!(level, LogLevel::Warn | LogLevel::Error);
        if self.quiet && !matters {
            return;
        }
        let who = node.map_or(String::new(), |it| format!("{}: ", words::line(it)));
        let line = format!("{}: {who}{}", events::level_name(level), words::lines(message));
        self.aside(|| console.tell(&line));
    }

    /// Does something that writes, with the bars out of the way.
    pub(crate) fn aside<T>(&self, writes: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(writes),
            None => writes(),
        }
    }

    /// The bar of a node, once the run has lasted long enough to have one.
    fn bar(&mut self, node: &str) -> Option<&ProgressBar> {
        let bars = self.bars.as_ref()?;
        if self.begun.elapsed() < PATIENCE {
            return None;
        }
        if !self.by_node.contains_key(node) {
            let bar = bars.add(ProgressBar::new(1000));
            bar.set_style(style(self.is_narrow));
            bar.set_prefix(words::line(node));
            self.by_node.insert(node.into(), bar);
        }
        self.by_node.get(node)
    }

    /// Takes the bars away.
    pub(crate) fn end(&mut self) {
        for bar in self.by_node.values() {
            bar.finish_and_clear();
        }
        if let Some(bars) = &self.bars {
            // What cannot be cleared stays where it is.
            _ = bars.clear();
        }
    }
}

fn style(is_narrow: bool) -> ProgressStyle {
    let template = if is_narrow {
        "{prefix:10!} {percent:>3}% {wide_msg}"
    } else {
        "{prefix:16!} {bar:20} {percent:>3}%  {wide_msg}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `12.0 of 36.0 s, 3 s left`
fn state(done: f64, total: Option<f64>, unit: Unit, eta_ms: Option<f64>) -> String {
    let amount = |it: f64| match unit {
        Unit::Seconds => format!("{it:.1}"),
        Unit::Items | Unit::Tokens => format!("{it}"),
        Unit::Bytes => words::bytes(it as u64),
    };
    let name = match unit {
        Unit::Seconds => " s",
        Unit::Items => " items",
        Unit::Tokens => " tokens",
        Unit::Bytes => "",
    };
    let of = total.map_or(String::new(), |it| format!(" of {}", amount(it)));
    let left =
        eta_ms.filter(|it| *it >= 1000.0).map_or(String::new(), |it| format!(", {:.0} s left", it / 1000.0));
    format!("{}{of}{name}{left}", amount(done))
}

/// The words of a partial result.
fn said(value: &Value) -> Option<String> {
    let text = value.get("text").or(Some(value))?.as_text()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_node_is_one_short_line() {
        let check = |done, total, unit, eta, shown: &str| assert_eq!(state(done, total, unit, eta), shown);
        check(12.0, Some(36.0), Unit::Seconds, Some(3400.0), "12.0 of 36.0 s, 3 s left");
        check(3.0, None, Unit::Items, None, "3 items");
        check(3.0, Some(4.0), Unit::Items, Some(20.0), "3 of 4 items");
        check(2_000_000.0, Some(4_000_000.0), Unit::Bytes, None, "2.0 MB of 4.0 MB");
    }
}

//! Turns of bounded length without a clock: work is paid for, and whoever runs out of fuel lets the driver have a word.
use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Fuel that long work spends; one unit is about one multiplication and addition of f32 out of the cache.
///
/// Clones share the fuel.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    fuel: Rc<Cell<i64>>,
}

impl Pace {
    /// About two milliseconds of work on a machine of 2026; ten in code that the browser has not optimised yet.
    pub const TURN: i64 = 24_000_000;

    /// Pays for work that was done or is about to be; waits for the next turn if the fuel is used up.
    pub async fn spend(&self, cost: usize) {
        let cost = i64::try_from(cost).unwrap_or(i64::MAX);
        self.fuel.set(self.fuel.get().saturating_sub(cost));
        if self.fuel.get() < 0 {
            Yield(false).await;
        }
    }

    /// Waits for the next turn whatever the fuel, for instance for more input.
    pub async fn rest(&self) {
        self.fuel.set(0);
        Yield(false).await;
    }

    /// Works at `task` for one turn: until it is done, or has used up `fuel`.
    pub fn turn<T>(&self, task: Pin<&mut (impl Future<Output = T> + ?Sized)>, fuel: i64) -> Poll<T> {
        self.fuel.set(fuel);
        task.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Works until `task` is done, where nobody else wants a word: tests, benchmarks.
    pub fn finish<T>(&self, task: impl Future<Output = T>) -> T {
        let mut task = pin!(task);
        loop {
            if let Poll::Ready(done) = self.turn(task.as_mut(), i64::MAX) {
                return done;
            }
        }
    }
}

/// Pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stops_when_its_fuel_is_used_up_and_goes_on_in_the_next_turn() {
        let pace = Pace::default();
        let done = Cell::new(0);
        let mut task = pin!(async {
            for _ in 0..10 {
                done.set(done.get() + 1);
                pace.spend(10).await;
            }
        });
        assert!(pace.turn(task.as_mut(), 35).is_pending());
        assert_eq!(done.get(), 4);
        assert!(pace.turn(task.as_mut(), 1000).is_ready());
        assert_eq!(done.get(), 10);
    }

    #[test]
    fn finishing_needs_no_turns() {
        let pace = Pace::default();
        let value = pace.finish(async {
            pace.spend(usize::MAX).await;
            pace.rest().await;
            7
        });
        assert_eq!(value, 7);
    }
}

//! The order of items: a position path.
use std::cmp::Ordering;
use std::rc::Rc;

/// Stands for "after every item": what a flush emits.
const LAST: u64 = u64::MAX;

/// Where an item stands in the order of a run: the input item it came from, then, for each level of the graph it
/// went through, by which connection it entered a fan-in and which of the outputs there it was.
///
/// Numbers of levels it never went through count as 0, so branches of unequal length compare level by level, and an
/// edge's items always have rising keys (ties are broken by connection).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    item: u64,
    /// Without trailing zeros; none at all for the many items of graphs without forks.
    tail: Option<Rc<[u32]>>,
}

impl Key {
    /// The `n`-th input item, from 0.
    pub(crate) fn item(n: u64) -> Self {
        Key { item: n, tail: None }
    }
    /// What a node of `level` emits first in its own flush: after everything its inputs can still lead to.
    pub(crate) fn flush(level: usize) -> Self {
        Key { item: LAST, tail: Some(vec![u32::MAX; level * 2 + 1].into()) }
    }
    /// This, entering a node of `level` by its `connection`-th connection.
    pub(crate) fn entering(&self, level: usize, connection: usize) -> Self {
        self.with(level * 2, connection as u32)
    }
    /// The `n`-th output of a node of `level` for the input with this key.
    pub(crate) fn output(&self, level: usize, n: u32) -> Self {
        self.with(level * 2 + 1, n)
    }

    fn with(&self, slot: usize, number: u32) -> Self {
        let tail = self.tail.as_deref().unwrap_or_default();
        if number == 0 && tail.len() <= slot {
            return self.clone();
        }
        let mut longer = tail.to_vec();
        longer.resize(longer.len().max(slot + 1), 0);
        longer[slot] = number;
        Key { item: self.item, tail: Some(longer.into()) }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.item.cmp(&other.item).then_with(|| {
            let (mine, theirs) =
                (self.tail.as_deref().unwrap_or_default(), other.tail.as_deref().unwrap_or_default());
            let at = |tail: &[u32], i: usize| tail.get(i).copied().unwrap_or(0);
            (0..mine.len().max(theirs.len()))
                .map(|i| at(mine, i).cmp(&at(theirs, i)))
                .find(|ordering| ordering.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn items_come_before_their_successors_whatever_became_of_them() {
        let far = Key::item(0).output(0, 7).entering(1, 3).output(1, 9);
        assert!(far < Key::item(1));
        assert!(far > Key::item(0));
    }

    #[test]
    fn branches_of_unequal_length_tie_until_one_of_them_forks() {
        let short = Key::item(4);
        let long = Key::item(4).output(0, 0).output(1, 0).output(2, 0);
        assert!(short.cmp(&long).is_eq());
        assert!(long.output(3, 1) > short);
    }

    #[test]
    fn a_flush_comes_after_all_items_and_after_what_flushes_above_it_led_to() {
        assert!(Key::flush(0) > Key::item(1_000_000).output(5, 7));
        let from_above = Key::flush(0).output(0, 41).output(3, 8);
        assert!(Key::flush(3) > from_above);
        assert!(Key::flush(3).output(3, 1) > Key::flush(3).output(3, 0));
    }
}

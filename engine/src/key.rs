//! The order of items: a position path.
use std::cmp::Ordering;
use std::rc::Rc;

/// Items from here on stand for flushes, by level: after every input item, and after what flushes above led to.
const FLUSH: u64 = 1 << 63;

/// Where an item stands in the order of a run: the input item it came from, then, for each level of the graph it
/// went through, by which connection it entered a fan-in and which of the outputs there it was.
///
/// Numbers of levels it never went through count as 0, so branches of unequal length compare level by level, and an
/// edge's items always have rising keys (ties are broken by connection).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    item: u64,
    /// Slots and the numbers there, slots rising, without zeros; none at all for the many items of graphs without
    /// forks. Sparse, because a graph may have thousands of levels.
    tail: Option<Rc<[(u32, u32)]>>,
}

impl Key {
    /// The `n`-th input item, from 0.
    pub(crate) fn item(n: u64) -> Self {
        Key { item: n, tail: None }
    }
    /// What a node of `level` emits first in its own flush: after everything its inputs can still lead to.
    pub(crate) fn flush(level: usize) -> Self {
        Key { item: FLUSH + level as u64, tail: None }
    }
    /// This, entering a node of `level` by its `connection`-th connection.
    pub(crate) fn entering(&self, level: usize, connection: usize) -> Self {
        self.with(level * 2, connection as u32)
    }
    /// By which connection it entered the node of `level` that it is at.
    pub(crate) fn connection(&self, level: usize) -> usize {
        let last = self.tail.as_deref().and_then(<[_]>::last);
        last.filter(|(slot, _)| *slot as usize == level * 2).map_or(0, |(_, number)| *number as usize)
    }
    /// The `n`-th output of a node of `level` for the input with this key.
    pub(crate) fn output(&self, level: usize, n: u32) -> Self {
        self.with(level * 2 + 1, n)
    }
    /// The same place in the input item `n` further on.
    pub(crate) fn skip(&self, n: usize) -> Self {
        Key { item: self.item + n as u64, tail: self.tail.clone() }
    }
    /// By how many input items `later` is ahead.
    pub(crate) fn distance(&self, later: &Key) -> usize {
        usize::try_from(later.item.saturating_sub(self.item)).unwrap_or(usize::MAX)
    }

    fn with(&self, slot: usize, number: u32) -> Self {
        if number == 0 {
            return self.clone();
        }
        // Levels rise along every path, so `slot` comes after all that are there.
        let tail = self.tail.as_deref().unwrap_or_default();
        Key { item: self.item, tail: Some(tail.iter().copied().chain([(slot as u32, number)]).collect()) }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.item.cmp(&other.item).then_with(|| match (&self.tail, &other.tail) {
            (None, None) => Ordering::Equal,
            (mine, theirs) => {
                compare(mine.as_deref().unwrap_or_default(), theirs.as_deref().unwrap_or_default())
            }
        })
    }
}

/// Where one has a number and the other none, the other has 0 there.
fn compare(mine: &[(u32, u32)], theirs: &[(u32, u32)]) -> Ordering {
    mine.iter()
        .zip(theirs)
        .map(|((my_slot, mine), (their_slot, theirs))| their_slot.cmp(my_slot).then(mine.cmp(theirs)))
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| mine.len().cmp(&theirs.len()))
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
    fn the_higher_level_decides_and_an_unvisited_level_counts_as_zero() {
        let early = Key::item(4).output(0, 1);
        let late = Key::item(4).output(2, 9);
        assert!(early > late);
        assert!(early.output(2, 1) > early);
        assert!(early.output(2, 1) < Key::item(4).output(0, 2));
        assert!(early.entering(1, 1) < early.output(0, 0).entering(1, 2));
    }

    #[test]
    fn a_flush_comes_after_all_items_and_after_what_flushes_above_it_led_to() {
        assert!(Key::flush(0) > Key::item(1_000_000).output(5, 7));
        let from_above = Key::flush(0).output(0, 41).output(3, 8);
        assert!(Key::flush(3) > from_above);
        assert!(Key::flush(3).output(3, 1) > Key::flush(3).output(3, 0));
    }

    #[test]
    fn neighbors_are_one_item_apart_in_the_same_place() {
        let key = Key::item(4).output(0, 2);
        assert_eq!(key.skip(3), Key::item(7).output(0, 2));
        assert_eq!(key.distance(&Key::item(7)), 3);
        assert_eq!(key.distance(&Key::item(2)), 0);
    }
}

//! Runs of neighbors in a queue. Most items are small, whole and follow each other, so what a queue knows of them is
//! kept once for all that are alike.
use std::collections::VecDeque;

use protocol::Part;

use crate::key::Key;

/// Values with neighboring keys: whole items that are alike, or a single value of any kind.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Of the first value; each further one has the next item's.
    pub(crate) key: Key,
    /// Of each; [`Part::WHOLE`] if there are several.
    pub(crate) part: Part,
    /// At least 1.
    pub(crate) count: usize,
    /// Of each, in bytes.
    pub(crate) weight: u64,
    /// When they came, in the engine's milliseconds.
    pub(crate) since: f64,
}

impl Span {
    /// Of all together.
    pub(crate) fn bytes(&self) -> u64 {
        self.weight * self.count as u64
    }

    fn goes_on_with(&self, next: &Span) -> bool {
        self.weight == next.weight
            && self.since == next.since
            && self.part == Part::WHOLE
            && next.part == Part::WHOLE
            && self.key.skip(self.count) == next.key
    }

    fn split_off(&mut self, count: usize) -> Span {
        let first = Span { count, ..self.clone() };
        self.key = self.key.skip(count);
        self.count -= count;
        first
    }
}

/// What is known of a queue's values, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    queue: VecDeque<Span>,
    len: usize,
    bytes: u64,
}

impl Spans {
    /// How many values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Of all together.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
    pub(crate) fn first(&self) -> Option<&Span> {
        self.queue.front()
    }
    pub(crate) fn push(&mut self, span: Span) {
        self.len += span.count;
        self.bytes += span.bytes();
        match self.queue.back_mut() {
            Some(back) if back.goes_on_with(&span) => back.count += span.count,
            Some(_) | None => self.queue.push_back(span),
        }
    }
    /// Takes the first span, or its first `most` values.
    pub(crate) fn take(&mut self, most: usize) -> Option<Span> {
        let front = self.queue.front_mut().filter(|_| most > 0)?;
        let span = if front.count > most { front.split_off(most) } else { self.queue.pop_front()? };
        self.len -= span.count;
        self.bytes -= span.bytes();
        Some(span)
    }
    /// Values that entered a node of `level` by its `connection`-th connection, and their bytes.
    pub(crate) fn of_connection(&self, level: usize, connection: usize) -> (u64, u64) {
        let spans = self.queue.iter().filter(|span| span.key.connection(level) == connection);
        spans.fold((0, 0), |(items, bytes), span| (items + span.count as u64, bytes + span.bytes()))
    }
    /// Key of the value at `index`, and how many values its span has from there on. `cursor` remembers the place, so
    /// that rising indices cost nothing.
    pub(crate) fn at(&self, index: usize, cursor: &mut Cursor) -> Option<(Key, usize)> {
        if index < cursor.before {
            *cursor = Cursor::default();
        }
        loop {
            let span = self.queue.get(cursor.span)?;
            let offset = index - cursor.before;
            if offset < span.count {
                return Some((span.key.skip(offset), span.count - offset));
            }
            cursor.before += span.count;
            cursor.span += 1;
        }
    }
}

/// A place in [`Spans`].
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    span: usize,
    /// Values in the spans before.
    before: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(item: u64, count: usize, weight: u64) -> Span {
        Span { key: Key::item(item), part: Part::WHOLE, count, weight, since: 0.0 }
    }

    #[test]
    fn neighbors_become_one_span_and_come_out_in_any_portions() {
        let mut spans = Spans::default();
        spans.push(span(3, 2, 16));
        spans.push(span(5, 4, 16));
        assert_eq!((spans.len(), spans.bytes(), spans.queue.len()), (6, 96, 1));
        let first = spans.take(5).unwrap();
        assert_eq!((first.key, first.count), (Key::item(3), 5));
        assert_eq!(spans.first().unwrap().key, Key::item(8));
        assert_eq!(spans.take(5).unwrap().count, 1);
        assert!(spans.take(5).is_none());
        assert_eq!((spans.len(), spans.bytes()), (0, 0));
    }

    #[test]
    fn gaps_weights_parts_and_times_are_kept_apart() {
        let mut spans = Spans::default();
        spans.push(span(0, 2, 16));
        spans.push(span(3, 1, 16));
        spans.push(span(4, 1, 20));
        spans.push(Span { part: Part { index: 0, last: false }, ..span(5, 1, 20) });
        spans.push(Span { since: 1.0, ..span(6, 1, 20) });
        assert_eq!(spans.queue.len(), 5);
    }

    #[test]
    fn a_value_is_found_by_its_place() {
        let mut spans = Spans::default();
        spans.push(span(0, 2, 16));
        spans.push(span(7, 3, 16));
        let mut cursor = Cursor::default();
        for (index, expected) in
            [(1, Some((1, 1))), (2, Some((7, 3))), (4, Some((9, 1))), (0, Some((0, 2))), (5, None)]
        {
            let expected = expected.map(|(item, left)| (Key::item(item), left));
            assert_eq!(spans.at(index, &mut cursor), expected, "{index}");
        }
    }
}

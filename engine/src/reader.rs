//! What the page was told and has not yet taken.
use std::collections::VecDeque;

/// Results on their way to a page that may read slowly.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Batches: how many results, and their bytes.
    unread: VecDeque<(u64, u64)>,
    items: u64,
    bytes: u64,
}

impl Reader {
    pub(crate) fn given(&mut self, items: u64, bytes: u64) {
        self.unread.push_back((items, bytes));
        self.items += items;
        self.bytes += bytes;
    }
    /// The page has taken the oldest `items`.
    pub(crate) fn took(&mut self, mut items: u64) {
        while items > 0
            && let Some((count, bytes)) = self.unread.front_mut()
        {
            let taken = items.min(*count);
            let freed = *bytes / *count * taken;
            let freed = if taken == *count { *bytes } else { freed };
            (*count, *bytes) = (*count - taken, *bytes - freed);
            self.items -= taken;
            self.bytes -= freed;
            items -= taken;
            if *count == 0 {
                self.unread.pop_front();
            }
        }
    }
    /// Results the page may be given now, in number and in bytes, if it may leave `items` and `bytes` unread.
    pub(crate) fn room(&self, items: i64, bytes: i64) -> (i64, i64) {
        (items - self.items as i64, bytes - self.bytes as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    #[test]
    fn room_comes_back_as_results_are_taken() {
        let mut reader = Reader::default();
        assert_eq!(reader.room(4, 100), (4, 100));
        reader.given(3, 91);
        reader.given(1, 20);
        assert_eq!(reader.room(4, 100), (0, -11));
        reader.took(2);
        assert_eq!(reader.room(4, 100), (2, 49));
        reader.took(2);
        assert_eq!(reader.room(4, 100), (4, 100));
        reader.took(9);
        assert_eq!(reader.room(4, 100), (4, 100), "credit for what was never given is no credit");
    }
}

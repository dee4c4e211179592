//! A map for the few things the coordinator has at once: one sorted list. A tree would be faster for thousands, and
//! every kind of tree is kilobytes that each page fetches.

/// Values by key, in the order of the keys.
#[derive(Debug)]
pub(crate) struct Table<K, V>(Vec<(K, V)>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<K: Ord + Copy, V> Table<K, V> {
    /// Where `key` is, or where it belongs.
    fn find(&self, key: K) -> Result<usize, usize> {
        // Keys are numbered upwards: what is new mostly belongs behind all others.
        match self.0.last() {
            Some((last, _)) if *last >= key => self.0.binary_search_by_key(&key, |(key, _)| *key),
            Some(_) | None => Err(self.0.len()),
        }
    }
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.find(*key).ok().map(|at| &self.0[at].1)
    }
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(*key).ok().map(|at| &mut self.0[at].1)
    }
    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.find(*key).is_ok()
    }
    /// Puts `value` in the place of what `key` had.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.find(key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.find(*key).ok().map(|at| self.0.remove(at).1)
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> + Clone {
        self.0.iter().map(|(key, value)| (key, value))
    }
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Table;

    proptest! {
        #[test]
        fn a_table_is_a_map(steps: Vec<(u8, Option<u16>)>) {
            let (mut table, mut map) = (Table::default(), BTreeMap::new());
            for (key, value) in steps {
                let key = key % 16;
                match value {
                    Some(value) => {
                        table.insert(key, value);
                        map.insert(key, value);
                    }
                    None => prop_assert_eq!(table.remove(&key), map.remove(&key)),
                }
                prop_assert_eq!(table.get(&key), map.get(&key));
                prop_assert_eq!(table.contains_key(&key), map.contains_key(&key));
                prop_assert!(table.iter().eq(map.iter()));
                prop_assert_eq!(table.is_empty(), map.is_empty());
            }
            prop_assert!(table.into_entries().eq(map));
        }
    }
}

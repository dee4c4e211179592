//! The long lists of `tokenizer.json`, a hundred thousand words and more, each in one piece of memory.
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};

/// An object of words and ids, in its order.
#[derive(Default)]
pub(super) struct Words {
    text: String,
    /// Where each word ends, and its id.
    ends: Vec<(usize, u32)>,
}

impl Words {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        let mut start = 0;
        self.ends.iter().map(move |(end, id)| (&self.text[std::mem::replace(&mut start, *end)..*end], *id))
    }
}

/// A list of two words each, which join.
#[derive(Default)]
pub(super) struct Pairs {
    text: String,
    /// Where the second word of each begins, and where it ends.
    ends: Vec<(usize, usize)>,
}

impl Pairs {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(middle, end)| {
            let from = std::mem::replace(&mut start, *end);
            (&self.text[from..*middle], &self.text[*middle..*end])
        })
    }

    /// The words that the pairs make.
    pub(super) fn joined(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |(_, end)| &self.text[std::mem::replace(&mut start, *end)..*end])
    }
}

/// Appends a string.
struct Append<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Append<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a word")
    }
    fn visit_str<E: de::Error>(self, word: &str) -> Result<(), E> {
        self.0.push_str(word);
        Ok(())
    }
}

/// Appends a pair: a list of two words or, in older files, one string with a blank between them.
struct AppendPair<'a>(&'a mut Pairs);

impl<'de> DeserializeSeed<'de> for AppendPair<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AppendPair<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "two words, in a list or with a blank between")
    }
    fn visit_str<E: de::Error>(self, pair: &str) -> Result<(), E> {
        let wrong = || E::invalid_value(Unexpected::Str(pair), &self);
        let (left, right) = pair.split_once(' ').ok_or_else(wrong)?;
        let text = &mut self.0.text;
        text.push_str(left);
        let middle = text.len();
        text.push_str(right);
        self.0.ends.push((middle, text.len()));
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<(), A::Error> {
        let text = &mut self.0.text;
        let wrong = |count| de::Error::invalid_length(count, &"two words");
        words.next_element_seed(Append(text))?.ok_or_else(|| wrong(0))?;
        let middle = text.len();
        words.next_element_seed(Append(text))?.ok_or_else(|| wrong(1))?;
        self.0.ends.push((middle, text.len()));
        Ok(())
    }
}

struct All<T>(T);

impl<'de> Visitor<'de> for All<Words> {
    type Value = Words;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "words and their ids")
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Words, A::Error> {
        while map.next_key_seed(Append(&mut self.0.text))?.is_some() {
            self.0.ends.push((self.0.text.len(), map.next_value()?));
        }
        Ok(self.0)
    }
}

impl<'de> Visitor<'de> for All<Pairs> {
    type Value = Pairs;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pairs of words")
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut pairs: A) -> Result<Pairs, A::Error> {
        while pairs.next_element_seed(AppendPair(&mut self.0))?.is_some() {}
        Ok(self.0)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(All(Words::default()))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(All(Pairs::default()))
    }
}

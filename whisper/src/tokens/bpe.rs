//! Text → tokens: byte-level byte-pair encoding as tiktoken and Hugging Face's tokenizers do it.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;

use super::Vocabulary;
use super::pieces::pieces;

/// Pairs that join, most wanted first, where their order is another than that of the ids they make. None where it is
/// the same, as in every vocabulary that openai published: then whatever two neighbours make a token may join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Merges {
    /// Left, right, rank; ascending.
    sorted: Option<Vec<(u32, u32, u32)>>,
}

impl Merges {
    /// `pairs` in order of rank.
    pub(crate) fn new(pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut sorted: Vec<_> = pairs.zip(0..).map(|((left, right), rank)| (left, right, rank)).collect();
        sorted.sort_unstable();
        Merges { sorted: Some(sorted) }
    }

    fn is_by_id(&self) -> bool {
        self.sorted.is_none()
    }

    fn rank(&self, left: u32, right: u32) -> Option<u32> {
        let sorted = self.sorted.as_ref()?;
        let at = sorted.partition_point(|it| (it.0, it.1) < (left, right));
        sorted.get(at).filter(|it| (it.0, it.1) == (left, right)).map(|it| it.2)
    }
}

/// Ids in the order of their texts: made of the texts alone, so it makes no difference between vocabularies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(OnceLock<Vec<u32>>);

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

impl Vocabulary {
    /// The tokens of `text`, none of them special. Bytes that the vocabulary has no token for are left out; each
    /// vocabulary that openai published has all 256.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        for piece in pieces(text) {
            match self.id_of(piece.as_bytes()).filter(|_| self.merges.is_by_id()) {
                Some(id) => tokens.push(id),
                None => Joining::new(self, piece.as_bytes()).finish(&mut tokens),
            }
        }
        tokens
    }

    /// The token whose text is `bytes`.
    pub(crate) fn id_of(&self, bytes: &[u8]) -> Option<u32> {
        let ids = self.index.0.get_or_init(|| {
            let count = u32::try_from(self.texts.len()).unwrap_or(u32::MAX).min(self.eot);
            let mut ids: Vec<u32> = (0..count).filter(|id| !self.text(*id).is_empty()).collect();
            ids.sort_by_key(|id| self.text(*id));
            ids
        });
        let at = ids.binary_search_by_key(&bytes, |id| self.text(*id)).ok()?;
        ids.get(at).copied()
    }

    /// How much two neighbours want to join: the least rank first.
    fn rank(&self, left: &[u8], both: &[u8]) -> Option<u32> {
        if self.merges.is_by_id() {
            return self.id_of(both);
        }
        let right = both.get(left.len()..)?;
        self.merges.rank(self.id_of(left)?, self.id_of(right)?)
    }
}

/// A piece of text whose bytes join, pair by pair. Parts are known by where they begin.
struct Joining<'a> {
    vocabulary: &'a Vocabulary,
    bytes: &'a [u8],
    /// Where the part that begins here ends; 0 if none begins here.
    ends: Vec<usize>,
    /// Where the part before begins.
    before: Vec<usize>,
    /// Rank, begin, middle and end of pairs that may join; some are out of date.
    wanted: BinaryHeap<Reverse<(u32, usize, usize, usize)>>,
}

impl<'a> Joining<'a> {
    fn new(vocabulary: &'a Vocabulary, bytes: &'a [u8]) -> Self {
        let ends = (1..=bytes.len()).collect();
        let before = (0..bytes.len()).map(|at| at.saturating_sub(1)).collect();
        let mut all = Joining { vocabulary, bytes, ends, before, wanted: BinaryHeap::new() };
        (1..bytes.len()).for_each(|at| all.want(at - 1, at));
        all
    }

    /// Notes that the parts at `left` and at `middle`, where it ends, may join.
    fn want(&mut self, left: usize, middle: usize) {
        let Some(end) = self.ends.get(middle).copied() else { return };
        let rank = self.vocabulary.rank(&self.bytes[left..middle], &self.bytes[left..end]);
        self.wanted.extend(rank.map(|rank| Reverse((rank, left, middle, end))));
    }

    /// Joins what can be joined, and appends the tokens.
    fn finish(mut self, tokens: &mut Vec<u32>) {
        while let Some(Reverse((_, left, middle, end))) = self.wanted.pop() {
            if self.ends[left] != middle || self.ends[middle] != end {
                continue;
            }
            (self.ends[left], self.ends[middle]) = (end, 0);
            if let Some(before) = self.before.get_mut(end) {
                *before = left;
            }
            self.want(left, end);
            if left > 0 {
                self.want(self.before[left], left);
            }
        }
        let mut at = 0;
        while let Some(end) = self.ends.get(at).copied() {
            tokens.extend(self.vocabulary.id_of(&self.bytes[at..end]));
            at = end;
        }
    }
}

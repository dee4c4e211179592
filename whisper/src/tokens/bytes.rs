//! GPT-2's way to write bytes as characters: printable ones of Latin-1 stand for themselves, the others for
//! U+0100 and on. `tokenizer.json` spells tokens so.

/// Which character stands for which byte.
pub(crate) struct Alphabet {
    /// Bytes of the characters below U+0144, which is more than any byte has.
    bytes: [Option<u8>; 0x144],
}

impl Alphabet {
    pub(crate) fn new() -> Self {
        let mut bytes = [None; 0x144];
        let mut others = 0x100..;
        for byte in 0..=u8::MAX {
            let printable = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
            let character = if printable { Some(usize::from(byte)) } else { others.next() };
            if let Some(place) = character.and_then(|it| bytes.get_mut(it)) {
                *place = Some(byte);
            }
        }
        Alphabet { bytes }
    }

    /// The bytes that `word` spells; a character that stands for none is taken as its UTF-8.
    pub(crate) fn bytes(&self, word: &str) -> Vec<u8> {
        let mut all = Vec::with_capacity(word.len());
        for character in word.chars() {
            match self.bytes.get(character as usize) {
                Some(Some(byte)) => all.push(*byte),
                _ => all.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        all
    }

    /// Every byte, in the order in which GPT-2 numbers them.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = u8> + '_ {
        self.bytes.iter().copied().flatten()
    }

    /// How `bytes` are spelt.
    pub(crate) fn spelt(&self, bytes: &[u8]) -> String {
        let spell = |byte: &u8| self.bytes.iter().position(|it| *it == Some(*byte)).unwrap_or_default();
        bytes.iter().filter_map(|byte| char::from_u32(u32::try_from(spell(byte)).ok()?)).collect()
    }
}

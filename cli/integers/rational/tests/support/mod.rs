//! Numbers to compute with, and what CPython makes of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::io::Write as _;
use std::process::{Command, Stdio};

use malachite_bigint::{BigInt, Sign};

/// The lines that `script` prints, given `lines`.
pub(crate) fn python(script: &str, lines: &[String]) -> Vec<String> {
    let mut command = Command::new("python3");
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("python3 is there");
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "python3 failed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Numbers that look like chance and are the same each time (xorshift).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.word() % end
    }

    /// An integer of either sign with exactly so many bits. Every fourth is mostly ones or mostly zeros, where carries run far.
    pub(crate) fn integer(&mut self, bits: u64) -> BigInt {
        let kind = self.below(8);
        let words = (0..bits.div_ceil(64)).flat_map(|_| {
            let word = self.word();
            let filled = [0, u64::MAX, word, word, word, word, word, word][kind as usize];
            filled.to_le_bytes()
        });
        let all = BigInt::from_bytes_le(Sign::Plus, &words.collect::<Vec<_>>());
        let first = BigInt::from(1) << (bits.max(1) - 1);
        let value = (all & (&first - 1)) | first;
        if self.below(2) == 0 { value } else { -value }
    }
}

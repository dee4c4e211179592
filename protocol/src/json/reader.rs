//! Reads JSON text. By hand and not by serde: every worker carries this, and it is a tenth of the bytes.
use std::collections::HashMap;

use super::JsonError;
use crate::{Value, parse_float};

/// Lists and maps nested deeper than this are refused before the stack ends.
const LEVELS: u32 = 127;

type Read<T> = Result<T, JsonError>;

/// What is read of `text`, which must be one value and white space.
pub(super) fn read(text: &str) -> Read<Value> {
    let mut reader = Reader { text, at: 0, levels: LEVELS };
    let value = reader.value()?;
    match reader.skip_space() {
        Some(_) => Err(reader.unexpected("trailing characters")),
        None => Ok(value),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Bytes that have been read.
    at: usize,
    /// How much deeper it may get.
    levels: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// The first byte that is no white space, which is not yet read.
    fn skip_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// An error in the byte read last.
    #[cold]
    fn wrong(&self, what: &str) -> JsonError {
        error_at(&self.text.as_bytes()[..self.at], what)
    }

    /// An error in the byte that comes next.
    #[cold]
    fn unexpected(&self, what: &str) -> JsonError {
        let bytes = self.text.as_bytes();
        error_at(&bytes[..bytes.len().min(self.at + 1)], what)
    }

    /// As [`Reader::unexpected`], unless the text is at its end `inside` of something.
    #[cold]
    fn unexpected_in(&self, what: &str, inside: &str) -> JsonError {
        match self.peek() {
            Some(_) => self.unexpected(what),
            None => self.unexpected(&format!("EOF while parsing {inside}")),
        }
    }

    fn value(&mut self) -> Read<Value> {
        match self.skip_space() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => self.nested(Self::list),
            Some(b'{') => self.nested(Self::map),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            _ => Err(self.unexpected_in("expected value", "a value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        for expected in word.bytes() {
            match self.next() {
                Some(byte) if byte == expected => {}
                Some(_) => return Err(self.wrong("expected ident")),
                None => return Err(self.wrong("EOF while parsing a value")),
            }
        }
        Ok(value)
    }

    fn nested(&mut self, rest: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        if self.levels == 0 {
            return Err(self.unexpected("recursion limit exceeded"));
        }
        self.levels -= 1;
        self.at += 1;
        let value = rest(self)?;
        self.levels += 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        if !self.ends(b']') {
            loop {
                items.push(self.item(items.is_empty())?);
                if self.ends(b']') {
                    break;
                }
                if self.peek() != Some(b',') {
                    return Err(self.unexpected_in("expected `,` or `]`", "a list"));
                }
            }
        }
        Ok(Value::List(items))
    }

    /// An item of a list, with the comma before it unless it is the first.
    fn item(&mut self, first: bool) -> Read<Value> {
        if first {
            // Where nothing follows, it is the list that has no end.
            return match self.peek() {
                Some(_) => self.value(),
                None => Err(self.unexpected("EOF while parsing a list")),
            };
        }
        self.at += 1;
        match self.skip_space() {
            Some(b']') => Err(self.unexpected("trailing comma")),
            _ => self.value(),
        }
    }

    /// Whether a list or map ends here; then its last byte is read.
    fn ends(&mut self, with: u8) -> bool {
        let ends = self.skip_space() == Some(with);
        self.at += usize::from(ends);
        ends
    }

    fn map(&mut self) -> Read<Value> {
        let mut entries = Vec::new();
        let mut seen = HashMap::new();
        if !self.ends(b'}') {
            loop {
                let (key, value) = self.entry(entries.is_empty())?;
                // A repeated key: the last one wins, at the place of the first, as in JavaScript and Python.
                match seen.get(&key) {
                    Some(&at) => entries[at] = (key, value),
                    None => {
                        seen.insert(key.clone(), entries.len());
                        entries.push((key, value));
                    }
                }
                if self.ends(b'}') {
                    break;
                }
                if self.peek() != Some(b',') {
                    return Err(self.unexpected_in("expected `,` or `}`", "an object"));
                }
            }
        }
        Ok(Value::Map(entries))
    }

    /// An entry of a map, with the comma before it unless it is the first.
    fn entry(&mut self, first: bool) -> Read<(String, Value)> {
        let inside = if first { "an object" } else { "a value" };
        self.at += usize::from(!first);
        match self.skip_space() {
            Some(b'"') => {}
            Some(b'}') => return Err(self.unexpected("trailing comma")),
            _ => return Err(self.unexpected_in("key must be a string", inside)),
        }
        let key = self.string()?;
        if self.skip_space() != Some(b':') {
            return Err(self.unexpected_in("expected `:`", "an object"));
        }
        self.at += 1;
        Ok((key, self.value()?))
    }

    /// A string, from its first quote on.
    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let from = self.at;
            let rest = &self.text.as_bytes()[from..];
            self.at += rest.iter().position(|it| matches!(it, b'"' | b'\\' | ..0x20)).unwrap_or(rest.len());
            string.push_str(&self.text[from..self.at]);
            match self.next() {
                Some(b'"') => return Ok(string),
                Some(b'\\') => string.push(self.escaped()?),
                Some(_) => {
                    let what = "control character (\\u0000-\\u001F) found while parsing a string";
                    return Err(self.wrong(what));
                }
                None => return Err(self.wrong("EOF while parsing a string")),
            }
        }
    }

    /// What a backslash and the bytes behind it stand for.
    fn escaped(&mut self) -> Read<char> {
        Ok(match self.next() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            Some(_) => return Err(self.wrong("invalid escape")),
            None => return Err(self.wrong("EOF while parsing a string")),
        })
    }

    /// The character whose code comes next; beyond 16 bits it has two.
    fn unicode(&mut self) -> Read<char> {
        let first = self.code()?;
        if let Some(letter) = char::from_u32(first.into()) {
            return Ok(letter);
        }
        if first < 0xdc00 {
            for expected in *b"\\u" {
                match self.next() {
                    Some(byte) if byte == expected => {}
                    Some(_) => return Err(self.wrong("unexpected end of hex escape")),
                    None => return Err(self.wrong("EOF while parsing a string")),
                }
            }
            let second = self.code()?;
            if let Some(Ok(letter)) = char::decode_utf16([first, second]).next() {
                return Ok(letter);
            }
        }
        Err(self.wrong("lone leading surrogate in hex escape"))
    }

    /// Four hexadecimal digits.
    fn code(&mut self) -> Read<u16> {
        let Some(digits) = self.text.as_bytes().get(self.at..self.at + 4) else {
            self.at = self.text.len();
            return Err(self.wrong("EOF while parsing a string"));
        };
        self.at += 4;
        let digit = |it: &u8| char::from(*it).to_digit(16);
        let code = digits.iter().try_fold(0, |code, it| Some(code << 4 | digit(it)?));
        code.map(|it| it as u16).ok_or_else(|| self.wrong("invalid escape"))
    }

    fn number(&mut self) -> Read<Value> {
        let from = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let whole = self.whole()?;
        let fraction = self.fraction()?;
        if !self.exponent(from)? && !fraction {
            let whole = whole.map(|it| if negative { negated(it) } else { Value::uint(it) });
            if let Some(whole) = whole {
                return Ok(whole);
            }
        }
        match parse_float(&self.text[from..self.at]) {
            Some(x) if x.is_finite() => Ok(Value::number(x)),
            _ => Err(self.wrong("number out of range")),
        }
    }

    /// The digits before the point; their value if it has 64 bits.
    fn whole(&mut self) -> Read<Option<u64>> {
        let first = match self.next() {
            Some(byte @ b'0'..=b'9') => byte - b'0',
            Some(_) => return Err(self.wrong("invalid number")),
            None => return Err(self.wrong("EOF while parsing a value")),
        };
        if first == 0 && matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected("invalid number"));
        }
        let mut whole = Some(u64::from(first));
        while let Some(digit) = self.digit() {
            whole = whole.and_then(|it| it.checked_mul(10)?.checked_add(digit.into()));
        }
        Ok(whole)
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.peek()?.wrapping_sub(b'0');
        self.at += usize::from(digit < 10);
        (digit < 10).then_some(digit)
    }

    /// Reads a point and the digits behind it, if they are there.
    fn fraction(&mut self) -> Read<bool> {
        if self.peek() != Some(b'.') {
            return Ok(false);
        }
        self.at += 1;
        if self.digit().is_none() {
            return Err(self.unexpected_in("invalid number", "a value"));
        }
        while self.digit().is_some() {}
        Ok(true)
    }

    /// Reads the power of ten of the number that began at `from`, if it has one.
    fn exponent(&mut self, from: usize) -> Read<bool> {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Ok(false);
        }
        let zero = !self.text[from..self.at].contains(|it| matches!(it, '1'..='9'));
        self.at += 1;
        let small = self.peek() == Some(b'-');
        self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
        let mut power = match self.next() {
            Some(byte @ b'0'..=b'9') => Some(i32::from(byte - b'0')),
            Some(_) => return Err(self.wrong("invalid number")),
            None => return Err(self.wrong("EOF while parsing a value")),
        };
        while let Some(digit) = self.digit() {
            power = power.and_then(|it| it.checked_mul(10)?.checked_add(digit.into()));
            if power.is_none() && !zero && !small {
                return Err(self.wrong("number out of range"));
            }
        }
        Ok(true)
    }
}

fn negated(it: u64) -> Value {
    0i64.checked_sub_unsigned(it).map_or_else(|| Value::number(-(it as f64)), Value::Int)
}

/// `before` ends with the byte that is wrong, or is all there is.
fn error_at(before: &[u8], what: &str) -> JsonError {
    let line = 1 + before.iter().filter(|it| **it == b'\n').count();
    let column = before.iter().rev().take_while(|it| **it != b'\n').count();
    JsonError(format!("{what} at line {line} column {column}"))
}

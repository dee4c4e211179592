//! Where in a JSON text the thing is that a JSON Pointer names.
use std::ops::Range;

/// What an error about `pointer` points at: a member from its key on, an item of a list, and of both no more than one
/// line. Of a path that leads nowhere, as far as it goes: what is missing is missing there.
pub(crate) fn find(text: &str, pointer: &str) -> Range<usize> {
    let found = walk(text, pointer);
    let end = if found.start < found.value.start && text[found.value.clone()].starts_with(['{', '[']) {
        found.key_end
    } else {
        found.value.end
    };
    let line = text[found.start..end].find(['\n', '\r']).map_or(end, |it| found.start + it);
    found.start..line
}

/// The bytes of the value that `pointer` names, if it is there.
pub(crate) fn value(text: &str, pointer: &str) -> Option<Range<usize>> {
    let found = walk(text, pointer);
    found.whole.then_some(found.value)
}

/// Line and column of a byte, both from 1; columns count characters.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The byte at `line` and `column`, both from 1, columns in bytes: serde_json counts so.
pub(crate) fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1)
    };
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct Found {
    /// Of its key, or of the value if it has none.
    start: usize,
    key_end: usize,
    value: Range<usize>,
    /// Whether the whole path was followed.
    whole: bool,
}

fn walk(text: &str, pointer: &str) -> Found {
    let mut scanner = Scanner { text, at: 0 };
    scanner.blank();
    let start = scanner.at;
    let mut found = Found { start, key_end: start, value: start..scanner.end(), whole: true };
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        match scanner.enter(found.value.start, &name) {
            Some(inner) => found = inner,
            None => return Found { whole: false, ..found },
        }
    }
    found
}

/// Reads text that is JSON; of other text it gives some place or other.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    fn blank(&mut self) {
        while self.peek().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }
    /// Past one mark and the space around it.
    fn mark(&mut self, mark: u8) -> bool {
        self.blank();
        let is_there = self.peek() == Some(mark);
        self.at += usize::from(is_there);
        self.blank();
        is_there
    }
    fn string(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.at = self.at.min(self.text.len());
        start..self.at
    }
    /// Where the value ends that begins here.
    fn end(&mut self) -> usize {
        let mut depth = 0u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => _ = self.string(),
                b'{' | b'[' => (depth, self.at) = (depth + 1, self.at + 1),
                b'}' | b']' | b',' if depth == 0 => return self.at,
                b'}' | b']' => (depth, self.at) = (depth - 1, self.at + 1),
                b',' | b':' => self.at += 1,
                byte if byte.is_ascii_whitespace() => self.blank(),
                _ => self.word(),
            }
            if depth == 0 {
                return self.at;
            }
        }
        self.at
    }
    fn word(&mut self) {
        let is_inside = |it: u8| !it.is_ascii_whitespace() && !b",:{}[]\"".contains(&it);
        while self.peek().is_some_and(is_inside) {
            self.at += 1;
        }
    }
    /// The member or item `name` of the value at `start`; of members alike the last, as it is the one that counts.
    fn enter(&mut self, start: usize, name: &str) -> Option<Found> {
        self.at = start;
        match self.peek() {
            Some(b'{') => self.member(name),
            Some(b'[') => self.item(name.parse().ok()?),
            _ => None,
        }
    }
    fn member(&mut self, name: &str) -> Option<Found> {
        let mut found = None;
        self.mark(b'{');
        while self.peek() == Some(b'"') {
            let key = self.string();
            self.mark(b':');
            let start = self.at;
            let value = start..self.end();
            let is_it = serde_json::from_str::<String>(&self.text[key.clone()]).is_ok_and(|it| it == name);
            if is_it {
                found = Some(Found { start: key.start, key_end: key.end, value, whole: true });
            }
            self.mark(b',');
        }
        found
    }
    fn item(&mut self, nth: usize) -> Option<Found> {
        self.mark(b'[');
        let mut at = 0;
        while self.peek().is_some_and(|it| it != b']') {
            let start = self.at;
            let value = start..self.end();
            if at == nth {
                return Some(Found { start, key_end: start, value, whole: true });
            }
            at += 1;
            if !self.mark(b',') {
                break;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "nodes": [
    { "id": "a", "params": { "factor": "x,]}\"", "a/b": [1, [2]] } },
    { "id": "ü", "params": {
      "list": [ 10 , 20 ] } }
  ], "twice": 1, "twice": 2
}
"#;

    #[track_caller]
    fn check(pointer: &str, shown: &str, place: (usize, usize)) {
        let found = find(TEXT, pointer);
        assert_eq!(&TEXT[found.clone()], shown, "{pointer}");
        assert_eq!(line_and_column(TEXT, found.start), place, "{pointer}");
    }

    #[test]
    fn a_pointer_finds_its_place() {
        check("", "{", (1, 1));
        check("/nodes", "\"nodes\"", (2, 3));
        check("/nodes/0/id", "\"id\": \"a\"", (3, 7));
        check("/nodes/0/params/factor", r#""factor": "x,]}\"""#, (3, 30));
        check("/nodes/0/params/a~1b/1/0", "2", (3, 62));
        check("/nodes/1", r#"{ "id": "ü", "params": {"#, (4, 5));
        check("/nodes/1/params", "\"params\"", (4, 18));
        check("/nodes/1/params/list/1", "20", (5, 22));
        check("/twice", "\"twice\": 2", (6, 18));
    }

    #[test]
    fn what_is_missing_is_missing_where_it_should_be() {
        check("/nodes/1/node_type", r#"{ "id": "ü", "params": {"#, (4, 5));
        check("/connections", "{", (1, 1));
        check("/nodes/7", "\"nodes\"", (2, 3));
        check("/nodes/x", "\"nodes\"", (2, 3));
    }

    #[test]
    fn a_value_is_cut_out_whole() {
        let cut = |pointer| value(TEXT, pointer).map(|it| &TEXT[it]);
        assert_eq!(cut("/nodes/0/params/a~1b"), Some("[1, [2]]"));
        assert_eq!(cut("/nodes/2"), None);
    }

    #[test]
    fn places_of_the_parser_are_bytes() {
        assert_eq!(&TEXT[byte_at(TEXT, 4, 5)..][..6], "{ \"id\"");
        assert_eq!(byte_at("ü", 1, 2), 0);
        assert_eq!(byte_at("a", 9, 9), 1);
    }

    #[test]
    fn text_that_is_no_json_ends_the_search_and_not_the_program() {
        let whole = TEXT.char_indices().map(|(at, _)| &TEXT[..at]);
        for cut in
            whole.chain(["", "\"", "\"\\", "{", "[", "[[", "{\"a\"", "{\"a\":", "[1 2", "[:", "{\"nodes\"::"])
        {
            for pointer in ["", "/nodes", "/nodes/1/params/list/1", "/0", "/a"] {
                let found = find(cut, pointer);
                assert!(cut.get(found).is_some(), "{pointer} in {cut:?}");
            }
        }
    }
}

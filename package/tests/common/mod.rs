//! Builds archives for tests, right ones and wrong ones: whatever a reader could be told, twice over.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "not every test builds every kind of archive")]
#![allow(unreachable_pub, reason = "a test and an example have it as a module of their own")]

pub mod bombs;
pub mod recipe;

use miniz_oxide::deflate::compress_to_vec;

/// What one of the two headers of an entry says.
#[derive(Clone)]
pub struct Says {
    pub name: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra: Vec<u8>,
}

/// An entry, and the lies that are told of it.
#[derive(Clone)]
pub struct Item {
    pub local: Says,
    pub central: Says,
    /// What it is to hold.
    pub contents: Vec<u8>,
    /// The bytes that lie behind the local header.
    pub data: Vec<u8>,
    /// What lies behind those.
    pub descriptor: Vec<u8>,
    pub attributes: u32,
    /// Where the directory says that it lies, if not where it does.
    pub offset: Option<u32>,
    /// Written into the directory only: it lies where another does.
    pub is_shadow: bool,
}

impl Item {
    /// An entry as any tool writes it, deflated.
    pub fn deflated(name: &str, contents: &[u8]) -> Item {
        Item::new(name, contents, 8, compress_to_vec(contents, 9))
    }
    /// The same, stored.
    pub fn stored(name: &str, contents: &[u8]) -> Item {
        Item::new(name, contents, 0, contents.to_vec())
    }
    fn new(name: &str, contents: &[u8], method: u16, data: Vec<u8>) -> Item {
        let says = Says {
            name: name.as_bytes().to_vec(),
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method,
            crc: crc32fast::hash(contents),
            compressed: data.len() as u32,
            size: contents.len() as u32,
            extra: Vec::new(),
        };
        Item {
            local: says.clone(),
            central: says,
            contents: contents.to_vec(),
            data,
            descriptor: Vec::new(),
            attributes: if name.ends_with('/') { 0o040_700 << 16 } else { 0o100_600 << 16 },
            offset: None,
            is_shadow: false,
        }
    }
    /// The same with sizes and checksum behind the contents, as the original's packer writes them.
    pub fn with_descriptor(mut self) -> Item {
        let numbers = [0x0807_4b50, self.central.crc, self.central.compressed, self.central.size];
        self.descriptor = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
        (self.local.crc, self.local.compressed, self.local.size) = (0, 0, 0);
        self.both(|says| says.flags |= 1 << 3)
    }
    /// The same with both headers changed.
    pub fn both(mut self, change: impl Fn(&mut Says)) -> Item {
        change(&mut self.local);
        change(&mut self.central);
        self
    }
    /// The same with one thing changed.
    pub fn with(mut self, change: impl FnOnce(&mut Item)) -> Item {
        change(&mut self);
        self
    }
}

fn header(says: &Says) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in [20, says.flags, says.method, 0x6ea0, 0x5d76] {
        bytes.extend(u16::to_le_bytes(field));
    }
    for field in [says.crc, says.compressed, says.size] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [says.name.len(), says.extra.len()] {
        bytes.extend((field as u16).to_le_bytes());
    }
    bytes
}

/// The archive of `items` as any tool writes it, if they are.
pub fn zip(items: &[Item]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for item in items {
        let offset = item.offset.unwrap_or(bytes.len() as u32);
        if !item.is_shadow {
            bytes.extend(b"PK\x03\x04");
            bytes.extend(header(&item.local));
            bytes.extend(
                [&item.local.name, &item.local.extra, &item.data, &item.descriptor]
                    .map(Vec::as_slice)
                    .concat(),
            );
        }
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(header(&item.central));
        directory.extend([0; 6]);
        directory.extend(item.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend([&item.central.name[..], &item.central.extra].concat());
    }
    let start = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(end(items.len() as u16, directory.len() as u32, start, b""));
    bytes
}

/// The end of an archive.
pub fn end(entries: u16, length: u32, start: u32, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend([entries.to_le_bytes(); 2].concat());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}

/// `text` of hexadecimal digits as bytes.
pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// `bytes` as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

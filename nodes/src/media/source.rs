//! Files as the demuxers read them: any [`Buffer`], read ahead in blocks, so that one of 2 GB is never held whole.
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use protocol::{Buffer, ByteSource, ReadError};
use symphonia::core::io::MediaSource;

/// A read of a blob costs much however small it is: so many bytes at once make up for it.
const BLOCK: usize = 256 << 10;

// Demuxers ask for sources that may go to another thread, and buffers may not. So the source is a number, and the
// buffers lie here, found by the thread they belong to.
thread_local! {
    static FILES: RefCell<BTreeMap<u64, Buffer>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// A buffer as a file to read.
pub(crate) struct File {
    id: u64,
    size: u64,
    seekable: bool,
    position: u64,
    block: Vec<u8>,
    /// Where in the file the block begins.
    block_at: u64,
}

impl File {
    /// `data`; if not `seekable`, to be read from its beginning only.
    pub(crate) fn new(data: Buffer, seekable: bool) -> Self {
        let id = NEXT.replace(NEXT.get() + 1);
        let size = data.size();
        FILES.with_borrow_mut(|files| files.insert(id, data));
        File { id, size, seekable, position: 0, block: Vec::new(), block_at: 0 }
    }

    /// The bytes of the block from the position on; none if it lies elsewhere.
    fn ahead(&self) -> &[u8] {
        let skip = self.position.checked_sub(self.block_at).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.block.get(skip..)).unwrap_or_default()
    }

    fn read_block(&mut self) -> io::Result<()> {
        let size = (self.size.saturating_sub(self.position)).min(BLOCK as u64) as usize;
        self.block.resize(size, 0);
        self.block_at = self.position;
        let read = FILES.with_borrow(|files| match files.get(&self.id) {
            Some(data) => data.source().read_at(self.position, &mut self.block),
            None => Err(ReadError("belongs to another thread".into())),
        });
        self.block.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ()).map_err(io::Error::other)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        FILES.with_borrow_mut(|files| files.remove(&self.id));
    }
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ahead().is_empty() {
            self.read_block()?;
        }
        let ahead = self.ahead();
        let count = ahead.len().min(out.len());
        out[..count].copy_from_slice(&ahead[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for File {
    fn is_seekable(&self) -> bool {
        self.seekable
    }
    fn byte_len(&self) -> Option<u64> {
        Some(self.size)
    }
}

/// Buffers one after another, as one source of bytes.
pub(crate) struct Chain {
    /// Each with where it begins.
    links: Vec<(u64, Buffer)>,
    size: u64,
}

impl Chain {
    pub(crate) fn of(buffers: Vec<Buffer>) -> Buffer {
        let mut size = 0;
        let link = |buffer: Buffer| {
            let at = size;
            size += buffer.size();
            (at, buffer)
        };
        let links = buffers.into_iter().map(link).collect();
        Buffer::new(Chain { links, size })
    }
}

impl ByteSource for Chain {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let after = self.links.partition_point(|(at, buffer)| at + buffer.size() <= offset);
        self.links.get(after).map_or(Ok(0), |(at, buffer)| buffer.source().read_at(offset - at, out))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_and_seeks_like_its_bytes() {
        let bytes: Vec<u8> = (0..BLOCK * 2 + 100).map(|i| (i % 251) as u8).collect();
        let mut file = File::new(Buffer::from_bytes(bytes.clone()), true);
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).unwrap();
        assert_eq!(whole, bytes);
        for at in [0, 5, BLOCK - 1, BLOCK * 2, bytes.len() - 1, bytes.len(), bytes.len() + 9] {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut some = [0; 64];
            let count = file.read(&mut some).unwrap();
            assert_eq!(some[..count], bytes[at.min(bytes.len())..][..count]);
            assert_eq!(count == 0, at >= bytes.len());
        }
        assert_eq!(file.seek(SeekFrom::End(-1)).unwrap(), bytes.len() as u64 - 1);
        assert!(file.seek(SeekFrom::Current(-i64::MAX)).is_err());
    }

    #[test]
    fn buffers_are_given_back_when_the_file_is_closed() {
        let data = Buffer::from_bytes(vec![1]);
        let file = File::new(data.clone(), true);
        assert!(!data.is_unique());
        drop(file);
        assert!(data.is_unique());
    }

    #[test]
    fn a_chain_reads_like_one_buffer() {
        let buffers = [&[1, 2][..], &[], &[3], &[4, 5, 6]].map(|bytes| Buffer::from_bytes(bytes.to_vec()));
        let chain = Chain::of(buffers.into());
        assert_eq!(chain.size(), 6);
        assert_eq!(chain.bytes().unwrap().as_ref(), [1, 2, 3, 4, 5, 6]);
    }
}

//! Files read from front to back, with every claim about sizes held against the file's own.
use super::{ModelFile, Rejected};

/// Bytes read at once where many small values follow one another.
const AHEAD: usize = 1 << 16;

/// Fills `out` from `offset` on.
pub(super) fn fill(file: &ModelFile, offset: u64, out: &mut [u8]) -> Result<(), Rejected> {
    let unreadable = |why| Rejected::Unreadable { file: file.name.clone(), why };
    let read = file.source.read_at(offset, out).map_err(unreadable)?;
    if read == out.len() {
        return Ok(());
    }
    let needed = offset.saturating_add(out.len() as u64);
    Err(Rejected::Truncated { file: file.name.clone(), needed, found: offset.saturating_add(read as u64) })
}

/// All of a file of `limit` bytes at most.
pub(super) fn whole(file: &ModelFile, limit: u64) -> Result<Vec<u8>, Rejected> {
    let mut reader = Reader::new(file);
    let size = file.source.size();
    if size > limit {
        return Err(reader.invalid(format!("{size} bytes; expected {limit} at most")));
    }
    reader.bytes(size)
}

/// A place in a file.
pub(super) struct Reader<'a> {
    file: &'a ModelFile,
    size: u64,
    at: u64,
    /// Bytes from `ahead_at` on.
    ahead: Vec<u8>,
    ahead_at: u64,
    /// Bytes to read ahead.
    pub(super) stride: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a ModelFile) -> Self {
        let size = file.source.size();
        Reader { file, size, at: 0, ahead: Vec::new(), ahead_at: 0, stride: AHEAD }
    }

    /// Bytes before this place.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether all is read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.size
    }

    pub(super) fn invalid(&self, what: String) -> Rejected {
        Rejected::Invalid { file: self.file.name.clone(), what }
    }

    /// Passes over `count` bytes, which have to be there.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), Rejected> {
        let needed = self.at.saturating_add(count);
        if needed > self.size {
            return Err(Rejected::Truncated { file: self.file.name.clone(), needed, found: self.size });
        }
        self.at = needed;
        Ok(())
    }

    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, Rejected> {
        let start = self.at;
        self.skip(count)?;
        let length = usize::try_from(count).map_err(|_| self.invalid(format!("{count} bytes in one")))?;
        let mut out = vec![0; length];
        self.copy(start, &mut out)?;
        Ok(out)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Rejected> {
        let start = self.at;
        self.skip(N as u64)?;
        let mut out = [0; N];
        self.copy(start, &mut out)?;
        Ok(out)
    }

    /// A number that is stored as `i32` and lies in `0..=most`.
    pub(super) fn number(&mut self, name: &str, most: u32) -> Result<u32, Rejected> {
        let value = i32::from_le_bytes(self.array()?);
        let fits = u32::try_from(value).ok().filter(|it| *it <= most);
        fits.ok_or_else(|| self.invalid(format!("{name} is {value}; expected 0 to {most}")))
    }

    pub(super) fn floats(&mut self, count: u64) -> Result<Vec<f32>, Rejected> {
        let bytes = self.bytes(count.saturating_mul(4))?;
        Ok(bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect())
    }

    /// Copies what lies at `start`, inside the file; through what was read ahead, if it is little.
    fn copy(&mut self, start: u64, out: &mut [u8]) -> Result<(), Rejected> {
        if out.len() > self.stride {
            return fill(self.file, start, out);
        }
        let end = start + out.len() as u64;
        if start < self.ahead_at || end > self.ahead_at + self.ahead.len() as u64 {
            let length = (self.size - start).min(self.stride as u64);
            self.ahead.resize(usize::try_from(length).unwrap_or(self.stride), 0);
            self.ahead_at = start;
            fill(self.file, start, &mut self.ahead)?;
        }
        let from = usize::try_from(start - self.ahead_at).unwrap_or(usize::MAX);
        out.copy_from_slice(&self.ahead[from..from + out.len()]);
        Ok(())
    }
}

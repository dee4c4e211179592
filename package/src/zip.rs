//! A strict reader of ZIP directories.
//!
//! An archive says everything twice, and readers that believe different halves of it see different packages. So both
//! halves must agree, and the entries must lie one behind the other with nothing before, between or after them.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crate::name;
use crate::text::shown;
use crate::{Limits, Rejection};

pub(crate) const LOCAL: u32 = 0x0403_4b50;
pub(crate) const CENTRAL: u32 = 0x0201_4b50;
pub(crate) const END: u32 = 0x0605_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
/// Longest comment of an archive.
const COMMENT: usize = 0xffff;

/// Flags: sizes stand behind the contents.
const HAS_DESCRIPTOR: u16 = 1 << 3;
/// Flags: the name is UTF-8.
const IS_UTF8: u16 = 1 << 11;
/// Flags that change nothing for us: how hard the deflater tried, and the two above.
const KNOWN: u16 = 0b110 | HAS_DESCRIPTOR | IS_UTF8;

/// Extra fields by which an entry is not what its header says: 64-bit sizes, strong encryption, another name, AES.
const STRANGE_EXTRAS: &[u16] = &[0x0001, 0x0017, 0x7075, 0x9901];

/// How an entry's contents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflated,
}

/// One entry of the directory.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) method: Method,
    /// CRC-32 of the contents.
    pub(crate) crc: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    /// Where its contents begin.
    pub(crate) data: u64,
    /// Where its local header begins.
    header: u64,
    flags: u16,
}

impl Record {
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// What is wrong with the archive as such.
pub(crate) fn broken(why: impl std::fmt::Display) -> Rejection {
    Rejection::new(format!("Failed to extract package: {why}"))
}

/// An error of reading: a file that ends too early is broken, the rest is not the package's fault.
pub(crate) fn unread(error: &io::Error) -> Rejection {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => broken("the file ends too early"),
        _ => Rejection::unread(format!("the package cannot be read: {error}")),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn fill<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], Rejection> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(|error| unread(&error))?;
    Ok(bytes)
}

fn take(reader: &mut impl Read, count: u16) -> Result<Vec<u8>, Rejection> {
    let mut bytes = vec![0; usize::from(count)];
    reader.read_exact(&mut bytes).map_err(|error| unread(&error))?;
    Ok(bytes)
}

fn go(reader: &mut impl Seek, to: u64) -> Result<(), Rejection> {
    reader.seek(SeekFrom::Start(to)).map(drop).map_err(|error| unread(&error))
}

/// Where the directory lies.
struct End {
    entries: u16,
    start: u64,
    end: u64,
}

/// Every entry of the archive of `size` bytes, in the directory's order.
///
/// # Errors
/// The archive is broken, ambiguous, or beyond `limits`.
pub(crate) fn directory<R: Read + Seek>(
    reader: &mut R,
    size: u64,
    limits: &Limits,
) -> Result<Vec<Record>, Rejection> {
    let end = find_end(reader, size)?;
    if u32::from(end.entries) > limits.entries {
        return Err(broken(format_args!("{} entries, at most {} are allowed", end.entries, limits.entries)));
    }
    let mut records = read_central(reader, &end, limits)?;
    name::distinct(records.iter().map(|it| it.name.as_str())).map_err(broken)?;
    check_sizes(&records, limits)?;
    check_tiling(reader, &mut records, end.start)?;
    Ok(records)
}

fn find_end<R: Read + Seek>(reader: &mut R, size: u64) -> Result<End, Rejection> {
    let length = size.min((END_SIZE + COMMENT) as u64);
    go(reader, size - length)?;
    let mut tail = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut tail).map_err(|error| unread(&error))?;
    let is_end = |at: &usize| {
        u32_at(&tail, *at) == END && *at + END_SIZE + usize::from(u16_at(&tail, *at + 20)) == tail.len()
    };
    let mut found = (0..(tail.len() + 1).saturating_sub(END_SIZE)).filter(is_end);
    let Some(at) = found.next() else { return Err(broken("it is no ZIP archive, or not all of one")) };
    // Readers differ in which one they believe.
    let comment = &tail[at + END_SIZE..];
    if found.next().is_some() || comment.windows(4).any(|it| u32_at(it, 0) == END) {
        return Err(broken("the archive ends twice"));
    }
    read_end(&tail[at..], size - length + at as u64)
}

fn read_end(record: &[u8], at: u64) -> Result<End, Rejection> {
    let (entries, length, start) = (u16_at(record, 10), u32_at(record, 12), u32_at(record, 16));
    if entries == u16::MAX || length == u32::MAX || start == u32::MAX {
        return Err(broken("ZIP64 archives are not supported"));
    }
    if u16_at(record, 4) != 0 || u16_at(record, 6) != 0 || u16_at(record, 8) != entries {
        return Err(broken("archives of several parts are not supported"));
    }
    let (start, end) = (u64::from(start), u64::from(start) + u64::from(length));
    if end != at {
        return Err(broken("the directory does not lie where the archive says"));
    }
    Ok(End { entries, start, end })
}

fn read_central<R: Read + Seek>(
    reader: &mut R,
    end: &End,
    limits: &Limits,
) -> Result<Vec<Record>, Rejection> {
    go(reader, end.start)?;
    let mut directory = BufReader::with_capacity(1 << 16, reader.by_ref().take(end.end - end.start));
    let mut records = Vec::new();
    for _ in 0..end.entries {
        records.push(read_record(&mut directory, limits)?);
    }
    if directory.buffer().is_empty() && directory.get_ref().limit() == 0 {
        Ok(records)
    } else {
        Err(broken("the directory is longer than its entries"))
    }
}

fn read_record(directory: &mut impl Read, limits: &Limits) -> Result<Record, Rejection> {
    let fixed: [u8; CENTRAL_SIZE] = fill(directory)?;
    if u32_at(&fixed, 0) != CENTRAL {
        return Err(broken("the directory is broken"));
    }
    let name = take(directory, u16_at(&fixed, 28))?;
    let extra = take(directory, u16_at(&fixed, 30))?;
    // The comment of an entry is nobody's business.
    take(directory, u16_at(&fixed, 32))?;
    let flags = u16_at(&fixed, 8);
    let name = decode_name(name, flags)?;
    let wrong = |why: &dyn std::fmt::Display| broken(format_args!("`{}` {why}", shown(&name)));
    name::check(&name, limits).map_err(|why| wrong(&why))?;
    if flags & !KNOWN != 0 {
        let why = if flags & 1 == 1 { "is encrypted" } else { "has features that are not supported" };
        return Err(wrong(&why));
    }
    check_extra(&extra).map_err(|why| wrong(&why))?;
    let method = method(u16_at(&fixed, 10)).map_err(|why| wrong(&why))?;
    let (compressed, size, header) = (u32_at(&fixed, 20), u32_at(&fixed, 24), u32_at(&fixed, 42));
    if [compressed, size, header].contains(&u32::MAX) || u16_at(&fixed, 34) != 0 {
        return Err(wrong(&"has sizes of ZIP64, which is not supported"));
    }
    if !is_regular(u32_at(&fixed, 38) >> 16, name.ends_with('/')) {
        return Err(wrong(&"is no file: links and devices are not allowed"));
    }
    let [compressed, size, header] = [compressed, size, header].map(u64::from);
    Ok(Record { name, method, crc: u32_at(&fixed, 16), compressed, size, data: 0, header, flags })
}

fn decode_name(name: Vec<u8>, flags: u16) -> Result<String, Rejection> {
    // Without the flag, what is not ASCII depends on who reads it.
    if flags & IS_UTF8 == 0 && !name.is_ascii() {
        return Err(broken("a name that is not ASCII must be marked as UTF-8"));
    }
    String::from_utf8(name).map_err(|_| broken("a name is not UTF-8"))
}

fn method(number: u16) -> Result<Method, String> {
    match number {
        0 => Ok(Method::Stored),
        8 => Ok(Method::Deflated),
        other => Err(format!("is compressed by method {other}, only stored and deflated are supported")),
    }
}

/// By the upper half of the external attributes: the mode of Unix, or 0.
fn is_regular(mode: u32, folder: bool) -> bool {
    match mode & 0o170_000 {
        0 => true,
        0o100_000 => !folder,
        0o040_000 => folder,
        _ => false,
    }
}

fn check_extra(mut extra: &[u8]) -> Result<(), String> {
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        if STRANGE_EXTRAS.contains(&id) {
            return Err(format!("has an extra field of kind {id:#06x}, which is not supported"));
        }
        extra = extra.get(4 + length..).ok_or("has a broken extra field")?;
    }
    if extra.is_empty() { Ok(()) } else { Err("has a broken extra field".into()) }
}

/// By what the headers claim, which spares the work on an honest bomb. Reading holds them to it.
fn check_sizes(records: &[Record], limits: &Limits) -> Result<(), Rejection> {
    let (mut packed, mut total, mut inflated) = (0, 0, 0);
    for record in records {
        let wrong = |why: String| broken(format_args!("`{}` {why}", shown(&record.name)));
        if record.is_folder() && record.size > 0 {
            return Err(wrong("is a folder with contents".into()));
        }
        if record.size > limits.entry {
            return Err(wrong(format!("has {} bytes, at most {} are allowed", record.size, limits.entry)));
        }
        if record.method == Method::Stored && record.size != record.compressed {
            return Err(wrong("is stored, but its two sizes differ".into()));
        }
        if record.size > FREE_ENTRY + record.compressed * u64::from(limits.ratio) {
            return Err(wrong(format!("unpacks to more than {} times its size", limits.ratio)));
        }
        packed += record.compressed;
        total += record.size;
        inflated += if record.method == Method::Deflated { record.size } else { 0 };
    }
    if inflated > limits.inflated {
        let max = limits.inflated;
        return Err(broken(format_args!(
            "what is compressed unpacks to {inflated} bytes, at most {max} are allowed"
        )));
    }
    if total > limits.total {
        return Err(broken(format_args!(
            "it unpacks to {total} bytes, at most {} are allowed",
            limits.total
        )));
    }
    if total > FREE_TOTAL + packed * u64::from(limits.ratio) {
        return Err(broken(format_args!("it unpacks to more than {} times its size", limits.ratio)));
    }
    Ok(())
}

/// So many bytes of an entry may come from next to nothing.
const FREE_ENTRY: u64 = 1 << 20;
/// So many bytes of all entries.
const FREE_TOTAL: u64 = 64 << 20;

/// The entries fill the file up to the directory, one behind the other.
fn check_tiling<R: Read + Seek>(
    reader: &mut R,
    records: &mut [Record],
    directory: u64,
) -> Result<(), Rejection> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|i| records[*i].header);
    let mut free = 0;
    for (at, &i) in order.iter().enumerate() {
        let record = &records[i];
        if record.header != free {
            let what =
                if record.header < free { "overlaps another entry" } else { "has strange bytes before it" };
            return Err(broken(format_args!("`{}` {what}", shown(&record.name))));
        }
        let next = order.get(at + 1).map_or(directory, |&next| records[next].header);
        let data = read_local(reader, record, next)?;
        records[i].data = data;
        free = next;
    }
    if free == directory { Ok(()) } else { Err(broken("there are strange bytes before the directory")) }
}

/// Where the contents of `record` begin, if its local header and its descriptor agree with the directory and it ends
/// at `next`.
fn read_local<R: Read + Seek>(reader: &mut R, record: &Record, next: u64) -> Result<u64, Rejection> {
    let wrong = |why: &dyn std::fmt::Display| broken(format_args!("`{}` {why}", shown(&record.name)));
    go(reader, record.header)?;
    let fixed: [u8; LOCAL_SIZE] = fill(reader)?;
    let (name, extra) = (u16_at(&fixed, 26), u16_at(&fixed, 28));
    if u32_at(&fixed, 0) != LOCAL {
        return Err(wrong(&"does not lie where the directory says"));
    }
    if usize::from(name) != record.name.len() || take(reader, name)? != record.name.as_bytes() {
        return Err(wrong(&"has another name in its own header"));
    }
    check_extra(&take(reader, extra)?).map_err(|why| wrong(&why))?;
    let differs = wrong(&"has another header than the directory says");
    if u16_at(&fixed, 6) != record.flags || method(u16_at(&fixed, 8)) != Ok(record.method) {
        return Err(differs);
    }
    let data = record.header + (LOCAL_SIZE as u64) + u64::from(name) + u64::from(extra);
    let end = data + record.compressed;
    let told = [u32_at(&fixed, 14), u32_at(&fixed, 18), u32_at(&fixed, 22)];
    let known = [u64::from(record.crc), record.compressed, record.size].map(|it| it as u32);
    if record.flags & HAS_DESCRIPTOR == 0 {
        if told != known {
            return Err(differs);
        }
        return if end == next { Ok(data) } else { Err(wrong(&tiling(end, next))) };
    }
    if told != known && told != [0; 3] {
        return Err(differs);
    }
    if ![12, 16].contains(&next.saturating_sub(end)) {
        return Err(wrong(&tiling(end + 12, next)));
    }
    go(reader, end)?;
    let descriptor = take(reader, (next - end) as u16)?;
    let signed = descriptor.len() == 16 && u32_at(&descriptor, 0) == DESCRIPTOR;
    let numbers = if signed { &descriptor[4..] } else { &descriptor[..] };
    let told: Vec<u32> = numbers.chunks_exact(4).map(|it| u32_at(it, 0)).collect();
    if told == known { Ok(data) } else { Err(differs) }
}

fn tiling(end: u64, next: u64) -> &'static str {
    if end > next { "overlaps another entry" } else { "has strange bytes behind it" }
}

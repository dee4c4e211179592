//! What a plugin's wasm module must look like before anything of it is compiled.

/// Name of the module that a plugin may import from.
pub const IMPORTS: &str = "remotemedia_v1";
/// The only import: `say(ptr: i32, len: i32)`, a frame said meanwhile.
pub const SAY: &str = "say";
/// Export: the plugin's memory.
pub const MEMORY: &str = "memory";
/// Export: `(len: i32) -> ptr: i32`, room for a frame of the host's, which belongs to the guest from then on.
pub const ALLOC: &str = "rm_abi_v1_alloc";
/// Export: `(ptr: i32, len: i32) -> i64`, takes a frame and answers with one at `result >> 32`, of
/// `result & 0xffff_ffff` bytes, which stays where it is until the next call.
pub const CALL: &str = "rm_abi_v1_call";

/// A plugin may declare this much memory unless its host says otherwise, in bytes.
pub const MAX_MEMORY: u64 = 256 << 20;
/// Elements of a plugin's table of functions, at most.
pub const MAX_TABLE: u32 = 1 << 20;

const PAGE: u64 = 1 << 16;
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
/// Number types, `v128` and the two reference types of wasm 2.
const TYPES: [u8; 7] = [I32, I64, 0x7d, 0x7c, 0x7b, 0x70, 0x6f];

/// Whether `bytes` is a module that may be run as a plugin: exports [`MEMORY`], [`ALLOC`] and [`CALL`] of the right
/// types, imports nothing but [`SAY`], has no start function, one memory of its own whose declared maximum is at most
/// `max_memory` bytes, and tables of at most [`MAX_TABLE`] elements.
///
/// The code itself is not looked at: whoever compiles the module validates it.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check(bytes: &[u8], max_memory: u64) -> Result<(), String> {
    let mut reader = Reader { bytes };
    if reader.take(4).ok() != Some(b"\0asm") {
        return Err("is no wasm module".into());
    }
    let version = reader.take(4)?;
    if version != [1, 0, 0, 0] {
        return Err(format!("is wasm of another version than 1 ({version:?})"));
    }
    let mut module = Module { max_memory, ..Module::default() };
    let mut seen = [false; 256];
    while !reader.bytes.is_empty() {
        let id = reader.byte()?;
        let size = reader.u32()?;
        let mut section = Reader { bytes: reader.take(size)? };
        if id == 0 {
            continue;
        }
        if std::mem::replace(&mut seen[usize::from(id)], true) {
            return Err(format!("has two sections of kind {id}"));
        }
        let read = module.section(id, &mut section)?;
        if read && !section.bytes.is_empty() {
            return Err(format!("has {} bytes too many in section {id}", section.bytes.len()));
        }
    }
    module.complete()
}

/// Parameters and results of a function.
type Signature = (Vec<u8>, Vec<u8>);

#[derive(Default)]
struct Module {
    max_memory: u64,
    types: Vec<Signature>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    memories: u32,
    exports: Vec<(String, u8, u32)>,
}

impl Module {
    /// Whether it is a kind of section that is read.
    fn section(&mut self, id: u8, section: &mut Reader) -> Result<bool, String> {
        match id {
            1 => section.each(|it| {
                self.types.push(it.signature()?);
                Ok(())
            })?,
            2 => section.each(|it| self.import(it))?,
            3 => section.each(|it| {
                self.functions.push(it.u32()?);
                Ok(())
            })?,
            4 => section.each(table)?,
            5 => section.each(|it| self.memory(it))?,
            7 => section.each(|it| {
                self.exports.push((it.name()?.to_owned(), it.byte()?, it.u32()?));
                Ok(())
            })?,
            8 => return Err("has a start function, which would run before anybody asks for anything".into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn import(&mut self, it: &mut Reader) -> Result<(), String> {
        let (from, name, kind) = (it.name()?.to_owned(), it.name()?.to_owned(), it.byte()?);
        if (from.as_str(), name.as_str(), kind) != (IMPORTS, SAY, 0) {
            return Err(format!(
                "imports {from}.{name}: a plugin may import {IMPORTS}.{SAY} and nothing else"
            ));
        }
        let index = it.u32()?;
        self.functions.push(index);
        self.expect(index, "the import say", &[I32, I32], &[])
    }

    fn memory(&mut self, it: &mut Reader) -> Result<(), String> {
        self.memories += 1;
        let flags = it.byte()?;
        match flags {
            1 => {}
            0 => {
                return Err(format!(
                    "declares no maximum of its memory (link with --max-memory, at most {})",
                    self.max_memory
                ));
            }
            2 | 3 => return Err("shares its memory".into()),
            _ => return Err("has a memory of 64-bit addresses, or of another kind".into()),
        }
        let (min, max) = (u64::from(it.u32()?) * PAGE, u64::from(it.u32()?) * PAGE);
        if min > max {
            return Err(format!("has a memory of at least {min} bytes and at most {max}"));
        }
        if max > self.max_memory {
            return Err(format!("may take {max} bytes of memory, at most {} are allowed", self.max_memory));
        }
        Ok(())
    }

    fn complete(&self) -> Result<(), String> {
        if self.memories != 1 {
            return Err(format!("has {} memories, expected one of its own", self.memories));
        }
        self.export(MEMORY, 2)?;
        for (name, params, results) in [(ALLOC, &[I32][..], I32), (CALL, &[I32, I32][..], I64)] {
            let function = self.export(name, 0)?;
            let index = self.functions.get(function as usize);
            let index = *index.ok_or_else(|| format!("exports a function {name} that it has not"))?;
            self.expect(index, &format!("the export {name}"), params, &[results])?;
        }
        Ok(())
    }

    fn export(&self, name: &str, kind: u8) -> Result<u32, String> {
        let found = self.exports.iter().find(|(it, ..)| it == name);
        match found {
            Some((_, it, index)) if *it == kind => Ok(*index),
            Some(_) => Err(format!("exports {name} as something else than node ABI v1 says")),
            None => Err(format!("does not export {name}: it is no plugin of node ABI v1")),
        }
    }

    fn expect(&self, index: u32, what: &str, params: &[u8], results: &[u8]) -> Result<(), String> {
        match self.types.get(index as usize) {
            Some((given, gives)) if given == params && gives == results => Ok(()),
            Some(_) => Err(format!("has another type for {what} than node ABI v1 says")),
            None => Err(format!("has no type for {what}")),
        }
    }
}

fn table(it: &mut Reader) -> Result<(), String> {
    let (element, flags) = (it.byte()?, it.byte()?);
    if !TYPES.contains(&element) || flags != 1 {
        return Err("has a table without a maximum, or of a kind that a plugin may not have".into());
    }
    let (min, max) = (it.u32()?, it.u32()?);
    if min > max || max > MAX_TABLE {
        return Err(format!("has a table of {min} to {max} elements, at most {MAX_TABLE} are allowed"));
    }
    Ok(())
}

/// The bytes not yet read.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: u32) -> Result<&'a [u8], String> {
        let ends = || "ends early: it is not whole".to_owned();
        let (taken, rest) = self.bytes.split_at_checked(count as usize).ok_or_else(ends)?;
        self.bytes = rest;
        Ok(taken)
    }
    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }
    /// LEB128 of at most five bytes.
    fn u32(&mut self) -> Result<u32, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| "has a number beyond 32 bits".to_owned());
            }
        }
        Err("has a number beyond 32 bits".into())
    }
    fn name(&mut self) -> Result<&'a str, String> {
        let size = self.u32()?;
        std::str::from_utf8(self.take(size)?).map_err(|_| "has a name that is not UTF-8".to_owned())
    }
    fn signature(&mut self) -> Result<Signature, String> {
        if self.byte()? != 0x60 {
            return Err("has a type that is no function's: it was made for a later wasm".into());
        }
        Ok((self.types()?, self.types()?))
    }
    fn types(&mut self) -> Result<Vec<u8>, String> {
        let count = self.u32()?;
        let types = self.take(count)?;
        if types.iter().all(|it| TYPES.contains(it)) {
            Ok(types.to_vec())
        } else {
            Err("has values of a type that was made for a later wasm".into())
        }
    }
    /// Reads the entries of a list; what it says of its length is not trusted.
    fn each(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        for _ in 0..self.u32()? {
            read(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "module_tests.rs"]
mod tests;

//! How big a package may be.

use serde::Deserialize;

const MIB: u64 = 1 << 20;

/// What is refused for its size. Applied to what is read: a header that claims less than there is, is refused for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file. Default 2 GiB.
    pub archive: u64,
    /// Bytes of the file if it is no package of format 2. Default 100 MiB, as in the original.
    pub archive_v1: u64,
    /// Entries. Default 4096.
    pub entries: u32,
    /// UTF-8 bytes of a name. Default 255.
    pub name: u32,
    /// Parts of a name. Default 16.
    pub depth: u32,
    /// Bytes of one entry, unpacked. Default 2 GiB.
    pub entry: u64,
    /// Bytes of all entries, unpacked. Default 4 GiB.
    pub total: u64,
    /// Bytes of all entries that are compressed, unpacked: what bombs are made of. Default 256 MiB.
    pub inflated: u64,
    /// Bytes of each JSON text of ours: manifest, metadata, lock, signature. Default 1 MiB.
    pub text: u64,
    /// Unpacked bytes for each packed one, beyond the first MiB of an entry and the first 64 MiB of all. Default 100.
    pub ratio: u32,
    /// Bytes of the module of a plugin. Default 16 MiB.
    pub plugin: u64,
    /// Bytes of memory that a plugin may ask for at most. Default 256 MiB.
    pub plugin_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            archive: 2048 * MIB,
            archive_v1: 100 * MIB,
            entries: 4096,
            name: 255,
            depth: 16,
            entry: 2048 * MIB,
            total: 4096 * MIB,
            inflated: 256 * MIB,
            text: MIB,
            ratio: 100,
            plugin: 16 * MIB,
            plugin_memory: node_abi::module::MAX_MEMORY,
        }
    }
}

//! `package.lock.json`: what is in a package, by hash.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::manifest::TOLD;
use crate::rejection::problem;
use crate::text::shown;
use crate::{Rejection, SigningKey};

/// Its name in a package.
pub(crate) const LOCK: &str = "package.lock.json";

/// The only version there is.
const VERSION: u32 = 1;

/// The lock of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    /// Every entry but the lock itself and the signature.
    #[serde(deserialize_with = "distinct")]
    pub(crate) entries: BTreeMap<String, Locked>,
    /// Ids of keys without whose signature the package is no longer what it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) signed_by: Vec<String>,
}

/// What the lock says of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Locked {
    pub(crate) sha256: String,
    pub(crate) size: u64,
}

/// A map whose keys are all different: readers differ in which of two they believe.
fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Locked>, D::Error> {
    struct Distinct;
    impl<'de> Visitor<'de> for Distinct {
        type Value = BTreeMap<String, Locked>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("entries by name")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, locked)) = access.next_entry::<String, Locked>()? {
                if map.contains_key(&name) {
                    return Err(Error::custom(format_args!("`{}` is there twice", shown(&name))));
                }
                map.insert(name, locked);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Distinct)
}

impl Lock {
    pub(crate) fn new(entries: BTreeMap<String, Locked>) -> Self {
        Lock { version: VERSION, entries, signed_by: Vec::new() }
    }

    /// The same, which is no longer what it was without a signature of `key`.
    pub(crate) fn signed(mut self, key: Option<&SigningKey>) -> Self {
        self.signed_by.extend(key.map(|it| it.public().id()));
        self
    }

    /// The lock that `bytes` are.
    ///
    /// # Errors
    /// They are none, or one of a later version.
    pub(crate) fn read(bytes: &[u8]) -> Result<Lock, Rejection> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let invalid = |error: serde_json::Error| Rejection::new(format!("Invalid {LOCK}: {error}"));
        let Version { version } = serde_json::from_slice(bytes).map_err(invalid)?;
        if version != VERSION {
            return Err(Rejection::new(format!(
                "Unsupported version of {LOCK}: {version} (expected {VERSION})"
            )));
        }
        serde_json::from_slice(bytes).map_err(invalid)
    }

    /// Its bytes: what is signed.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Rejection> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Rejection::new(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Holds `found`, the other entries of a package as they were read, to the lock.
    ///
    /// # Errors
    /// Every entry that is not as the lock says.
    pub(crate) fn check(&self, found: &BTreeMap<&str, Locked>) -> Result<(), Rejection> {
        let mut problems = Vec::new();
        let mut tell = |message: String| {
            if problems.len() < TOLD {
                problems.push(problem(String::new(), message));
            }
        };
        for (&name, there) in found {
            let it = shown(name);
            match self.entries.get(name) {
                None => tell(format!("`{it}` is not in {LOCK}")),
                Some(locked) if locked.size != there.size => {
                    tell(format!(
                        "`{it}` has been changed: it has {} bytes, {LOCK} says {}",
                        there.size, locked.size
                    ));
                }
                Some(locked) if locked.sha256 != there.sha256 => tell(format!(
                    "`{it}` has been changed: its SHA-256 is {}, {LOCK} says {}",
                    there.sha256,
                    shown(&locked.sha256)
                )),
                Some(_) => {}
            }
        }
        for name in self.entries.keys().filter(|it| !found.contains_key(it.as_str())) {
            tell(format!("`{}` of {LOCK} is not in the package", shown(name)));
        }
        if problems.is_empty() { Ok(()) } else { Err(Rejection { problems }) }
    }
}

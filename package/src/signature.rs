//! Signatures: ed25519 over the lock.

use serde::Serialize;

use crate::{Limits, Rejection};

/// Who can have signed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The key that `text` stands for in base64, 32 bytes.
    ///
    /// # Errors
    /// It is not 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, Rejection> {
        let _ = text;
        Err(Rejection::new("keys cannot be read yet"))
    }
    /// The key in base64.
    pub fn to_base64(&self) -> String {
        String::new()
    }
    /// What names it for people: the first 16 hexadecimal digits of its SHA-256.
    pub fn id(&self) -> String {
        String::new()
    }
}

/// What signs a package. Whoever has it can sign: it is a secret.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// The key that these 32 random bytes are.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        SigningKey(seed)
    }
    /// The key that `text` stands for in base64, 32 bytes; white space around it counts for nothing.
    ///
    /// # Errors
    /// It is not 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, Rejection> {
        let _ = text;
        Err(Rejection::new("keys cannot be read yet"))
    }
    /// The secret in base64.
    pub fn to_base64(&self) -> String {
        String::new()
    }
    /// Its public half, by which others know its signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0)
    }
}

/// Whether a package is signed. A wrong signature, or one that is missing though the lock names its key, is no state:
/// such a package does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureState {
    /// Format 1 has no signatures.
    None,
    /// Nobody signed it.
    Unsigned,
    /// Signed by a key that the caller named.
    Trusted,
    /// Signed, by keys that the caller did not name.
    Unknown,
}

/// Whether a package is signed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// What the signatures are worth to the caller.
    pub state: SignatureState,
    /// Ids of the keys that signed, in the order of the signatures.
    pub keys: Vec<String>,
}

/// The package `bytes`, signed with `key` too. The first to sign is written into the lock, so that his signature cannot
/// be taken away unseen; later ones stand beside him. Signing again with the same key changes nothing.
///
/// # Errors
/// `bytes` is no acceptable package of format 2.
pub fn sign(bytes: &[u8], key: &SigningKey, limits: &Limits) -> Result<Vec<u8>, Rejection> {
    let _ = (bytes, key, limits);
    Err(Rejection::new("packages cannot be signed yet"))
}

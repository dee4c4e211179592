//! Signatures: ed25519 over the lock.

use ed25519_dalek::{Signature as Ed25519, Signer, SigningKey as Secret, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Rejection;
use crate::lock::{LOCK, Lock};
use crate::text::{base64, from_base64, hex, key_bytes, shown};

/// Its name in a package.
pub(crate) const SIGNATURE: &str = "signature";

/// Stands before the lock in what is signed, so that a signature for something else is none for a package.
const PREFIX: &[u8] = b"remotemedia package v1\n";

/// The only version there is.
const VERSION: u32 = 1;

/// Who can have signed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The key that `text` stands for in base64, 32 bytes.
    ///
    /// # Errors
    /// It is not 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, Rejection> {
        key_bytes(text.trim()).map(PublicKey).ok_or_else(|| no_key("public"))
    }
    /// The key in base64.
    pub fn to_base64(&self) -> String {
        base64(&self.0)
    }
    /// What names it for people: the first 16 hexadecimal digits of its SHA-256.
    pub fn id(&self) -> String {
        hex(&Sha256::digest(self.0)[..8])
    }
    fn verifies(&self, lock: &[u8], signature: &[u8; 64]) -> bool {
        // Strictly: a signature with two spellings, or a key that verifies everything, counts for nothing.
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(&[PREFIX, lock].concat(), &Ed25519::from_bytes(signature)).is_ok()
        })
    }
}

fn no_key(what: &str) -> Rejection {
    Rejection::new(format!("no {what} key: 32 bytes in base64 are expected"))
}

/// What signs a package. Whoever has it can sign: it is a secret.
#[derive(Clone)]
pub struct SigningKey(Secret);

impl SigningKey {
    /// The key that these 32 random bytes are.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        SigningKey(Secret::from_bytes(&seed))
    }
    /// The key that `text` stands for in base64, 32 bytes; white space around it counts for nothing.
    ///
    /// # Errors
    /// It is not 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, Rejection> {
        key_bytes(text.trim()).map(Self::from_seed).ok_or_else(|| no_key("signing"))
    }
    /// The secret in base64.
    pub fn to_base64(&self) -> String {
        base64(&self.0.to_bytes())
    }
    /// Its public half, by which others know its signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
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

/// The entry `signature`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signatures {
    version: u32,
    signatures: Vec<One>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    key: String,
    public_key: String,
    signature: String,
}

/// Who signed: `signature` is the entry, if there is one, `bytes` are those of `lock`.
///
/// # Errors
/// A signature is wrong, or one is missing without which the package is no longer what it was.
pub(crate) fn check(
    signature: Option<&[u8]>,
    lock: &Lock,
    bytes: &[u8],
) -> Result<Vec<PublicKey>, Rejection> {
    let keys = signature.map_or(Ok(Vec::new()), |it| verify(it, bytes))?;
    let gone = lock.signed_by.iter().find(|id| !keys.iter().any(|key| key.id() == **id));
    match gone {
        None => Ok(keys),
        Some(id) => Err(Rejection::new(format!(
            "Downgraded package: {LOCK} says that key {} signed it, but that signature is missing",
            shown(id)
        ))),
    }
}

fn verify(signature: &[u8], lock: &[u8]) -> Result<Vec<PublicKey>, Rejection> {
    let mut keys = Vec::new();
    for one in read(signature)?.signatures {
        let wrong = |why: &str| Rejection::new(format!("Wrong signature of key {}: {why}", shown(&one.key)));
        let key = PublicKey::from_base64(&one.public_key).map_err(|_| wrong("its public key is none"))?;
        if key.id() != one.key {
            return Err(wrong("its public key has another id"));
        }
        if keys.contains(&key) {
            return Err(wrong("it is there twice"));
        }
        let bytes = from_base64(&one.signature).and_then(|it| it.try_into().ok());
        let Some(bytes) = bytes else { return Err(wrong("it is not 64 bytes in base64")) };
        if !key.verifies(lock, &bytes) {
            return Err(wrong(&format!("it was not made for this {LOCK}")));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn read(signature: &[u8]) -> Result<Signatures, Rejection> {
    let signatures: Signatures = serde_json::from_slice(signature)
        .map_err(|error| Rejection::new(format!("Invalid signature: {error}")))?;
    if signatures.version != VERSION {
        let version = signatures.version;
        return Err(Rejection::new(format!(
            "Unsupported version of signature: {version} (expected {VERSION})"
        )));
    }
    if signatures.signatures.is_empty() {
        return Err(Rejection::new("Invalid signature: it is empty"));
    }
    Ok(signatures)
}

/// The entry `signature` with that of `key` over `lock` added to those of `before`.
pub(crate) fn add(before: Option<&[u8]>, key: &SigningKey, lock: &[u8]) -> Result<Vec<u8>, Rejection> {
    let mut all = before.map_or(Ok(Signatures { version: VERSION, signatures: Vec::new() }), read)?;
    let (public, made) = (key.public(), key.0.sign(&[PREFIX, lock].concat()));
    let (public_key, signature) = (public.to_base64(), base64(&made.to_bytes()));
    all.signatures.push(One { key: public.id(), public_key, signature });
    let mut bytes = serde_json::to_vec_pretty(&all).map_err(|error| Rejection::new(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

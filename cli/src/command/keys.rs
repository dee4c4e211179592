//! Keys and signatures, in files and in words.
use std::path::Path;

use package::{Signature, SignatureState, SigningKey};
use protocol::Code;

use super::failure::Failure;
use super::files;

/// The first line of the file of a secret key, so that whoever opens it sees what it is.
const HEADING: &str =
    "# A signing key of RemoteMedia. Whoever has it can sign in your name: keep it to yourself.";

/// The text of the file of a key.
pub(crate) fn file_text(key: &SigningKey) -> String {
    format!("{HEADING}\n{}\n", key.to_base64())
}

/// The key in a file that `keygen` wrote.
pub(crate) fn read(path: &Path) -> Result<SigningKey, Failure> {
    let text = files::text(path)?;
    let key: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    SigningKey::from_base64(key.trim()).map_err(|_| {
        Failure::new(
            Code::InvalidInput,
            format!("{}: is no signing key: `remotemedia keygen` makes one", path.display()),
        )
    })
}

/// A signature in words.
pub(crate) fn in_words(signature: &Signature) -> String {
    let keys = signature.keys.join(", ");
    match signature.state {
        SignatureState::None => "none (format 1 has no signatures)".into(),
        SignatureState::Unsigned => "unsigned".into(),
        SignatureState::Trusted => format!("signed by {keys}, whom you trust"),
        SignatureState::Unknown => format!("signed by {keys}, whom you did not name with --key"),
    }
}

/// The state as programs read it.
pub(crate) fn state_name(state: SignatureState) -> &'static str {
    match state {
        SignatureState::None => "none",
        SignatureState::Unsigned => "unsigned",
        SignatureState::Trusted => "trusted",
        SignatureState::Unknown => "unknown",
    }
}

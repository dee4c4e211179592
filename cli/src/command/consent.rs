//! Whether a package may run code of its own on this machine.
use package::{PublicKey, SignatureState};
use protocol::Code;

use super::console::Console;
use super::failure::Failure;
use super::pipeline::Opened;
use super::{inspect, keys, words};

/// What of a package is code that would run here, in words.
pub(crate) fn needed(opened: &Opened) -> Vec<&'static str> {
    let has = |folder: &str| opened.package.entries().iter().any(|it| it.name.starts_with(folder));
    let kinds = [("python/", "Python modules"), ("wheels/", "Python wheels"), ("plugins/", "plugins")];
    kinds.into_iter().filter(|(folder, _)| has(folder)).map(|(_, words)| words).collect()
}

/// Whether somebody the user trusts signed it.
pub(crate) fn is_trusted(opened: &Opened, trusted: &[PublicKey]) -> bool {
    opened.package.signature(trusted).state == SignatureState::Trusted
}

/// Goes on only if the package brings no code, or its code may run.
pub(crate) fn ask(
    opened: &mut Opened,
    trusted: &[PublicKey],
    is_agreed: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let needed = needed(opened).join(", ");
    if needed.is_empty() || is_agreed || is_trusted(opened, trusted) {
        return Ok(());
    }
    if console.can_ask() && asked(opened, trusted, &needed, console)? {
        return Ok(());
    }
    let message = format!(
        "this package brings code of its own ({needed}), which would run with your rights: look at it with \
         `remotemedia inspect`, then say --trust, or --key with the key of whoever signed it"
    );
    Err(Failure::new(Code::NotSupported, message))
}

fn asked(
    opened: &mut Opened,
    trusted: &[PublicKey],
    needed: &str,
    console: &mut Console,
) -> Result<bool, Failure> {
    let info = opened.package.info(trusted).map_err(|it| Failure::rejected(&opened.path, &it))?;
    for line in info.text.lines() {
        console.tell(&words::line(line));
    }
    console.tell(&format!("Permissions: {}", inspect::permissions(&info)));
    console.tell(&format!("Signature: {}", keys::in_words(&info.signature)));
    console.tell(&format!("SHA-256: {}\n", info.sha256));
    Ok(console.ask(&format!("It brings code of its own ({needed}), which runs with your rights. Run it?")))
}

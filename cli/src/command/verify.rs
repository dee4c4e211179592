//! `verify`: whether a package is as it was packed, and who says so.
use std::path::PathBuf;

use package::SignatureState;
use protocol::Value;

use super::console::Console;
use super::failure::Failure;
use super::options::TrustedKeys;
use super::pipeline::Opened;
use super::{Done, keys, words};

/// Check every byte of a package against its list of hashes, and its signatures
///
/// A package that was changed, whose signature is wrong, or that lost a signature it should have is refused. With --key
/// it must be signed by somebody you trust, which `inspect` only tells.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A package (.rmpkg)
    package: PathBuf,
    #[command(flatten)]
    trusted: TrustedKeys,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let trusted = args.trusted.read()?;
    let mut opened = Opened::open(&args.package)?;
    let rejected = |rejection: package::Rejection| Failure::rejected(&args.package, &rejection);
    opened.package.verify().map_err(rejected)?;
    let signature = opened.package.signature(&trusted);
    let is_good = trusted.is_empty() || signature.state == SignatureState::Trusted;
    let entries = opened.package.entries().len();
    if args.json {
        let keys = signature.keys.iter().map(|it| Value::Text(it.clone()));
        console.say_json(&Value::map([
            ("ok", Value::Bool(is_good)),
            ("signature", Value::Text(keys::state_name(signature.state).into())),
            ("keys", Value::List(keys.collect())),
            ("entries", Value::uint(entries as u64)),
        ]))?;
    } else {
        let entries = if entries == 1 { "1 entry".into() } else { format!("{entries} entries") };
        let name = words::line(&args.package.display().to_string());
        console.say(&format!("{name}: {entries}, all as they were packed"))?;
        console.say(&format!("Signature: {}", keys::in_words(&signature)))?;
        if !is_good {
            console.tell("error: not signed by any of the keys named with --key");
        }
    }
    if is_good { Ok(()) } else { Err(Failure::Told) }
}

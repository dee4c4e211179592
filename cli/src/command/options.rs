//! What running, checking and measuring a pipeline need alike.
use std::path::{Path, PathBuf};
use std::time::Duration;

use package::PublicKey;
use protocol::{Code, RunOptions};

use super::failure::Failure;
use super::files;

/// Whom the user trusts: those who signed with these keys. The same wherever a package is read.
#[derive(clap::Args)]
pub(crate) struct TrustedKeys {
    /// A public key you trust, or its file; repeat it for more
    #[arg(long = "key", value_name = "KEY")]
    named: Vec<String>,
}

impl TrustedKeys {
    /// The keys.
    pub(crate) fn read(&self) -> Result<Vec<PublicKey>, Failure> {
        self.named.iter().map(|it| public_key(it)).collect()
    }
}

/// A key as the command line names it: in base64, or the file of a public key.
fn public_key(named: &str) -> Result<PublicKey, Failure> {
    let path = Path::new(named);
    let text = if path.is_file() { files::text(path)? } else { named.to_owned() };
    PublicKey::from_base64(text.trim()).map_err(|why| {
        Failure::Usage(format!("--key {named}: {why}: neither a public key nor a file with one"))
    })
}

/// Which pipeline, and with what.
#[derive(clap::Args)]
pub(crate) struct PipelineArgs {
    /// A manifest (JSON) or a package (.rmpkg); `-` is a manifest on standard input
    pub(crate) pipeline: PathBuf,
    /// Parameters over those of the manifest, as JSON: '{"node": {"name": value}}'
    #[arg(long, value_name = "JSON")]
    pub(crate) params: Option<String>,
    /// Nodes of your own: a Python file, or a plugin (.wasm); repeat it for more
    #[arg(long = "nodes", value_name = "FILE")]
    pub(crate) sources: Vec<PathBuf>,
    /// The folder of models that are named, not given by a path [default: $REMOTEMEDIA_MODELS or ~/.remotemedia/models]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) models: Option<PathBuf>,
    /// Let the package run its own Python and plugins, with your rights, without asking; as --key does for what it signed
    #[arg(long)]
    pub(crate) trust: bool,
    #[command(flatten)]
    pub(crate) trusted: TrustedKeys,
    /// The Python that Python nodes run in
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub(crate) python: PathBuf,
}

/// Seconds as the engine wants them.
pub(crate) fn timeout(seconds: Option<f64>) -> Result<Option<u32>, Failure> {
    let Some(seconds) = seconds else { return Ok(None) };
    let millis = Duration::try_from_secs_f64(seconds).ok().and_then(|it| u32::try_from(it.as_millis()).ok());
    match millis {
        Some(millis) if millis > 0 => Ok(Some(millis)),
        _ => Err(Failure::Usage(format!("--timeout {seconds}: seconds, more than 0 and less than 50 days"))),
    }
}

/// As usual, with a time limit.
pub(crate) fn run_options(seconds: Option<f64>) -> Result<RunOptions, Failure> {
    Ok(RunOptions { timeout_ms: timeout(seconds)?, ..crate::options() })
}

/// `--params` that are no JSON object are the command line's fault, not the manifest's.
pub(crate) fn checked_params(params: Option<&str>) -> Result<(), Failure> {
    let Some(text) = params else { return Ok(()) };
    match protocol::Value::from_json(text) {
        Ok(protocol::Value::Map(_)) => Ok(()),
        Ok(other) => {
            Err(Failure::Usage(format!("--params: an object of nodes' ids, not {}", other.type_name())))
        }
        Err(why) => Err(Failure::Usage(format!("--params: {why}"))),
    }
}

/// An error of the command line that only the package shows.
pub(crate) fn needs_package(what: &str) -> Failure {
    Failure::new(Code::InvalidInput, format!("{what} needs a package, and this is a manifest"))
}

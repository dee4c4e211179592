//! Rust to `target/bindgen/NAME/`: the wasm modules of the bundle and the JavaScript that speaks to them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::install;
use crate::project::{cargo, copy, npm_tool, path, run, say};
use crate::stamp::{Inputs, step};

/// One wasm module of the bundle.
pub(crate) struct Artefact {
    /// Its file in the bundle is `NAME.wasm`.
    pub(crate) name: &'static str,
    krate: &'static str,
    /// Features that are switched on, all defaults being off; none: the defaults.
    features: Option<&'static str>,
    /// What wasm-opt aims at: size, but for kernels.
    aim: &'static str,
}

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// For wasm-opt, and a sign for the compiler.
const SPEED: &str = "-O3";

pub(crate) const ARTEFACTS: [Artefact; 7] = [
    Artefact { name: "coordinator", krate: "main-thread", features: None, aim: "-Os" },
    Artefact { name: "pipelines", krate: "main-thread", features: Some("host"), aim: "-Os" },
    Artefact { name: "runtime", krate: "runtime-worker", features: Some("runtime"), aim: "-Os" },
    Artefact { name: "media", krate: "runtime-worker", features: Some("media"), aim: SPEED },
    Artefact { name: "python", krate: "python-worker", features: None, aim: "-Os" },
    Artefact { name: "package", krate: "package", features: Some("web"), aim: "-Os" },
    Artefact { name: "plugin", krate: "node-abi", features: Some("web"), aim: "-Os" },
];

/// The speech engine by itself: no part of the bundle, but what its benchmark times.
const SPEECH: Artefact = Artefact { name: "speech", krate: "speech-bench", features: None, aim: SPEED };

/// Folders of the workspace that no module of the bundle comes from.
const NO_WASM: &[&str] = &[
    "xtask",
    "tests",
    "tests/speech",
    "demo",
    "cli",
    "cli/integers/base",
    "cli/integers/bigint",
    "cli/integers/rational",
    "remotemedia-node",
];

/// How often a build follows the edits that are made during it.
const ATTEMPTS: usize = 3;

impl Artefact {
    /// What selects it in a cargo command.
    pub(crate) fn selection(&self) -> Vec<&'static str> {
        let mut words = vec!["--target", TARGET, "--lib", "-p", self.krate];
        if let Some(features) = self.features {
            words.extend(["--no-default-features", "--features", features]);
        }
        words
    }

    /// The module as wasm-bindgen leaves it.
    pub(crate) fn module(&self) -> PathBuf {
        path("target/bindgen").join(self.name).join(format!("{}_bg.wasm", self.name))
    }

    /// The module as it is shipped: made smaller in a release build.
    pub(crate) fn shipped(&self, release: bool) -> PathBuf {
        if release { path("target/xtask").join(format!("{}.opt.wasm", self.name)) } else { self.module() }
    }
}

/// Builds every module.
///
/// # Errors
/// A tool is missing, or the code does not compile.
pub(crate) fn build(release: bool) -> Result<()> {
    let outputs: Vec<PathBuf> = ARTEFACTS.iter().map(Artefact::module).collect();
    // Again if a source was changed meanwhile: modules of different builds refuse each other.
    for _ in 0..ATTEMPTS {
        let done = step(
            "wasm",
            "building the Rust parts (a first build takes minutes)",
            sources()?,
            &outputs,
            || {
                install::target(TARGET)?;
                ARTEFACTS.iter().try_for_each(compile)
            },
        )?;
        if !done {
            break;
        }
    }
    if release {
        ARTEFACTS.iter().try_for_each(optimize)?;
    }
    Ok(())
}

/// Builds what the speech benchmark times, and with `peers` the ready-made engine it is held against.
///
/// # Errors
/// The code does not compile.
pub(crate) fn speech_bench(peers: bool) -> Result<()> {
    let sources = sources()?.add_all(&["tests/speech/Cargo.toml", "tests/speech/src"])?;
    step("speech", "building the speech benchmark", sources, &[SPEECH.module()], || {
        install::target(TARGET)?;
        compile(&SPEECH)
    })?;
    if !peers {
        return Ok(());
    }
    let folder = "tests/bench/peers/rten";
    let sources = Inputs::new("rten").add_all(&[folder])?;
    let module = path("target/bindgen/rten/rten_bg.wasm");
    step("rten", "building rten", sources, std::slice::from_ref(&module), || {
        run(&mut outside(&["build", "--release"], folder, "target/peer/rten"))?;
        bind("rten", &path("target/peer/rten/wasm32-unknown-unknown/release/rten_peer.wasm"))
    })?;
    Ok(())
}

/// The front end in Rust that the tests drive.
const YEW: &str = "main-thread/examples/yew";
const YEW_TARGET: &str = "target/example/yew";

/// Builds `target/bindgen/yew/`: the example of a front end in Rust, to be served beside the bundle.
///
/// # Errors
/// The code does not compile.
pub(crate) fn yew_example() -> Result<()> {
    let sources = Inputs::new("yew").add_all(&[
        YEW,
        "Cargo.toml",
        "main-thread/Cargo.toml",
        "main-thread/src",
        "protocol/Cargo.toml",
        "protocol/src",
    ])?;
    let outputs = ["yew_bg.wasm", "index.html"].map(|it| path("target/bindgen/yew").join(it));
    step("yew", "building the front end in Rust (a first build takes a minute)", sources, &outputs, || {
        install::target(TARGET)?;
        run(&mut outside(&["build", "--release"], YEW, YEW_TARGET))?;
        bind("yew", &path(YEW_TARGET).join("wasm32-unknown-unknown/release/yew-example.wasm"))?;
        copy(&path(YEW).join("index.html"), &path("target/bindgen/yew/index.html"))
    })?;
    Ok(())
}

/// Lints it, as `clippy` does the crates of the workspace.
///
/// # Errors
/// There is something to complain of.
pub(crate) fn lint_yew_example() -> Result<()> {
    run(cargo().args(["fmt", "--check", "--manifest-path"]).arg(path(YEW).join("Cargo.toml")))?;
    run(outside(&["clippy", "--quiet"], YEW, YEW_TARGET).args(["--", "-D", "warnings"]))
}

/// cargo for a crate outside of the workspace, so that its own settings count.
fn outside(command: &[&str], folder: &str, target: &str) -> Command {
    let mut cargo = cargo();
    cargo.args(command).args(["--locked", "--target", TARGET, "--manifest-path"]);
    cargo.arg(path(folder).join("Cargo.toml")).arg("--target-dir").arg(path(target));
    cargo
}

/// Everything that the modules are compiled from; which crate takes part in which, cargo knows.
pub(crate) fn sources() -> Result<Inputs> {
    let inputs = Inputs::new("wasm").add_all(&[
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        ".cargo",
        "xtask/src/wasm.rs",
    ])?;
    let manifest = fs::read_to_string(path("Cargo.toml"))?;
    members(&manifest).filter(|it| !NO_WASM.contains(it)).try_fold(inputs, |inputs, krate| {
        inputs.add_all(&[
            &format!("{krate}/Cargo.toml"),
            &format!("{krate}/src"),
            &format!("{krate}/build.rs"),
            &format!("{krate}/python"),
        ])
    })
}

/// The member folders named in a workspace's manifest.
fn members(manifest: &str) -> impl Iterator<Item = &str> {
    let list =
        manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |it| it.0);
    list.split(',').map(|it| it.trim().trim_matches('"')).filter(|it| !it.is_empty())
}

fn compile(artefact: &Artefact) -> Result<()> {
    let Artefact { name, krate, .. } = artefact;
    say(&format!("{name}.wasm"));
    let mut rustc = cargo();
    rustc.args(["rustc", "--release"]).args(artefact.selection());
    // A crate that is an rlib as well would be compiled without link-time optimization.
    rustc.args(["--crate-type", "cdylib"]);
    if artefact.aim == SPEED {
        // Link-time optimization goes by the level of the last crate: at "s" no loop becomes vectors, however the crates
        // with the kernels were compiled.
        rustc.args(["--", "-C", "opt-level=3"]);
    }
    run(&mut rustc)?;
    // The target folder may lie elsewhere, as everywhere in cargo.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), PathBuf::from);
    let built =
        target.join("wasm32-unknown-unknown/release").join(format!("{}.wasm", krate.replace('-', "_")));
    bind(name, &built)
}

fn bind(name: &str, module: &std::path::Path) -> Result<()> {
    let folder = path("target/bindgen").join(name);
    Bindgen::new()
        .input_path(module)
        .out_name(name)
        .web(true)?
        .typescript(true)
        // Every caller names the module's address: a default one would send bundlers after a file that is not shipped.
        .omit_default_module_path(true)
        .generate(&folder)
        .with_context(|| format!("wasm-bindgen rejects {}", module.display()))
}

fn optimize(artefact: &Artefact) -> Result<()> {
    let output = artefact.shipped(true);
    let module = artefact.module();
    let inputs = Inputs::new(artefact.aim).add_all(&["package-lock.json"])?.add(&module.to_string_lossy())?;
    let label = format!("making {}.wasm smaller", artefact.name);
    step(&format!("opt-{}", artefact.name), &label, inputs, std::slice::from_ref(&output), || {
        let mut tool = npm_tool("binaryen/bin/wasm-opt");
        tool.args([artefact.aim, "--strip-debug", "--strip-producers"]);
        run(tool.arg(&module).arg("-o").arg(&output))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_workspace_are_found_on_one_line_or_several() {
        for text in ["members = [\"a\", \"b\"]\nx = 1", "[workspace]\nmembers = [\n  \"a\",\n  \"b\",\n]\n"] {
            assert_eq!(members(text).collect::<Vec<_>>(), ["a", "b"]);
        }
    }
}

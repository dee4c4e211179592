//! `dist/remotemedia/`, the package people use, and `dist/site/`, the demo made with it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::{build_alone, command, copy, copy_folder, npm_tool, path, run, run_quietly};
use crate::stamp::{Inputs, step};
use crate::{book, install, offline, package, packages, recordings, wasm};

/// A JavaScript module of the bundle: where it begins, and its name there.
const SCRIPTS: [(&str, &str); 12] = [
    ("main-thread/js/remotemedia.ts", "remotemedia"),
    ("main-thread/js/pipelines-worker.ts", "pipelines-worker"),
    ("main-thread/js/offline.ts", "offline"),
    ("main-thread/models/worker.ts", "models-worker"),
    ("main-thread/packages/worker.ts", "package-worker"),
    ("main-thread/wasi/worker.ts", "wasi-worker"),
    ("runtime-worker/js/runtime-worker.ts", "runtime-worker"),
    ("runtime-worker/js/compute-worker.ts", "compute-worker"),
    ("runtime-worker/js/plugin-worker.ts", "plugin-worker"),
    ("python-worker/js/worker.ts", "python-worker"),
    ("main-thread/hooks/react.ts", "react"),
    ("main-thread/hooks/vue.ts", "vue"),
];

/// What Pyodide needs at run time, of its npm package.
const PYODIDE: [&str; 5] =
    ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];

pub(crate) const SCRIPT_FOLDERS: [&str; 8] = [
    "main-thread/js",
    "main-thread/hooks",
    "main-thread/models",
    "main-thread/packages",
    "main-thread/sw",
    "main-thread/wasi",
    "runtime-worker/js",
    "python-worker/js",
];

/// Builds the package and the site. With `release`, both are made as small as they can be.
///
/// # Errors
/// A tool is missing, or something does not compile.
pub(crate) fn build(release: bool) -> Result<()> {
    package(release)?;
    site()
}

/// Builds `dist/remotemedia/`.
///
/// # Errors
/// As [`build`].
pub(crate) fn package(release: bool) -> Result<()> {
    let _alone = build_alone()?;
    install::npm_packages()?;
    wasm::build(release)?;
    scripts(release)?;
    modules(release)?;
    package::types()?;
    pyodide()?;
    models()?;
    package::describe()?;
    offline::package(release)
}

/// Where the package is built.
pub(crate) fn folder() -> PathBuf {
    path("dist/remotemedia")
}

fn scripts(release: bool) -> Result<()> {
    let inputs = Inputs::new(if release { "minified" } else { "readable" }).add_all(&SCRIPT_FOLDERS)?;
    let inputs = inputs.add_all(&["python-worker/python", "package-lock.json", "xtask/src/bundle.rs"])?;
    let inputs = wasm::ARTEFACTS
        .iter()
        .try_fold(inputs, |it, artefact| it.add(&format!("target/bindgen/{0}/{0}.js", artefact.name)))?;
    let outputs: Vec<PathBuf> = SCRIPTS.iter().map(|(_, name)| folder().join(format!("{name}.js"))).collect();
    step("scripts", "bundling the scripts", inputs, &outputs, || {
        let mut esbuild = npm_tool("esbuild/bin/esbuild");
        esbuild.args(SCRIPTS.iter().map(|(entry, name)| format!("{name}={entry}")));
        esbuild.args(["--bundle", "--format=esm", "--target=es2022", "--sourcemap", "--log-level=warning"]);
        // What the hooks share with the app: one copy of each, or they would not know each other.
        esbuild.args(["--external:remotemedia", "--external:react", "--external:vue"]);
        esbuild.args(["--legal-comments=none", "--loader:.py=text", "--loader:.zip=binary"]);
        if release {
            esbuild.arg("--minify");
        }
        run(esbuild.arg(format!("--outdir={}", folder().display())))
    })?;
    Ok(())
}

fn modules(release: bool) -> Result<()> {
    for artefact in &wasm::ARTEFACTS {
        copy_if_new(&artefact.shipped(release), &folder().join(format!("{}.wasm", artefact.name)))?;
    }
    Ok(())
}

/// Pyodide, and the memory snapshot it starts from.
fn pyodide() -> Result<()> {
    let to = folder().join("pyodide");
    for file in PYODIDE {
        copy_if_new(&path("node_modules/pyodide").join(file), &to.join(file))?;
    }
    let inputs = Inputs::new("snapshot").add_all(&[
        "python-worker/python/remotemedia",
        "python-worker/snapshot.mjs",
        "node_modules/pyodide/package.json",
    ])?;
    let outputs = [to.join("snapshot.bin"), to.join("remotemedia.tar")];
    step("snapshot", "making Python's memory snapshot", inputs, &outputs, || {
        let mut node = command("node");
        node.args(["python-worker/snapshot.mjs", "--pyodide", "node_modules/pyodide"]);
        node.args(["--package", "python-worker/python/remotemedia", "--out"]).arg(&to);
        run_quietly(&mut node)?;
        Ok(())
    })?;
    Ok(())
}

/// The catalogue of models, and the models that are part of the bundle.
fn models() -> Result<()> {
    const CATALOGUE: &str = "main-thread/models/catalogue.json";
    let inputs =
        Inputs::new("models").add_all(&[CATALOGUE, "whisper/demo-model", "xtask/js/catalogue.mjs"])?;
    step("models", "collecting the models", inputs, &[folder().join("models.json")], || {
        fs::create_dir_all(folder())?;
        run(command("node").args(["xtask/js/catalogue.mjs", CATALOGUE]).arg(folder()))
    })?;
    Ok(())
}

/// Builds the demo and puts the package beside it.
///
/// # Errors
/// As [`build`].
pub(crate) fn site() -> Result<()> {
    let _alone = build_alone()?;
    let site = path("dist/site");
    let inputs = Inputs::new("site").add_all(&["demo", "package-lock.json", "dist/remotemedia/types"])?;
    let inputs = inputs.add_all(&["dist/remotemedia/remotemedia.js", "dist/remotemedia/package.json"])?;
    // The view about the site tells the build's fingerprint and the README's figures.
    let inputs = inputs.add("README.md")?;
    let inputs = wasm::ARTEFACTS
        .iter()
        .try_fold(inputs, |it, artefact| it.add(&format!("dist/remotemedia/{}.wasm", artefact.name)))?;
    step("site", "building the demo", inputs, &[site.join("index.html")], || {
        let mut vite = npm_tool("vite/bin/vite.js");
        vite.args(["build", "demo", "--base", "./", "--emptyOutDir", "--logLevel", "warn", "--outDir"]);
        run(vite.arg(&site))
    })?;
    book::build(&site.join("docs"))?;
    let beside = site.join("remotemedia");
    for file in crate::stamp::files(&folder())? {
        let relative = file.strip_prefix(folder()).unwrap_or(&file).to_owned();
        copy_if_new(&file, &beside.join(relative))?;
    }
    packages::publish(&path("demo/packages"), &site.join("packages"))?;
    recordings::publish(&path("whisper/demo-model/recordings"), &site.join("recordings"))?;
    // The last step: it lists what the others have made.
    offline::site()
}

/// Prints every file's size, as it is and as brotli sends it.
///
/// # Errors
/// With `release`, something is larger than its budget.
pub(crate) fn print_sizes(release: bool) -> Result<()> {
    let mut node = command("node");
    node.arg(path("xtask/js/sizes.mjs")).arg(folder()).arg(path("target/xtask/sizes.json"));
    if release {
        node.arg("--strict");
    }
    run(&mut node)
}

/// Copies unless the target is as long and not older.
fn copy_if_new(from: &Path, to: &Path) -> Result<()> {
    let source = fs::metadata(from).with_context(|| format!("{} is missing", from.display()))?;
    if let Ok(target) = fs::metadata(to)
        && target.len() == source.len()
        && target.modified()? >= source.modified()?
    {
        return Ok(());
    }
    if from.is_dir() { copy_folder(from, to) } else { copy(from, to) }
}

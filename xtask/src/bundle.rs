//! `dist/remotemedia/`, the package people use, and `dist/site/`, the demo made with it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::{build_alone, command, copy, copy_folder, npm_tool, path, run, run_quietly};
use crate::stamp::{Inputs, step};
use crate::{install, notices, recordings, wasm};

/// A JavaScript module of the bundle: where it begins, and its name there.
const SCRIPTS: [(&str, &str); 5] = [
    ("main-thread/js/remotemedia.ts", "remotemedia"),
    ("main-thread/models/worker.ts", "models-worker"),
    ("runtime-worker/js/runtime-worker.ts", "runtime-worker"),
    ("runtime-worker/js/compute-worker.ts", "compute-worker"),
    ("python-worker/js/worker.ts", "python-worker"),
];

/// What Pyodide needs at run time, of its npm package.
const PYODIDE: [&str; 5] =
    ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];

const SCRIPT_FOLDERS: [&str; 4] =
    ["main-thread/js", "main-thread/models", "runtime-worker/js", "python-worker/js"];

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
    types()?;
    pyodide()?;
    models()?;
    describe()
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

/// Type-checks every script and writes `remotemedia.d.ts` with the files it refers to.
fn types() -> Result<()> {
    let inputs = Inputs::new("types").add_all(&SCRIPT_FOLDERS)?;
    let inputs = inputs.add_all(&[
        "tsconfig.workers.json",
        "tsconfig.base.json",
        "main-thread/tsconfig.json",
        "package-lock.json",
    ])?;
    let inputs = inputs.add("target/bindgen/coordinator/coordinator.d.ts")?;
    step("types", "checking the types", inputs, &[folder().join("remotemedia.d.ts")], || {
        let types = folder().join("types");
        if types.exists() {
            fs::remove_dir_all(&types)?;
        }
        let mut tsc = npm_tool("typescript/bin/tsc");
        tsc.args([
            "-p",
            "main-thread/tsconfig.json",
            "--noEmit",
            "false",
            "--declaration",
            "--emitDeclarationOnly",
        ]);
        run(tsc.args(["--rootDir", "main-thread/js", "--outDir"]).arg(&types))?;
        run(npm_tool("typescript/bin/tsc").args(["-p", "tsconfig.workers.json"]))?;
        fs::write(folder().join("remotemedia.d.ts"), "export * from \"./types/remotemedia.js\";\n")?;
        Ok(())
    })?;
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

/// `package.json`, licenses, notices.
fn describe() -> Result<()> {
    let inputs = Inputs::new("describe").add_all(&[
        "Cargo.lock",
        "Cargo.toml",
        "package-lock.json",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
        "xtask/src",
    ])?;
    let outputs = ["package.json", "THIRD-PARTY-NOTICES.txt", "LICENSE-MIT", "LICENSE-APACHE"];
    let outputs = outputs.map(|it| folder().join(it));
    step("describe", "collecting the notices of third-party parts", inputs, &outputs, || {
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            copy(&path(file), &folder().join(file))?;
        }
        let readme = path("README.md");
        if readme.exists() {
            copy(&readme, &folder().join("README.md"))?;
        }
        fs::write(folder().join("THIRD-PARTY-NOTICES.txt"), notices::text()?)?;
        fs::write(folder().join("package.json"), manifest(env!("CARGO_PKG_VERSION")))?;
        Ok(())
    })?;
    Ok(())
}

/// What npm and bundlers are told of the package. Written as text: the order of conditions matters.
fn manifest(version: &str) -> String {
    let workers = SCRIPTS.iter().map(|(_, name)| *name).filter(|it| *it != "remotemedia");
    let files = workers.map(|it| format!("./{it}.js"));
    let files = files.chain(wasm::ARTEFACTS.iter().map(|it| format!("./{}.wasm", it.name)));
    let files: Vec<String> = files
        .chain(["./models.json", "./models/*", "./pyodide/*", "./package.json"].map(str::to_owned))
        .map(|it| format!("    \"{it}\": \"{it}\""))
        .collect();
    format!(
        r#"{{
  "name": "remotemedia",
  "version": "{version}",
  "description": "Pipelines of Rust and Python nodes that run in the page's workers.",
  "license": "MIT OR Apache-2.0",
  "type": "module",
  "types": "./remotemedia.d.ts",
  "exports": {{
    ".": {{ "types": "./remotemedia.d.ts", "default": "./remotemedia.js" }},
{}
  }},
  "sideEffects": ["./*-worker.js"]
}}
"#,
        files.join(",\n")
    )
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
    step("site", "building the demo", inputs, &[site.join("index.html")], || {
        let mut vite = npm_tool("vite/bin/vite.js");
        vite.args(["build", "demo", "--base", "./", "--emptyOutDir", "--logLevel", "warn", "--outDir"]);
        run(vite.arg(&site))
    })?;
    let beside = site.join("remotemedia");
    for file in crate::stamp::files(&folder())? {
        let relative = file.strip_prefix(folder()).unwrap_or(&file).to_owned();
        copy_if_new(&file, &beside.join(relative))?;
    }
    recordings::publish(&path("whisper/demo-model/recordings"), &site.join("recordings"))
}

/// Prints every file's size, as it is and as brotli sends it.
///
/// # Errors
/// node fails.
pub(crate) fn print_sizes() -> Result<()> {
    run(command("node").arg(path("xtask/js/sizes.mjs")).arg(folder()).arg(path("target/xtask/sizes.json")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_names_its_types_first_and_every_file_that_is_fetched() {
        let text = manifest("1.2.3");
        assert!(text.find("\"types\": \"./rem") < text.find("\"default\""));
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let exports = manifest["exports"].as_object().unwrap();
        for file in [
            "runtime-worker.js",
            "compute-worker.js",
            "python-worker.js",
            "models-worker.js",
            "coordinator.wasm",
            "media.wasm",
            "models.json",
        ] {
            assert!(exports.contains_key(&format!("./{file}")), "{file}");
        }
    }
}

//! What a fresh machine lacks: the wasm target, npm packages, browsers and their drivers.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project::{command, is_installed, path, run, run_quietly, say};
use crate::stamp::{Inputs, step};

/// A browser the tests run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    Webkit,
}

impl Engine {
    pub(crate) const ALL: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::Webkit];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Chromium => "chromium",
            Engine::Firefox => "firefox",
            Engine::Webkit => "webkit",
        }
    }

    /// Programs of which any will do, and the Debian package that has it.
    fn needs(self) -> &'static [(&'static [&'static str], &'static str)] {
        match self {
            Engine::Chromium => &[(&["chromium", "google-chrome", "chromium-browser"], "chromium")],
            Engine::Firefox => &[(&["firefox-esr", "firefox"], "firefox-esr")],
            Engine::Webkit => &[(&["WebKitWebDriver"], "webkit2gtk-driver"), (&["xvfb-run"], "xvfb")],
        }
    }
}

/// Makes sure that code can be compiled for `target`.
///
/// # Errors
/// The target is missing and rustup cannot add it.
pub(crate) fn target(target: &str) -> Result<()> {
    let sysroot = run_quietly(command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(target).is_dir() {
        return Ok(());
    }
    say(&format!("installing the target {target}"));
    run(command("rustup").args(["target", "add", target])).with_context(|| {
        format!("the target {target} is missing: install rustup (https://rustup.rs), or the target by hand")
    })
}

/// Makes sure that the npm packages of `package-lock.json` are there.
///
/// # Errors
/// node or npm is missing, or npm fails.
pub(crate) fn npm_packages() -> Result<()> {
    if !is_installed("npm") {
        bail!("node 20 or newer with npm is needed: https://nodejs.org, or `apt-get install nodejs npm`");
    }
    let inputs =
        Inputs::new("npm ci").add_all(&["package-lock.json", "package.json", "demo/package.json"])?;
    step("npm", "installing npm packages", inputs, &[path("node_modules/.package-lock.json")], || {
        // Install scripts only download what is not needed here, and fail where that cannot be reached.
        run(command("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
    })?;
    Ok(())
}

/// Makes sure that the browsers are there, by apt where this process may.
///
/// # Errors
/// Something is missing and cannot be installed; the message says what to run.
pub(crate) fn browsers(engines: &[Engine]) -> Result<()> {
    let mut missing: Vec<&str> = Vec::new();
    for (programs, package) in engines.iter().flat_map(|it| it.needs()) {
        if !programs.iter().any(|it| is_installed(it)) {
            missing.push(package);
        }
    }
    apt(&missing, "the browser tests need")
}

/// Makes sure that `program`, of the Debian package of this name, is there.
///
/// # Errors
/// As [`browsers`].
pub(crate) fn python() -> Result<()> {
    let missing: &[&str] = if is_installed("python3") { &[] } else { &["python3"] };
    apt(missing, "the tests of the Python nodes need")
}

/// Makes sure that there is a WASI host to test with, besides node: wasmtime in a virtual environment of Python.
///
/// # Errors
/// Python cannot make one, or pip cannot install it; the message says what to do.
pub(crate) fn wasmtime() -> Result<()> {
    const LIST: &str = "tests/wasi/requirements.txt";
    let folder = path("target/wasmtime");
    let program = folder.join("bin/python");
    let inputs = Inputs::new("wasmtime").add(LIST)?;
    step("wasmtime", "installing wasmtime", inputs, std::slice::from_ref(&program), || {
        run_quietly(command("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(
            "Python cannot make a virtual environment: install it whole (`apt-get install python3-venv`)",
        )?;
        let mut pip = command(&program);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", LIST]);
        run_quietly(&mut pip).with_context(|| format!("pip cannot install {LIST}, which the tests need"))?;
        Ok(())
    })?;
    Ok(())
}

fn apt(packages: &[&str], why: &str) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if !is_installed("apt-get") {
        bail!(
            "{why} what these Debian packages have: {list}. Install the same with this system's package manager"
        );
    }
    if !is_root() {
        bail!("{why} packages that are missing. Run: sudo apt-get install -y --no-install-recommends {list}");
    }
    say(&format!("installing {list}"));
    run(command("apt-get").args(["update", "-q"]))?;
    run(command("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(packages))
}

fn is_root() -> bool {
    run_quietly(command("id").arg("-u")).is_ok_and(|it| it.trim() == "0")
}

//! What makes `dist/remotemedia/` an npm package: its manifest, its types, its texts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::bundle::{SCRIPT_FOLDERS, folder};
use crate::notices;
use crate::project::{command, copy, npm_tool, path, run};
use crate::stamp::{Inputs, step};

/// The manifest and the texts as they are written by hand.
const TEMPLATES: &str = "main-thread/npm";

/// Type-checks every script and writes the declarations that `remotemedia.d.ts` refers to, and no others.
///
/// # Errors
/// A script has a type error.
pub(crate) fn types() -> Result<()> {
    let inputs = Inputs::new("types 3").add_all(&SCRIPT_FOLDERS)?;
    let inputs = inputs.add_all(&[
        "tsconfig.workers.json",
        "tsconfig.base.json",
        "main-thread/tsconfig.json",
        "package-lock.json",
    ])?;
    let inputs = inputs.add("target/bindgen/coordinator/coordinator.d.ts")?;
    let outputs = ["remotemedia.d.ts", "react.d.ts", "vue.d.ts"].map(|it| folder().join(it));
    step("types", "checking the types", inputs, &outputs, || {
        let types = folder().join("types");
        if types.exists() {
            fs::remove_dir_all(&types)?;
        }
        declare("main-thread/tsconfig.json", &types)?;
        prune(&types, &["remotemedia.d.ts", "offline.d.ts", "offline-messages.d.ts"])?;
        refer("remotemedia", "remotemedia")?;
        // The hooks are checked against what the package declares.
        declare("main-thread/hooks/tsconfig.json", &types.join("hooks"))?;
        refer("react", "hooks/react")?;
        refer("vue", "hooks/vue")?;
        run(npm_tool("typescript/bin/tsc").args(["-p", "tsconfig.workers.json"]))
    })?;
    Ok(())
}

/// Type-checks a project and writes its declarations.
fn declare(project: &str, to: &Path) -> Result<()> {
    let mut tsc = npm_tool("typescript/bin/tsc");
    tsc.args(["-p", project, "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir"]);
    run(tsc.arg(to))
}

/// Writes the declarations of a module of the package: those of `types`.
fn refer(module: &str, types: &str) -> Result<()> {
    let text = format!("export * from \"./types/{types}.js\";\n");
    Ok(fs::write(folder().join(format!("{module}.d.ts")), text)?)
}

/// Removes the declarations that none of `entries` leads to.
fn prune(types: &Path, entries: &[&str]) -> Result<()> {
    let mut kept = BTreeSet::new();
    let mut open: Vec<_> = entries.iter().map(|it| types.join(it)).collect();
    while let Some(file) = open.pop() {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let beside = file.parent().unwrap_or(types).to_owned();
        if kept.insert(file) {
            open.extend(imports(&text).map(|it| beside.join(it.replace(".js", ".d.ts"))));
        }
    }
    for file in crate::stamp::files(types)? {
        if !kept.contains(&file) {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// The modules of the same folder that a declaration file names, without their `./`.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.split("\"./").skip(1).filter_map(|it| Some(it.split_once('"')?.0)).filter(|it| it.ends_with(".js"))
}

/// `package.json`, licenses, notices.
///
/// # Errors
/// A text is missing.
pub(crate) fn describe() -> Result<()> {
    let repository = repository();
    let inputs = Inputs::new(repository.as_deref().unwrap_or("describe")).add_all(&[
        "Cargo.lock",
        "Cargo.toml",
        "package-lock.json",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        TEMPLATES,
        "xtask/src",
        "xtask/notices",
    ])?;
    let outputs = [
        "package.json",
        "README.md",
        "worker.d.ts",
        "offline.d.ts",
        "sw.d.ts",
        "THIRD-PARTY-NOTICES.txt",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ];
    let outputs = outputs.map(|it| folder().join(it));
    step("describe", "collecting the notices of third-party parts", inputs, &outputs, || {
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            copy(&path(file), &folder().join(file))?;
        }
        for file in ["README.md", "worker.d.ts", "offline.d.ts", "sw.d.ts"] {
            copy(&path(TEMPLATES).join(file), &folder().join(file))?;
        }
        fs::write(folder().join("THIRD-PARTY-NOTICES.txt"), notices::text()?)?;
        let template = fs::read_to_string(path(TEMPLATES).join("package.json"))?;
        let manifest = manifest(&template, env!("CARGO_PKG_VERSION"), repository.as_deref());
        fs::write(folder().join("package.json"), manifest)?;
        Ok(())
    })?;
    Ok(())
}

/// The manifest as text, because the order of its conditions counts: `types` come first.
fn manifest(template: &str, version: &str, repository: Option<&str>) -> String {
    let with_version = template.replacen("\"0.0.0\"", &format!("\"{version}\""), 1);
    let Some(repository) = repository else { return with_version };
    let line = format!(
        "\"repository\": {{ \"type\": \"git\", \"url\": \"git+https://github.com/{repository}.git\" }},"
    );
    with_version.replacen("  \"type\"", &format!("  {line}\n  \"type\""), 1)
}

/// `owner/name` at GitHub: what npm holds a package's provenance against. Only a workflow or a clone knows it.
fn repository() -> Option<String> {
    if let Ok(name) = std::env::var("GITHUB_REPOSITORY") {
        return Some(name);
    }
    let remote = command("git").args(["remote", "get-url", "origin"]).output().ok()?;
    let url = String::from_utf8(remote.stdout).ok()?;
    let (_, name) = url.trim().split_once("github.com")?;
    let name = name.trim_start_matches([':', '/']).trim_end_matches(".git");
    (name.split('/').count() == 2).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;

    #[test]
    fn the_manifest_has_the_version_and_keeps_types_first() {
        let template = fs::read_to_string(path(TEMPLATES).join("package.json")).unwrap();
        let check = |repository: Option<&str>, expected: &serde_json::Value| {
            let text = manifest(&template, "1.2.3", repository);
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(parsed["version"], "1.2.3");
            assert_eq!(&parsed["repository"]["url"], expected);
            assert!(!text.contains("{\n      \"default\""), "{text}");
        };
        check(None, &serde_json::Value::Null);
        check(Some("a/b"), &"git+https://github.com/a/b.git".into());
    }

    #[test]
    fn the_imports_of_a_declaration_file_are_found() {
        let text =
            "import type { A } from \"./a.js\";\nexport type B = import(\"./generated/b.js\").B; \"./x\"";
        assert_eq!(imports(text).collect::<Vec<_>>(), ["a.js", "generated/b.js"]);
    }
}

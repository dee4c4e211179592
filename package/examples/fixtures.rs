//! Writes every package of `tests/compat/packages.json` into a folder, for tests in browsers:
//! `cargo run -p package --example fixtures -- FOLDER`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;

use common::recipe::{bytes, table};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/packages".into());
    let table = table();
    for row in table["packages"].as_array().into_iter().flatten() {
        let path = Path::new(&folder).join(row["file"].as_str().unwrap_or_default());
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, bytes(&table, row))?;
    }
    Ok(())
}

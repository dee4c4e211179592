//! The table of verdicts, `tests/compat/packages.json`: what stands in it, as bytes and as verdicts.

use std::io::Cursor;

use engine::{Catalog, plan};
use package::{Limits, Package, Rejection, SigningKey};
use protocol::Severity;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Item, hex, unhex, zip};

/// The table: `{ contents, packages }`.
pub fn table() -> Value {
    serde_json::from_str(include_str!("../../../tests/compat/packages.json")).unwrap()
}

/// The bytes of the package `row` of `table`.
pub fn bytes(table: &Value, row: &Value) -> Vec<u8> {
    let mut items: Vec<Item> = row["entries"].as_array().unwrap().iter().map(|it| item(table, it)).collect();
    for (what, with) in steps(row, "then") {
        match what {
            "sign" => items = signed(&items, with.as_u64().unwrap() as u8),
            "lock" => items = locked(items),
            "drop" => items.retain(|it| it.local.name != with.as_str().unwrap().as_bytes()),
            "put" => {
                let item = item(table, with);
                items.retain(|it| it.local.name != item.local.name);
                items.push(item);
            }
            what => panic!("no step is called {what}"),
        }
    }
    let mut bytes = zip(&items);
    for (what, with) in steps(row, "damage") {
        match what {
            "truncate" => bytes.truncate(with.as_u64().unwrap() as usize),
            "append" => bytes.extend(unhex(with.as_str().unwrap())),
            "flip" => flip(&mut bytes, with.as_str().unwrap()),
            what => panic!("no damage is called {what}"),
        }
    }
    bytes
}

/// The bytes of the package called `file` in the table.
pub fn packed(file: &str) -> Vec<u8> {
    let table = table();
    let row = table["packages"].as_array().unwrap().iter().find(|it| it["file"] == file).unwrap();
    bytes(&table, row)
}

/// The steps of a list `[{ what: with }, …]`.
fn steps<'a>(row: &'a Value, list: &str) -> Vec<(&'a str, &'a Value)> {
    let steps = row.get(list).and_then(Value::as_array).into_iter().flatten();
    steps
        .map(|it| it.as_object().unwrap().iter().next().unwrap())
        .map(|(what, with)| (what.as_str(), with))
        .collect()
}

/// `items` with the signature of the key whose seed is `seed`, 32 times.
fn signed(items: &[Item], seed: u8) -> Vec<Item> {
    let bytes = package::sign(&zip(items), &SigningKey::from_seed([seed; 32]), &Limits::default()).unwrap();
    let mut package = Package::open(Cursor::new(bytes), None, &Limits::default()).unwrap();
    let names: Vec<String> = package.entries().iter().map(|it| it.name.clone()).collect();
    names.iter().map(|name| Item::deflated(name, &package.read(name).unwrap())).collect()
}

/// `items` with a lock that is right for them; what the old one says of signatures stays.
fn locked(mut items: Vec<Item>) -> Vec<Item> {
    let is_lock = |it: &Item| it.local.name == b"package.lock.json";
    let old = items.iter().find(|it| is_lock(it)).map(|it| it.contents.clone());
    let mut lock: Value =
        old.map_or_else(|| json!({ "version": 1 }), |it| serde_json::from_slice(&it).unwrap());
    items.retain(|it| !is_lock(it));
    let others = items.iter().filter(|it| it.local.name != b"signature" && !it.local.name.ends_with(b"/"));
    let entry = |it: &Item| {
        let name = String::from_utf8(it.local.name.clone()).unwrap();
        (name, json!({ "sha256": hex(&Sha256::digest(&it.contents)), "size": it.contents.len() }))
    };
    lock["entries"] = Value::Object(others.map(entry).collect());
    items.push(Item::deflated("package.lock.json", lock.to_string().as_bytes()));
    items
}

/// Changes the first byte of the contents of the entry `name`, in its first header's place.
fn flip(bytes: &mut [u8], name: &str) {
    let header = [b"PK\x03\x04".as_slice(), name.as_bytes()];
    let is_it = |at: &usize| bytes[*at..].starts_with(header[0]) && bytes[at + 30..].starts_with(header[1]);
    let at = (0..bytes.len() - 30).find(is_it).unwrap();
    bytes[at + 30 + name.len()] ^= 1;
}

fn item(table: &Value, entry: &Value) -> Item {
    let name = entry["name"].as_str().unwrap();
    let contents = contents(table, entry);
    let item =
        if entry["stored"] == true { Item::stored(name, &contents) } else { Item::deflated(name, &contents) };
    if entry["descriptor"] == true { item.with_descriptor() } else { item }
}

fn contents(table: &Value, entry: &Value) -> Vec<u8> {
    let mut bytes = if entry["bom"] == true { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    match entry {
        entry if entry["text"].is_string() => bytes.extend(entry["text"].as_str().unwrap().as_bytes()),
        entry if entry["hex"].is_string() => bytes.extend(unhex(entry["hex"].as_str().unwrap())),
        entry if entry["of"].is_string() => {
            bytes.extend(contents(table, &table["contents"][entry["of"].as_str().unwrap()]));
        }
        entry => bytes.extend(serde_json::to_vec_pretty(&entry["json"]).unwrap()),
    }
    bytes.repeat(entry.get("times").and_then(Value::as_u64).unwrap_or(1) as usize)
}

/// What becomes of the package `bytes`, as the table says it.
pub fn verdict(bytes: &[u8], name: &str) -> Value {
    match judged(bytes, name) {
        Ok(verdict) => verdict,
        Err(rejection) => json!({ "rejected": rejection.to_string() }),
    }
}

fn judged(bytes: &[u8], name: &str) -> Result<Value, Rejection> {
    let mut package = Package::open(Cursor::new(bytes), Some(name), &Limits::default())?;
    let catalog = Catalog::new(nodes::catalog());
    let problems = match plan(package.manifest(), None, &catalog, 1000) {
        Ok(plan) => plan.warnings,
        Err(problems) => problems,
    };
    let warnings = package.judge(problems)?;
    let warnings = warnings.iter().filter(|it| it.severity == Severity::Warning);
    let warnings: Vec<&str> = warnings.map(|it| it.message.as_str()).collect();
    let info = package.info(&[])?;
    Ok(json!({ "warnings": warnings, "info": serde_json::to_value(info).unwrap() }))
}

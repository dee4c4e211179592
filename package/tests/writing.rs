//! What is packed can be opened, is always the same, and says who signed it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod common;

use std::io::Cursor;

use common::{Item, zip};
use package::{
    File, Limits, PackOptions, Package, Permission, PublicKey, Rejection, SignatureState, SigningKey, pack,
    sign, sign_to,
};
use serde_json::Value;

const MANIFEST: &str = r#"{
  "version": "v1",
  "metadata": { "name": "sums", "author": "Ada" },
  "nodes": [{ "id": "a", "node_type": "AddNode", "params": { "addend": 1 } }],
  "connections": []
}"#;

/// A module that is one as far as a package looks: the magic number and the version.
const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn open(bytes: &[u8]) -> Result<Package<Cursor<&[u8]>>, Rejection> {
    Package::open(Cursor::new(bytes), Some("sums.rmpkg"), &Limits::default())
}

fn files() -> Vec<File<'static>> {
    vec![
        File::new("python/nodes.py", "def double(x): return 2 * x\n"),
        File::new("models/tiny/weights.bin", vec![7; 100_000]),
        File::new("media/Grüße.wav", b"RIFF"),
        File::new("runtime.wasm", WASM),
    ]
}

fn packed(options: &PackOptions) -> Vec<u8> {
    pack(MANIFEST, files(), options).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

#[track_caller]
fn refused(result: Result<impl Sized, Rejection>, message: &str) {
    match result {
        Ok(_) => panic!("accepted"),
        Err(rejection) => assert_eq!(rejection.to_string(), message),
    }
}

#[test]
fn what_is_packed_comes_out_again() {
    let bytes = packed(&PackOptions::default());
    let mut package = open(&bytes).unwrap();
    let names: Vec<&str> = package.entries().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "manifest.json",
            "metadata.json",
            "package.lock.json",
            "media/Grüße.wav",
            "models/tiny/weights.bin",
            "python/nodes.py",
            "runtime.wasm"
        ]
    );
    assert_eq!(package.read("python/nodes.py").unwrap(), b"def double(x): return 2 * x\n");
    assert!(package.manifest().starts_with("{ \"package\": { \"format\": 2 },\n  \"version\": \"v1\","));
    package.verify().unwrap();
    refused(package.read("python/other.py"), "`python/other.py` is not in the package");
}

#[test]
fn models_and_media_lie_in_the_file_as_they_are() {
    let bytes = packed(&PackOptions::default());
    for entry in open(&bytes).unwrap().entries() {
        let is_bulk = entry.name.starts_with("models/") || entry.name.starts_with("media/");
        assert_eq!(entry.offset.is_some(), is_bulk, "{}", entry.name);
        if let Some(offset) = entry.offset {
            let slice = &bytes[offset as usize..][..entry.size as usize];
            assert_eq!(slice, if entry.size == 4 { b"RIFF".to_vec() } else { vec![7; 100_000] });
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_its_order() {
    let mut turned = files();
    turned.reverse();
    let bytes = packed(&PackOptions::default());
    assert_eq!(pack(MANIFEST, turned, &PackOptions::default()).unwrap(), bytes);
    // On every machine, whatever it is good at.
    assert_eq!(
        open(&bytes).unwrap().sha256().unwrap(),
        "73a84e65ef3207f538609abca8325675d91e6b835215dd041f86920c36d023e5"
    );
}

#[test]
fn a_package_says_what_it_is() {
    let bytes =
        packed(&PackOptions { created_at: Some("2026-01-02T03:04:05Z".into()), ..Default::default() });
    let info = open(&bytes).unwrap().info(&[]).unwrap();
    assert_eq!(info.permissions, [Permission::Python, Permission::Executor]);
    let json = serde_json::to_value(&info).unwrap();
    let expected: Value = serde_json::from_str(
        r#"{ "name": "sums", "version": "1.0.0", "description": null, "author": "Ada", "license": "MIT", "format": 2,
            "nodeTypes": ["AddNode"], "nodeCount": 1, "connectionCount": 0, "permissions": ["python", "executor"],
            "signature": { "state": "unsigned", "keys": [] }, "executor": 8,
            "models": ["models/tiny/weights.bin"], "media": ["media/Grüße.wav"],
            "metadata": {
                "package_name": "sums", "package_version": "1.0.0", "author": "Ada", "license": "MIT",
                "created_at": "2026-01-02T03:04:05Z",
                "runtime_info": { "wasm_size_bytes": 8, "has_python_nodes": false, "has_rust_nodes": true,
                    "node_types": ["AddNode"], "node_count": 1, "connection_count": 0 },
                "performance_hints": { "expected_load_time_ms": 50, "expected_execution_time_ms": 10,
                    "memory_requirement_mb": 21 } } }"#,
    )
    .unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&json[name], value, "{name}");
    }
    assert_eq!(json["size"], bytes.len());
    assert_eq!(
        info.text,
        "Package: sums\nVersion: 1.0.0\nAuthor: Ada\nNodes: 1\nConnections: 0\nRuntime: wasm32-wasi (default)\n\
         WASM Size: 8 B\nNode Types: AddNode\nEst. Load Time: 50ms\nEst. Execution Time: 10ms\nMemory Required: 21MB"
    );
}

#[test]
fn packages_for_the_originals_loader_have_no_lock() {
    let options = PackOptions { format: 1, ..Default::default() };
    let bytes = pack(MANIFEST, vec![File::new("runtime.wasm", WASM)], &options).unwrap();
    let package = open(&bytes).unwrap();
    let names: Vec<&str> = package.entries().iter().map(|it| it.name.as_str()).collect();
    assert_eq!((package.format(), names), (1, vec!["manifest.json", "metadata.json", "runtime.wasm"]));
    assert_eq!(package.manifest(), MANIFEST);
    assert_eq!(package.signature(&[]).state, SignatureState::None);
    refused(pack(MANIFEST, vec![], &options), "Missing required files: runtime.wasm");
    refused(
        pack(MANIFEST, files(), &options),
        "`models/tiny/weights.bin` needs package.format 2 in the manifest\n\
         `python/nodes.py` needs package.format 2 in the manifest",
    );
    refused(
        pack(
            MANIFEST,
            vec![File::new("runtime.wasm", WASM)],
            &PackOptions { format: 1, sign: Some(key(1)), ..Default::default() },
        ),
        "Packages of format 1 cannot be signed",
    );
}

#[test]
fn nothing_is_packed_that_would_not_open() {
    let with = |name: &'static str, bytes: &'static [u8]| {
        pack(MANIFEST, vec![File::new(name, bytes)], &PackOptions::default())
    };
    refused(with("../x", b""), "`../x` leads out of its folder");
    refused(with("models/", b""), "`models/` is a folder");
    refused(
        with("Manifest.JSON", b""),
        "`Manifest.JSON` is there twice: `manifest.json` is the same name to some systems",
    );
    // Found by fuzzing: metadata that is made would have been the same file to some systems.
    refused(
        with("Metadata.json", b"{}"),
        "`Metadata.json` is there twice: `metadata.json` is the same name to some systems",
    );
    refused(with("signature/x", b""), "`signature/x` lies in a file: `signature`");
    refused(with("wheels/x.zip", b""), "`wheels/x.zip` is no wheel: only wheels/NAME.whl is expected there");
    refused(
        with("runtime.wasm", b"MZ"),
        "Invalid runtime.wasm: it is no WebAssembly module (bad magic number)",
    );
    refused(
        pack("{}", vec![], &PackOptions::default()),
        "Invalid manifest:\nMissing required field: version\nMissing or invalid nodes array\nMissing or invalid connections array",
    );
    let limits = Limits { text: 400, ..Default::default() };
    let long = pack(MANIFEST, files(), &PackOptions { limits, ..Default::default() });
    refused(long, "`metadata.json`: at most 400 bytes are allowed");
}

#[test]
fn what_packs_too_well_is_stored_so_that_it_opens() {
    let zeros = vec![File::new("python/zeros.bin", vec![0; 4 << 20])];
    let bytes = pack(MANIFEST, zeros, &PackOptions::default()).unwrap();
    assert!(open(&bytes).unwrap().entry("python/zeros.bin").unwrap().offset.is_some());
}

#[test]
fn a_signature_is_known_by_its_key() {
    let bytes = packed(&PackOptions { sign: Some(key(1)), ..Default::default() });
    let package = open(&bytes).unwrap();
    let (own, other) = (key(1).public(), key(2).public());
    for (trusted, state) in [
        (vec![], SignatureState::Unknown),
        (vec![other], SignatureState::Unknown),
        (vec![other, own], SignatureState::Trusted),
    ] {
        let signature = package.signature(&trusted);
        assert_eq!((signature.state, signature.keys), (state, vec![own.id()]));
    }
    assert_eq!(own.id().len(), 16);
    assert_eq!(PublicKey::from_base64(&own.to_base64()).unwrap(), own);
    assert_eq!(SigningKey::from_base64(&key(1).to_base64()).unwrap().public(), own);
}

#[test]
fn signing_later_is_the_same_as_signing_at_once() {
    let limits = Limits::default();
    let at_once = packed(&PackOptions { sign: Some(key(1)), ..Default::default() });
    let later = sign(&packed(&PackOptions::default()), &key(1), &limits).unwrap();
    assert!(later == at_once);
    assert!(sign(&later, &key(1), &limits).unwrap() == at_once, "signing twice changes nothing");
    let both = sign(&later, &key(2), &limits).unwrap();
    let signature = open(&both).unwrap().signature(&[key(2).public()]);
    assert_eq!(signature.state, SignatureState::Trusted);
    assert_eq!(signature.keys, [key(1).public().id(), key(2).public().id()]);
}

/// Remembers the most that was written at once.
#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    most: usize,
}

impl std::io::Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.most = self.most.max(piece.len());
        self.bytes.write(piece)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn signing_copies_what_is_there_in_pieces_and_as_it_is() {
    let limits = Limits::default();
    let model: Vec<u8> = (0..3_000_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let lock = |bytes: &[u8]| open(bytes).unwrap().read("package.lock.json").unwrap();
    let own = pack(MANIFEST, vec![File::new("models/a.bin", &model)], &PackOptions::default()).unwrap();
    // The same by somebody who stores everything, in an order of his own.
    let names = ["models/a.bin", "package.lock.json", "metadata.json", "manifest.json"];
    let mut package = open(&own).unwrap();
    let items: Vec<Item> = names.iter().map(|it| Item::stored(it, &package.read(it).unwrap())).collect();
    let foreign = zip(&items);
    for (bytes, is_stored) in [(&own, false), (&foreign, true)] {
        let mut out = Pieces::default();
        sign_to(Cursor::new(bytes), &key(1), &limits, &mut out).unwrap();
        assert!(out.most <= 1 << 16, "{} bytes at once", out.most);
        let signed = open(&out.bytes).unwrap();
        assert_eq!(signed.signature(&[key(1).public()]).state, SignatureState::Trusted);
        assert_eq!(signed.entry("manifest.json").unwrap().offset.is_some(), is_stored);
        let mut again = Pieces::default();
        sign_to(Cursor::new(&out.bytes), &key(1), &limits, &mut again).unwrap();
        assert!(again.bytes == out.bytes && again.most <= 1 << 16);
        let mut both = Pieces::default();
        sign_to(Cursor::new(&out.bytes), &key(2), &limits, &mut both).unwrap();
        assert_eq!(open(&both.bytes).unwrap().signature(&[]).keys.len(), 2);
        assert!(both.most <= 1 << 16 && lock(&both.bytes) == lock(&out.bytes));
    }
}

#[test]
fn what_signing_makes_too_large_is_refused() {
    let bytes = packed(&PackOptions::default());
    let entries = open(&bytes).unwrap().entries().len() as u32;
    let limits = Limits { entries, ..Limits::default() };
    let refused = sign(&bytes, &key(1), &limits).unwrap_err().to_string();
    assert!(refused.contains(&format!("at most {entries} are allowed")), "{refused}");
    let limits = Limits { archive: bytes.len() as u64, ..Limits::default() };
    let refused = sign(&bytes, &key(1), &limits).unwrap_err().to_string();
    assert!(refused.contains("the package has"), "{refused}");
}

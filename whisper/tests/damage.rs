//! Broken model files: an error whatever is broken, never a panic, nor memory for what is not there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::cell::Cell;
use std::rc::Rc;
use std::sync::LazyLock;

use proptest::prelude::*;
use whisper::weights::testing::{Kind, file, files, ggml, hugging_face};
use whisper::weights::{self, Checkpoint, Dims, ModelFile, Rejected, Source};

fn small() -> Checkpoint {
    let dims = Dims {
        n_mels: 1,
        n_audio_ctx: 2,
        n_audio_state: 32,
        n_audio_head: 1,
        n_audio_layer: 1,
        n_vocab: 256 + 1509,
        n_text_ctx: 2,
        n_text_state: 32,
        n_text_head: 1,
        n_text_layer: 1,
    };
    Checkpoint::random(dims, 1).unwrap()
}

/// The files of a whole model.
static FOLDER: LazyLock<Vec<(String, Vec<u8>)>> =
    LazyLock::new(|| hugging_face(&small(), Kind::F16, 1).unwrap());

static GGML: LazyLock<Vec<u8>> = LazyLock::new(|| ggml(&small(), Kind::Q5_1).unwrap());

/// Opens and, if it is a model, reads all of some tensors.
fn open(files: Vec<ModelFile>) -> Result<(), Rejected> {
    let model = weights::open(files)?;
    for tensor in ["encoder.conv1.weight", "decoder.token_embedding.weight", "decoder.ln.bias"] {
        let count = model.shape(tensor).unwrap_or_default().iter().product();
        model.read(tensor, 0, count, &mut Vec::new())?;
    }
    Ok(())
}

fn one(bytes: &[u8]) -> Result<(), Rejected> {
    open(vec![file("model.bin", bytes.to_vec())])
}

#[test]
fn a_ggml_file_that_ends_early_is_refused_wherever_it_ends() {
    let whole = &*GGML;
    assert_eq!(one(whole), Ok(()));
    // Every byte of the head, and of the tensors every so many.
    let head = 60 + 4 * 201 + 256 * 5;
    for end in (0..head + 600).chain((head + 600..whole.len()).step_by(61)).chain([whole.len() - 1]) {
        match one(&whole[..end]) {
            Err(Rejected::Truncated { needed, found, .. }) => {
                assert!(found <= end as u64 && needed > end as u64, "{end}: {needed}, {found}");
            }
            // It ends between two tensors.
            Err(Rejected::Missing { what }) => assert!(what.starts_with("tensor "), "{end}: {what}"),
            other => panic!("{end}: {other:?}"),
        }
    }
}

#[test]
fn a_folder_of_which_a_file_ends_early_is_refused_wherever_it_ends() {
    assert_eq!(open(files(FOLDER.clone())), Ok(()));
    for (at, (name, bytes)) in FOLDER.iter().enumerate() {
        for end in (0..bytes.len()).step_by(bytes.len() / 40 + 1).chain([bytes.len() - 1]) {
            let mut cut = FOLDER.clone();
            cut[at].1.truncate(end);
            assert!(open(files(cut)).is_err(), "{name} of {end} bytes");
        }
    }
}

#[test]
fn the_bytes_that_a_truncated_file_needs_are_named() {
    let mut folder = FOLDER.clone();
    let (name, bytes) = folder.iter_mut().find(|it| it.0 == "model.safetensors").unwrap();
    let (file, needed) = (name.clone(), bytes.len() as u64);
    bytes.truncate(bytes.len() - 10);
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) + 8;
    bytes.truncate(usize::try_from(header).unwrap());
    let Err(Rejected::Truncated { file: named, needed: most, found }) = open(files(folder)) else {
        panic!("it is truncated");
    };
    assert_eq!((named, found), (file, header));
    assert!(most > header && most <= needed);
}

/// Says it has a terabyte, has none of it, and counts the bytes asked for.
struct Boasting(Rc<Cell<u64>>, Vec<u8>);

impl Source for Boasting {
    fn size(&self) -> u64 {
        1 << 40
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, String> {
        self.0.set(self.0.get() + out.len() as u64);
        self.1.read_at(offset, out)
    }
}

#[test]
fn no_memory_is_taken_for_what_a_file_only_claims() {
    let header = [0xff_u8; 8].to_vec();
    let whole = ggml(&small(), Kind::F32).unwrap();
    for (name, bytes) in [("model.safetensors", header), ("config.json", Vec::new()), ("model.bin", whole)] {
        let asked = Rc::new(Cell::new(0));
        let mut folder = files(FOLDER.clone());
        folder.retain(|it| it.name != name && name != "model.bin");
        let source = Box::new(Boasting(asked.clone(), bytes));
        folder.push(ModelFile { name: name.to_owned(), source });
        assert!(open(folder).is_err(), "{name}");
        assert!(asked.get() < 1 << 22, "{name}: {} bytes", asked.get());
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    struct Gone;
    impl Source for Gone {
        fn size(&self) -> u64 {
            100
        }
        fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, String> {
            Err("the disk is gone".to_owned())
        }
    }
    let error = open(vec![ModelFile { name: "model.bin".to_owned(), source: Box::new(Gone) }]);
    let why = "the disk is gone".to_owned();
    assert_eq!(error, Err(Rejected::Unreadable { file: "model.bin".to_owned(), why }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_model(mut bytes in prop::collection::vec(any::<u8>(), 0..400), magic: bool) {
        if magic && bytes.len() >= 4 {
            bytes[..4].copy_from_slice(b"lmgg");
        }
        prop_assert!(one(&bytes).is_err());
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            let mut folder = FOLDER.clone();
            folder.iter_mut().filter(|it| it.0 == name).for_each(|it| it.1 = bytes.clone());
            prop_assert!(open(files(folder)).is_err());
        }
    }

    #[test]
    fn a_changed_byte_is_refused_or_changes_a_number(at: prop::sample::Index, value: u8) {
        let mut whole = GGML.clone();
        let at = at.index(whole.len());
        whole[at] = value;
        _ = one(&whole);
        // Heads are a small part of a file.
        let at = at % 4000;
        whole[at] = value;
        _ = one(&whole);
        for entry in 0..FOLDER.len() {
            let mut folder = FOLDER.clone();
            let bytes = &mut folder[entry].1;
            let at = at % bytes.len();
            bytes[at] = value;
            _ = open(files(folder));
        }
    }
}

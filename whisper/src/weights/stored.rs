//! Tensors that lie in files.
use std::collections::HashMap;

use super::kind::Kind;
use super::reader::fill;
use super::{ModelFile, Rejected, Tensors, rows};

/// Bytes read at once.
const PIECE: usize = 1 << 20;

/// Where a tensor lies.
pub(super) struct Place {
    /// Index of its file.
    pub(super) file: usize,
    /// Where in it.
    pub(super) offset: u64,
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
}

impl Place {
    /// Bytes of a tensor; none if rows are no whole blocks, or if it is more than any memory has.
    pub(super) fn size(kind: Kind, shape: &[usize]) -> Option<u64> {
        let (elements, bytes) = kind.block();
        let all = shape.iter().try_fold(1_usize, |all, it| all.checked_mul(*it))?;
        let whole = shape.last().is_none_or(|row| row.is_multiple_of(elements));
        (whole && i32::try_from(all).is_ok()).then(|| all as u64 / elements as u64 * bytes as u64)
    }
}

pub(super) struct Stored {
    pub(super) files: Vec<ModelFile>,
    /// By name; never iterated.
    pub(super) tensors: HashMap<String, Place>,
}

impl Tensors for Stored {
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|it| it.shape.clone())
    }

    fn read(&self, name: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected> {
        rows(self, name, first, count)?;
        let missing = || Rejected::Missing { what: format!("tensor {name}") };
        let place = self.tensors.get(name).ok_or_else(missing)?;
        let file = self.files.get(place.file).ok_or_else(missing)?;
        let (elements, bytes) = place.kind.block();
        let mut offset = place.offset + first as u64 / elements as u64 * bytes as u64;
        let start = out.len();
        out.resize(start + count, 0.0);
        let mut piece = vec![0; (PIECE / bytes).min(count / elements) * bytes];
        let whole = PIECE / bytes * elements;
        for part in out[start..].chunks_mut(whole) {
            let piece = &mut piece[..part.len() / elements * bytes];
            fill(file, offset, piece)?;
            place.kind.decode(piece, part);
            offset += piece.len() as u64;
        }
        Ok(())
    }
}

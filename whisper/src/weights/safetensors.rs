//! `.safetensors` files: the length of a header, the header (JSON), the data.
use std::collections::HashMap;

use serde::Deserialize;

use super::kind::Kind;
use super::reader::Reader;
use super::stored::Place;
use super::{ModelFile, Rejected};

/// The longest header: about a hundred times that of the largest Whisper.
const LONGEST: u64 = 1 << 24;

/// What a header says of a tensor; of `__metadata__` it says nothing of this.
#[derive(Deserialize)]
struct Entry {
    dtype: Option<String>,
    shape: Option<Vec<u64>>,
    data_offsets: Option<(u64, u64)>,
}

/// Adds the tensors of a file, the `index`th of a model, to `all`, by the names that `rename` gives them; tensors to
/// which it gives none are passed over.
pub(super) fn add(
    all: &mut HashMap<String, Place>,
    (index, file): (usize, &ModelFile),
    rename: impl Fn(&str) -> Option<String>,
) -> Result<(), Rejected> {
    let mut reader = Reader::new(file);
    let length = u64::from_le_bytes(reader.array()?);
    if length > LONGEST {
        return Err(reader.invalid(format!("a header of {length} bytes; expected {LONGEST} at most")));
    }
    let header = reader.bytes(length)?;
    let header: HashMap<String, Entry> =
        serde_json::from_slice(&header).map_err(|error| reader.invalid(format!("header: {error}")))?;
    let start = reader.at();
    for (name, entry) in header {
        let Some(renamed) = rename(&name) else { continue };
        let Entry { dtype: Some(dtype), shape: Some(shape), data_offsets: Some((begin, end)) } = entry else {
            return Err(reader.invalid(format!("tensor {name} has no type, shape or place")));
        };
        let known = Kind::ALL.iter().find(|it| it.2 == dtype).map(|it| it.0);
        let kind = known.ok_or(Rejected::UnknownTensorType { tensor: name.clone(), found: dtype })?;
        let whole: Option<Vec<usize>> = shape.iter().map(|it| usize::try_from(*it).ok()).collect();
        let size = whole.as_ref().and_then(|shape| Place::size(kind, shape));
        let (Some(shape), true) = (whole, size.is_some() && size == end.checked_sub(begin)) else {
            let what = format!("tensor {name} of shape {shape:?} does not fill bytes {begin} to {end}");
            return Err(reader.invalid(what));
        };
        Reader::new(file).skip(start.saturating_add(end))?;
        all.insert(renamed, Place { file: index, offset: start + begin, kind, shape });
    }
    Ok(())
}

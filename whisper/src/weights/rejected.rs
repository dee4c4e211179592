use std::fmt;

/// Why a model is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// The file ends before what it announces.
    Truncated { file: String, needed: u64, found: u64 },
    /// The file is of no known format; its first bytes.
    WrongMagic { file: String, found: [u8; 4] },
    /// A tensor is stored in a type that this build does not know.
    UnknownTensorType { tensor: String, found: String },
    /// A tensor has another shape than the sizes of the model ask for.
    ShapeMismatch { tensor: String, expected: Vec<usize>, found: Vec<usize> },
    /// A tensor or a file that every model has is missing.
    Missing { what: String },
    /// The model needs more memory than there may be, both in bytes.
    TooLarge { needed: u64, available: u64 },
    /// Whatever else a file says that cannot be.
    Invalid { file: String, what: String },
    /// The bytes cannot be read.
    Unreadable { file: String, why: String },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::Truncated { file, needed, found } => {
                write!(f, "{file} is truncated: {needed} bytes are needed, {found} are there")
            }
            Rejected::WrongMagic { file, found } => {
                write!(f, "{file} is no model file: it begins with {found:02x?}")
            }
            Rejected::UnknownTensorType { tensor, found } => {
                write!(f, "tensor {tensor} is stored as {found}, which is not known")
            }
            Rejected::ShapeMismatch { tensor, expected, found } => {
                write!(f, "tensor {tensor} has shape {found:?}; expected {expected:?}")
            }
            Rejected::Missing { what } => write!(f, "{what} is missing"),
            Rejected::TooLarge { needed, available } => {
                write!(f, "the model needs {needed} bytes of memory; {available} are available")
            }
            Rejected::Invalid { file, what } => write!(f, "{file}: {what}"),
            Rejected::Unreadable { file, why } => write!(f, "{file} cannot be read: {why}"),
        }
    }
}

impl std::error::Error for Rejected {}

//! Where the items of a run come from.
use std::iter::Peekable;

use protocol::{Fault, Value};

type Items<'a> = Box<dyn Iterator<Item = Result<Value, Fault>> + 'a>;

/// The items of a run, taken as the run asks for them, so that never more than a queue's worth is held.
pub struct Inputs<'a>(pub(crate) Option<Peekable<Items<'a>>>);

impl<'a> Inputs<'a> {
    /// No inputs: every source is called once with null.
    pub fn absent() -> Self {
        Inputs(None)
    }
    /// What `items` gives. An error ends the run with it.
    pub fn from_results(items: impl Iterator<Item = Result<Value, Fault>> + 'a) -> Self {
        Inputs(Some((Box::new(items) as Items<'a>).peekable()))
    }
    /// What `items` gives.
    pub fn from_values(items: impl IntoIterator<Item = Value, IntoIter: 'a>) -> Self {
        Self::from_results(items.into_iter().map(Ok))
    }

    /// Whether nothing more is to come. Absent inputs have ended before they began.
    pub(crate) fn have_ended(&mut self) -> bool {
        self.0.as_mut().is_none_or(|items| items.peek().is_none())
    }

    /// The next `most`, or fewer at the end.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<Value>, Fault> {
        self.0.iter_mut().flat_map(|items| items.take(most)).collect()
    }
}

impl From<Option<Vec<Value>>> for Inputs<'_> {
    /// None are absent inputs.
    fn from(items: Option<Vec<Value>>) -> Self {
        items.map_or(Inputs(None), Inputs::from_values)
    }
}

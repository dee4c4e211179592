//! Where the items of a run come from.
use std::time::Duration;

use protocol::{Fault, Value};

/// What a source of items says when it is asked for the next one.
#[derive(Debug)]
pub enum Next {
    /// An item, or why there are no more: the run ends with that.
    Item(Result<Value, Fault>),
    /// None yet; the run goes on with what it has.
    Later,
    /// There are no more.
    End,
}

type Source<'a> = Box<dyn FnMut(Duration) -> Next + 'a>;

/// The items of a run, taken as the run asks for them, so that never more than a queue's worth is held.
pub struct Inputs<'a>(pub(crate) Option<Items<'a>>);

/// Items, and what was heard of the next one.
pub(crate) struct Items<'a> {
    source: Source<'a>,
    heard: Next,
}

impl<'a> Inputs<'a> {
    /// No inputs: every source is called once with null.
    pub fn absent() -> Self {
        Inputs(None)
    }
    /// What `source` gives; it is asked for the next item with how long it may wait for one at most, and may say
    /// [`Next::Later`].
    pub fn from_source(source: impl FnMut(Duration) -> Next + 'a) -> Self {
        Inputs(Some(Items { source: Box::new(source), heard: Next::Later }))
    }
    /// What `items` gives. An error ends the run with it.
    pub fn from_results(mut items: impl Iterator<Item = Result<Value, Fault>> + 'a) -> Self {
        Self::from_source(move |_| items.next().map_or(Next::End, Next::Item))
    }
    /// What `items` gives.
    pub fn from_values(items: impl IntoIterator<Item = Value, IntoIter: 'a>) -> Self {
        Self::from_results(items.into_iter().map(Ok))
    }

    /// Hears of the next item, unless one is known already; waits for it so long at most.
    pub(crate) fn listen(&mut self, most: Duration) {
        if let Some(items) = &mut self.0
            && matches!(items.heard, Next::Later)
        {
            items.heard = (items.source)(most);
        }
    }
    /// Whether an item is at hand, as far as was heard.
    pub(crate) fn are_ready(&self) -> bool {
        matches!(self.heard(), Next::Item(_))
    }
    /// Whether nothing more is to come, as far as was heard. Absent inputs have ended before they began.
    pub(crate) fn have_ended(&self) -> bool {
        matches!(self.heard(), Next::End)
    }
    fn heard(&self) -> &Next {
        self.0.as_ref().map_or(&Next::End, |items| &items.heard)
    }

    /// The next `most`, or as many as are at hand.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<Value>, Fault> {
        let mut taken = Vec::new();
        while taken.len() < most && self.are_ready() {
            let Some(items) = &mut self.0 else { break };
            if let Next::Item(item) = std::mem::replace(&mut items.heard, Next::Later) {
                taken.push(item?);
            }
            self.listen(Duration::ZERO);
        }
        Ok(taken)
    }
}

impl From<Option<Vec<Value>>> for Inputs<'_> {
    /// None are absent inputs.
    fn from(items: Option<Vec<Value>>) -> Self {
        items.map_or(Inputs(None), Inputs::from_values)
    }
}

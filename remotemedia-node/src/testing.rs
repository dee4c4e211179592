//! For a plugin's own tests: its nodes, run natively by the same questions that a host asks.
use std::cell::RefCell;

use node_abi::{FromGuest, Item, Part, State, ToGuest, decode, encode};

use crate::glue::{self, Maker};
use crate::{Error, Node, Value};

thread_local!(static HEARD: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) });

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn hear(frame: Vec<u8>) {
    HEARD.with_borrow_mut(|heard| heard.push(frame));
}

/// What the nodes of this thread have said since this was last asked: logs, progress, partial results.
pub fn heard() -> Vec<FromGuest> {
    HEARD.take().iter().filter_map(|frame| decode(frame).ok()).collect()
}

/// All outputs of one node for `inputs`, the flush included.
///
/// # Errors
/// The node's own.
pub fn run<N: Node>(params: Value, inputs: Vec<Value>) -> Result<Vec<Value>, Error> {
    let inputs = inputs.into_iter().map(|value| (value, Part::WHOLE)).collect();
    Ok(run_parts::<N>(params, inputs)?.into_iter().map(|(value, _)| value).collect())
}

/// As [`run`], with inputs and outputs in parts.
///
/// # Errors
/// The node's own.
pub fn run_parts<N: Node>(params: Value, inputs: Vec<(Value, Part)>) -> Result<Vec<(Value, Part)>, Error> {
    let makers = [Maker::of::<N>()];
    let (outputs, bytes) = (u32::MAX, u64::MAX);
    let result = (|| {
        let kind = N::KIND.name.to_owned();
        ask(&makers, ToGuest::Open { node: 0, id: "test".into(), kind, params: params.into() })?;
        let mut all = Vec::new();
        let mut items: Vec<_> =
            inputs.into_iter().map(|(value, part)| Item { value: value.into(), part }).collect();
        while ask_for(&makers, ToGuest::Turn { node: 0, items, outputs, bytes }, &mut all)? {
            items = Vec::new();
        }
        while ask_for(&makers, ToGuest::Flush { node: 0, outputs, bytes }, &mut all)? {}
        Ok(all)
    })();
    _ = ask(&makers, ToGuest::Close);
    result
}

/// Whether there is more.
fn ask_for(makers: &[Maker], question: ToGuest, all: &mut Vec<(Value, Part)>) -> Result<bool, Error> {
    let FromGuest::Worked { outputs, state, .. } = ask(makers, question)? else { return Ok(false) };
    all.extend(outputs.into_iter().map(|output| (output.value.into(), output.part)));
    Ok(state != State::Idle)
}

fn ask(makers: &[Maker], question: ToGuest) -> Result<FromGuest, Error> {
    match decode(&glue::answer(makers, &encode(&question)?))? {
        FromGuest::Fault { message, .. } => Err(message.into()),
        answer => Ok(answer),
    }
}

//! What guests answer and say, looked at before anybody believes it.
use protocol::{Code, Fault, FromHost, LogLevel, NodeIdx, Part, RunId, Unit, WorkOutput};

use super::convert::from_guest;
use super::{Bounds, Greeting};
use crate::codec::decode_within;
use crate::{FromGuest, Kind, Level, Output, State};

/// Bytes of what a guest says in words: more is cut.
const MAX_WORDS: usize = 64 << 10;
/// Bytes of a traceback.
const MAX_TRACEBACK: usize = 256 << 10;
/// Bytes of a frame that tells kinds.
const MAX_KINDS: usize = 4 << 20;

/// The frame that answers a question.
pub(crate) fn read(frame: &[u8], bounds: &Bounds) -> Result<FromGuest, String> {
    if frame.len() > bounds.frame {
        return Err(format!("gave {} bytes at once, at most {} are allowed", frame.len(), bounds.frame));
    }
    // A list of kinds takes many times its bytes, so its limit is lower.
    let tells_kinds = matches!(frame.get(1), Some(0 | 4));
    if tells_kinds && frame.len() > MAX_KINDS {
        return Err(format!("tells its kinds in {} bytes, at most {MAX_KINDS} are allowed", frame.len()));
    }
    decode_within(frame, bounds.values).map_err(|error| format!("answered with {error}"))
}

/// What a turn gave, after checking it against what was asked.
pub(crate) fn worked(
    outputs: Vec<Output>,
    (done, state): (u32, State),
    (at_work, next_part): (u32, &mut u32),
) -> Result<Vec<WorkOutput>, String> {
    if done > at_work {
        return Err(format!("is done with {done} inputs where it had {at_work}"));
    }
    if state == State::Idle && done < at_work {
        return Err(format!("is idle with {} of its inputs not done", at_work - done));
    }
    let mut least = 0;
    let mut checked = Vec::with_capacity(outputs.len());
    for Output { input, part, value } in outputs {
        if input < least || input >= at_work.max(1) {
            return Err(format!("gave an output for its input {input}, of {at_work} from {least} on"));
        }
        if part.index != *next_part {
            return Err(format!("gave part {} of an output where part {next_part} is due", part.index));
        }
        least = input;
        *next_part = if part.last { 0 } else { part.index.saturating_add(1) };
        let part = Part { index: part.index, last: part.last };
        checked.push(WorkOutput {
            input,
            part,
            value: from_guest(value).map_err(|why| format!("gave {why}"))?,
        });
    }
    Ok(checked)
}

/// A fault as the guest tells it.
pub(crate) fn fault(code: &str, stage: String, message: String, traceback: Option<String>) -> Fault {
    const TELLING: [Code; 5] =
        [Code::InvalidInput, Code::LimitExceeded, Code::LoadFailed, Code::NotSupported, Code::OutOfMemory];
    let code = TELLING.into_iter().find(|it| it.to_string() == code).unwrap_or(Code::NodeFailed);
    let stage = Some(stage).filter(|it| ["open", "process", "flush", "close"].contains(&it.as_str()));
    let traceback = traceback.map(|it| cut(it, MAX_TRACEBACK));
    Fault { stage, traceback, ..Fault::new(code, cut(message, MAX_WORDS)) }
}

/// The kinds that a guest answers with.
pub(crate) fn greeting(answer: FromGuest) -> Result<Greeting, Fault> {
    match answer {
        FromGuest::Hello { capabilities, kinds } => Ok(Greeting { capabilities, kinds }),
        other => Err(unexpected(other, "start")),
    }
}

/// The kinds that a source defines.
pub(crate) fn kinds(answer: FromGuest) -> Result<Vec<Kind>, Fault> {
    match answer {
        FromGuest::Kinds { kinds } => Ok(kinds),
        other => Err(unexpected(other, "start")),
    }
}

/// The fault that `answer` is, asked for something else.
pub(crate) fn unexpected(answer: FromGuest, during: &str) -> Fault {
    match answer {
        FromGuest::Fault { code, stage, message, traceback } => {
            let fault = fault(&code, stage, message, traceback);
            if fault.stage.is_some() { fault } else { fault.during(during) }
        }
        other => {
            let name = name(&other);
            Fault::new(Code::NodeFailed, format!("answered with {name}, which is no answer here"))
                .during(during)
        }
    }
}

fn name(message: &FromGuest) -> &'static str {
    match message {
        FromGuest::Hello { .. } => "Hello",
        FromGuest::Opened => "Opened",
        FromGuest::Worked { .. } => "Worked",
        FromGuest::Closed => "Closed",
        FromGuest::Kinds { .. } => "Kinds",
        FromGuest::Fault { .. } => "Fault",
        FromGuest::Log { .. } => "Log",
        FromGuest::Progress { .. } => "Progress",
        FromGuest::Partial { .. } => "Partial",
    }
}

/// What a guest said meanwhile, for the engine; none if it is about a node that is not `there`. A fault, too, may be
/// said: the last words before a trap, which has none.
pub fn said(
    frame: &[u8],
    run: RunId,
    bounds: &Bounds,
    there: impl Fn(NodeIdx) -> bool,
) -> Result<Option<FromHost>, Fault> {
    let wrong = |why| Fault::new(Code::NodeFailed, why);
    let known = |node: u32| Some(NodeIdx(node)).filter(|node| there(*node));
    let message = match read(frame, bounds).map_err(wrong)? {
        FromGuest::Log { node, level, message } => {
            let message = cut(message, MAX_WORDS);
            Some(FromHost::Log { run, node: node.and_then(known), level: loudness(level), message })
        }
        FromGuest::Progress { node, done, total, unit } => {
            known(node).filter(|_| done.is_finite()).map(|node| FromHost::Progress {
                run,
                node,
                done,
                total: total.filter(|it| it.is_finite()),
                unit: counted(unit),
            })
        }
        FromGuest::Partial { node, value } => {
            let value = from_guest(value).map_err(|why| wrong(format!("said {why}")))?;
            known(node).map(|node| FromHost::Partial { run, node, value })
        }
        other @ (FromGuest::Hello { .. }
        | FromGuest::Opened
        | FromGuest::Worked { .. }
        | FromGuest::Closed
        | FromGuest::Kinds { .. }) => {
            return Err(wrong(format!("said {}, which is an answer", name(&other))));
        }
        FromGuest::Fault { code, stage, message, traceback } => {
            return Err(fault(&code, stage, message, traceback));
        }
    };
    Ok(message)
}

fn loudness(level: Level) -> LogLevel {
    match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    }
}

fn counted(unit: crate::Unit) -> Unit {
    match unit {
        crate::Unit::Items => Unit::Items,
        crate::Unit::Seconds => Unit::Seconds,
        crate::Unit::Bytes => Unit::Bytes,
        crate::Unit::Tokens => Unit::Tokens,
    }
}

/// At most `most` bytes of `text`.
fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

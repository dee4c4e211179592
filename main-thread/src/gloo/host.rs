//! The worker's end of the bridge: between what crosses it and the coordinator.
use protocol::{FromRuntime, ToRuntime};

use super::message::{Answer, Order, Word};
use crate::{Event, Notice};

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
pub(crate) mod web;

/// What the coordinator is told of an order; opening and pings are not its business.
pub fn ordered(order: Order) -> Option<Event> {
    match order {
        Order::Register { request, source, packages } => Some(Event::Register { request, source, packages }),
        Order::Open { .. } | Order::Ping => None,
    }
}

/// What the coordinator is told of a message; nothing if it is one that only a coordinator may send.
pub fn asked(message: ToRuntime) -> Option<Event> {
    Some(match message {
        ToRuntime::Validate { request, manifest, params, .. } => {
            Event::Validate { request, manifest, params, package: None }
        }
        ToRuntime::Start { run, manifest, params, options, .. } => {
            Event::Run { run, manifest, params, options, package: None }
        }
        ToRuntime::Push { run, items, open } => Event::Push { run, items, open },
        ToRuntime::End { run } => Event::End { run },
        ToRuntime::Credit { run, outputs } => Event::Credit { run, outputs },
        ToRuntime::Cancel { run } => Event::Cancel { run },
        ToRuntime::Attach { .. }
        | ToRuntime::HostLost { .. }
        | ToRuntime::Kinds { .. }
        | ToRuntime::Loading { .. }
        | ToRuntime::Model { .. } => return None,
    })
}

/// What the page is told of a notice.
pub fn noticed(notice: Notice) -> Option<Answer> {
    let word = match notice {
        Notice::Ready { kinds } => Word::Ready { kinds },
        Notice::StartFailed { fault } => Word::StartFailed { fault },
        Notice::Kinds { kinds } => Word::Kinds { kinds },
        Notice::Registered { request, kinds } => Word::Registered { request, kinds },
        Notice::Refused { request, fault } => Word::Refused { request, fault },
        Notice::Problems { request, problems } => {
            return Some(Answer::Runtime(FromRuntime::Problems { request, problems }));
        }
        Notice::Demand { run, items } => return Some(Answer::Runtime(FromRuntime::Demand { run, items })),
        Notice::Events { run, events } => return Some(Answer::Runtime(FromRuntime::Events { run, events })),
        Notice::Finished { run, report, outputs } => {
            return Some(Answer::Runtime(FromRuntime::Finished { run, report, outputs }));
        }
        Notice::Failed { run, fault } => return Some(Answer::Runtime(FromRuntime::Failed { run, fault })),
        // It closes with the worker, which nobody hears any more.
        Notice::Closed => return None,
    };
    Some(Answer::Word(word))
}

//! The pipelines worker as JavaScript and gloo-worker call it. It converts and delegates, nothing else.
#![allow(unreachable_pub, reason = "exported to JavaScript")]
use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;

use gloo_worker::{HandlerId, Registrable, Worker, WorkerScope};
use protocol::{Code, DecodeError, Fault};
use wasm_bindgen::prelude::*;

use super::{asked, noticed, ordered};
use crate::gloo::codec::Parcel;
use crate::gloo::message::{Answer, Ask, Order, Word};
use crate::gloo::web::{self, Postcard};
use crate::{Action, Event, Notice};

#[wasm_bindgen]
extern "C" {
    /// What the script around this module does for it.
    pub type Hooks;
    /// Starts the runtime; `settings` is JSON.
    #[wasm_bindgen(method)]
    fn open(this: &Hooks, settings: &str);
    /// There is mail for the coordinator: `Core.mail` is to be called.
    #[wasm_bindgen(method)]
    fn mail(this: &Hooks);
    /// This worker is broken; `code` is a name of [`Code`].
    #[wasm_bindgen(method)]
    fn fatal(this: &Hooks, text: &str, code: &str);
}

thread_local! {
    static HOOKS: OnceCell<Hooks> = const { OnceCell::new() };
    static LOCK: RefCell<Option<String>> = const { RefCell::new(None) };
    static MAIL: RefCell<VecDeque<Event>> = const { RefCell::new(VecDeque::new()) };
    /// Whom notices are for.
    static PAGE: RefCell<Option<(WorkerScope<Pipelines>, HandlerId)>> = const { RefCell::new(None) };
}

/// Makes this worker the far end of the page's bridge of this number; `lock` is the Web Lock it holds.
#[wasm_bindgen]
pub fn serve(bridge: u32, lock: Option<String>, hooks: Hooks) {
    LOCK.set(lock);
    HOOKS.with(|it| it.set(hooks).ok());
    std::panic::set_hook(Box::new(|panic| {
        fatal(&Fault::new(Code::WorkerCrashed, format!("the pipelines worker panicked: {panic}")));
    }));
    web::serve(bridge, |fault| fatal(&fault));
    Pipelines::registrar().encoding::<Postcard>().register();
}

/// What the page has said next, for the coordinator.
pub(crate) fn mail() -> Option<Event> {
    MAIL.with_borrow_mut(VecDeque::pop_front)
}

/// Tells the page what it is to hear of; what the script has to do or to know is left.
pub(crate) fn divert(actions: Vec<Action>) -> Vec<Action> {
    actions.into_iter().filter_map(divert_one).collect()
}

fn divert_one(action: Action) -> Option<Action> {
    let Action::Notify(notice) = action else { return Some(action) };
    let known = match &notice {
        Notice::Ready { .. } | Notice::StartFailed { .. } | Notice::Closed => Some(notice.clone()),
        Notice::Kinds { .. }
        | Notice::Problems { .. }
        | Notice::Registered { .. }
        | Notice::Refused { .. }
        | Notice::Demand { .. }
        | Notice::Events { .. }
        | Notice::Finished { .. }
        | Notice::Failed { .. } => None,
    };
    noticed(notice).into_iter().for_each(tell);
    known.map(Action::Notify)
}

fn tell(answer: Answer) {
    let Some((scope, page)) = PAGE.with_borrow(Clone::clone) else { return };
    match answer.frame() {
        Ok(frame) => {
            // The message itself would be a second holder of its buffers.
            drop(answer);
            scope.respond(page, Parcel(Ok(frame)));
        }
        Err(error) => mismatch(&error),
    }
}

fn fatal(fault: &Fault) {
    let code = fault.code.to_string();
    HOOKS.with(|it| it.get().into_iter().for_each(|hooks| hooks.fatal(&fault.message, &code)));
}

fn mismatch(error: &DecodeError) {
    fatal(&Fault::new(Code::ProtocolMismatch, error.to_string()));
}

fn deliver(event: Option<Event>) {
    let Some(event) = event else {
        return fatal(&Fault::new(Code::ProtocolMismatch, "the page spoke as a coordinator does"));
    };
    MAIL.with_borrow_mut(|mail| mail.push_back(event));
    HOOKS.with(|it| it.get().into_iter().for_each(Hooks::mail));
}

/// The worker, as gloo-worker wants to have it.
struct Pipelines;

impl Worker for Pipelines {
    type Message = ();
    type Input = Parcel;
    type Output = Parcel;

    fn create(_: &WorkerScope<Self>) -> Self {
        Pipelines
    }

    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}

    fn connected(&mut self, scope: &WorkerScope<Self>, id: HandlerId) {
        PAGE.set(Some((scope.clone(), id)));
    }

    fn received(&mut self, _: &WorkerScope<Self>, Parcel(frame): Parcel, _: HandlerId) {
        match frame.and_then(|frame| Ask::read(&frame)) {
            Ok(Ask::Order(Order::Open { settings })) => {
                tell(Answer::Word(Word::Opened { lock: LOCK.take() }));
                // Plain strings and numbers: writing them cannot fail.
                let settings = serde_json::to_string(&settings).unwrap_or_default();
                HOOKS.with(|it| it.get().into_iter().for_each(|hooks| hooks.open(&settings)));
            }
            Ok(Ask::Order(Order::Ping)) => tell(Answer::Word(Word::Pong)),
            Ok(Ask::Order(order)) => deliver(ordered(order)),
            Ok(Ask::Runtime(message)) => deliver(asked(message)),
            Err(error) => mismatch(&error),
        }
    }
}

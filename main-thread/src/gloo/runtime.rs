//! What front ends hold: a runtime, its runs, and handles to those.
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use protocol::{Code, Fault, NodeKind, Problem, RunId, Value};

use super::client::{Client, Patience, Reply};
use super::message::{Answer, Ask, Settings};
use super::{Outcome, Request, Update};

/// What a runtime needs of the place it is in.
pub(crate) trait Outside {
    /// Milliseconds, on a clock that never goes back.
    fn now(&self) -> f64;
    /// Carries `ask` to the worker.
    fn send(&self, ask: Ask);
    /// Calls [`Shared::tick`] at this time, or not at all; replaces what was asked before.
    fn wake(&self, at_ms: Option<f64>);
    /// Calls [`Shared::ended`] once the Web Lock of this name is free: its worker is no more.
    fn watch(&self, lock: &str);
    /// Nothing is sent any more, and the worker is not needed.
    fn close(&self);
}

/// What all that is held of one runtime shares.
pub(crate) struct Shared {
    client: RefCell<Client>,
    outside: Box<dyn Outside>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, patience: Patience, outside: Box<dyn Outside>) -> Self {
        Shared { client: RefCell::new(Client::new(outside.now(), settings, patience)), outside }
    }

    /// Says the first word.
    pub(crate) fn begin(&self) {
        self.with(|_, _| ());
    }

    pub(crate) fn said(&self, answer: Answer) {
        self.with(|client, now| client.said(now, answer));
    }

    pub(crate) fn broke(&self, fault: Fault) {
        self.with(|client, _| client.broke(fault));
    }

    pub(crate) fn has_hung(&self) -> bool {
        self.with(|client, _| client.has_hung())
    }

    pub(crate) fn ended(&self) {
        self.broke(Fault::new(Code::WorkerCrashed, "the pipelines worker was ended from outside"));
    }

    pub(crate) fn tick(&self) {
        self.with(Client::tick);
    }

    /// Lets the client do something, and does what follows from it.
    fn with<T>(&self, act: impl FnOnce(&mut Client, f64) -> T) -> T {
        let now = self.outside.now();
        let (result, asks, wake, lock, closed) = {
            let client = &mut *self.client.borrow_mut();
            let closed = client.is_closed();
            let result = act(client, now);
            (result, client.outgoing(), client.wake_at(), client.lock(), !closed && client.is_closed())
        };
        asks.into_iter().for_each(|ask| self.outside.send(ask));
        if let Some(at) = wake {
            self.outside.wake(at);
        }
        if let Some(lock) = lock {
            self.outside.watch(&lock);
        }
        if closed {
            self.outside.close();
        }
        result
    }
}

/// A runtime in a worker of its own: this thread does nothing but read what it says.
///
/// Made by `Runtime::start`. All copies are the same runtime; it ends with the last of them and of its
/// [`Run`]s, or with [`Runtime::close`].
#[derive(Clone)]
pub struct Runtime(Rc<Open>);

/// Ends the runtime when nobody holds it.
struct Open(Rc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.with(|client, _| client.close(closed()));
    }
}

impl Runtime {
    /// Once the runtime is up.
    pub(crate) async fn opened(shared: Rc<Shared>) -> Result<Runtime, Fault> {
        let runtime = Runtime(Rc::new(Open(shared)));
        poll_fn(|context| runtime.shared().with(|client, _| client.poll_open(context))).await?;
        Ok(runtime)
    }

    /// Every kind of node there is, the registered ones included.
    pub fn nodes(&self) -> Vec<NodeKind> {
        self.shared().with(|client, _| client.kinds().to_vec())
    }

    /// Runs a pipeline. Whatever is wrong, the run fails.
    pub fn run(&self, request: Request) -> Run {
        let id = self.shared().with(|client, now| client.run(now, request));
        Run { runtime: self.clone(), id }
    }

    /// Every defect of a manifest (JSON text); none means that it can run. `params` as in [`Request::params`].
    ///
    /// # Errors
    /// [`Code::Closed`], or why the worker is no more.
    pub async fn validate(
        &self,
        manifest: impl Into<String>,
        params: Option<String>,
    ) -> Result<Vec<Problem>, Fault> {
        let manifest = manifest.into();
        match self.ask(|client, now| client.validate(now, manifest, params)).await? {
            Reply::Problems(problems) => Ok(problems),
            Reply::Kinds(_) => Err(mixed_up()),
        }
    }

    /// Learns the node classes and `@node` functions of a Python source and gives their kinds. A kind that is registered
    /// again replaces the older one.
    ///
    /// # Errors
    /// What is wrong with the source, or with Python.
    pub async fn register_python(
        &self,
        source: impl Into<String>,
        packages: &[&str],
    ) -> Result<Vec<NodeKind>, Fault> {
        let (source, packages) = (source.into(), packages.iter().map(|it| (*it).to_owned()).collect());
        match self.ask(|client, now| client.register(now, source, packages)).await? {
            Reply::Kinds(kinds) => Ok(kinds),
            Reply::Problems(_) => Err(mixed_up()),
        }
    }

    /// Ends every run with [`Code::Closed`], and the worker. Idempotent.
    pub fn close(&self) {
        self.shared().with(|client, _| client.close(closed()));
    }

    async fn ask(&self, question: impl FnOnce(&mut Client, f64) -> u32) -> Result<Reply, Fault> {
        let request = self.shared().with(question);
        let asked = Asked { shared: self.shared().clone(), request };
        poll_fn(|context| asked.shared.with(|client, _| client.poll_answer(request, context))).await
    }

    fn shared(&self) -> &Rc<Shared> {
        &self.0.0
    }
}

/// A question that is forgotten when nobody waits for its answer.
struct Asked {
    shared: Rc<Shared>,
    request: u32,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.shared.with(|client, _| client.unask(self.request));
    }
}

/// A run. Dropping it cancels it.
///
/// It has to be read, by [`Run::next`] or [`Run::finish`]: a slow reader slows the run down, and no output is lost.
pub struct Run {
    runtime: Runtime,
    id: RunId,
}

impl Run {
    /// What happened next; none after [`Update::Finished`] or [`Update::Failed`].
    pub async fn next(&mut self) -> Option<Update> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The same for those who write futures or streams themselves.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Update>> {
        self.runtime.shared().with(|client, _| client.poll_next(self.id, context))
    }

    /// What the run gives in the end; whatever happens until then is passed over.
    ///
    /// # Errors
    /// Why the run failed.
    pub async fn finish(mut self) -> Result<Rc<Outcome>, Fault> {
        while let Some(update) = self.next().await {
            match update {
                Update::Finished(outcome) => return Ok(outcome),
                Update::Failed(fault) => return Err(fault),
                Update::Started { .. }
                | Update::Load { .. }
                | Update::Progress { .. }
                | Update::Partial { .. }
                | Update::Output { .. }
                | Update::Log { .. }
                | Update::Edge { .. } => {}
            }
        }
        Err(Fault::new(Code::Closed, "the run is over, and its end was read before"))
    }

    /// What steers the run while somebody else reads it.
    pub fn handle(&self) -> Handle {
        Handle { shared: self.runtime.shared().clone(), id: self.id }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.runtime.shared().with(|client, _| client.forget(self.id));
    }
}

/// Steers a run. It may outlive the run; then it does nothing.
#[derive(Clone)]
pub struct Handle {
    shared: Rc<Shared>,
    id: RunId,
}

impl Handle {
    /// Stops the run, which then fails with [`Code::Cancelled`].
    pub fn cancel(&self) {
        self.shared.with(|client, _| client.cancel(self.id));
    }

    /// Gives a run made with [`Request::pushed`] one more value. Done when it was taken, which waits while the pipeline
    /// is full; values keep their order whether this is awaited or not.
    ///
    /// # Errors
    /// The run is over (why), or [`Handle::end`] was called.
    pub fn push(&self, value: Value) -> impl Future<Output = Result<(), Fault>> + use<> {
        self.feed(value, false)
    }

    /// The same for a part of a recording: audio that goes on with the next value.
    ///
    /// # Errors
    /// As [`Handle::push`].
    pub fn push_part(&self, value: Value) -> impl Future<Output = Result<(), Fault>> + use<> {
        self.feed(value, true)
    }

    /// No more inputs.
    pub fn end(&self) {
        self.shared.with(|client, _| client.end(self.id));
    }

    fn feed(&self, value: Value, open: bool) -> impl Future<Output = Result<(), Fault>> + use<> {
        let Handle { shared, id } = self.clone();
        let number = shared.with(|client, _| client.push(id, value, open));
        async move {
            let number = number?;
            poll_fn(|context| shared.with(|client, _| client.poll_sent(id, number, context))).await
        }
    }
}

fn closed() -> Fault {
    Fault::new(Code::Closed, "the runtime was closed")
}

fn mixed_up() -> Fault {
    Fault::new(Code::ProtocolMismatch, "the answer to another question")
}

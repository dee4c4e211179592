//! The page's end of the bridge, with a worker that is scripted.
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use protocol::{
    Code, Fault, FromRuntime, GraphInfo, Packed, Problem, RunEvent, RunId, RunMetrics, RunReport, Severity,
    ToRuntime, Unit, Value,
};

use super::client::Patience;
use super::message::{Answer, Ask, Order, Settings, Word};
use super::runtime::{Outside, Shared};
use super::{Request, Run, Runtime, Update};

mod bytes;

/// What the runtime does to the world around it.
#[derive(Default)]
struct World {
    now: Cell<f64>,
    wake: Cell<Option<f64>>,
    sent: RefCell<Vec<Ask>>,
    watched: RefCell<String>,
    closed: Cell<bool>,
}

impl Outside for Rc<World> {
    fn now(&self) -> f64 {
        self.now.get()
    }
    fn send(&self, ask: Ask) {
        self.sent.borrow_mut().push(ask);
    }
    fn wake(&self, at_ms: Option<f64>) {
        self.wake.set(at_ms);
    }
    fn watch(&self, lock: &str) {
        *self.watched.borrow_mut() = lock.into();
    }
    fn close(&self) {
        self.closed.set(true);
    }
}

/// A runtime whose worker this test plays.
struct Stage {
    world: Rc<World>,
    shared: Rc<Shared>,
}

impl Stage {
    fn new() -> Self {
        let world = Rc::new(World::default());
        let patience = Patience { start_ms: 1000.0, open_ms: 500.0, silence_ms: 100.0 };
        let shared = Rc::new(Shared::new(Settings::default(), patience, Box::new(world.clone())));
        shared.begin();
        Stage { world, shared }
    }
    fn open() -> (Self, Runtime) {
        let stage = Stage::new();
        stage.word(Word::Opened { lock: Some("its lock".into()) });
        stage.word(Word::Ready { kinds: vec![] });
        let runtime = now(Runtime::opened(stage.shared.clone())).unwrap();
        stage.sent();
        (stage, runtime)
    }
    fn word(&self, word: Word) {
        self.shared.said(Answer::Word(word));
    }
    fn says(&self, message: FromRuntime) {
        self.shared.said(Answer::Runtime(message));
    }
    fn event(&self, event: RunEvent) {
        self.says(FromRuntime::Events { run: RunId(1), events: vec![event] });
    }
    fn output(&self, values: &[i64]) {
        self.event(RunEvent::Output { node: "out".into(), values: packed(values) });
    }
    fn sent(&self) -> Vec<Ask> {
        self.world.sent.take()
    }
    /// The next time that was asked for comes, and so much later than that.
    fn sleep(&self, late: f64) {
        self.world.now.set(self.world.wake.get().expect("a time is waited for") + late);
        self.shared.tick();
    }
}

fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[track_caller]
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(future) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it is not done"),
    }
}

fn packed(values: &[i64]) -> Packed {
    Packed::pack(&values.iter().map(|it| Value::Int(*it)).collect::<Vec<_>>()).unwrap()
}

fn report() -> RunReport {
    let graph = GraphInfo { node_count: 1, source_count: 1, sink_count: 1, execution_order: vec![] };
    let metrics = RunMetrics {
        total_ms: 1.0,
        start_ms: 0.0,
        python_ms: 0.0,
        wasm_ms: 0.0,
        models_ms: 0.0,
        nodes: vec![],
        peak_bytes: 0,
    };
    RunReport { graph, metrics }
}

fn finished() -> FromRuntime {
    FromRuntime::Finished { run: RunId(1), report: report(), outputs: packed(&[9]) }
}

fn progress(node: &str, done: f64) -> RunEvent {
    RunEvent::Progress {
        node: node.into(),
        done,
        total: None,
        unit: Unit::Items,
        fraction: None,
        eta_ms: None,
    }
}

/// What can be read now, shortly.
fn read(run: &mut Run) -> String {
    let mut words = Vec::new();
    while let Poll::Ready(Some(update)) = poll(run.next()) {
        words.push(match update {
            Update::Progress { node, done, .. } => format!("{node} {done}"),
            Update::Output { value, .. } => value.to_json(),
            Update::Finished(outcome) => format!("finished {}", outcome.outputs.len()),
            Update::Failed(fault) => format!("{}", fault.code),
            other => format!("{other:?}"),
        });
    }
    words.join(", ")
}

/// What was sent to the runtime, shortly.
fn told(stage: &Stage) -> String {
    let words = stage.sent().into_iter().map(|ask| match ask {
        Ask::Runtime(ToRuntime::Start { .. }) => "start".to_owned(),
        Ask::Runtime(ToRuntime::Push { items, open, .. }) => {
            format!("{}{}", items.count, if open { " open" } else { "" })
        }
        Ask::Runtime(ToRuntime::End { .. }) => "end".into(),
        Ask::Runtime(ToRuntime::Cancel { .. }) => "cancel".into(),
        Ask::Runtime(ToRuntime::Credit { outputs, .. }) => format!("credit {outputs}"),
        Ask::Order(Order::Ping) => "ping".into(),
        other => format!("{other:?}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_runtime_is_there_once_its_worker_says_so() {
    let stage = Stage::new();
    assert_eq!(stage.sent(), [Ask::Order(Order::Open { settings: Settings::default() })]);
    let mut opening = pin!(Runtime::opened(stage.shared.clone()));
    assert!(poll(opening.as_mut()).is_pending());
    stage.word(Word::Opened { lock: None });
    assert!(poll(opening.as_mut()).is_pending());
    stage.word(Word::Ready { kinds: vec![] });
    assert!(now(opening).is_ok());
}

#[test]
fn updates_come_in_order_and_end_once() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    assert_eq!(told(&stage), "start");
    stage.event(progress("a", 1.0));
    stage.output(&[1, 2]);
    assert_eq!(read(&mut run), "a 1, 1, 2");
    stage.says(finished());
    stage.says(finished());
    stage.event(progress("a", 2.0));
    assert_eq!(read(&mut run), "finished 1");
    assert!(now(run.next()).is_none());
}

#[test]
fn an_outcome_is_had_without_reading() {
    let (stage, runtime) = Stage::open();
    let mut finish = pin!(runtime.run(Request::new("{}")).finish());
    assert!(poll(finish.as_mut()).is_pending());
    stage.output(&[1]);
    stage.says(finished());
    assert_eq!(now(finish).unwrap().outputs, [Value::Int(9)]);
}

#[test]
fn inputs_are_sent_as_they_are_demanded_and_then_the_end() {
    let (stage, runtime) = Stage::open();
    let demand = |items| stage.says(FromRuntime::Demand { run: RunId(1), items });
    let _run = runtime.run(Request::new("{}").inputs((0..5).map(Value::Int)));
    assert_eq!(told(&stage), "start");
    demand(2);
    assert_eq!(told(&stage), "2");
    demand(8);
    assert_eq!(told(&stage), "3, end");
    demand(1);
    assert_eq!(told(&stage), "");
}

#[test]
fn no_inputs_at_all_are_an_end_at_once() {
    let (stage, runtime) = Stage::open();
    let _run = runtime.run(Request::new("{}").inputs([]));
    assert_eq!(told(&stage), "start, end");
}

#[test]
fn a_push_waits_until_it_is_taken() {
    let (stage, runtime) = Stage::open();
    let run = runtime.run(Request::new("{}").pushed());
    let handle = run.handle();
    let mut first = pin!(handle.push(Value::Int(1)));
    let mut second = pin!(handle.push_part(Value::Int(2)));
    let third = handle.push(Value::Int(3));
    handle.end();
    assert!(poll(first.as_mut()).is_pending());
    stage.says(FromRuntime::Demand { run: RunId(1), items: 1 });
    assert!(now(first).is_ok());
    assert!(poll(second.as_mut()).is_pending());
    stage.says(FromRuntime::Demand { run: RunId(1), items: 9 });
    assert_eq!(told(&stage), "start, 1, 1 open, 1, end");
    assert!(now(second).is_ok() && now(third).is_ok());
    assert_eq!(now(handle.push(Value::Int(4))).unwrap_err().code, Code::InvalidInput);
    stage.says(finished());
    assert_eq!(now(handle.push(Value::Int(4))).unwrap_err().code, Code::Closed);
}

#[test]
fn outputs_are_paid_for_when_they_are_read() {
    let (stage, runtime) = Stage::open();
    let limits = protocol::Limits { queue_items: 8, ..protocol::Limits::default() };
    let mut run = runtime.run(Request::new("{}").limits(limits));
    stage.output(&[1, 2, 3, 4, 5]);
    assert_eq!(told(&stage), "start");
    assert_eq!(read(&mut run), "1, 2, 3, 4, 5");
    assert_eq!(told(&stage), "credit 2, credit 2");
}

#[test]
fn news_that_nobody_read_are_replaced_by_newer_ones() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    for done in 0..1000 {
        stage.event(progress("a", f64::from(done)));
        stage.event(progress("b", f64::from(done)));
    }
    assert_eq!(read(&mut run), "a 999, b 999");
}

#[test]
fn a_value_that_cannot_be_read_fails_the_run() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    let values = Packed { count: 3, ..packed(&[1]) };
    stage.event(RunEvent::Output { node: "out".into(), values });
    assert_eq!(read(&mut run), "ProtocolMismatch");
    assert_eq!(told(&stage), "start, cancel");
}

#[test]
fn a_value_that_cannot_be_sent_fails_the_run() {
    let (stage, runtime) = Stage::open();
    let deep = (0..200).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    let mut run = runtime.run(Request::new("{}").inputs([deep]));
    stage.says(FromRuntime::Demand { run: RunId(1), items: 1 });
    assert_eq!(read(&mut run), "InvalidInput");
    assert_eq!(told(&stage), "start, cancel");
}

#[test]
fn a_run_is_cancelled_by_its_handle_and_by_nobody_holding_it() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    run.handle().cancel();
    assert_eq!(told(&stage), "start, cancel");
    stage.says(FromRuntime::Failed { run: RunId(1), fault: Fault::new(Code::Cancelled, "so") });
    assert_eq!(read(&mut run), "Cancelled");
    run.handle().cancel();
    assert_eq!(told(&stage), "");
    drop(runtime.run(Request::new("{}")));
    assert_eq!(told(&stage), "start, cancel");
}

#[test]
fn questions_are_answered_each_by_its_own_answer() {
    let (stage, runtime) = Stage::open();
    let mut first = pin!(runtime.validate("{}", None));
    let mut second = pin!(runtime.register_python("x", &["numpy"]));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    let fault = Fault::new(Code::NodeFailed, "SyntaxError");
    stage.word(Word::Refused { request: 2, fault: fault.clone() });
    assert_eq!(now(second).unwrap_err(), fault);
    let problem = Problem {
        code: Code::InvalidManifest,
        severity: Severity::Error,
        node: None,
        path: "/nodes".into(),
        message: "is missing".into(),
    };
    stage.says(FromRuntime::Problems { request: 1, problems: vec![problem.clone()] });
    assert_eq!(now(first).unwrap(), [problem]);
}

#[test]
fn a_worker_that_never_speaks_has_not_started() {
    let stage = Stage::new();
    assert_eq!(stage.world.wake.get(), Some(1000.0));
    stage.sleep(0.0);
    assert_eq!(now(Runtime::opened(stage.shared.clone())).err().unwrap().code, Code::StartFailed);
    assert!(stage.world.closed.get());
}

#[test]
fn a_worker_that_falls_silent_is_asked_and_then_given_up() {
    let (stage, runtime) = Stage::open();
    assert_eq!(stage.world.wake.get(), None);
    let mut run = runtime.run(Request::new("{}"));
    stage.sleep(0.0);
    assert_eq!(told(&stage), "start, ping");
    stage.word(Word::Pong);
    stage.sleep(0.0);
    assert_eq!(told(&stage), "ping");
    stage.sleep(0.0);
    assert_eq!(read(&mut run), "WorkerCrashed");
    assert_eq!(now(runtime.validate("{}", None)).unwrap_err().code, Code::WorkerCrashed);
    assert_eq!(read(&mut runtime.run(Request::new("{}"))), "WorkerCrashed");
    assert!(stage.world.closed.get());
}

#[test]
fn a_worker_that_was_ended_is_known_by_its_lock() {
    let (stage, runtime) = Stage::open();
    assert_eq!(*stage.world.watched.borrow(), "its lock");
    let mut run = runtime.run(Request::new("{}"));
    stage.shared.ended();
    assert_eq!(read(&mut run), "WorkerCrashed");
}

#[test]
fn a_worker_that_hangs_while_its_runtime_starts_is_told_from_one_that_broke() {
    let stage = Stage::new();
    stage.word(Word::Opened { lock: None });
    stage.sleep(0.0);
    assert_eq!(stage.world.now.get(), 500.0);
    assert!(told(&stage).ends_with("ping"));
    stage.sleep(0.0);
    assert!(stage.shared.has_hung());
    assert_eq!(now(Runtime::opened(stage.shared.clone())).err().unwrap().code, Code::StartFailed);
    let stage = Stage::new();
    stage.word(Word::Opened { lock: None });
    stage.shared.ended();
    assert!(!stage.shared.has_hung());
}

#[test]
fn a_page_that_slept_calls_nobody_silent_for_it() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    stage.sleep(60_000.0);
    assert_eq!(told(&stage), "start");
    stage.sleep(0.0);
    stage.sleep(60_000.0);
    assert_eq!(told(&stage), "ping");
    assert_eq!(read(&mut run), "");
    stage.sleep(0.0);
    assert_eq!(read(&mut run), "WorkerCrashed");
}

#[test]
fn a_worker_that_breaks_is_told_to_all_who_wait() {
    let stage = Stage::new();
    stage.shared.broke(Fault::new(Code::WorkerCrashed, "wasm"));
    assert_eq!(now(Runtime::opened(stage.shared.clone())).err().unwrap().code, Code::StartFailed);
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    stage.shared.broke(Fault::new(Code::ProtocolMismatch, "another build"));
    assert_eq!(read(&mut run), "ProtocolMismatch");
}

#[test]
fn a_runtime_ends_with_the_last_who_holds_it() {
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    drop(runtime);
    assert!(!stage.world.closed.get());
    stage.says(finished());
    assert_eq!(read(&mut run), "finished 1");
    drop(run);
    assert!(stage.world.closed.get());
    let (stage, runtime) = Stage::open();
    let mut run = runtime.run(Request::new("{}"));
    runtime.close();
    assert_eq!(read(&mut run), "Closed");
    assert!(stage.world.closed.get());
}

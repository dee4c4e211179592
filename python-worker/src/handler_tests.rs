//! Scripts: `> …` is said to the handler, the rest is what it must answer, in order.
use super::*;
use protocol::{HostId, Part, WorkItem};

const RUN: RunId = RunId(7);

struct Bench(Handler);

impl Bench {
    fn new() -> Self {
        let mut bench = Bench(Handler::default());
        bench.says(Event::Page(ToWorker::Connect { host: HostId(1), run: RUN }), "");
        bench
    }

    /// With node 0 open and rich.
    fn open() -> Self {
        let mut bench = Bench::new();
        bench.engine(open(0), "call open 0 it Kind {}");
        bench.returns("[0,0,[]]", "opened 0");
        bench.engine(credit(0, 100), "");
        bench
    }

    #[track_caller]
    fn says(&mut self, event: Event, expected: &str) {
        let actions = self.0.handle(event);
        self.expect(actions, expected);
    }

    #[track_caller]
    fn engine(&mut self, message: ToHost, expected: &str) {
        self.says(Event::Engine(message), expected);
    }

    #[track_caller]
    fn returns(&mut self, text: &str, expected: &str) {
        let actions = self.0.returned(Answer::read(text, &[]), 1);
        self.expect(actions, expected);
    }

    #[track_caller]
    fn expect(&mut self, actions: Vec<Action>, expected: &str) {
        let mut lines: Vec<_> = actions.iter().map(show).collect();
        if self.0.calling.is_none() {
            lines.extend(self.0.step().as_ref().map(show_call));
        }
        assert_eq!(lines.join("\n"), expected);
    }
}

fn open(node: u32) -> ToHost {
    ToHost::Open {
        run: RUN,
        node: NodeIdx(node),
        id: "it".into(),
        kind: "Kind".into(),
        params: Value::Map(vec![]),
    }
}

fn credit(node: u32, outputs: u32) -> ToHost {
    ToHost::Credit { run: RUN, node: NodeIdx(node), outputs, bytes: 1 << 20 }
}

fn process(node: u32, values: &[i64]) -> ToHost {
    let items = values.iter().map(|it| WorkItem { value: Value::Int(*it), part: Part::WHOLE }).collect();
    ToHost::Process { run: RUN, node: NodeIdx(node), items }
}

fn register(request: u32, packages: &[&str]) -> Event {
    let packages = packages.iter().map(|it| (*it).to_owned()).collect();
    Event::Page(ToWorker::Register { request, source: format!("source {request}"), packages })
}

fn install(request: u32) -> Event {
    let file = PackageFile { path: "it.py".into(), data: Buffer::from_bytes(vec![1]) };
    Event::Page(ToWorker::Install { request, modules: vec![file], wheels: vec![] })
}

fn show(action: &Action) -> String {
    match action {
        Action::Engine(FromHost::Opened { node, .. }) => format!("opened {}", node.0),
        Action::Engine(FromHost::Worked { node, outputs, done, .. }) => {
            let outputs: Vec<_> =
                outputs.iter().map(|it| format!("{}:{}", it.input, it.value.to_json())).collect();
            format!("worked {} done {done} gave {}", node.0, outputs.join(" ")).trim_end().into()
        }
        Action::Engine(FromHost::Flushed { node, .. }) => format!("flushed {}", node.0),
        Action::Engine(FromHost::Failed { node, fault, .. }) => {
            format!(
                "failed {} {} {} {}",
                node.0,
                fault.code,
                fault.stage.as_deref().unwrap_or(""),
                fault.message
            )
        }
        Action::Engine(FromHost::Closed { run }) => format!("closed {}", run.0),
        Action::Engine(other) => format!("{other:?}"),
        Action::Page(FromWorker::Registered { request, result }) => match result {
            Ok(kinds) => format!("registered {request}: {} kinds", kinds.len()),
            Err(fault) => format!("registered {request}: {} {}", fault.code, fault.message),
        },
        Action::Page(other) => format!("{other:?}"),
        Action::Load(packages) => format!("load {}", packages.join(" ")),
        Action::Unpack { modules, wheels } => format!("unpack {} {}", modules.len(), wheels.len()),
    }
}

fn show_call(call: &Call) -> String {
    match call {
        Call::Register { source } => format!("call register {source}"),
        Call::Install => "call install".into(),
        Call::Open { node, id, kind, params } => format!("call open {} {id} {kind} {}", node.0, params.text),
        Call::Opened { node } => format!("call opened {}", node.0),
        Call::Turn { node, items, outputs, .. } => {
            format!("call turn {} {} for {outputs}", node.0, items.text)
        }
        Call::Flush { node, outputs, .. } => format!("call flush {} for {outputs}", node.0),
        Call::Close => "call close".into(),
        Call::Reset => "call reset".into(),
    }
}

#[test]
fn items_go_to_python_and_their_outputs_come_back() {
    let mut bench = Bench::open();
    bench.engine(process(0, &[1, 2]), "call turn 0 [[1,2],null] for 100");
    bench.engine(process(0, &[3]), "");
    bench.returns("[2,0,[[0,10],[1,20]]]", "worked 0 done 2 gave 0:10 1:20\ncall turn 0 [[3],null] for 98");
    bench.returns("[1,0,[]]", "worked 0 done 1 gave");
}

#[test]
fn nothing_is_done_without_credit() {
    let mut bench = Bench::new();
    bench.engine(open(0), "call open 0 it Kind {}");
    bench.returns("[0,0,[]]", "opened 0");
    bench.engine(process(0, &[1]), "");
    bench.engine(credit(0, 2), "call turn 0 [[1],null] for 2");
    bench.returns("[0,1,[[0,1],[0,2],[0,3]]]", "worked 0 done 0 gave 0:1 0:2 0:3");
    bench.engine(credit(0, 1), "");
    bench.engine(credit(0, 1), "call turn 0  for 1");
    bench.returns("[1,0,[]]", "worked 0 done 1 gave");
}

#[test]
fn no_new_items_go_in_while_python_has_some() {
    let mut bench = Bench::open();
    bench.engine(process(0, &[1, 2]), "call turn 0 [[1,2],null] for 100");
    bench.engine(process(0, &[3]), "");
    bench.returns("[1,1,[]]", "worked 0 done 1 gave\ncall turn 0  for 100");
    bench.returns("[1,0,[]]", "worked 0 done 1 gave\ncall turn 0 [[3],null] for 100");
}

#[test]
fn nodes_take_turns() {
    let mut bench = Bench::open();
    bench.engine(open(1), "call open 1 it Kind {}");
    bench.returns("[0,0,[]]", "opened 1");
    bench.engine(credit(1, 9), "");
    bench.engine(process(0, &[1]), "call turn 0 [[1],null] for 100");
    bench.engine(process(1, &[5]), "");
    bench.returns("[0,1,[]]", "call turn 1 [[5],null] for 9");
    bench.returns("[0,1,[]]", "call turn 0  for 100");
}

#[test]
fn a_waiting_node_rests_until_it_is_woken() {
    let mut bench = Bench::open();
    bench.engine(process(0, &[1]), "call turn 0 [[1],null] for 100");
    bench.returns("[0,2,[]]", "");
    bench.engine(process(0, &[2]), "");
    bench.says(Event::Woken(0), "call turn 0  for 100");
    bench.returns("[1,0,[[0,1]]]", "worked 0 done 1 gave 0:1\ncall turn 0 [[2],null] for 99");
}

#[test]
fn an_async_initialize_delays_opened_and_the_items() {
    let mut bench = Bench::new();
    bench.engine(open(0), "call open 0 it Kind {}");
    bench.returns("[0,2,[]]", "");
    bench.engine(credit(0, 9), "");
    bench.engine(process(0, &[1]), "");
    bench.says(Event::Woken(0), "call opened 0");
    bench.returns("[0,0,[]]", "opened 0\ncall turn 0 [[1],null] for 9");
}

#[test]
fn flush_is_asked_until_all_is_given() {
    let mut bench = Bench::open();
    bench.engine(ToHost::Flush { run: RUN, node: NodeIdx(0) }, "call flush 0 for 100");
    bench.returns("[0,1,[[0,1]]]", "worked 0 done 0 gave 0:1\ncall flush 0 for 99");
    bench.returns("[0,2,[]]", "");
    bench.says(Event::Woken(0), "call flush 0 for 99");
    bench.returns("[0,0,[[0,2]]]", "worked 0 done 0 gave 0:2\nflushed 0");
}

#[test]
fn a_fault_is_told_once_and_ends_all_turns() {
    let fault = r#"{"fault":{"message":"ValueError: no","traceback":"T","stage":"process"}}"#;
    let mut bench = Bench::open();
    bench.engine(process(0, &[1, 2]), "call turn 0 [[1,2],null] for 100");
    bench.returns(fault, "failed 0 NodeFailed process ValueError: no");
    bench.engine(process(0, &[3]), "");
    bench.engine(open(1), "");
    bench.engine(ToHost::Close { run: RUN }, "call close");
    bench.returns("[0,0,[]]", "closed 7\ncall reset");
    bench.returns("[0,0,[]]", "");
}

#[test]
fn memory_and_nonsense_have_faults_of_their_own() {
    for (text, expected) in [
        (r#"{"fault":{"message":"MemoryError","stage":"open"}}"#, "failed 0 OutOfMemory open MemoryError"),
        (r#"{"kinds":[]}"#, "failed 0 NodeFailed process no answer to what was asked"),
        (
            "5",
            "failed 0 NodeFailed process the Python host gave no answer: neither a turn nor kinds nor a fault",
        ),
    ] {
        let mut bench = Bench::new();
        bench.engine(open(0), "call open 0 it Kind {}");
        bench.returns(text, expected);
    }
}

#[test]
fn close_drops_what_is_queued_and_answers_once() {
    let mut bench = Bench::open();
    bench.engine(process(0, &[1]), "call turn 0 [[1],null] for 100");
    bench.engine(open(1), "");
    bench.engine(ToHost::Close { run: RUN }, "");
    bench.engine(ToHost::Close { run: RUN }, "");
    bench.returns("[0,1,[]]", "call close");
    bench.returns("[0,2,[]]", "");
    bench.says(Event::Woken(-1), "call close");
    bench.returns("[0,0,[]]", "closed 7\ncall reset");
    bench.returns("[0,0,[]]", "");
    bench.engine(ToHost::Close { run: RUN }, "closed 7");
    bench.says(Event::Page(ToWorker::Connect { host: HostId(1), run: RunId(8) }), "");
}

#[test]
fn what_is_said_reaches_the_engine_while_there_is_a_run() {
    let mut bench = Bench::new();
    let said = |text: &str| Event::Said(text.into(), vec![]);
    let log = "Log { run: RunId(7), node: Some(NodeIdx(0)), level: Warn, message: \"x\" }";
    bench.says(said(r#"[0,"log","warn","x"]"#), log);
    let progress = "Progress { run: RunId(7), node: NodeIdx(2), done: 1.0, total: None, unit: Seconds }";
    bench.says(said(r#"[2,"progress",1.0,null,"seconds"]"#), progress);
    bench.says(said(r#"[2,"partial",5]"#), "Partial { run: RunId(7), node: NodeIdx(2), value: Int(5) }");
    for nonsense in ["", "5", "[]", r#"[0,"dance"]"#, r#"[-1,"partial",5]"#] {
        bench.says(said(nonsense), "");
    }
    Bench(Handler::default()).says(said(r#"[0,"log","warn","x"]"#), "");
}

#[test]
fn sources_are_registered_in_order_and_before_nodes_are_opened() {
    let mut bench = Bench(Handler::default());
    bench.says(register(1, &["numpy"]), "load numpy");
    bench.says(register(2, &[]), "");
    bench.says(Event::Page(ToWorker::Connect { host: HostId(1), run: RUN }), "");
    bench.engine(open(0), "");
    bench.says(Event::Loaded(Ok(())), "call register source 1");
    bench.returns(r#"{"kinds":[]}"#, "registered 1: 0 kinds\ncall register source 2");
    let fault = r#"{"fault":{"message":"SyntaxError: no","traceback":"T","stage":"start"}}"#;
    bench.returns(fault, "registered 2: InvalidInput SyntaxError: no\ncall open 0 it Kind {}");
}

#[test]
fn a_package_that_cannot_be_loaded_fails_its_source_only() {
    let mut bench = Bench(Handler::default());
    bench.says(register(1, &["zz"]), "load zz");
    bench.says(register(2, &["yy"]), "");
    bench.says(
        Event::Loaded(Err("no such package".into())),
        "registered 1: LoadFailed no such package\nload yy",
    );
    bench.says(Event::Loaded(Ok(())), "call register source 2");
    bench.returns(r#"{"kinds":[]}"#, "registered 2: 0 kinds\ncall reset");
}

#[test]
fn messages_of_other_runs_change_nothing() {
    let mut bench = Bench::open();
    bench.engine(ToHost::Flush { run: RunId(9), node: NodeIdx(0) }, "");
    bench.engine(ToHost::Flush { run: RUN, node: NodeIdx(9) }, "");
    bench.engine(ToHost::Close { run: RunId(9) }, "closed 9");
    for node in [-5, 0, 9] {
        bench.says(Event::Woken(node), if node == 0 { "call turn 0  for 100" } else { "" });
    }
}

#[test]
fn a_package_is_unpacked_then_installed_and_sources_wait_for_it() {
    let mut bench = Bench(Handler::default());
    bench.says(install(1), "unpack 1 0");
    bench.says(register(2, &[]), "");
    bench.says(Event::Loaded(Ok(())), "call install");
    bench.returns(r#"{"kinds":[]}"#, "registered 1: 0 kinds\ncall register source 2");
}

#[test]
fn a_package_that_cannot_be_installed_is_rejected() {
    let mut bench = Bench(Handler::default());
    bench.says(install(1), "unpack 1 0");
    bench.says(Event::Loaded(Err("no such name".into())), "registered 1: PackageRejected no such name");
    bench.says(install(2), "unpack 1 0");
    bench.says(Event::Loaded(Ok(())), "call install");
    let fault = r#"{"fault":{"message":"ValueError: not a wheel","stage":"start"}}"#;
    bench.returns(fault, "registered 2: PackageRejected ValueError: not a wheel\ncall reset");
}

#[test]
fn a_ping_is_answered_at_once_and_there_are_no_plugins() {
    let mut bench = Bench::open();
    bench.engine(process(0, &[1]), "call turn 0 [[1],null] for 100");
    bench.says(Event::Page(ToWorker::Ping), "Pong");
    bench.says(
        Event::Page(ToWorker::Kinds { request: 3 }),
        "registered 3: NotSupported a Python worker has no plugin",
    );
}

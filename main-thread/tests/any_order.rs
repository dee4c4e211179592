//! Whatever happens in whatever order: no panic, and one last word for each run and request.
#![allow(clippy::wildcard_enum_match_arm, reason = "only what starts or ends something counts")]
mod script;

use std::collections::HashMap;

use main_thread::{Action, Event, Notice, Options, PackageId, WorkerId};
use proptest::prelude::*;
use protocol::{Code, Fault, Frame, FromRuntime, FromWorker, HostId, HostKind, RunId};
use script::{Script, code_of, finished, frame, node, stale, start, start_of};

fn kinds() -> impl Strategy<Value = HostKind> {
    prop_oneof![Just(HostKind::Compute), Just(HostKind::Python), (0..2u32).prop_map(HostKind::Plugin)]
}

fn messages() -> impl Strategy<Value = Frame> {
    let (run, host) = (|| (1..6u32).prop_map(RunId), || (0..9u32).prop_map(HostId));
    prop_oneof![
        5 => Just(frame(&FromRuntime::Ready { kinds: vec![node("Echo")], start_ms: 1 })),
        5 => Just(frame(&FromWorker::Ready { start_ms: 1, note: String::new() })),
        3 => (run(), prop::collection::vec(kinds(), 1..4))
            .prop_map(|(run, kinds)| frame(&FromRuntime::Lease { run, kinds })),
        2 => (run(), kinds(), prop::option::of(host()))
            .prop_map(|(run, kind, host)| frame(&FromRuntime::Release { run, kind, host })),
        1 => host().prop_map(|host| frame(&FromRuntime::Kill { host })),
        1 => host().prop_map(|host| frame(&FromRuntime::Interrupt { host })),
        2 => run().prop_map(|run| frame(&FromRuntime::NeedModel { run, model: "m".into() })),
        2 => run().prop_map(|run| frame(&finished(run))),
        2 => run().prop_map(|run| frame(&FromRuntime::Failed { run, fault: Fault::new(Code::NodeFailed, "") })),
        1 => (1..6u32).prop_map(|request| frame(&FromRuntime::Problems { request, problems: vec![] })),
        1 => (0..6u32).prop_map(|request| frame(&FromWorker::Registered { request, result: Ok(vec![node("A")]) })),
        1 => Just(frame(&FromWorker::Pong)),
        1 => Just(stale()),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|header| Frame { header, buffers: vec![] }),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let worker = || (1..12u32).prop_map(WorkerId);
    let package = || (0..4u32).prop_map(PackageId);
    prop_oneof![
        30 => (worker(), messages()).prop_map(|(worker, frame)| Event::Message { worker, frame }),
        8 => (1..6u32, prop::option::of(0..5000u32)).prop_map(|(run, timeout)| start(run, timeout)),
        6 => (1..6u32, package()).prop_map(|(run, package)| start_of(run, Some(package))),
        4 => (12..18u32, package(), 0..4usize).prop_map(|(request, package, words)| {
            let code = code_of(&["python", "one", "two"][..words]);
            Event::Install { request, package, code }
        }),
        1 => package().prop_map(|package| Event::ClosePackage { package }),
        3 => (1..6u32).prop_map(|run| Event::Cancel { run: RunId(run) }),
        2 => (1..6u32).prop_map(|run| {
            let result = Err(Fault::new(Code::LoadFailed, ""));
            Event::Model { run: RunId(run), model: "m".into(), result }
        }),
        3 => Just(Event::Tick),
        2 => (1..6u32).prop_map(|request| Event::Validate { request, manifest: String::new(), params: None, package: None }),
        2 => (6..12u32).prop_map(|request| Event::Register { request, source: String::new(), packages: vec![] }),
        2 => worker().prop_map(|worker| Event::Broke { worker, code: None, message: String::new() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn every_run_and_request_gets_one_answer(steps in prop::collection::vec((events(), 0..3000u32), 0..80)) {
        let mut it = Script::new(Options::default());
        let mut balance: HashMap<(&str, u32), i32> = HashMap::new();
        it.handle(Event::Start);
        for (event, ms) in steps.into_iter().chain([(Event::Close, 0)]) {
            it.now += f64::from(ms);
            match &event {
                // Numbers are never used twice.
                Event::Run { run, .. } if balance.contains_key(&("run", run.0)) => continue,
                Event::Validate { request, .. } | Event::Register { request, .. } | Event::Install { request, .. }
                    if balance.contains_key(&("request", *request)) => continue,
                Event::Run { run, .. } => { balance.insert(("run", run.0), 1); }
                Event::Validate { request, .. }
                | Event::Register { request, .. }
                | Event::Install { request, .. } => {
                    balance.insert(("request", *request), 1);
                }
                _ => {}
            }
            for action in it.handle(event) {
                let key = match action {
                    Action::Notify(Notice::Finished { run, .. } | Notice::Failed { run, .. }) => ("run", run.0),
                    Action::Notify(
                        Notice::Problems { request, .. }
                        | Notice::Registered { request, .. }
                        | Notice::Refused { request, .. },
                    ) => ("request", request),
                    _ => continue,
                };
                *balance.entry(key).or_default() -= 1;
            }
        }
        prop_assert!(balance.values().all(|left| *left == 0), "{balance:?}");
    }
}

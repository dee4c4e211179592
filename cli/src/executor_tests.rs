use super::*;

const CALCULATOR: &str = r#"{"version":"v1","nodes":[
    {"id":"multiply","node_type":"MultiplyNode","params":{"factor":2}},
    {"id":"add","node_type":"AddNode","params":{"addend":10}}],
    "connections":[{"from":"multiply","to":"add"}]}"#;

fn numbers(count: i64) -> Inputs<'static> {
    Inputs::from_values((0..count).map(Value::Int))
}

fn run(executor: &mut Executor, manifest: &str, inputs: Inputs) -> Ended {
    executor.run(manifest, None, inputs, options(), &mut |_| ())
}

#[test]
fn a_pipeline_runs_and_again() {
    let mut executor = Executor::new();
    for _ in 0..2 {
        let (outputs, report) = run(&mut executor, CALCULATOR, numbers(3)).unwrap();
        assert_eq!(outputs, [10, 12, 14].map(Value::Int));
        assert_eq!(report.graph.execution_order, ["multiply", "add"]);
    }
}

#[test]
fn inputs_may_be_absent_or_none() {
    let pass = r#"{"version":"v1","nodes":[{"id":"a","node_type":"PassThrough"}],"connections":[]}"#;
    let mut executor = Executor::new();
    assert_eq!(run(&mut executor, pass, Inputs::absent()).unwrap().0, [Value::Null]);
    assert_eq!(run(&mut executor, pass, numbers(0)).unwrap().0, []);
}

#[test]
fn inputs_are_taken_as_they_are_needed() {
    let taken = std::cell::Cell::new(0_u64);
    let given = std::cell::Cell::new(0_u64);
    let items = (0..200_000).map(|at| {
        taken.set(taken.get() + 1);
        assert!(taken.get() - given.get() < 60_000, "{} were taken for {}", taken.get(), given.get());
        Value::Int(at)
    });
    let mut executor = Executor::new();
    let limits = Limits { queue_items: 1000, ..Limits::default() };
    let options = RunOptions { collect: false, limits, ..options() };
    let mut count = |event: &RunEvent| given.set(given.get() + u64::from(outputs_in(event)));
    executor.run(CALCULATOR, None, Inputs::from_values(items), options, &mut count).unwrap();
    assert_eq!(given.get(), 200_000);
}

#[test]
fn a_fault_of_the_inputs_ends_the_run() {
    let broken = Fault::new(Code::InvalidInput, "line 3 is no JSON");
    let items = vec![Ok(Value::Int(1)), Err(broken.clone())];
    let mut executor = Executor::new();
    let inputs = Inputs::from_results(items.into_iter());
    assert_eq!(run(&mut executor, CALCULATOR, inputs).unwrap_err(), broken);
    assert!(run(&mut executor, CALCULATOR, numbers(1)).is_ok());
}

#[test]
fn a_run_can_be_cancelled_and_times_out() {
    let mut executor = Executor::new();
    let cancel = executor.cancel();
    let endless = || Inputs::from_values(std::iter::repeat(Value::Int(1)));
    let mut stop = |_: &RunEvent| cancel.cancel();
    let quiet = RunOptions { collect: false, ..options() };
    let fault = executor.run(CALCULATOR, None, endless(), quiet.clone(), &mut stop).unwrap_err();
    assert_eq!(fault.code, Code::Cancelled);
    cancel.clear();
    let timed = RunOptions { timeout_ms: Some(50), ..quiet };
    let fault = executor.run(CALCULATOR, None, endless(), timed, &mut |_| ()).unwrap_err();
    assert_eq!(fault.code, Code::TimedOut);
}

#[test]
fn what_nobody_hosts_is_refused() {
    let text = r#"{"version":"v1","nodes":[{"id":"a","node_type":"TextProcessorNode"}],"connections":[]}"#;
    let fault = run(&mut Executor::new(), text, numbers(1)).unwrap_err();
    assert_eq!((fault.code, fault.message.as_str()), (Code::NotSupported, "Python nodes cannot be run here"));
}

#[test]
fn every_defect_of_a_manifest_is_told() {
    let text =
        r#"{"version":"v2","nodes":[{"id":"a","node_type":"X"}],"connections":[{"from":"a","to":"b"}]}"#;
    let problems = Executor::new().validate(text, None);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert_eq!(run(&mut Executor::new(), text, numbers(1)).unwrap_err().problems, problems);
}

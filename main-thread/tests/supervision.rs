//! What the coordinator does when workers start, serve, hang and die.
mod script;

use main_thread::{Action, Coordinator, Event, Options};
use script::check;

#[track_caller]
fn scenario(script: &str) {
    check(Options::default(), &format!("start => spawn w1 Runtime\nw1 ready => ready\n{script}"));
}

#[test]
fn a_run_ends_once_whatever_is_said_afterwards() {
    scenario(
        "run r1 => w1 start r1
         w1 demand r1 => r1 demand 5
         push r1 => w1 push r1
         w1 finished r1 => r1 finished
         w1 finished r1 =>
         w1 failed r1 NodeFailed =>
         w1 demand r1 =>
         w1 lease r1 python =>
         push r1 =>
         cancel r1 =>",
    );
}

#[test]
fn a_start_that_fails_says_why_and_closes() {
    for (event, code) in [
        ("broke", "StartFailed"),
        ("missing", "LoadFailed"),
        ("stale", "ProtocolMismatch"),
        ("fatal", "StartFailed"),
    ] {
        check(
            Options::default(),
            &format!(
                "start => spawn w1 Runtime
                 w1 {event} => start failed {code}; end w1; closed
                 run r1 => r1 Closed
                 validate q1 => q1 refused Closed"
            ),
        );
    }
}

#[test]
fn a_runtime_that_says_nothing_has_not_started() {
    check(
        Options::default(),
        "start => spawn w1 Runtime\nat 29999 =>\nat 30001 => start failed StartFailed; end w1; closed",
    );
}

#[test]
fn a_timer_that_fires_too_early_is_set_again() {
    let mut coordinator = Coordinator::new(Options::default());
    coordinator.handle(0.0, Event::Start);
    let actions = coordinator.handle(29_999.5, Event::Tick);
    assert!(
        matches!(actions[..], [Action::Wake { at_ms: Some(at) }] if at == 30_000.0),
        "no timer in {actions:?}"
    );
}

#[test]
fn a_page_that_slept_gives_the_worker_its_time_back() {
    check(Options::default(), "start => spawn w1 Runtime\nat 90000 =>\nw1 ready => ready");
}

#[test]
fn a_dead_runtime_takes_its_runs_along_and_the_next_one_works() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         validate q1 => w1 validate q1
         w1 lease r1 python => spawn w2 Python
         w2 ready => link w2 h1 r1 0
         w1 broke => end w1; r1 WorkerCrashed; r2 WorkerCrashed; q1 refused WorkerCrashed; end w2; spawn w3 Runtime
         run r3 =>
         w1 failed r2 NodeFailed =>
         w3 ready => w3 start r3
         w3 finished r3 => r3 finished",
    );
}

#[test]
fn a_runtime_that_cannot_be_replaced_fails_runs_until_it_can() {
    scenario(
        "w1 fatal => end w1
         run r1 => spawn w2 Runtime
         w2 missing => end w2; r1 LoadFailed
         run r2 => spawn w3 Runtime
         cancel r2 => r2 Cancelled
         w3 ready =>",
    );
}

#[test]
fn workers_are_leased_in_order_and_to_one_run_at_a_time() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         w1 lease r1 compute => spawn w2 Compute
         w1 lease r2 compute =>
         at 40 =>
         w2 ready => link w2 h1 r1 40
         w1 release r1 compute h1 => link w2 h2 r2 0
         w1 release r1 compute h1 =>
         w1 release r2 compute h2 =>",
    );
}

#[test]
fn models_are_had_for_runs_that_wait_for_them_and_for_no_others() {
    scenario(
        "run r1 => w1 start r1
         w1 need r1 tiny => load tiny r1
         w1 need r1 base => load base r1
         w1 need r2 tiny =>
         loading r1 tiny => w1 loading r1
         loaded r1 tiny => w1 model r1 tiny files
         loaded r1 tiny =>
         loading r1 tiny =>
         rejected r1 base => w1 model r1 base ModelRejected
         w1 failed r1 ModelRejected => r1 ModelRejected",
    );
}

#[test]
fn models_are_given_up_with_their_run_before_it_has_the_last_word() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         w1 need r1 tiny => load tiny r1
         w1 need r2 tiny => load tiny r2
         cancel r1 => w1 cancel r1
         w1 failed r1 Cancelled => drop r1; r1 Cancelled
         loaded r1 tiny =>
         w1 broke => end w1; drop r2; r2 WorkerCrashed; spawn w2 Runtime
         loaded r2 tiny =>",
    );
}

#[test]
fn a_lease_that_is_off_is_given_to_nobody() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         w1 lease r1 python => spawn w2 Python
         w1 lease r2 python =>
         w1 release r1 python =>
         w2 ready => link w2 h1 r2 0",
    );
}

#[test]
fn a_dead_host_is_reported_to_its_run_only() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         w1 lease r1 python => spawn w2 Python
         w1 lease r2 python =>
         w2 ready => link w2 h1 r1 0
         w2 fatal => end w2; w1 lost r1 h1 WorkerCrashed; spawn w3 Python
         w1 failed r1 WorkerCrashed => r1 WorkerCrashed
         w3 ready => link w3 h2 r2 0
         w2 fatal =>
         w1 finished r2 => r2 finished",
    );
}

#[test]
fn a_host_that_does_not_start_costs_one_run() {
    for (event, code) in [("broke", "StartFailed"), ("missing", "LoadFailed"), ("stale", "ProtocolMismatch")]
    {
        scenario(&format!(
            "run r1 => w1 start r1
             w1 lease r1 python => spawn w2 Python
             w2 {event} => end w2; w1 lost r1 h1 {code}
             w1 failed r1 {code} => r1 {code}
             run r2 => w1 start r2
             w1 lease r2 python => spawn w3 Python
             w3 ready => link w3 h2 r2 0"
        ));
    }
}

#[test]
fn a_python_worker_may_load_for_long_but_not_in_silence() {
    scenario(
        "run r1 => w1 start r1
         w1 lease r1 python => spawn w2 Python
         at 30000 =>
         at 100000 =>
         w2 loading => w1 loading r1
         at 120100 =>
         at 220001 => end w2; w1 lost r1 h1 StartFailed",
    );
}

#[test]
fn a_spare_takes_over_from_a_worker_that_had_to_be_killed() {
    scenario(
        "run r1 => w1 start r1
         w1 lease r1 python => spawn w2 Python
         w2 ready => link w2 h1 r1 0
         at 1501 => spawn w3 Python
         w3 ready =>
         run r2 => w1 start r2
         w1 lease r2 python =>
         cancel r1 => w1 cancel r1
         w1 interrupt h1 => interrupt w2
         w1 kill h1 => end w2; link w3 h2 r2 0
         w1 interrupt h1 =>
         w1 failed r1 Cancelled => r1 Cancelled
         at 3010 => spawn w4 Python",
    );
}

#[test]
fn a_cancel_that_nobody_answers_replaces_the_runtime() {
    scenario(
        "run r1 => w1 start r1
         run r2 => w1 start r2
         cancel r1 => w1 cancel r1
         cancel r1 =>
         at 1990 =>
         at 2001 => end w1; r1 Cancelled; r2 WorkerCrashed; spawn w2 Runtime",
    );
}

#[test]
fn a_runtime_that_still_talks_gets_more_time_but_not_for_ever() {
    scenario(
        "run r1 => w1 start r1
         cancel r1 => w1 cancel r1
         at 1900 =>
         w1 demand r1 => r1 demand 5
         at 2000 =>
         at 3900 => end w1; r1 Cancelled; spawn w2 Runtime",
    );
}

#[test]
fn a_timeout_holds_even_if_the_engine_hangs() {
    scenario(
        "run r1 500 => w1 start r1
         at 2400 =>
         at 2501 => r1 TimedOut; end w1",
    );
}

#[test]
fn a_source_is_learned_once_and_taught_to_every_worker() {
    scenario(
        "register q1 => spawn w2 Python
         register q2 =>
         w2 ready => w2 learn 1 source q1
         w2 registered 1 A => w1 kinds A; 2 kinds; q1 registered; w2 learn 2 source q2
         w2 registered 2 badly => q2 refused NodeFailed
         run r1 => w1 start r1
         w1 lease r1 python => link w2 h1 r1 0
         w2 fatal => end w2; w1 lost r1 h1 WorkerCrashed
         run r2 => w1 start r2
         w1 lease r2 python => spawn w3 Python
         w3 ready => w3 learn 1 source q1
         w3 registered 1 A => link w3 h2 r2 0
         w1 broke => end w1; r1 WorkerCrashed; r2 WorkerCrashed; end w3; spawn w4 Runtime
         w4 ready => w4 kinds A",
    );
}

#[test]
fn a_source_that_kills_its_worker_is_refused() {
    scenario(
        "register q1 => spawn w2 Python
         w2 ready => w2 learn 1 source q1
         w2 broke => end w2; q1 refused WorkerCrashed
         register q2 => spawn w3 Python
         w3 missing => end w3; q2 refused LoadFailed",
    );
}

#[test]
fn a_newer_source_with_the_same_kinds_replaces_the_older() {
    scenario(
        "register q1 => spawn w2 Python
         w2 ready => w2 learn 1 source q1
         w2 registered 1 A => w1 kinds A; 2 kinds; q1 registered
         register q2 => w2 learn 2 source q2
         w2 registered 2 A => w1 kinds A; 2 kinds; q2 registered
         w2 broke => end w2
         register q3 => spawn w3 Python
         w3 ready => w3 learn 2 source q2",
    );
}

#[test]
fn closing_settles_everything() {
    scenario(
        "run r1 => w1 start r1
         w1 lease r1 python => spawn w2 Python
         register q1 =>
         validate q2 => w1 validate q2
         cancel r1 => w1 cancel r1
         close => r1 Closed; q2 refused Closed; q1 refused Closed; end w1; end w2; closed
         close =>
         w1 finished r1 =>
         run r2 => r2 Closed
         register q3 => q3 refused Closed",
    );
}

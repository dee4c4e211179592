//! What the coordinator does with workers for plugins.
mod script;

use main_thread::Options;
use script::check;

/// With a package p1 of one plugin A and a package p2 of two plugins, B and C.
#[track_caller]
fn scenario_with(options: Options, script: &str) {
    let before = "start => spawn w1 Runtime
         w1 ready => ready
         install q1 p1 one => spawn w2 p1.0
         w2 ready => w2 kinds of p1
         w2 registered 1 A => end w2; q1 registered
         install q2 p2 two three => spawn w3 p2.0
         w3 ready => w3 kinds of p2
         w3 registered 2 B => end w3; spawn w4 p2.1
         w4 ready => w4 kinds of p2
         w4 registered 2 C => end w4; q2 registered";
    check(options, &format!("{before}\n{script}"));
}

#[track_caller]
fn scenario(script: &str) {
    scenario_with(Options::default(), script);
}

const STARTED: &str = "run r1 of p1 => w1 start r1 with A@Plugin(0)
     w1 lease r1 plugin0 => spawn w5 p1.0";

#[test]
fn every_run_gets_workers_of_its_own_which_are_never_used_again() {
    scenario(
        "run r1 of p2 => w1 start r1 with B@Plugin(0) C@Plugin(1)
         run r2 of p2 => w1 start r2 with B@Plugin(0) C@Plugin(1)
         w1 lease r1 plugin0 plugin1 => spawn w5 p2.0; spawn w6 p2.1
         w1 lease r2 plugin0 => spawn w7 p2.0
         at 40 =>
         w6 ready => link w6 h1 r1 40
         w7 ready => link w7 h2 r2 40
         w5 ready => link w5 h3 r1 40
         w1 release r1 plugin1 h1 => end w6
         w6 pong =>
         w1 release r1 plugin0 h3 => end w5
         w1 finished r1 => r1 finished
         w1 kill h2 => end w7",
    );
}

#[test]
fn so_many_runs_have_plugins_at_once_and_each_all_of_its_own() {
    scenario_with(
        Options { plugin_runs: 1, ..Options::default() },
        "run r1 of p2 => w1 start r1 with B@Plugin(0) C@Plugin(1)
         run r2 of p1 => w1 start r2 with A@Plugin(0)
         run r3 of p1 => w1 start r3 with A@Plugin(0)
         w1 lease r1 plugin0 plugin1 => spawn w5 p2.0; spawn w6 p2.1
         w1 lease r2 plugin0 =>
         w1 lease r3 plugin0 =>
         w5 ready => link w5 h1 r1 0
         w6 ready => link w6 h2 r1 0
         w1 release r1 plugin0 h1 => end w5
         cancel r2 => w1 cancel r2
         w1 release r2 plugin0 =>
         w1 release r1 plugin1 h2 => end w6; spawn w7 p1.0",
    );
}

#[test]
fn a_worker_that_is_not_wanted_any_more_before_it_is_up_is_ended() {
    scenario(&format!(
        "{STARTED}
         cancel r1 => w1 cancel r1
         w1 release r1 plugin0 => end w5
         w5 ready =>
         w1 failed r1 Cancelled => r1 Cancelled"
    ));
    scenario(&format!(
        "{STARTED}
         w1 broke => end w1; r1 WorkerCrashed; spawn w6 Runtime; end w5"
    ));
    scenario(&format!(
        "{STARTED}
         w5 ready => link w5 h1 r1 0
         w1 broke => end w1; r1 WorkerCrashed; end w5; spawn w6 Runtime"
    ));
}

#[test]
fn one_that_dies_is_reported_to_its_run_only() {
    for (event, code) in [
        ("w5 broke", "StartFailed"),
        ("w5 missing", "LoadFailed"),
        ("w5 stale", "ProtocolMismatch"),
        ("at 10000 =>\n at 30000", "StartFailed"),
    ] {
        scenario(&format!(
            "run r2 of p1 => w1 start r2 with A@Plugin(0)
             {STARTED}
             {event} => end w5; w1 lost r1 h1 {code}
             w1 lease r2 plugin0 => spawn w6 p1.0"
        ));
    }
    for (event, code) in [("broke", "WorkerCrashed"), ("fatal", "WorkerCrashed")] {
        scenario(&format!(
            "{STARTED}
             w5 ready => link w5 h1 r1 0
             w5 {event} => end w5; w1 lost r1 h1 {code}"
        ));
    }
}

#[test]
fn one_that_does_not_come_back_from_a_turn_is_ended_in_time() {
    scenario(&format!(
        "{STARTED}
         w5 ready => link w5 h1 r1 0
         at 2499 =>
         at 2500 => w5 ping
         at 2700 =>
         w5 pong =>
         at 5199 =>
         at 5200 => w5 ping
         at 15199 =>
         at 15200 => end w5; w1 lost r1 h1 TimedOut
         w5 pong =>
         w1 failed r1 TimedOut => r1 TimedOut"
    ));
}

#[test]
fn a_page_that_slept_gives_a_plugin_its_time_back() {
    scenario(&format!(
        "{STARTED}
         w5 ready => link w5 h1 r1 0
         at 2500 => w5 ping
         at 90000 =>
         w5 pong =>
         at 92500 => w5 ping"
    ));
}

#[test]
fn a_run_that_asks_for_a_plugin_it_has_not_hears_so() {
    scenario(
        "run r1 => w1 start r1
         w1 lease r1 plugin0 => w1 lost r1 h1 StartFailed
         run r2 of p1 => w1 start r2 with A@Plugin(0)
         w1 lease r2 plugin7 => w1 lost r2 h2 StartFailed",
    );
}

#[test]
fn closing_ends_plugins_and_refuses_what_is_being_installed() {
    scenario(&format!(
        "{STARTED}
         install q3 p3 four => spawn w6 p3.0
         close => r1 Closed; q3 refused Closed; end w1; end w5; end w6; closed
         install q4 p4 => q4 refused Closed"
    ));
}

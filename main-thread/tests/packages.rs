//! What the coordinator does with the code of packages.
mod script;

use main_thread::Options;
use script::check;

#[track_caller]
fn scenario(script: &str) {
    check(Options::default(), &format!("start => spawn w1 Runtime\nw1 ready => ready\n{script}"));
}

#[test]
fn a_package_is_learned_part_by_part_and_its_runs_know_its_kinds() {
    scenario(
        "install q1 p1 python one two => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => spawn w3 p1.0
         w3 ready => w3 kinds of p1
         w3 registered 1 B => end w3; spawn w4 p1.1
         w4 ready => w4 kinds of p1
         w4 registered 1 C D => end w4; q1 registered
         run r1 of p1 => w1 start r1 with A@Python B@Plugin(0) C@Plugin(1) D@Plugin(1)
         run r2 => w1 start r2",
    );
}

#[test]
fn a_package_without_code_needs_no_worker_and_shares_those_of_others() {
    scenario(
        "install q1 p1 => q1 registered
         run r1 of p1 => w1 start r1
         w1 lease r1 python => spawn w2 Python
         w2 ready => link w2 h1 r1 0
         w1 release r1 python h1 =>
         run r2 => w1 start r2
         w1 lease r2 python => link w2 h2 r2 0",
    );
}

#[test]
fn a_worker_that_knows_a_package_serves_its_runs_only() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => q1 registered
         run r1 => w1 start r1
         w1 lease r1 python => spawn w3 Python
         run r2 of p1 => w1 start r2 with A@Python
         w1 lease r2 python =>
         w3 ready => link w3 h1 r1 0
         w1 release r1 python h1 => link w2 h2 r2 0
         w1 release r2 python h2 =>
         run r3 of p1 => w1 start r3 with A@Python
         w1 lease r3 python => link w2 h3 r3 0",
    );
}

#[test]
fn an_interpreter_that_breaks_while_it_learns_is_replaced_once_and_nobody_hears_of_it() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 fatal => end w2; spawn w3 Python
         w3 ready => w3 install p1 1
         w3 registered 1 A => q1 registered
         run r1 of p1 => w1 start r1 with A@Python
         w1 lease r1 python => link w3 h1 r1 0
         w3 fatal => end w3; w1 lost r1 h1 WorkerCrashed
         run r2 of p1 => w1 start r2 with A@Python
         w1 lease r2 python => spawn w4 Python
         w4 ready => w4 install p1 1
         w4 fatal => end w4; spawn w5 Python
         w5 ready => w5 install p1 1
         w5 fatal => end w5; w1 lost r2 h2 WorkerCrashed
         install q2 p2 python => spawn w6 Python
         w6 ready => w6 install p2 1
         w6 fatal => end w6; spawn w7 Python
         w7 ready => w7 install p2 1
         w7 fatal => end w7; q2 refused WorkerCrashed; drop p2",
    );
}

#[test]
fn an_idle_worker_is_bound_to_a_package_and_one_that_idles_for_another_makes_room() {
    scenario(
        "run r1 => w1 start r1
         w1 lease r1 python => spawn w2 Python
         w2 ready => link w2 h1 r1 0
         w1 release r1 python h1 =>
         install q1 p1 python => w2 install p1 1
         w2 registered 1 A => q1 registered
         install q2 p2 python => spawn w3 Python
         w3 ready => w3 install p2 1
         w3 registered 2 A => q2 registered
         run r2 => w1 start r2
         w1 lease r2 python => end w2; spawn w4 Python
         run r3 of p1 => w1 start r3 with A@Python
         w1 lease r3 python =>
         w4 ready => link w4 h2 r2 0
         w1 release r2 python h2 => w4 install p1 1
         w4 registered 1 A => link w4 h3 r3 0",
    );
}

#[test]
fn runs_of_different_packages_get_python_in_the_order_they_asked() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => q1 registered
         install q2 p2 python => spawn w3 Python
         w3 ready => w3 install p2 1
         w3 registered 2 A => q2 registered
         run r1 of p1 => w1 start r1 with A@Python
         run r2 of p2 => w1 start r2 with A@Python
         run r3 of p1 => w1 start r3 with A@Python
         w1 lease r1 python => link w2 h1 r1 0
         w1 lease r2 python =>
         w1 lease r3 python =>
         w1 release r1 python h1 => link w3 h2 r2 0
         w1 release r2 python h2 => link w2 h3 r3 0",
    );
}

#[test]
fn what_cannot_be_learned_refuses_the_package_and_leaves_no_worker() {
    for (event, code) in [
        ("w2 broke", "WorkerCrashed"),
        ("w2 missing", "LoadFailed"),
        ("w2 stale", "ProtocolMismatch"),
        ("at 30000 =>\n at 120000", "WorkerCrashed"),
    ] {
        scenario(&format!(
            "install q1 p1 python one => spawn w2 Python
             w2 ready => w2 install p1 1
             {event} => end w2; q1 refused {code}; drop p1
             run r1 of p1 => r1 Closed"
        ));
    }
    scenario(
        "install q1 p1 python one => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 badly => q1 refused NodeFailed; end w2; drop p1",
    );
    scenario(
        "install q1 p1 one => spawn w2 p1.0
         w2 ready => w2 kinds of p1
         w2 registered 1 badly => end w2; q1 refused NodeFailed; drop p1",
    );
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 broke => end w2; q1 refused StartFailed; drop p1",
    );
    scenario(
        "install q1 p1 one => spawn w2 p1.0
         w2 ready => w2 kinds of p1
         at 10000 => end w2; q1 refused TimedOut; drop p1",
    );
}

#[test]
fn no_package_takes_a_built_in_name_or_one_name_twice() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 Echo => q1 refused PackageRejected; end w2; drop p1
         install q2 p2 one two => spawn w3 p2.0
         w3 ready => w3 kinds of p2
         w3 registered 2 A => end w3; spawn w4 p2.1
         w4 ready => w4 kinds of p2
         w4 registered 2 A => end w4; q2 refused PackageRejected; drop p2",
    );
}

#[test]
fn a_package_that_is_closed_while_it_is_learned_is_refused() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         uninstall p1 => q1 refused Closed; end w2; drop p1
         install q2 p2 one => spawn w3 p2.0
         w3 ready => w3 kinds of p2
         uninstall p2 => q2 refused Closed; end w3; drop p2
         w3 registered 2 A =>
         uninstall p2 =>
         install q3 p3 => q3 registered
         install q4 p3 => q4 refused InvalidInput",
    );
}

#[test]
fn runs_of_a_closed_package_end_as_they_will_and_the_last_one_takes_it_along() {
    scenario(
        "install q1 p1 python one => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => spawn w3 p1.0
         w3 ready => w3 kinds of p1
         w3 registered 1 B => end w3; q1 registered
         run r1 of p1 => w1 start r1 with A@Python B@Plugin(0)
         w1 lease r1 python => link w2 h1 r1 0
         uninstall p1 =>
         run r2 of p1 => r2 Closed
         w1 lease r1 plugin0 => spawn w4 p1.0
         w4 ready => link w4 h2 r1 0
         w1 release r1 python h1 => end w2
         w1 release r1 plugin0 h2 => end w4
         w1 finished r1 => r1 finished; drop p1",
    );
}

#[test]
fn a_worker_that_dies_serving_a_package_is_replaced_by_one_that_knows_it() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => q1 registered
         run r1 of p1 => w1 start r1 with A@Python
         w1 lease r1 python => link w2 h1 r1 0
         w2 broke => end w2; w1 lost r1 h1 WorkerCrashed
         w1 failed r1 WorkerCrashed => r1 WorkerCrashed
         run r2 of p1 => w1 start r2 with A@Python
         w1 lease r2 python => spawn w3 Python
         w3 ready => w3 install p1 1
         w3 registered 1 badly => w1 lost r2 h2 NodeFailed; end w3
         w1 failed r2 NodeFailed => r2 NodeFailed
         run r3 of p1 => w1 start r3 with A@Python
         w1 lease r3 python => spawn w4 Python
         w1 broke => end w1; r3 WorkerCrashed; spawn w5 Runtime
         w4 ready => w4 install p1 1",
    );
}

#[test]
fn a_bound_worker_learns_what_the_user_registers_too() {
    scenario(
        "install q1 p1 python => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => q1 registered
         register q2 => spawn w3 Python
         w3 ready => w3 learn 1 source q2
         w3 registered 1 U => w1 kinds U; 2 kinds; q2 registered; w2 learn 1 source q2
         run r1 of p1 => w1 start r1 with A@Python
         w1 lease r1 python =>
         w2 registered 1 U => link w2 h1 r1 0",
    );
}

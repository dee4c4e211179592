//! How runs come to their workers where there are not enough for all: first come, first served, all at once or none.
mod script;

use main_thread::Options;
use script::check;

/// One worker of each kind, a package p1 with Python and a plugin, and runs r1 to r5, of which r4 and r5 are p1's.
#[track_caller]
fn scenario(script: &str) {
    let before = "start => spawn w1 Runtime
         w1 ready => ready
         install q1 p1 python one => spawn w2 Python
         w2 ready => w2 install p1 1
         w2 registered 1 A => spawn w3 p1.0
         w3 ready => w3 kinds of p1
         w3 registered 1 B => end w3; q1 registered
         run r1 => w1 start r1
         run r2 => w1 start r2
         run r3 => w1 start r3
         run r4 of p1 => w1 start r4 with A@Python B@Plugin(0)
         run r5 of p1 => w1 start r5 with A@Python B@Plugin(0)";
    check(Options { plugin_runs: 1, ..Options::default() }, &format!("{before}\n{script}"));
}

#[test]
fn a_run_whose_models_load_keeps_no_worker_from_others_but_has_python_started() {
    scenario(
        "w1 need r1 tiny => load tiny r1
         w1 lease r1 compute python => spawn w4 Python
         w1 lease r2 compute python => spawn w5 Compute
         w4 loading => w1 loading r2; w1 loading r1
         w4 ready => link w4 h1 r2 0
         loaded r1 tiny => w1 model r1 tiny files
         w5 ready => link w5 h2 r2 0
         w1 release r2 python h1 =>
         w1 release r2 compute h2 => link w5 h3 r1 0; link w4 h4 r1 0",
    );
}

#[test]
fn python_that_does_not_start_for_a_run_whose_models_load_costs_that_run() {
    scenario(
        "w1 need r1 tiny => load tiny r1
         w1 lease r1 compute python => spawn w4 Python
         w4 missing => end w4; w1 lost r1 h1 LoadFailed
         w1 release r1 compute =>
         w1 failed r1 LoadFailed => drop r1; r1 LoadFailed",
    );
}

#[test]
fn who_waits_for_an_earlier_run_keeps_nothing_from_later_ones_who_waits_for_a_later_one_keeps_all() {
    scenario(
        "w1 lease r1 python => spawn w4 Python
         w4 ready => link w4 h1 r1 0
         w1 lease r2 compute python =>
         w1 lease r3 compute => spawn w5 Compute
         w5 ready => link w5 h2 r3 0
         w1 release r1 python h1 =>
         w1 lease r4 python plugin0 =>
         w1 lease r5 compute plugin0 =>
         w1 release r3 compute h2 => link w5 h3 r2 0; link w4 h4 r2 0
         w1 release r2 compute h3 => link w5 h5 r5 0; spawn w6 p1.0
         w1 release r2 python h4 =>
         w6 ready => link w6 h6 r5 0
         w1 release r5 plugin0 h6 => end w6; link w2 h7 r4 0; spawn w7 p1.0",
    );
}

#[test]
fn a_run_that_needs_two_kinds_is_not_overtaken_again_once_only_later_ones_are_in_its_way() {
    scenario(
        "w1 lease r1 python => spawn w4 Python
         w4 ready => link w4 h1 r1 0
         w1 lease r2 compute python =>
         w1 lease r3 compute => spawn w5 Compute
         w5 ready => link w5 h2 r3 0
         w1 release r1 python h1 =>
         run r6 => w1 start r6
         run r7 => w1 start r7
         w1 lease r6 python =>
         w1 lease r7 compute =>
         w1 release r3 compute h2 => link w5 h3 r2 0; link w4 h4 r2 0
         w1 release r2 python h4 => link w4 h5 r6 0
         w1 release r2 compute h3 => link w5 h6 r7 0",
    );
}

#[test]
fn whoever_waits_and_ends_leaves_its_place_in_the_line() {
    for (begin, release, end) in [
        ("cancel r2 => w1 cancel r2; link w2 h3 r4 0", "", "w1 failed r2 Cancelled => r2 Cancelled"),
        ("at 0 =>", "link w2 h3 r4 0", "w1 failed r2 TimedOut => r2 TimedOut"),
    ] {
        scenario(&format!(
            "w1 lease r1 python => spawn w4 Python
             w4 ready => link w4 h1 r1 0
             w1 lease r2 compute python =>
             w1 lease r3 compute => spawn w5 Compute
             w5 ready => link w5 h2 r3 0
             w1 release r1 python h1 =>
             w1 lease r4 python =>
             w1 lease r5 compute =>
             {begin}
             w1 release r2 compute => {release}
             w1 release r2 python =>
             {end}
             w1 release r3 compute h2 => link w5 h4 r5 0"
        ));
    }
}

#[test]
fn a_run_whose_model_does_not_come_gets_nothing_any_more() {
    scenario(
        "w1 need r4 tiny => load tiny r4
         w1 lease r4 compute python plugin0 =>
         rejected r4 tiny => w1 model r4 tiny ModelRejected
         w1 release r4 compute =>
         w1 failed r4 ModelRejected => r4 ModelRejected",
    );
}

#[test]
fn a_worker_that_dies_or_has_to_be_killed_leaves_its_place_to_the_next() {
    for (first, second) in [
        (
            "w4 fatal => end w4; w1 lost r1 h1 WorkerCrashed",
            "w1 release r1 python h2 => spawn w6 Compute; link w5 h3 r2 0",
        ),
        ("w1 kill h1 => end w4", "w1 kill h2 => end w5; spawn w6 Compute; spawn w7 Python"),
        (
            "w5 broke => end w5; w1 lost r1 h2 WorkerCrashed",
            "w1 release r1 compute h1 => link w4 h3 r2 0; spawn w6 Python",
        ),
    ] {
        scenario(&format!(
            "w1 lease r1 compute python => spawn w4 Compute; spawn w5 Python
             w4 ready => link w4 h1 r1 0
             w5 ready => link w5 h2 r1 0
             w1 lease r2 compute python =>
             {first}
             {second}"
        ));
    }
}

#[test]
fn a_worker_that_does_not_start_gives_the_others_of_its_run_to_the_next() {
    scenario(
        "w1 lease r1 compute python => spawn w4 Compute; spawn w5 Python
         w1 lease r2 compute python =>
         w4 ready => link w4 h1 r1 0
         w5 missing => end w5; w1 lost r1 h2 LoadFailed
         w1 release r1 compute h1 => link w4 h3 r2 0; spawn w6 Python
         w6 ready => link w6 h4 r2 0",
    );
}

#[test]
fn interpreters_of_packages_and_others_are_of_one_number() {
    scenario(
        "w1 lease r4 compute python => spawn w4 Compute; link w2 h1 r4 0
         w1 lease r1 python =>
         w1 lease r5 python plugin0 =>
         w4 ready => link w4 h2 r4 0
         w1 release r4 python h1 => spawn w5 Python
         w5 ready => link w5 h3 r1 0
         w1 release r1 python h3 => link w2 h4 r5 0; spawn w6 p1.0",
    );
}

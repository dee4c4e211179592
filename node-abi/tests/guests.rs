//! The node host over a guest against its contract, as `protocol` documents it.
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use proptest::prelude::*;
use protocol::{Buffer, FromHost, RunId, ToHost, Value, WorkItem};
use support::*;

/// One node, plenty of credit, these items, then a flush.
#[track_caller]
fn check(scripts: &[&str], expected: &str) {
    let mut host = opened(Scripted::default());
    credit(&mut host, A, 1000, 1 << 40);
    give(&mut host, A, scripts);
    let mut said = work(&mut host);
    host.handle(ToHost::Flush { run: RUN, node: A });
    said.extend(work(&mut host));
    assert_eq!(show(said), expected);
}

#[test]
fn outputs_tell_their_input_and_travel_in_one_message() {
    check(&["emit", "emit 0", "emit 2"], "0 worked [0:0 2:0 2:1] done 3; 0 flushed");
}

#[test]
fn a_node_that_has_more_is_asked_again_before_it_gets_the_next_items() {
    check(&["more 2", "emit"], "0 worked [0:2] done 0; 0 worked [0:1 1:0] done 2; 0 flushed");
}

#[test]
fn a_flush_gives_what_was_held_back() {
    check(&["hold", "hold"], "0 worked [] done 2; 0 worked [0:\"held\" 0:\"held\"] done 0; 0 flushed");
}

#[test]
fn parts_of_an_output_are_passed_on() {
    check(&["part 3", "part 2"], "0 worked [0:\"p\" 0:\"p\" 0:\"p\" 1:\"p\" 1:\"p\"] done 2; 0 flushed");
}

#[test]
fn what_a_node_says_comes_before_what_it_gives() {
    check(
        &["log", "progress", "partial", "emit"],
        "log mind; 0 progress 1; 0 partial 1; 0 worked [3:0] done 4; 0 flushed",
    );
}

#[test]
fn a_node_that_waits_is_asked_again_until_it_goes_on() {
    check(&["wait 3", "emit"], "0 worked [1:0] done 2; 0 flushed");
    let mut host = opened(Scripted::default());
    [A, B].iter().for_each(|node| credit(&mut host, *node, 10, 1000));
    give(&mut host, A, &["wait 2"]);
    give(&mut host, B, &["emit"]);
    work(&mut host);
    let asked = &host.guest().asked[3..];
    assert_eq!(
        asked,
        ["turn 0 of 1 for 10", "turn 1 of 1 for 10", "turn 0 of 0 for 10", "turn 0 of 0 for 10"]
    );
}

#[test]
fn the_guest_is_greeted_once_and_opened_nodes_answer_in_order() {
    let mut host = opened(Scripted::default());
    assert_eq!(host.guest().asked, ["hello", "open 0", "open 1"]);
    assert_eq!(host.greet().unwrap().kinds, [kind("Scripted")]);
    assert_eq!(host.guest().asked.len(), 3);
}

#[test]
fn a_node_without_credit_takes_no_turn_and_one_turn_may_overdraw() {
    let mut host = opened(Scripted::default());
    give(&mut host, A, &["emit 3", "emit", "emit"]);
    assert!(!host.has_work());
    credit(&mut host, A, 2, 1000);
    assert_eq!(show(work(&mut host)), "0 worked [0:0 0:1 0:2] done 1");
    credit(&mut host, A, 1, 0);
    assert!(!host.has_work(), "the overdraft is not made up for yet");
    credit(&mut host, A, 2, 1000);
    assert_eq!(show(work(&mut host)), "0 worked [0:0 1:0] done 2");
}

#[test]
fn nodes_take_turns() {
    let mut host = opened(Scripted::default());
    for node in [A, B] {
        credit(&mut host, node, 100, 1000);
        give(&mut host, node, &["more 2"]);
    }
    assert_eq!(
        show(work(&mut host)),
        "0 worked [0:2] done 0; 1 worked [0:2] done 0; 0 worked [0:1] done 1; 1 worked [0:1] done 1"
    );
}

#[test]
fn a_node_that_fails_ends_the_run_and_the_guest_is_still_closed() {
    let mut host = opened(Scripted::default());
    credit(&mut host, A, 100, 1000);
    give(&mut host, A, &["emit", "fail", "emit"]);
    assert_eq!(show(work(&mut host)), "0 failed NodeFailed process: no luck");
    give(&mut host, A, &["emit"]);
    assert!(!host.has_work());
    host.handle(ToHost::Close { run: RUN });
    assert_eq!(show(work(&mut host)), "closed 7");
    assert_eq!(host.guest().asked.last().unwrap(), "close");
}

#[test]
fn a_guest_that_is_gone_is_asked_nothing_more() {
    let mut host = opened(Scripted::default());
    credit(&mut host, A, 100, 1000);
    give(&mut host, A, &["die"]);
    assert_eq!(show(work(&mut host)), "0 failed TimedOut process: took too long");
    let asked = host.guest().asked.len();
    host.handle(ToHost::Close { run: RUN });
    assert_eq!(show(work(&mut host)), "closed 7");
    let params = Value::Map(Vec::new());
    host.handle(ToHost::Open { run: RunId(8), node: A, id: "a".into(), kind: "Scripted".into(), params });
    assert_eq!(show(work(&mut host)), "0 failed TimedOut open: took too long");
    assert_eq!(host.guest().asked.len(), asked);
}

#[test]
fn close_is_always_answered_and_another_run_may_follow() {
    let mut host = opened(Scripted::default());
    assert_eq!(show(host.handle(ToHost::Close { run: RunId(99) })), "closed 99");
    host.handle(ToHost::Close { run: RUN });
    give(&mut host, A, &["emit"]);
    assert_eq!(show(work(&mut host)), "closed 7");
    let params = Value::Map(Vec::new());
    host.handle(ToHost::Open { run: RunId(8), node: A, id: "a".into(), kind: "Scripted".into(), params });
    assert_eq!(show(work(&mut host)), "0 opened");
    assert_eq!(host.guest().asked[3..], ["close", "open 0"]);
}

#[test]
fn a_kind_the_guest_has_not_fails_by_its_own_words() {
    let mut host = host(Scripted::default());
    let params = Value::Map(Vec::new());
    host.handle(ToHost::Open { run: RUN, node: A, id: "a".into(), kind: "Other".into(), params });
    assert_eq!(show(work(&mut host)), "0 failed NotSupported open: no such kind");
}

#[test]
fn sources_are_for_guests_that_take_them() {
    let error = host(Scripted::default()).register("a.py", "x = 1").unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (protocol::Code::NotSupported, "this guest takes no sources")
    );
}

#[test]
fn an_item_beyond_the_bounds_fails_before_it_is_read() {
    struct Huge;
    impl protocol::ByteSource for Huge {
        fn size(&self) -> u64 {
            1 << 40
        }
        fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, protocol::ReadError> {
            panic!("it was read")
        }
        fn as_any(&self) -> &dyn std::any::Any {
            self
        }
    }
    let mut host = opened(Scripted::default());
    credit(&mut host, A, 100, 1000);
    let data = Buffer::new(Huge);
    let value = Value::Bytes(protocol::Bytes { mime: None, name: None, data });
    let items = vec![WorkItem { value, part: protocol::Part::WHOLE }];
    host.handle(ToHost::Process { run: RUN, node: A, items });
    assert_eq!(
        show(work(&mut host)),
        "0 failed LimitExceeded process: takes at most 67108864 bytes at once, and this bytes has 1099511627792"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever the scripts, the credit and its pieces: every input is done once, every output comes once, in order.
    #[test]
    fn nothing_is_lost_however_credit_comes(
        scripts in proptest::collection::vec((0..4_u8, 0..5_i64), 0..40),
        credits in proptest::collection::vec((1..6_u32, 1..200_u64), 1..10),
        chunk in 1..7_usize,
    ) {
        let words = ["emit", "more", "wait", "part"];
        let texts: Vec<_> = scripts.iter().map(|(word, n)| format!("{} {n}", words[usize::from(*word)])).collect();
        let mut host = opened(Scripted::default());
        let (mut done, mut outputs) = (0, 0);
        let mut count = |said: Vec<FromHost>| {
            for message in said {
                let FromHost::Worked { outputs: given, done: more, .. } = message else { panic!("{message:?}") };
                prop_assert!(given.iter().all(|it| (it.input as usize) < texts.len() - done));
                done += more as usize;
                outputs += given.len();
            }
            Ok((done, outputs))
        };
        for some in texts.chunks(chunk) {
            give(&mut host, A, &some.iter().map(String::as_str).collect::<Vec<_>>());
            let (given, bytes) = credits[some.len() % credits.len()];
            credit(&mut host, A, given, bytes);
            count(work(&mut host))?;
        }
        credit(&mut host, A, 1 << 20, 1 << 40);
        let expected: i64 = scripts.iter().map(|(word, n)| if *word == 2 { 0 } else { *n }).sum();
        prop_assert_eq!(count(work(&mut host))?, (texts.len(), expected as usize));
    }
}

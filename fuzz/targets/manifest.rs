//! Plans manifests that nobody wrote. Whatever they are, planning ends, with a plan or with reasons.
#![no_main]

use engine::{Catalog, plan};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static CATALOG: Catalog = Catalog::new(nodes::catalog());
}

fuzz_target!(|text: &str| {
    // What follows a NUL, which no JSON has, is parameters of the run.
    let (manifest, params) = text.split_once('\0').map_or((text, None), |(one, two)| (one, Some(two)));
    match CATALOG.with(|catalog| plan(manifest, params, catalog, 100)) {
        Ok(plan) => assert_eq!(plan.order.len(), plan.nodes.len(), "every node has its turn"),
        Err(problems) => assert!(!problems.is_empty(), "a refusal has a reason"),
    }
});

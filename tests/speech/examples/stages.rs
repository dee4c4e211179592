//! Prints the milliseconds of each stage: `cargo run --release -p speech-bench --example stages [-- SIZE]`.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
use std::time::Instant;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "tiny".to_owned());
    let dims = speech_bench::dims(&name).expect("tiny, base or small");
    let timed = |what: &str, per: usize, work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        println!("{name} {what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0 / per as f64);
    };
    let mut bench = None;
    timed("load", 1, &mut || bench = Some(speech_bench::Bench::load(dims).unwrap()));
    let mut bench = bench.unwrap();
    for _ in 0..3 {
        timed("mel", 1, &mut || bench.mel());
        timed("encode", 1, &mut || bench.encode());
        timed("decode", 32, &mut || _ = bench.decode(32));
    }
}

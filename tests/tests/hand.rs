#![allow(clippy::unwrap_used)]
use protocol::{Buffer, Bytes, ModelFile, ModelFiles, RunEvent, Value};
use tests::Page;
fn files(folder: &str) -> ModelFiles {
    let f = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    ModelFiles { files: f.map(|p| ModelFile { name: p.file_name().unwrap().to_string_lossy().into(), data: Buffer::from_bytes(std::fs::read(p).unwrap()) }).collect(), note: None }
}
#[test]
fn by_hand() {
    let mut page = Page::default();
    page.models.insert("demo".into(), files(&std::env::var("MODEL").unwrap()));
    let params = std::env::var("PARAMS").unwrap_or("{}".into());
    let m = format!(r#"{{"version":"v1","nodes":[{{"id":"d","node_type":"AudioDecode"}},{{"id":"w","node_type":"Whisper","params":{params}}}],"connections":[{{"from":"d","to":"w"}}]}}"#);
    for path in std::env::var("WAVS").unwrap().split(' ') {
        let bytes = std::fs::read(path).unwrap();
        let start = std::time::Instant::now();
        let out = page.run(&m, Some(&[Value::Bytes(Bytes { mime: None, name: None, data: Buffer::from_bytes(bytes) })]));
        println!("{path} {:.1} s, {} events", start.elapsed().as_secs_f64(), out.events.len());
        let mut n = 0;
        for e in &out.events { match e { RunEvent::Progress{node,done,total,fraction,eta_ms,..} if node=="w" => println!("  progress {done:.2} {total:?} {fraction:?} {eta_ms:?}"), RunEvent::Log{message,..}=>println!("  log {message}"), RunEvent::Partial{..}=>n+=1, _=>{} } }
        let o = out.outputs();
        println!("  {n} partials\n  {}", o[0].get("text").unwrap().to_json());
        for s in o[0].get("segments").unwrap().items().unwrap().iter().take(40) { println!("    {}", s.to_json()); }
    }
}

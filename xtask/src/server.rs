//! A small web server for one folder, on this machine only.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

/// Ports tried after the usual one, if that is taken.
const MORE_PORTS: u16 = 20;

/// Longest request head that is read, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// How long a silent connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// What is served.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    /// Whether pages may share memory with their workers (`crossOriginIsolated`).
    pub(crate) isolated: bool,
}

struct Request {
    method: String,
    path: String,
    etag: Option<String>,
    keep_alive: bool,
}

struct Response {
    status: &'static str,
    mime: &'static str,
    etag: Option<String>,
    body: Vec<u8>,
}

/// Listens on `port`, or if it is only the usual one (`fixed` is false), on the next that is free.
///
/// # Errors
/// None is free.
pub(crate) fn listen(port: u16, fixed: bool) -> Result<TcpListener> {
    let last = if fixed { port } else { port.saturating_add(MORE_PORTS) };
    for candidate in port..=last {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
            return Ok(listener);
        }
    }
    bail!("port {port} is taken; choose another with `--port`")
}

/// Serves until the process ends.
///
/// # Errors
/// The listener fails.
pub(crate) fn serve(listener: &TcpListener, site: Site) -> Result<()> {
    let site = Arc::new(site);
    loop {
        let (stream, _) = listener.accept().context("cannot accept connections")?;
        let site = Arc::clone(&site);
        // A browser that goes away in the middle of an answer is no error of ours.
        std::thread::spawn(move || talk(&stream, &site).ok());
    }
}

fn talk(stream: &TcpStream, site: &Site) -> Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader)? {
        let response = answer(&request, &site.folder);
        write_response(stream, &request, &response, site.isolated)?;
        if !request.keep_alive {
            break;
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { bail!("not a request") };
    let path = target.split(['?', '#']).next().unwrap_or("/");
    let mut request = Request { method: method.to_owned(), path: decode(path), etag: None, keep_alive: true };
    let mut head = 0;
    loop {
        let mut line = String::new();
        head += reader.read_line(&mut line)?;
        if head > MAX_HEAD {
            bail!("the request is too long");
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "if-none-match" => request.etag = Some(value.trim().to_owned()),
            "connection" => request.keep_alive = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok(Some(request))
}

/// Undoes percent-encoding.
fn decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(request: &Request, folder: &Path) -> Response {
    if request.method != "GET" && request.method != "HEAD" {
        return plain("405 Method Not Allowed", None);
    }
    let Some(file) = locate(folder, &request.path) else { return plain("404 Not Found", None) };
    let etag = etag(&file);
    if etag.is_some() && etag == request.etag {
        return plain("304 Not Modified", etag);
    }
    match fs::read(&file) {
        Ok(body) => Response { status: "200 OK", mime: mime(&file), etag, body },
        Err(_) => plain("404 Not Found", None),
    }
}

fn plain(status: &'static str, etag: Option<String>) -> Response {
    Response { status, mime: "text/plain; charset=utf-8", etag, body: Vec::new() }
}

/// The file that `path` names, inside `folder` for certain.
fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    if !relative.components().all(|it| matches!(it, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(relative);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    file.is_file().then_some(file)
}

fn etag(file: &Path) -> Option<String> {
    let data = fs::metadata(file).ok()?;
    let time = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("\"{:x}-{:x}\"", time.as_nanos(), data.len()))
}

fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|it| it.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "ogg" | "opus" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" => "audio/mp4",
        "zip" => "application/zip",
        "txt" | "md" | "ts" | "py" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn write_response(
    mut stream: &TcpStream,
    request: &Request,
    response: &Response,
    isolated: bool,
) -> Result<()> {
    let Response { status, mime, etag, body } = response;
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {}\r\n", body.len());
    head.push_str("Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n");
    if let Some(etag) = etag {
        head.push_str(&format!("ETag: {etag}\r\n"));
    }
    if isolated {
        head.push_str(
            "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n",
        );
        head.push_str("Cross-Origin-Resource-Policy: same-origin\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        stream.write_all(body)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(locate(folder, "/src/main.rs"), Some(folder.join("src/main.rs")));
        for path in ["/../Cargo.toml", "/src/../../Cargo.toml", "//etc/passwd", "/nothing", "/."] {
            assert_eq!(locate(folder, &decode(path)), None, "{path}");
        }
        assert_eq!(locate(folder, &decode("/%2e%2e/Cargo.toml")), None);
    }

    #[test]
    fn percent_signs_that_encode_nothing_stay() {
        for (from, to) in [("/a%20b", "/a b"), ("/100%", "/100%"), ("/%zz", "/%zz"), ("/%C3%A9", "/é")] {
            assert_eq!(decode(from), to);
        }
    }

    #[test]
    fn a_request_is_read_up_to_its_empty_line() {
        let mut text: &[u8] =
            b"GET /a.js?v=1 HTTP/1.1\r\nIf-None-Match: \"1\"\r\nConnection: close\r\n\r\nrest";
        let request = read_request(&mut text).unwrap().unwrap();
        assert_eq!((request.path.as_str(), request.etag.as_deref()), ("/a.js", Some("\"1\"")));
        assert!(!request.keep_alive);
        assert_eq!(text, b"rest");
    }
}

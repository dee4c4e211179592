//! The process: started, spoken to, ended; and what became of it.
use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use node_abi::host::Guest;
use node_abi::{FromGuest, MAX_FRAME};
use protocol::{Code, Fault};

use super::Python;

/// Run by any Python there is, so that one that is too old can say so.
const BOOT: &str = "\
import sys
if sys.path[0] == '': sys.path.pop(0)
if sys.version_info < (3, 9):
    sys.exit('Python nodes need Python 3.9 or newer, and this is %d.%d' % sys.version_info[:2])
from remotemedia.host import main
main()
";
/// Bytes of what the process wrote last to its standard error.
const TAIL: usize = 4096;
/// A process that has ended its work may take so long to go.
const LEAVE: Duration = Duration::from_secs(3);
/// How often is looked whether it has gone.
const LOOK: Duration = Duration::from_millis(5);

/// A process, for whoever may end it.
#[derive(Debug)]
pub(super) struct Process {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    tail: Arc<Mutex<VecDeque<u8>>>,
    /// Whether all that it wrote there has been read.
    heard: Arc<AtomicBool>,
    /// Whether it has ever answered.
    speaks: AtomicBool,
    program: OsString,
}

/// A lock that outlives a panic of another thread: what it guards is never left half done.
pub(super) fn locked<T>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts Python.
    ///
    /// # Errors
    /// [`Code::StartFailed`] if there is none, with what to do.
    pub(super) fn start(python: &Python) -> Result<(Arc<Self>, Pipe), Fault> {
        let options = &python.options;
        let mut command = Command::new(&options.program);
        // A crash in C code then says where in the Python code it was.
        command.args(["-X", "faulthandler", "-c", BOOT]);
        for (word, paths) in
            [("--path", &options.paths), ("--module", &options.modules), ("--library", &options.libraries)]
        {
            for path in paths {
                command.arg(word).arg(path);
            }
        }
        if let Some(package) = &options.package {
            command.arg("--package").arg(package);
        }
        let rest = env::var_os("PYTHONPATH").unwrap_or_default();
        let folders = [python.home.path().to_owned()].into_iter().chain(env::split_paths(&rest));
        if let Ok(folders) = env::join_paths(folders.filter(|it| !it.as_os_str().is_empty())) {
            command.env("PYTHONPATH", folders);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&options.program, &error))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let heard = Arc::new(AtomicBool::new(stderr.is_none()));
        if let Some(stderr) = stderr {
            listen(stderr, tail.clone(), heard.clone());
        }
        let process = Arc::new(Process {
            child: Mutex::new(child),
            stdin: Mutex::new(stdin),
            tail,
            heard,
            speaks: AtomicBool::new(false),
            program: options.program.clone(),
        });
        let stdout = stdout.map(BufReader::new);
        Ok((process.clone(), Pipe { process, stdout, said: Vec::new(), hear: Box::new(|_| false) }))
    }

    /// Interrupts what its nodes do, if it still listens.
    pub(super) fn interrupt(&self) {
        if let Ok(mut stdin) = self.stdin.try_lock()
            && let Some(stdin) = stdin.as_mut()
        {
            // A process that does not take this is killed later.
            _ = stdin.write_all(&[0; 4]).and_then(|()| stdin.flush());
        }
    }

    /// Ends it, whatever it is doing.
    pub(super) fn kill(&self) {
        let mut child = locked(&self.child);
        // Gone already, or gone now: both are well.
        _ = child.kill();
        _ = child.wait();
    }

    /// Lets it end by itself, which it does when its input ends.
    pub(super) fn leave(&self) {
        locked(&self.stdin).take();
        if self.wait(LEAVE).is_none() {
            self.kill();
        }
    }

    fn wait(&self, most: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + most;
        loop {
            if let Ok(Some(status)) = locked(&self.child).try_wait() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            thread::sleep(LOOK);
        }
    }

    /// What became of it, as the fault of whoever needed it.
    fn lost(&self) -> Fault {
        let status = self.wait(Duration::from_millis(500));
        // The last words may still be on their way; a child of the process may keep the way open for ever.
        let until = Instant::now() + Duration::from_secs(2);
        while !self.heard.load(Ordering::SeqCst) && Instant::now() < until {
            thread::sleep(LOOK);
        }
        let tail = locked(&self.tail).iter().copied().collect::<Vec<_>>();
        let tail = String::from_utf8_lossy(&tail).trim().to_owned();
        let status = status.map_or_else(|| "it closed its output".to_owned(), |status| status.to_string());
        let program = self.program.to_string_lossy();
        if self.speaks.load(Ordering::Relaxed) {
            let words = if tail.is_empty() { tail } else { format!("; its last words:\n{tail}") };
            return Fault::new(Code::WorkerCrashed, format!("Python ended in mid-run ({status}){words}"));
        }
        let words = if tail.is_empty() { status } else { tail };
        let advice = "name another Python 3.9 or newer, with --python say";
        Fault::new(Code::StartFailed, format!("`{program}` cannot serve Python nodes: {words}\n({advice})"))
            .during("start")
    }
}

fn not_started(program: &OsString, error: &io::Error) -> Fault {
    let program = program.to_string_lossy();
    let advice = "Python nodes need Python 3.9 or newer: install it, or name one, with --python say";
    let text = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no `{program}`. {advice}"),
        _ => format!("`{program}` cannot be started: {error}. {advice}"),
    };
    Fault::new(Code::StartFailed, text).during("start")
}

fn listen(mut stderr: ChildStderr, tail: Arc<Mutex<VecDeque<u8>>>, heard: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut some = [0; 1024];
        while let Ok(count @ 1..) = stderr.read(&mut some) {
            let mut tail = locked(&tail);
            tail.extend(&some[..count]);
            let surplus = tail.len().saturating_sub(TAIL);
            tail.drain(..surplus);
        }
        heard.store(true, Ordering::SeqCst);
    });
}

/// Takes a frame, or leaves it.
type Hear = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// The conversation with a process.
pub(super) struct Pipe {
    process: Arc<Process>,
    stdout: Option<BufReader<ChildStdout>>,
    said: Vec<Vec<u8>>,
    /// Takes what is said while it is said; false if it is to be kept.
    pub(super) hear: Hear,
}

impl Pipe {
    fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        {
            let mut stdin = locked(&self.process.stdin);
            let stdin = stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
            let length = u32::try_from(request.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            stdin.write_all(&length.to_le_bytes())?;
            stdin.write_all(request)?;
            stdin.flush()?;
        }
        loop {
            let frame = self.read()?;
            self.process.speaks.store(true, Ordering::Relaxed);
            if !is_said(&frame) {
                return Ok(frame);
            }
            if !(self.hear)(&frame) {
                self.said.push(frame);
            }
        }
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let stdout = self.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut length = [0; 4];
        stdout.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length as usize > MAX_FRAME {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // What is announced is not what comes: memory is taken for what is there.
        let mut frame = Vec::new();
        stdout.take(length.into()).read_to_end(&mut frame)?;
        if frame.len() == length as usize { Ok(frame) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Whether a frame is something said meanwhile, and no answer.
fn is_said(frame: &[u8]) -> bool {
    let said = |message| {
        matches!(message, FromGuest::Log { .. } | FromGuest::Progress { .. } | FromGuest::Partial { .. })
    };
    // Small numbers are one byte: only of the few kinds in question is a whole frame read for this.
    matches!(frame.get(1), Some(6..=8)) && node_abi::decode::<FromGuest>(frame).is_ok_and(said)
}

impl Guest for Pipe {
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        self.ask(request).map_err(|_| self.process.lost())
    }
    fn said(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.said)
    }
}

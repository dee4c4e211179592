//! A thread that speaks to the process, so that nobody else has to wait for it.
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use node_abi::host::{Bounds, Guests, node_kinds, said};
use protocol::{
    Buffer, Code, Fault, Frame, FromHost, Home, Language, Message, NodeIdx, NodeKind, RunId, ToHost,
};

use super::Python;
use super::process::{Pipe, Process, locked};
use crate::Host;
use crate::executor::now_us;

/// Microseconds before mail is read again.
const STEP_US: f64 = 20_000.0;

/// A frame whose buffers can go to another thread.
struct Parcel {
    header: Vec<u8>,
    buffers: Vec<Vec<u8>>,
}

impl Parcel {
    fn pack<M: Message>(message: &M) -> Result<Parcel, String> {
        let Frame { header, buffers } = protocol::encode(message).map_err(|error| error.to_string())?;
        let bytes =
            |it: &Buffer| it.bytes().map(|bytes| bytes.into_owned()).map_err(|error| error.to_string());
        Ok(Parcel { header, buffers: buffers.iter().map(bytes).collect::<Result<_, _>>()? })
    }

    fn unpack<M: Message>(self) -> Result<M, String> {
        let buffers = self.buffers.into_iter().map(Buffer::from_bytes).collect();
        protocol::decode(&Frame { header: self.header, buffers }).map_err(|error| error.to_string())
    }
}

/// How the thread is doing.
#[derive(Default)]
struct Status {
    /// Messages it has not taken in yet.
    owed: AtomicUsize,
    /// Whether its nodes have something to do.
    works: AtomicBool,
    /// Messages that it has said and nobody heard yet.
    said: AtomicUsize,
    /// Whether the run has been closed and nothing of it is left.
    closed: AtomicBool,
}

impl Status {
    fn tell(&self, say: &Sender<Parcel>, message: &FromHost) {
        if let Ok(parcel) = Parcel::pack(message) {
            self.said.fetch_add(1, Ordering::SeqCst);
            // Nobody listens to a run that is over.
            _ = say.send(parcel);
        }
    }
}

/// Whose words are passed on while they are said.
#[derive(Default)]
struct Course {
    run: Option<RunId>,
    nodes: BTreeSet<NodeIdx>,
}

impl Course {
    fn sent(&mut self, message: &ToHost) {
        if let ToHost::Open { run, node, .. } = message {
            if self.run != Some(*run) {
                *self = Course { run: Some(*run), nodes: BTreeSet::new() };
            }
            self.nodes.insert(*node);
        }
    }
}

/// A Python process as a host.
pub(super) struct Worker {
    mail: Option<Sender<Parcel>>,
    said: Receiver<Parcel>,
    status: Arc<Status>,
    process: Arc<Process>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a process, and waits until it has told its nodes.
    ///
    /// # Errors
    /// [`Code::StartFailed`], [`Code::LoadFailed`] if a module is at fault.
    pub(super) fn start(python: &Python) -> Result<(Worker, Vec<NodeKind>), Fault> {
        let (process, mut pipe) = Process::start(python)?;
        let status = Arc::new(Status::default());
        let (mail, letters) = channel();
        let (say, hear) = channel();
        let (greet, greeting) = channel();
        let course = Arc::new(Mutex::new(Course::default()));
        pipe.hear = Box::new({
            let (course, say, status) = (course.clone(), say.clone(), status.clone());
            move |frame| {
                let course = locked(&course);
                let Some(run) = course.run else { return false };
                // What is wrong with it is found again, and ends the run, when it is kept.
                let message = said(frame, run, &Bounds::TRUSTED, |node| course.nodes.contains(&node));
                let message = message.map(|message| message.iter().for_each(|it| status.tell(&say, it)));
                message.is_ok()
            }
        });
        let thread = thread::spawn({
            let (status, process) = (status.clone(), process.clone());
            move || {
                work(pipe, &letters, &say, &greet, &status, &course);
                if status.closed.load(Ordering::SeqCst) {
                    process.leave();
                }
            }
        });
        let worker = Worker { mail: Some(mail), said: hear, status, process, thread: Some(thread) };
        let patience = python.options.patience;
        let kinds = match greeting.recv_timeout(patience) {
            Ok(kinds) => kinds?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let text = format!("Python has not told its nodes within {} s", patience.as_secs());
                return Err(Fault::new(Code::StartFailed, text).during("start"));
            }
        };
        Ok((worker, kinds))
    }

    fn heard(&mut self, parcel: Parcel) -> Option<FromHost> {
        self.status.said.fetch_sub(1, Ordering::SeqCst);
        // The thread wrote it: it can be read.
        parcel.unpack().ok()
    }

    fn drain(&mut self) -> Vec<FromHost> {
        let mut all = Vec::new();
        while let Ok(parcel) = self.said.try_recv() {
            all.extend(self.heard(parcel));
        }
        all
    }
}

impl Host for Worker {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        match (Parcel::pack(&message), &self.mail) {
            (Ok(parcel), Some(mail)) => {
                self.status.owed.fetch_add(1, Ordering::SeqCst);
                // A thread that has gone has said why.
                _ = mail.send(parcel);
                self.drain()
            }
            (Ok(_), None) => Vec::new(),
            (Err(why), _) => unreadable(message, why),
        }
    }

    fn step(&mut self) -> Vec<FromHost> {
        self.drain()
    }

    fn has_work(&self) -> bool {
        self.status.said.load(Ordering::SeqCst) > 0
    }

    fn wait(&mut self, most: Duration) -> Option<Vec<FromHost>> {
        let busy = self.status.owed.load(Ordering::SeqCst) > 0 || self.status.works.load(Ordering::SeqCst);
        if !busy && !self.has_work() {
            return None;
        }
        let first = self.said.recv_timeout(most).ok().and_then(|parcel| self.heard(parcel));
        Some(first.into_iter().chain(self.drain()).collect())
    }

    fn interrupt(&mut self) {
        self.process.interrupt();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.mail = None;
        if self.status.closed.load(Ordering::SeqCst) {
            // Python goes by itself; the thread sees to it.
            return;
        }
        self.process.kill();
        if let Some(thread) = self.thread.take() {
            // It has no panic to tell of that matters to anybody now.
            _ = thread.join();
        }
    }
}

/// Something in `message` cannot be read: a file that has gone, say.
fn unreadable(message: ToHost, why: String) -> Vec<FromHost> {
    let fault = Fault::new(Code::InvalidInput, why);
    match message {
        ToHost::Open { run, node, .. } => vec![FromHost::Failed { run, node, fault: fault.during("open") }],
        ToHost::Process { run, node, .. } => {
            vec![FromHost::Failed { run, node, fault: fault.during("process") }]
        }
        ToHost::Credit { .. } | ToHost::Flush { .. } => Vec::new(),
        ToHost::Close { run } => vec![FromHost::Closed { run }],
    }
}

type Greeting = Result<Vec<NodeKind>, Fault>;

/// What the thread does: until nobody writes to it any more.
fn work(
    pipe: Pipe,
    letters: &Receiver<Parcel>,
    say: &Sender<Parcel>,
    greet: &Sender<Greeting>,
    status: &Status,
    course: &Mutex<Course>,
) {
    let mut guests = Guests::new(pipe, now_us, Bounds::TRUSTED);
    let kinds = guests.greet().and_then(|told| node_kinds(&told.kinds, Language::Python, Home::Python));
    // Whoever started this may have lost patience.
    _ = greet.send(kinds);
    loop {
        let letter = if guests.has_work() {
            match letters.try_recv() {
                Ok(letter) => Some(letter),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        } else {
            let Ok(letter) = letters.recv() else { return };
            Some(letter)
        };
        let took = letter.is_some();
        let said = match letter.map(Parcel::unpack) {
            Some(Ok(message)) => {
                locked(course).sent(&message);
                guests.handle(message)
            }
            Some(Err(_)) => Vec::new(),
            None => guests.step(STEP_US),
        };
        for message in said {
            status.closed.store(matches!(message, FromHost::Closed { .. }), Ordering::SeqCst);
            status.tell(say, &message);
        }
        status.works.store(guests.has_work(), Ordering::SeqCst);
        if took {
            status.owed.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

//! What is known of the run, as it is shown.
use std::rc::Rc;

use main_thread::gloo::Update;
use protocol::{Code, Fault, Problem};
use yew::Reducible;

/// How far a run has come.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum State {
    Idle,
    Running,
    Done,
    Cancelled,
    Failed,
}

/// One node of the pipeline.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) done: f64,
    /// None while nobody knows.
    pub(crate) fraction: Option<f64>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Board {
    pub(crate) state: State,
    pub(crate) rows: Vec<Row>,
    pub(crate) outputs: Vec<String>,
    /// What is wrong, a line each.
    pub(crate) complaints: Vec<String>,
}

/// What changes it.
pub(crate) enum Change {
    /// A run begins; whatever was shown is forgotten.
    Begin,
    /// Something happened in it.
    Update(Update),
    /// It could not begin, or never will.
    Broken(Fault),
    /// A manifest was looked at.
    Checked(Vec<Problem>),
}

impl Default for Board {
    fn default() -> Self {
        Board { state: State::Idle, rows: Vec::new(), outputs: Vec::new(), complaints: Vec::new() }
    }
}

impl Reducible for Board {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut board = Rc::unwrap_or_clone(self);
        match change {
            Change::Begin => board = Board { state: State::Running, ..Board::default() },
            Change::Update(update) => board.update(update),
            Change::Broken(fault) => board.failed(&fault),
            Change::Checked(problems) => {
                board = Board::default();
                board.complaints = problems.iter().map(line).collect();
                if problems.is_empty() {
                    board.complaints.push("no problems".into());
                }
            }
        }
        Rc::new(board)
    }
}

impl Board {
    fn update(&mut self, update: Update) {
        match update {
            Update::Started { order } => {
                self.rows = order.into_iter().map(|id| Row { id, done: 0.0, fraction: None }).collect();
            }
            Update::Progress { node, done, fraction, .. } => {
                if let Some(row) = self.rows.iter_mut().find(|row| row.id == node) {
                    (row.done, row.fraction) = (done, fraction);
                }
            }
            Update::Output { value, .. } => self.outputs.push(value.to_json()),
            Update::Log { message, .. } => self.complaints.push(message),
            Update::Finished(_) => self.state = State::Done,
            Update::Failed(fault) => self.failed(&fault),
            Update::Load { .. } | Update::Partial { .. } | Update::Edge { .. } => {}
        }
    }

    fn failed(&mut self, fault: &Fault) {
        self.state = if fault.code == Code::Cancelled { State::Cancelled } else { State::Failed };
        self.complaints.push(format!("{}: {fault}", fault.code));
        self.complaints.extend(fault.problems.iter().map(line));
    }
}

fn line(problem: &Problem) -> String {
    format!("{} {}: {}", problem.code, problem.path, problem.message)
}

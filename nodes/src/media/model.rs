//! Models of speech: loaded in turns, and kept for the next node that names the same.
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::Poll;

use protocol::{Buffer, Code, ModelFiles};
use whisper::Pace;
use whisper::audio::LogMel;
use whisper::model::Model;
use whisper::weights::{self, Checkpoint, ModelFile, Rejected, Source};

use crate::node::NodeError;

/// Bytes there are: in wasm 4 GiB, less what everything but the model takes.
const MEMORY: u64 = if cfg!(target_pointer_width = "32") { (4 << 30) - (96 << 20) } else { u64::MAX };

/// A model ready for use.
pub(crate) struct Loaded {
    pub(crate) model: Rc<Model>,
    n_mels: usize,
    mel_filters: Option<Vec<f32>>,
}

impl Loaded {
    /// What turns sound into what the model hears.
    pub(crate) fn log_mel(&self) -> LogMel {
        LogMel::new(self.n_mels, self.mel_filters.clone())
    }
}

type Work = Pin<Box<dyn Future<Output = Result<Loaded, Rejected>>>>;

enum State {
    Loading(Work),
    Loaded(Rc<Loaded>),
    Refused(NodeError),
}

/// A model that is being loaded, by all who want it together.
pub(crate) struct Loader {
    name: String,
    pace: Pace,
    state: RefCell<State>,
}

/// The model that was asked for last: kept from when it is loaded until another is asked for.
#[derive(Default)]
struct Newest {
    key: Vec<(String, u64)>,
    loader: Weak<Loader>,
    kept: Option<Rc<Loader>>,
}

thread_local!(static NEWEST: RefCell<Newest> = RefCell::default());

impl Loader {
    /// The loader of the model called `name`.
    pub(crate) fn of(name: &str, files: &ModelFiles) -> Result<Rc<Self>, NodeError> {
        let sizes = files.files.iter().map(|file| (file.name.clone(), file.data.size()));
        let key: Vec<_> = std::iter::once((name.to_owned(), 0)).chain(sizes).collect();
        let known = NEWEST.with_borrow(|newest| newest.loader.upgrade().filter(|_| newest.key == key));
        if let Some(loader) = known {
            return Ok(loader);
        }
        // The other model's memory is needed for this one.
        NEWEST.take();
        let loader = Rc::new(Self::open(name, files).map_err(|why| rejected(name, &why))?);
        NEWEST.set(Newest { key, loader: Rc::downgrade(&loader), kept: None });
        Ok(loader)
    }

    fn open(name: &str, files: &ModelFiles) -> Result<Self, Rejected> {
        let file = |file: &protocol::ModelFile| ModelFile {
            name: file.name.clone(),
            source: Box::new(Stored(file.data.clone())),
        };
        let checkpoint = weights::open(files.files.iter().map(file).collect())?;
        weights::check_memory(checkpoint.memory_needed(), MEMORY)?;
        let pace = Pace::default();
        let work = Box::pin(load(checkpoint, pace.clone()));
        Ok(Loader { name: name.into(), pace, state: RefCell::new(State::Loading(work)) })
    }

    /// Works for one turn, if there is still something to do; gives the model once it is loaded.
    pub(crate) fn turn(self: &Rc<Self>) -> Result<Option<Rc<Loaded>>, NodeError> {
        let mut state = self.state.borrow_mut();
        let work = match &mut *state {
            State::Loaded(loaded) => return Ok(Some(loaded.clone())),
            State::Refused(why) => return Err(why.clone()),
            State::Loading(work) => work,
        };
        let Poll::Ready(result) = self.pace.turn(work.as_mut(), Pace::TURN) else { return Ok(None) };
        let loaded = match result {
            Ok(loaded) => Rc::new(loaded),
            Err(why) => {
                let why = rejected(&self.name, &why);
                *state = State::Refused(why.clone());
                return Err(why);
            }
        };
        *state = State::Loaded(loaded.clone());
        NEWEST.with_borrow_mut(|newest| {
            if newest.loader.as_ptr() == Rc::as_ptr(self) {
                newest.kept = Some(self.clone());
            }
        });
        Ok(Some(loaded))
    }
}

async fn load(checkpoint: Checkpoint, pace: Pace) -> Result<Loaded, Rejected> {
    let (n_mels, mel_filters) = (checkpoint.dims.n_mels, checkpoint.mel_filters.clone());
    let model = Rc::new(Model::load(checkpoint, pace, |_| ()).await?);
    Ok(Loaded { model, n_mels, mel_filters })
}

fn rejected(name: &str, why: &Rejected) -> NodeError {
    NodeError::new(Code::ModelRejected, format!("model `{name}`: {why}"))
}

/// A file as the engine hands it over: outside this memory, read as it is needed.
struct Stored(Buffer);

impl Source for Stored {
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, String> {
        self.0.source().read_at(offset, out).map_err(|error| error.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(why: &Rejected, message: &str) {
        assert_eq!(rejected("tiny", why), NodeError::new(Code::ModelRejected, message));
    }

    #[test]
    fn a_model_is_refused_by_name_with_the_reason() {
        check(&Rejected::Missing { what: "config.json".into() }, "model `tiny`: config.json is missing");
        check(
            &Rejected::TooLarge { needed: 7, available: 5 },
            "model `tiny`: the model needs 7 bytes of memory; 5 are available",
        );
    }
}

//! Models for runs: asked for by the engine, had by the page, given up with the run.
use protocol::{Fault, LoadKind, ModelFiles, RunId, ToRuntime};

use crate::{Action, Coordinator};

impl Coordinator {
    pub(crate) fn model_needed(&mut self, run: RunId, model: String) {
        if let Some(live) = self.runs.get_mut(&run) {
            live.models.push(model.clone());
            self.out.push(Action::LoadModel { run, model });
        }
    }

    pub(crate) fn model_loading(&mut self, run: RunId, model: String, loaded: u64, total: Option<u64>) {
        if self.waits_for(run, &model) {
            self.tell(ToRuntime::Loading { run, what: LoadKind::Model, name: model, loaded, total });
        }
    }

    pub(crate) fn model_came(&mut self, run: RunId, model: String, result: Result<ModelFiles, Fault>) {
        if self.waits_for(run, &model) {
            self.runs.get_mut(&run).into_iter().for_each(|live| live.models.retain(|it| *it != model));
            if result.is_err() {
                self.pool.places.stop(run);
            }
            self.tell(ToRuntime::Model { run, model, result });
        }
    }

    /// The run is over: what it still waits for is not needed any more, by it.
    pub(crate) fn drop_models(&mut self, run: RunId, models: &[String]) {
        if !models.is_empty() {
            self.out.push(Action::DropModels { run });
        }
    }

    fn waits_for(&self, run: RunId, model: &str) -> bool {
        self.runs.get(&run).is_some_and(|live| live.models.iter().any(|it| it == model))
    }
}

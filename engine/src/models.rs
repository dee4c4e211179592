//! Models that a run needs: asked for at its start; a node is opened once those it names are there.
use std::collections::BTreeMap;

use protocol::{Fault, FromRuntime, LogLevel, ModelFiles, Value};

use crate::engine::Cx;
use crate::plan::PlanNode;
use crate::run::Run;

/// The models of a run.
#[derive(Debug, Default)]
pub(crate) struct Models {
    /// By name; none before it has come.
    files: BTreeMap<String, Option<ModelFiles>>,
    /// Milliseconds from the start until the last one came.
    pub(crate) ms: f64,
}

fn named(node: &PlanNode) -> impl Iterator<Item = &str> {
    node.models.iter().filter_map(|param| node.params.get(param)?.as_text())
}

impl Models {
    pub(crate) fn of(nodes: &[PlanNode]) -> Self {
        let mut models = Models::default();
        models.files.extend(nodes.iter().flat_map(named).map(|name| (name.into(), None)));
        models
    }

    fn has_all_of(&self, node: &PlanNode) -> bool {
        named(node).all(|name| self.files.get(name).is_some_and(Option::is_some))
    }

    /// The parameters of `node` with the files of models in place of their names.
    pub(crate) fn params(&self, node: &PlanNode) -> Value {
        let mut params = node.params.clone();
        let Value::Map(entries) = &mut params else { return params };
        for (_, value) in entries.iter_mut().filter(|(param, _)| node.models.contains(param)) {
            let name = value.as_text().unwrap_or_default();
            if let Some(Some(files)) = self.files.get(name) {
                *value = files.to_value(name);
            }
        }
        params
    }
}

impl Run {
    pub(crate) fn ask_for_models(&self, cx: &mut Cx) {
        for name in self.models.files.keys() {
            cx.page(FromRuntime::NeedModel { run: self.id, model: name.clone() });
        }
    }

    /// All at once: a run that had one worker and waited for another could wait for a run that waits for it.
    pub(crate) fn ask_for_workers(&self, cx: &mut Cx) {
        let kinds: Vec<_> = self.links.keys().copied().collect();
        if !kinds.is_empty() {
            cx.page(FromRuntime::Lease { run: self.id, kinds });
        }
    }

    pub(crate) fn has_models_of(&self, n: usize) -> bool {
        self.models.has_all_of(&self.plan.nodes[n])
    }

    /// The answer to one question for a model.
    pub(crate) fn model_came(&mut self, model: &str, result: Result<ModelFiles, Fault>, cx: &mut Cx) {
        let Some(slot @ None) = self.models.files.get_mut(model) else { return };
        match result {
            Ok(mut files) => {
                let note = files.note.take();
                *slot = Some(files);
                self.models.ms = cx.now - self.started_at;
                if let Some(note) = note {
                    self.log(None, LogLevel::Warn, note);
                }
                self.open_nodes(cx);
            }
            Err(fault) => {
                let node = self.plan.nodes.iter().find(|node| named(node).any(|name| name == model));
                let node = node.map(|node| node.id.clone());
                self.fail(Fault { node, ..fault }.during("load"));
            }
        }
    }

    /// A node that cannot be opened yet for want of a model.
    pub(crate) fn waits_for_model(&self) -> Option<&PlanNode> {
        self.plan.nodes.iter().find(|node| !self.models.has_all_of(node))
    }
}

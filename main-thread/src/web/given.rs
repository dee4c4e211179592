//! What JavaScript gives in objects, read field by field: a reader of JSON is a tenth of the coordinator's bytes.
use js_sys::{Object, Reflect};
use protocol::{Code, Fault, InputMode, RunOptions};
use wasm_bindgen::prelude::*;

use crate::{LimitsView, Options};

/// An object. What is undefined, null or no finite number counts as not given.
pub(super) struct Given(pub(super) JsValue);

impl Given {
    fn field(&self, name: &str) -> Result<Option<JsValue>, JsError> {
        match Reflect::get(&self.0, &name.into()) {
            Ok(value) if value.is_undefined() || value.is_null() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(JsError::new(&format!("there is no object with `{name}`"))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>, JsError> {
        let Some(value) = self.field(name)? else { return Ok(None) };
        let number = value.as_f64().ok_or_else(|| JsError::new(&format!("`{name}` must be a number")))?;
        Ok(number.is_finite().then_some(number))
    }

    /// A number without a fraction that `T` has.
    pub(super) fn whole<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, JsError> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        // Beyond its range a number becomes the nearest that is in it, and differs.
        let whole = Some(number as u64).filter(|it| *it as f64 == number);
        match whole.and_then(|it| T::try_from(it).ok()) {
            None => Err(JsError::new(&format!("`{name}` must be a whole number, and not too large"))),
            some => Ok(some),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, JsError> {
        let Some(value) = self.field(name)? else { return Ok(None) };
        let text = value.as_string();
        text.map(Some).ok_or_else(|| JsError::new(&format!("`{name}` must be a text")))
    }

    fn is(&self, name: &str) -> Result<bool, JsError> {
        Ok(self.field(name)?.is_some_and(|it| it.is_truthy()))
    }

    pub(super) fn options(&self) -> Result<Options, JsError> {
        let usual = Options::default();
        let ms = |name, usual| Ok::<_, JsError>(self.number(name)?.unwrap_or(usual));
        Ok(Options {
            compute_workers: self.whole("computeWorkers")?.unwrap_or(usual.compute_workers),
            python_workers: self.whole("pythonWorkers")?.unwrap_or(usual.python_workers),
            plugin_runs: self.whole("pluginRuns")?.unwrap_or(usual.plugin_runs),
            start_timeout_ms: ms("startTimeoutMs", usual.start_timeout_ms)?,
            python_timeout_ms: ms("pythonTimeoutMs", usual.python_timeout_ms)?,
            spare_after_ms: ms("spareAfterMs", usual.spare_after_ms)?,
            cancel_timeout_ms: ms("cancelTimeoutMs", usual.cancel_timeout_ms)?,
        })
    }

    pub(super) fn run_options(&self) -> Result<RunOptions, JsError> {
        let limits = self.field("limits")?.map(|it| Given(it).limits()).transpose()?;
        Ok(RunOptions {
            timeout_ms: self.whole("timeoutMs")?,
            collect: self.is("collect")?,
            events: self.is("events")?,
            edges: self.is("edges")?,
            inputs: if self.is("inputs")? { InputMode::Stream } else { InputMode::Absent },
            limits: limits.unwrap_or_default().limits(),
        })
    }

    fn limits(&self) -> Result<LimitsView, JsError> {
        let limits = LimitsView {
            queue_items: self.whole("queueItems")?,
            queue_bytes: self.whole("queueBytes")?,
            item_bytes: self.whole("itemBytes")?,
            run_bytes: self.whole("runBytes")?,
            output_bytes: self.whole("outputBytes")?,
            nodes: self.whole("nodes")?,
            logs: self.whole("logs")?,
            plugin_turn_ms: self.whole("pluginTurnMs")?,
        };
        for name in Object::keys(self.0.unchecked_ref::<Object>()).iter().filter_map(|it| it.as_string()) {
            if !LimitsView::NAMES.contains(&name.as_str()) && self.field(&name)?.is_some() {
                return Err(JsError::new(&format!("there is no limit called `{name}`")));
            }
        }
        Ok(limits)
    }

    pub(super) fn fault(&self) -> Result<Fault, JsError> {
        let code = self.text("code")?.and_then(|it| code(&it)).unwrap_or(Code::LoadFailed);
        let fault = Fault::new(code, self.text("message")?.unwrap_or_default());
        Ok(Fault { details: self.text("details")?, ..fault })
    }
}

/// The code of this name.
pub(super) fn code(name: &str) -> Option<Code> {
    Code::ALL.into_iter().find(|known| known.to_string() == name)
}

//! What the browser's own types are needed for.
use web_sys::HtmlTextAreaElement;
use yew::{InputEvent, TargetCast};

/// What stands in the field that somebody writes in.
pub(crate) fn text_of(event: &InputEvent) -> String {
    event.target_unchecked_into::<HtmlTextAreaElement>().value()
}

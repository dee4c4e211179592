//! Pipelines from a front end in Rust: write a manifest, run it, watch its nodes, cancel it.
mod board;
mod web;

use board::{Board, Change, State};
use main_thread::gloo::{Handle, Options, Request, Runtime};
use protocol::Value;
use yew::platform::spawn_local;
use yew::prelude::*;

/// The bundle's folder, relative to this page.
const BUNDLE: &str = "../remotemedia/";

const MANIFEST: &str = r#"{
  "version": "v1",
  "nodes": [
    { "id": "double", "node_type": "MultiplyNode", "params": { "factor": 2 } },
    { "id": "add", "node_type": "AddNode", "params": { "addend": 10 } }
  ],
  "connections": [{ "from": "double", "to": "add" }]
}"#;

/// What stands in the three fields.
#[derive(Clone, PartialEq)]
struct Fields {
    manifest: String,
    inputs: String,
    python: String,
}

type Shown = UseReducerDispatcher<Board>;

/// Runs the pipeline and shows what happens, until it is over.
async fn run(runtime: Runtime, fields: Fields, shown: Shown, running: UseStateHandle<Option<Handle>>) {
    shown.dispatch(Change::Begin);
    if !fields.python.is_empty()
        && let Err(fault) = runtime.register_python(fields.python, &[]).await
    {
        return shown.dispatch(Change::Broken(fault));
    }
    let inputs = Value::from_json(&fields.inputs).ok().and_then(|list| list.items()).unwrap_or_default();
    let mut run = runtime.run(Request::new(fields.manifest).inputs(inputs));
    running.set(Some(run.handle()));
    while let Some(update) = run.next().await {
        shown.dispatch(Change::Update(update));
    }
}

async fn check(runtime: Runtime, manifest: String, shown: Shown) {
    shown.dispatch(match runtime.validate(manifest, None).await {
        Ok(problems) => Change::Checked(problems),
        Err(fault) => Change::Broken(fault),
    });
}

#[component]
fn App() -> Html {
    let runtime = use_state(|| None::<Runtime>);
    let running = use_state(|| None::<Handle>);
    let board = use_reducer(Board::default);
    let fields =
        use_state(|| Fields { manifest: MANIFEST.into(), inputs: "[5, 7, 3]".into(), python: String::new() });
    {
        let (runtime, shown) = (runtime.clone(), board.dispatcher());
        use_effect_with((), move |()| {
            spawn_local(async move {
                match Runtime::start(Options::at(BUNDLE)).await {
                    Ok(started) => runtime.set(Some(started)),
                    Err(fault) => shown.dispatch(Change::Broken(fault)),
                }
            });
        });
    }
    let busy = runtime.is_none() || board.state == State::Running;
    let on_run = {
        let (runtime, fields, running, shown) =
            (runtime.clone(), fields.clone(), running.clone(), board.dispatcher());
        Callback::from(move |_: MouseEvent| {
            if let Some(runtime) = (*runtime).clone() {
                spawn_local(run(runtime, (*fields).clone(), shown.clone(), running.clone()));
            }
        })
    };
    let on_check = {
        let (runtime, fields, shown) = (runtime.clone(), fields.clone(), board.dispatcher());
        Callback::from(move |_: MouseEvent| {
            if let Some(runtime) = (*runtime).clone() {
                spawn_local(check(runtime, fields.manifest.clone(), shown.clone()));
            }
        })
    };
    let on_cancel = Callback::from(move |_: MouseEvent| (*running).iter().for_each(Handle::cancel));
    html! {
        <main data-state={state(runtime.is_some(), &board)}>
            <h1>{ "Pipelines from Rust" }</h1>
            { field("manifest", "Manifest", &fields.manifest, write(&fields, |fields| &mut fields.manifest)) }
            { field("inputs", "Inputs", &fields.inputs, write(&fields, |fields| &mut fields.inputs)) }
            { field("python", "Python nodes", &fields.python, write(&fields, |fields| &mut fields.python)) }
            <p>
                <button id="run" disabled={busy} onclick={on_run}>{ "Run" }</button>
                <button id="check" disabled={busy} onclick={on_check}>{ "Check" }</button>
                <button id="cancel" disabled={board.state != State::Running} onclick={on_cancel}>
                    { "Cancel" }
                </button>
            </p>
            { rows(&board) }
            { list("outputs", "Results", &board.outputs) }
            { list("complaints", "Messages", &board.complaints) }
        </main>
    }
}

/// Changes one field of `fields`.
fn write(fields: &UseStateHandle<Fields>, which: fn(&mut Fields) -> &mut String) -> Callback<InputEvent> {
    let fields = fields.clone();
    Callback::from(move |event: InputEvent| {
        let mut changed = (*fields).clone();
        *which(&mut changed) = web::text_of(&event);
        fields.set(changed);
    })
}

fn field(id: &'static str, label: &'static str, text: &str, oninput: Callback<InputEvent>) -> Html {
    html! {
        <p>
            <label for={id}>{ label }</label>
            <textarea {id} value={text.to_owned()} {oninput} spellcheck="false" />
        </p>
    }
}

fn rows(board: &Board) -> Html {
    let row = |row: &board::Row| {
        let value = row.fraction.map(|it| it.to_string());
        html! {
            <li key={row.id.clone()}>
                <label>{ &row.id }{ " " }<progress max="1" {value} /></label>
                { " " }<span>{ row.done }</span>
            </li>
        }
    };
    html! { <ul id="nodes">{ for board.rows.iter().map(row) }</ul> }
}

fn list(id: &'static str, title: &'static str, lines: &[String]) -> Html {
    html! {
        <section>
            <h2>{ title }</h2>
            <ol {id} aria-live="polite">{ for lines.iter().map(|line| html! { <li>{ line }</li> }) }</ol>
        </section>
    }
}

fn state(is_up: bool, board: &Board) -> &'static str {
    match board.state {
        State::Idle if is_up => "ready",
        State::Idle => "starting",
        State::Running => "running",
        State::Done => "done",
        State::Cancelled => "cancelled",
        State::Failed => "failed",
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}

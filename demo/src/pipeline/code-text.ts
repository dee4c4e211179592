import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  insertCompletionText,
  pickedCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, Transaction } from "@codemirror/state";
import {
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import type { NodeInfo } from "remotemedia";
import { h } from "../dom.ts";
import { explain, type Suggestion, suggest } from "./assist.ts";
import { colours, theme } from "./code-theme.ts";
import type { Range } from "./pointer.ts";
import type { Mark, Surface, SurfaceOptions } from "./surface.ts";

export interface CodeOptions extends SurfaceOptions {
  /** The kinds of nodes that there are now. */
  kinds: () => readonly NodeInfo[];
  format: () => void;
  /** Where the text was written until now. */
  from: Surface;
}

/** A suggestion in the editor's list; `goesOn`: there is something to write where the caret is then. */
interface Choice extends Completion {
  goesOn: boolean;
}

/** A field for a manifest, which knows JSON and what a manifest can have. */
export class CodeText implements Surface {
  readonly element: HTMLElement;
  readonly #view: EditorView;

  constructor(options: CodeOptions) {
    const { name, from } = options;
    this.element = h("div", { "class": "editor-frame editor-code", "data-testid": name, "data-code": true });
    // In a shadow tree the editor adopts its styles; in the page it would write a style element, which the page's
    // policy forbids.
    const root = this.element.attachShadow({ mode: "open" });
    const { start, end } = from.selection;
    const state = EditorState.create({
      doc: from.value,
      selection: { anchor: start, head: end },
      extensions: extensions(options),
    });
    this.#view = new EditorView({ state, root, parent: root });
  }

  get value(): string {
    return this.#view.state.doc.toString();
  }

  set value(text: string) {
    const { doc } = this.#view.state;
    this.#view.dispatch({
      changes: { from: 0, to: doc.length, insert: text },
      selection: { anchor: 0 },
      scrollIntoView: true,
    });
  }

  get selection(): Range {
    const { from: start, to: end } = this.#view.state.selection.main;
    return { start, end };
  }

  get hasFocus(): boolean {
    return this.#view.hasFocus;
  }

  focus(): void {
    this.#view.focus();
  }

  select({ start, end }: Range): void {
    const length = this.#view.state.doc.length;
    const [anchor, head] = [Math.min(start, length), Math.min(end, length)];
    this.#view.dispatch({
      selection: { anchor, head },
      effects: EditorView.scrollIntoView(anchor, { y: "center" }),
    });
    this.#view.focus();
  }

  mark(marks: readonly Mark[]): void {
    const { state } = this.#view;
    const isWrong = marks.some((it) => it.severity === "error");
    this.#view.contentDOM.setAttribute("aria-invalid", String(isWrong));
    this.#view.dispatch(
      setDiagnostics(
        state,
        marks.flatMap((it) => diagnostic(it, state) ?? []),
      ),
    );
  }
}

/** Only the first line of what is wrong is underlined: a whole node would be too much. */
function diagnostic({ range, severity, message, place }: Mark, { doc }: EditorState): Diagnostic | undefined {
  if (!range) return undefined;
  const from = Math.min(range.start, doc.length);
  const to = Math.max(from, Math.min(range.end, doc.lineAt(from).to));
  return { from, to, severity, message, source: place };
}

function extensions({ label, onInput, kinds, format }: CodeOptions): Extension {
  const isUsers = (it: Transaction): boolean =>
    it.docChanged && it.annotation(Transaction.userEvent) !== undefined;
  return [
    json(),
    lineNumbers(),
    foldGutter(),
    history(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of("  "),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    autocompletion({
      override: [(context) => completions(context, kinds())],
      activateOnCompletion: (it) => (it as Choice).goesOn,
      icons: false,
      // Lists open in quotes only, where Enter means nothing else.
      interactionDelay: 0,
    }),
    hoverTooltip((view, offset) => hover(view.state, offset, kinds())),
    syntaxHighlighting(colours),
    theme,
    keymap.of([
      { key: "Shift-Alt-f", run: () => (format(), true) },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...foldKeymap,
      // Control and Enter run the pipeline. Tab is not bound: it leaves the field, as from any other.
      ...defaultKeymap.filter((it) => it.key !== "Mod-Enter"),
    ]),
    EditorView.contentAttributes.of({
      "aria-label": label,
      // What can be edited has the keys anyway; not every tool knows that.
      "tabindex": "0",
      "spellcheck": "false",
      "autocapitalize": "off",
    }),
    EditorView.updateListener.of(({ transactions }) => transactions.some(isUsers) && onInput()),
  ];
}

function completions(context: CompletionContext, kinds: readonly NodeInfo[]): CompletionResult | null {
  const { state, pos, explicit } = context;
  const found = suggest(state.doc.toString(), pos, kinds);
  // Where nothing is written yet, only who asks is answered: Enter has to remain Enter.
  if (!found || (!explicit && found.start === found.end && !isQuoted(state, found))) return null;
  // What is written behind the caret is replaced too, but not what is searched for.
  const behind = found.end - pos;
  return {
    from: found.start,
    options: found.options.map((it, index) => completion(it, found.options.length - index, behind)),
    validFor: /^[\w.-]*$/,
  };
}

function isQuoted({ doc }: EditorState, { start }: Range): boolean {
  return doc.sliceString(start - 1, start) === '"';
}

/** `rank`: those first told come first. */
function completion(suggestion: Suggestion, rank: number, behind: number): Choice {
  const { label, detail, info, kind, text, caret } = suggestion;
  return {
    label,
    type: kind,
    boost: Math.min(rank, 99),
    goesOn: caret < text.length,
    ...(detail ? { detail } : {}),
    ...(info ? { info } : {}),
    apply: (view, picked, from, to) =>
      view.dispatch({
        ...insertCompletionText(view.state, text, from, to + behind),
        selection: { anchor: from + caret },
        annotations: pickedCompletion.of(picked),
      }),
  };
}

function hover({ doc }: EditorState, offset: number, kinds: readonly NodeInfo[]) {
  const known = explain(doc.toString(), offset, kinds);
  if (!known) return null;
  const { start, end, title, takes, description } = known;
  const dom = h(
    "div",
    { class: "cm-doc" },
    h("p", { class: "cm-doc-title" }, h("b", {}, title), ` ${takes}`),
    h("p", {}, description),
  );
  return { pos: start, end, above: true, create: () => ({ dom }) };
}

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The site's colours for JSON: its custom properties reach into the editor's tree. */
export const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--python)" },
  { tag: tags.string, color: "var(--signal)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--rust)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const button = {
  font: "var(--size-2) / 1.4 var(--text)",
  color: "var(--ink)",
  background: "var(--panel)",
  border: "1px solid var(--line-strong)",
  borderRadius: "var(--radius)",
};

/** The site's look for everything around the text. */
export const theme = EditorView.theme({
  "&": {
    height: "100%",
    fontSize: "var(--size-2)",
    color: "var(--ink)",
    backgroundColor: "transparent",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { padding: "0.5rem 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 0.6rem" },
  ".cm-gutters": {
    color: "var(--ink-3)",
    backgroundColor: "var(--sunken)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--signal) 7%, transparent)",
  },
  "&:not(.cm-focused) :is(.cm-activeLine, .cm-activeLineGutter)": { backgroundColor: "transparent" },
  ".cm-foldPlaceholder": {
    color: "var(--ink-2)",
    backgroundColor: "var(--signal-soft)",
    borderColor: "var(--line-strong)",
  },
  "&.cm-focused .cm-matchingBracket, .cm-selectionMatch": { backgroundColor: "var(--signal-soft)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--signal-soft)" },

  ".cm-lintRange": { backgroundImage: "none", textDecorationSkipInk: "none" },
  ".cm-lintRange-error": { textDecoration: "underline wavy var(--bad)", backgroundColor: "var(--bad-soft)" },
  ".cm-lintRange-warning": {
    textDecoration: "underline wavy var(--warn)",
    backgroundColor: "var(--warn-soft)",
  },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--bad)" },
  ".cm-lintPoint-warning:after": { borderBottomColor: "var(--warn)" },

  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--panel)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "0.4rem 2rem 0.4rem 0.5rem", fontSize: "var(--size-2)" },
  ".cm-panel.cm-search label": { fontSize: "var(--size-1)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)", cursor: "pointer" },
  ".cm-panel .cm-button": { ...button, backgroundImage: "none", cursor: "pointer" },
  ".cm-panel .cm-textfield": { ...button, fontFamily: "var(--mono)", backgroundColor: "var(--sunken)" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": { backgroundColor: "var(--signal-soft)" },
  "& :is(button, input):focus-visible": { outline: "2px solid var(--focus)" },

  ".cm-tooltip": {
    maxWidth: "min(26rem, 90vw)",
    color: "var(--ink)",
    backgroundColor: "var(--panel)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    boxShadow: "0 4px 16px rgb(0 0 0 / 0.18)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.6rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    color: "var(--signal-ink)",
    backgroundColor: "var(--signal)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionDetail": { color: "var(--ink-3)", fontStyle: "normal", fontFamily: "var(--text)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo, .cm-doc, .cm-diagnostic": { font: "var(--size-2) / 1.45 var(--text)" },
  ".cm-tooltip.cm-completionInfo": { padding: "0.4rem 0.6rem" },
  ".cm-doc": { padding: "0.4rem 0.6rem" },
  ".cm-doc p": { margin: "0" },
  ".cm-doc-title": { color: "var(--ink-3)" },
  ".cm-doc-title b": { fontFamily: "var(--mono)", color: "var(--ink)" },
  ".cm-diagnostic": { padding: "0.35rem 0.6rem" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
  ".cm-diagnosticSource": { fontFamily: "var(--mono)", fontSize: "var(--size-1)", color: "var(--ink-2)" },
});

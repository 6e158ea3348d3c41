// The editor island: CodeMirror 6 in a shadow root, so that its rules are adopted sheets and `style-src 'self'` holds.
//
// It shows; what is wrong, what could stand at the cursor and what a field means, the core tells it. The page calls
// `mount` once the module is there, and keeps a plain text area until then, and where this module does not come.

import { autocompletion, startCompletion } from "@codemirror/autocomplete";
import { history, indentWithTab, isolateHistory } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, WidgetType, gutterLineClass, hoverTooltip, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "transparent", fontSize: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "var(--code-size, 13px)", lineHeight: "18px", overflow: "auto" },
  ".cm-content": { padding: "4px 0 40px", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 12px 0 4px" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-2)", border: "0", fontSize: "12px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "26px", padding: "0 2px 0 0" },
  ".cm-gutter.cm-foldGutter": { display: "none !important" }, // room is scarce; the keys fold
  ".cm-gutter-lint": { width: "14px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0" },
  ".cm-lint-marker": { width: "12px", height: "12px", padding: "3px 1px", boxSizing: "content-box" },
  ".cm-lint-marker-error": { content: "none", backgroundColor: "var(--red)", clipPath: "polygon(50% 8%, 92% 50%, 50% 92%, 8% 50%)", backgroundClip: "content-box" },
  ".cm-lint-marker-warning": { content: "none", backgroundColor: "var(--amber)", clipPath: "polygon(50% 14%, 94% 86%, 6% 86%)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--shoal) 45%, transparent)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in srgb, var(--blue) 28%, transparent)" },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--amber) 22%, transparent)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--line)" },
  ".cm-linked": { backgroundColor: "var(--shoal)" },
  ".cm-linked-gutter, .cm-fault-gutter": { backgroundColor: "var(--shoal)", color: "var(--ink)" },
  ".cm-lineNumbers .cm-linked-gutter": { boxShadow: "inset 3px 0 var(--magenta)" },
  ".cm-fault": { backgroundColor: "var(--shoal)" },
  ".cm-lineNumbers .cm-fault-gutter": { boxShadow: "inset 3px 0 var(--red)" },
  ".cm-gutter-lint .cm-drift-gutter": { boxShadow: "inset -3px 0 var(--blue)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--red) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--amber) 1.5px", textUnderlineOffset: "3px" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--surface)", border: "1px solid var(--line)", borderRadius: "3px", boxShadow: "0 2px 8px rgb(0 0 0 / .18)", font: "12px/16px var(--sans)", maxWidth: "min(380px, 90vw)" },
  "&.cm-editor": { containerType: "inline-size" },
  ".cm-below": { position: "sticky", left: "46px", width: "max-content", maxWidth: "calc(100cqi - 54px)", padding: "3px 0 5px 4px" },
  ".cm-problem": { padding: "4px 8px", borderLeft: "3px solid var(--red)", backgroundColor: "var(--paper)", font: "12px/20px var(--sans)", whiteSpace: "normal", overflowWrap: "anywhere", cursor: "default" },
  ".cm-problem.odd": { borderLeftColor: "var(--amber)" },
  ".cm-problem b": { fontWeight: "700" },
  ".cm-problem a": { color: "var(--blue)", textUnderlineOffset: "2px" },
  ".cm-problem button": { font: "inherit", minHeight: "24px", padding: "0", color: "var(--blue)", background: "none", border: "0", textDecoration: "underline", textUnderlineOffset: "2px", textAlign: "left", cursor: "pointer" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "13px", maxHeight: "15em", minWidth: "200px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px", minHeight: "24px", lineHeight: "16px", boxSizing: "border-box" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--shoal)", color: "var(--ink)", boxShadow: "inset 3px 0 var(--magenta)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--ink-2)", marginLeft: "12px", font: "12px/16px var(--sans)" },
  ".cm-completionInfo": { padding: "8px 12px" },
  ".cm-field": { padding: "8px 12px" },
  ".cm-field b": { fontFamily: "var(--mono)", marginRight: "8px" },
  ".cm-field i": { fontStyle: "normal", color: "var(--ink-2)" },
  ".cm-field p": { margin: "4px 0 0" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--paper)", borderColor: "var(--hair)", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search": { padding: "8px 28px 8px 8px", fontSize: "12px" },
  ".cm-panel.cm-search label": { fontSize: "12px", display: "inline-flex", alignItems: "center", gap: "4px", minHeight: "24px" },
  ".cm-panel.cm-search input[type=checkbox]": { width: "16px", height: "16px" },
  ".cm-textfield": { color: "var(--ink)", backgroundColor: "var(--surface)", border: "1px solid var(--line)", borderRadius: "3px", minHeight: "24px", fontSize: "13px" },
  ".cm-button": { color: "var(--ink)", background: "var(--surface)", border: "1px solid var(--line)", borderRadius: "3px", minHeight: "24px", fontSize: "12px" },
  ".cm-panel.cm-search [name=close]": { width: "24px", height: "24px", fontSize: "18px", color: "var(--ink)", cursor: "pointer" },
  ".cm-searchMatch": { backgroundColor: "color-mix(in srgb, var(--amber) 30%, transparent)" },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--amber) 60%, transparent)" },
  ".cm-placeholder": { color: "var(--ink-2)", font: "13px/20px var(--sans)", whiteSpace: "pre-wrap", verticalAlign: "top" },
  ".cm-foldPlaceholder": { color: "var(--ink-2)", backgroundColor: "var(--paper)", border: "1px solid var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--blue)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--green)" },
  { tag: [tags.comment, tags.meta], color: "var(--ink-2)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace, tags.punctuation], color: "var(--ink-2)" },
  { tag: [tags.labelName, tags.typeName], color: "var(--magenta)" },
]);

// Lines that the page marks: those of what is selected elsewhere, the one that a failure rests on, those that differ.
const setMarks = StateEffect.define();
class LineClass extends GutterMarker {
  constructor(name) { super(); this.elementClass = name; }
  eq(other) { return other.elementClass === this.elementClass; }
}
const gutterClass = Object.fromEntries(["linked", "fault", "drift"].map((name) => [name, new LineClass(`cm-${name}-gutter`)]));
const lineClass = Object.fromEntries(["linked", "fault"].map((name) => [name, Decoration.line({ class: `cm-${name}` })]));
const marks = StateField.define({
  create: () => [],
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return effect.value;
    return value;
  },
});
/** The marks as ranges at the starts of lines, in order; `of` gives what stands at a mark of that name. */
function ranges(state, of) {
  const found = [];
  for (const { name, from, to } of state.field(marks)) {
    if (!of[name]) continue;
    for (let line = from; line <= Math.min(to, state.doc.lines); line++) found.push(of[name].range(state.doc.line(line).from));
  }
  return found;
}
const shownMarks = [
  marks,
  EditorView.decorations.compute([marks, "doc"], (state) => Decoration.set(ranges(state, lineClass), true)),
  gutterLineClass.compute([marks, "doc"], (state) => {
    const found = ranges(state, gutterClass);
    return RangeSet.of(found, true);
  }),
];

// What is wrong with a line stands under it; where there is one way to mend it, a link does so.
const MOST_CARDS = 20;
const CARD_PAUSE = 800; // milliseconds after the last key
const setCards = StateEffect.define();
class Card extends WidgetType {
  constructor(problem, fix, explained) { super(); Object.assign(this, { problem, fix, explained }); }
  eq(other) { return ["severity", "message", "hint", "title", "about", "index"].every((key) => other.problem[key] === this.problem[key]); }
  toDOM() {
    const { severity, message, hint, title, about, index } = this.problem;
    const card = document.createElement("div");
    card.className = severity === "error" ? "cm-problem" : "cm-problem odd";
    const what = document.createElement("b");
    what.textContent = hint || title || about ? message.replace(/\.?$/, ".") : message;
    card.append(what);
    if (hint) card.append(" ", `${hint[0].toUpperCase()}${hint.slice(1)}`.replace(/[^.?!]$/, "$&."));
    if (title) {
      const mend = document.createElement("button");
      mend.textContent = title;
      mend.onclick = () => this.fix(index);
      card.append(" ", mend);
    }
    if (about) {
      const more = document.createElement("a");
      Object.assign(more, { href: `docs/diagnoses.html#${about}`, target: "_blank", rel: "noopener", textContent: this.explained });
      card.append(" ", more);
    }
    const below = document.createElement("div"); // what is measured has no margin
    below.className = "cm-below";
    below.append(card);
    return below;
  }
  ignoreEvent() { return true; }
}
const cards = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setCards)) return effect.value;
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The change that makes one text of another: what both begin and end with stays, and so do the marks of undo. */
function difference(before, after) {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let end = 0;
  while (end < most - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

/**
 * Mounts an editor in `host`. `calls`: `change(text)`, `apply()`, `line(number)`, `complete(position)`, `hover(position)`,
 * `fix(index)`, `label`, `hint`, `explained`. Positions are UTF-16 units. Gives back what the page may do with it.
 */
export function mount(host, calls) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: false });
  root.replaceChildren();
  let quiet = false; // while the page itself sets the text
  let told = 0; // the line that the page knows of
  let typed = 0; // when the reader typed last
  let waiting; // the timer of cards that would move the lines under the reader's hands
  const tell = (line) => { if (line !== told) calls.line((told = line)); };

  // On a narrow pane the note would cover the list.
  const roomy = host.clientWidth > 480 || innerWidth > 760;
  const completions = (context) => {
    const word = context.matchBefore(/[\w./-]*/);
    if (!context.explicit && word && word.from === word.to && !/[:-] $|^\s*$/.test(context.state.doc.lineAt(context.pos).text.slice(0, context.pos - context.state.doc.lineAt(context.pos).from))) return null;
    const found = calls.complete(context.pos) ?? [];
    if (found.length === 0) return null;
    const options = found.map(([, label, detail, info, insert, kind], index) => ({
      label, detail, type: kind, boost: -index / 100,
      info: info && roomy ? () => { const note = document.createElement("div"); note.textContent = info; return note; } : undefined,
      apply: (view, _completion, from, to) => {
        const caret = insert.indexOf("\u0000");
        const text = insert.replace("\u0000", "");
        view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + (caret < 0 ? text.length : caret) }, userEvent: "input.complete" });
        if (insert.endsWith(": ")) startCompletion(view);
      },
    }));
    return { from: found[0][0], options, validFor: /^[\w./-]*$/ };
  };

  const explanation = hoverTooltip((view, pos) => {
    const found = calls.hover(pos);
    if (!found) return null;
    const [from, to, title, type, text] = found;
    return {
      pos: from, end: to, above: true,
      create() {
        const dom = document.createElement("div");
        dom.className = "cm-field";
        const name = document.createElement("b");
        name.textContent = title;
        const kind = document.createElement("i");
        kind.textContent = type;
        dom.append(name, kind);
        if (text) {
          const note = document.createElement("p");
          note.textContent = text;
          dom.append(note);
        }
        return { dom };
      },
    };
  });

  const extensions = [
    keymap.of([{ key: "Mod-Enter", run: () => { calls.apply(); return true; } }, indentWithTab]),
    basicSetup,
    yaml(),
    history(),
    EditorState.tabSize.of(2),
    look,
    syntaxHighlighting(colours),
    linter(null, { tooltipFilter: () => [] }), // the cards say it
    lintGutter({ tooltipFilter: () => [] }),
    cards,
    autocompletion({ override: [completions], icons: false, maxRenderedOptions: 60 }),
    explanation,
    shownMarks,
    placeholder(calls.hint),
    document.documentElement.dataset.readonly === undefined ? [] : EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": calls.label, tabindex: "0", spellcheck: "false", autocapitalize: "off", autocorrect: "off", translate: "no", "data-manifest": "" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !quiet) {
        typed = Date.now();
        calls.change(update.state.doc.toString());
      }
      if (!quiet && update.view.hasFocus && (update.selectionSet || update.docChanged)) tell(update.state.doc.lineAt(update.state.selection.main.head).number);
    }),
    EditorView.domEventHandlers({
      mousemove(event, view) {
        const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
        tell(at === null ? 0 : view.state.doc.lineAt(at).number);
      },
      mouseleave: () => tell(0),
      // Over several lines the browser would merge them with inline styles, which the page's policy forbids.
      beforeinput(event, view) {
        // The browser's own selection: the view may not have heard of it yet.
        const range = (root.getSelection ? root : document).getSelection();
        const inside = (node) => node && view.contentDOM.contains(node);
        const places = inside(range?.anchorNode) && inside(range.focusNode)
          ? [view.posAtDOM(range.anchorNode, range.anchorOffset), view.posAtDOM(range.focusNode, range.focusOffset)]
          : [view.state.selection.main.from, view.state.selection.main.to];
        const [from, to] = [Math.min(...places), Math.max(...places)];
        if (event.inputType !== "insertText" || event.data === null || event.isComposing || view.state.selection.ranges.length > 1) return false;
        if (view.state.doc.lineAt(from).number === view.state.doc.lineAt(to).number && !event.data.includes("\n")) return false;
        event.preventDefault();
        view.dispatch({ changes: { from, to, insert: event.data }, selection: { anchor: from + event.data.length }, userEvent: "input.type", scrollIntoView: true });
        return true;
      },
    }),
  ];
  const fresh = (text) => EditorState.create({ doc: text, extensions });
  const states = new Map(); // each tab's text, cursor and undo history
  let shown = null;
  const view = new EditorView({ state: fresh(""), parent: root, root });

  return {
    /** Shows a tab; its text is changed where it differs, so that undo goes back over what the program did. */
    show(tab, text) {
      quiet = true;
      try {
        if (tab !== shown) {
          if (shown !== null) states.set(shown, view.state);
          shown = tab;
          view.setState(states.get(tab) ?? fresh(text));
        }
        const change = difference(view.state.doc.toString(), text);
        if (change) view.dispatch({ changes: change, annotations: isolateHistory.of("full"), userEvent: "input.program" });
      } finally {
        quiet = false;
      }
    },
    /** What is wrong: rows of from, to, "error" or "warning", message, suggestion, the fix's title or "", the diagnosis or "". */
    problems(rows) {
      const length = view.state.doc.length;
      const problems = rows.map(([from, to, severity, message, hint, title, about], index) => ({
        from: Math.min(from, length), to: Math.min(Math.max(to, from), length), severity, message, hint, title, about, index,
      }));
      view.dispatch(setDiagnostics(view.state, problems.map(({ from, to, severity, message }) => ({ from, to, severity, message }))));
      const show = (shown) => {
        const found = shown.slice(0, MOST_CARDS).map((problem) => Decoration.widget({ widget: new Card(problem, calls.fix, calls.explained), block: true, side: 1 + problem.index }).range(view.state.doc.lineAt(Math.min(problem.from, view.state.doc.length)).to));
        view.dispatch({ effects: setCards.of(Decoration.set(found, true)) });
      };
      clearTimeout(waiting);
      const rest = typed + CARD_PAUSE - Date.now();
      if (rest <= 0) return show(problems);
      const before = [];
      view.state.field(cards).between(0, length, (_from, _to, { spec }) => { before.push(spec.widget.problem.message); });
      show(problems.filter(({ message }) => before.includes(message)));
      waiting = setTimeout(() => show(problems), rest);
    },
    /** Lines to mark: rows of name, first line, last line. */
    marks(rows) {
      view.dispatch({ effects: setMarks.of(rows.map(([name, from, to]) => ({ name, from, to }))) });
    },
    /** Puts the cursor on a line, in sight. */
    reveal(line, focus) {
      const { from } = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      if (focus) view.focus();
    },
    /** Takes over from the text area: selection and focus. */
    take(start, end, focus) {
      const most = view.state.doc.length;
      view.dispatch({ selection: { anchor: Math.min(start, most), head: Math.min(end, most) } });
      if (focus) view.focus();
    },
    text: () => view.state.doc.toString(),
    focus: () => view.focus(),
    dispose() {
      clearTimeout(waiting);
      view.destroy();
      root.replaceChildren();
    },
  };
}

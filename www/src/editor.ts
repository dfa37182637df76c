//! The SQL editor: CodeMirror with highlighting, completion from the schema, and the place of an error marked.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completeFromList,
  completionKeymap,
  ifNotIn,
  type Completion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { MySQL, sql } from '@codemirror/lang-sql';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Column } from './database.js';

/** Colours come from the page's custom properties, so that both themes are one. */
const highlighting = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--code-type)' },
]);

const look = EditorView.theme({
  '&': { fontSize: 'var(--font-small)', backgroundColor: 'var(--surface)', color: 'var(--text)', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { padding: 'var(--space-2) 0', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--sunken) 60%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection) !important' },
  '.cm-matchingBracket': { backgroundColor: 'var(--selection)', outline: 'none' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--border)',
    borderRadius: 'var(--radius-small)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
});

/** What the editor calls. */
export interface EditorCalls {
  /** Ctrl- or Cmd-Enter: run what is selected, or everything. */
  run(): void;
  /** Ctrl- or Cmd-Shift-Enter: run the statement at the cursor. */
  runStatement(): void;
  changed(text: string): void;
}

/** The editor. */
export class Editor {
  private readonly view: EditorView;
  private readonly language = new Compartment();

  constructor(parent: HTMLElement, text: string, calls: EditorCalls) {
    const keys = [
      { key: 'Mod-Enter', run: () => (calls.run(), true) },
      { key: 'Mod-Shift-Enter', run: () => (calls.runStatement(), true) },
    ];
    const extensions: Extension[] = [
      Prec.highest(keymap.of(keys)),
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      autocompletion(),
      highlightActiveLine(),
      EditorView.lineWrapping,
      syntaxHighlighting(highlighting),
      placeholder('SELECT …'),
      // Tab moves on to the next control, as everywhere in the page.
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false', autocapitalize: 'off' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) calls.changed(update.state.doc.toString());
      }),
      this.language.of(sql({ dialect: MySQL, upperCaseKeywords: true })),
      look,
    ];
    this.view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
  }

  /** All of the text. */
  get text(): string {
    return this.view.state.doc.toString();
  }

  set text(text: string) {
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      selection: { anchor: text.length },
    });
  }

  /** What is selected, from where to where; the cursor's place twice if nothing is. */
  get selection(): { readonly from: number; readonly to: number } {
    const { from, to } = this.view.state.selection.main;
    return { from, to };
  }

  /** Completes the names of these columns and their tables from now on. */
  complete(columns: readonly Column[]): void {
    const schema: Record<string, string[]> = {};
    const names = new Map<string, Completion>();
    for (const { table, name, type } of columns) {
      (schema[table] ??= []).push(name);
      const others = names.get(name)?.detail;
      names.set(name, {
        label: name,
        type: 'property',
        detail: others ? `${others}, ${table}` : table,
        info: type,
        boost: 1,
      });
    }
    // The language completes columns only behind a table and a dot.
    const alone = ifNotIn(
      ['QuotedIdentifier', 'String', 'LineComment', 'BlockComment', '.'],
      completeFromList([...names.values()]),
    );
    this.view.dispatch({
      effects: this.language.reconfigure([
        sql({ dialect: MySQL, upperCaseKeywords: true, schema }),
        MySQL.language.data.of({ autocomplete: alone }),
      ]),
    });
  }

  /** A place as people name it. */
  lineAndColumn(place: number): string {
    const { doc } = this.view.state;
    const line = doc.lineAt(Math.min(place, doc.length));
    return `line ${line.number}, column ${[...line.text.slice(0, place - line.from)].length + 1}`;
  }

  /** Marks a place as wrong, to the end of its word, and shows why. */
  mark(place: number, message: string): void {
    const { doc } = this.view.state;
    const from = Math.min(place, doc.length);
    const word = /^\w+/.exec(doc.sliceString(from, Math.min(doc.length, from + 80)))?.[0].length ?? 1;
    const to = Math.min(doc.length, from + word);
    this.view.dispatch(
      setDiagnostics(this.view.state, [{ from: Math.min(from, Math.max(0, to - 1)), to, severity: 'error', message }]),
    );
    this.view.dispatch({ effects: EditorView.scrollIntoView(from) });
  }

  /** Takes the mark away. */
  unmark(): void {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  focus(): void {
    this.view.focus();
  }
}

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

/** Characters beyond which JSON is not parsed at every stop: that would hold typing up. */
const lintLimit = 1_000_000;

/**
 * A text editor with JSON's colours and mistakes. It lives in a shadow root, whose styles are made by script: the
 * page's content security policy allows no style element.
 */
export function CodeEditor({
  text,
  json: isJson,
  label,
  onChange,
}: {
  text: string;
  json: boolean;
  label: string;
  onChange(text: string): void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const change = useRef(onChange);
  change.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an editor keeps its own text from then on
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          // Only \n ends a line, so that each other character stays what it is.
          EditorState.lineSeparator.of('\n'),
          ...basics,
          ...(isJson
            ? [json(), ...(text.length <= lintLimit ? [linter(jsonParseLinter()), lintGutter()] : [])]
            : []),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) change.current(state.sliceDoc());
          }),
        ],
      }),
    });
    return () => editor.destroy();
  }, []);
  return <div ref={host} className="code-editor" />;
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
]);

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '12px', backgroundColor: 'var(--ground)', color: 'var(--text)' },
  '&.cm-focused': { outline: '2px solid var(--accent)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--dim)', border: 'none' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--chosen) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--line)' },
  '.cm-specialChar': { color: 'var(--bad)' },
});

const basics: readonly Extension[] = [
  lineNumbers(),
  highlightSpecialChars({ addSpecialChars: /[\u061c\u202a-\u202e\u2066-\u2069]/g }),
  history(),
  drawSelection(),
  bracketMatching(),
  syntaxHighlighting(colours),
  EditorView.lineWrapping,
  keymap.of([...defaultKeymap, ...historyKeymap]),
  theme,
];

import { hintsOf } from '../view/keys/keymap.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { Notice } from '../view/notice.ts';
import type { ViewState } from '../view/state.ts';
import type { Surface } from '../view/surface.ts';
import type { Tone } from '../view/tone.ts';
import { formLines } from './form.ts';
import { editorView } from './line-editor.ts';
import type { ScreenLine } from './screen.ts';
import {
  clip,
  fitSpans,
  oneLine,
  type Span,
  span,
  spansWidth,
  textWidth,
  visible,
  wrap,
  wrapWords,
} from './text.ts';

/**
 * The foot of the screen: a form, the filter being typed, a question, or a notice. Where {@link showsHints}, the hints
 * come below it.
 */
export function footerLines(state: ViewState, width: number, height: number): ScreenLine[] {
  const { question, notice, filter } = state;
  if (question) {
    const answers = (['yes', 'no'] as const).flatMap((answer) => [
      span(keyFor(state, answer), 'accent', true),
      span(` ${answer}  `),
    ]);
    const room = Math.max(8, width - spansWidth(answers) - 2);
    return [line([span(` ${clip(oneLine(question.text), room)} `, 'warn', true), ...answers], width)];
  }
  const last = notice ? noticeLines(notice, width) : [];
  if (state.form && !state.sheet)
    return [...formLines(state, width, Math.max(3, height - leastAbove - Math.max(1, last.length))), ...last];
  if (filter.editor && !state.sheet) return editorLines(state, width);
  return last;
}

/** Whether the last line of the screen tells of keys. */
export const showsHints = ({ question, notice, filter, form, sheet }: ViewState): boolean =>
  question === null && notice === null && (filter.editor === null || form !== null || sheet !== null);

/** Lines that a form leaves to what stands above it: the head of a low screen, and a few deliveries. */
const leastAbove = 6;

const line = (spans: Span[], width: number): ScreenLine => ({ spans: fitSpans(spans, width) });

const tones: Record<Notice['tone'], Tone | undefined> = {
  plain: undefined,
  good: 'good',
  bad: 'bad',
  warn: 'warn',
};
const marks: Record<Notice['tone'], string> = { plain: '', good: '✓ ', bad: '✗ ', warn: '! ' };

/** A notice; what the user may have to act on is not cut off at the end of a line. */
function noticeLines({ text, tone }: Notice, width: number): ScreenLine[] {
  const rows = tone === 'bad' || tone === 'warn' ? wrapWords(visible(text), width - 4) : [oneLine(text)];
  return rows.slice(0, 3).map((row, i) => {
    const lead = i === 0 ? ` ${marks[tone]}` : '   ';
    return line([span(`${lead}${row}${i === 2 && rows.length > 3 ? '…' : ''}`, tones[tone])], width);
  });
}

/** What the keys can do right now, as much as fits; help and quit always do. */
export function hintLine(state: ViewState, surface: Surface, width: number): ScreenLine {
  const hints = hintsOf(state, surface);
  const parts = hints.map(({ key, text }) => [span(` ${key}`, 'accent'), span(` ${text} `, 'dim')]);
  const last = hints.map(({ row }) => row.command === 'help' || row.command === 'quit');
  const size = (part: Span[]): number => part.reduce((sum, { text }) => sum + textWidth(text), 0);
  let left = width - parts.filter((_, i) => last[i]).reduce((sum, part) => sum + size(part), 0);
  const fitting = parts.filter((part, i) => {
    if (last[i]) return true;
    left -= size(part);
    return left >= 0;
  });
  return line(fitting.flat(), width);
}

function editorLines(state: ViewState, width: number): ScreenLine[] {
  const { filter } = state;
  const lead = ' / ';
  const { spans, columnOf } = editorView(filter.editor!, width - lead.length - 1);
  const keys = `${keyFor(state, 'apply-filter')} applies · ${keyFor(state, 'leave-filter')} cancels`;
  const hint = `e.g. status:failed AND metadata.user_id:123 · ${keys}`;
  const { error } = filter;
  // The place of the error, where it is in sight.
  const column = error?.offset == null ? null : columnOf(error.offset);
  const caret = column === null ? '' : `${' '.repeat(lead.length + column)}^`;
  const below =
    error === null
      ? [span(`   ${hint}`, 'dim')]
      : [span(`   ${wrap(visible(error.message), width - 3)[0]}`, 'bad')];
  return [
    { spans: [span(lead, 'accent', true), ...spans] },
    line([span(caret, 'bad', true)], width),
    line(below, width),
  ];
}

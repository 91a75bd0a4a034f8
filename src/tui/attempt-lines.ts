import { type HeaderPair, isSuccess } from '../core/delivery.ts';
import type { BodyRecord, ShownAttempt } from '../core/record.ts';
import { fullTime } from '../core/time.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { attemptFold } from '../view/detail.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { ViewState } from '../view/state.ts';
import { sinceTone, type Tone } from '../view/tone.ts';
import { codingNote, headerLines, rawLines, readable } from './body-lines.ts';
import { jsonLines } from './json-lines.ts';
import { indented, type Line, type Lines, lines, stack, type TabLines, textLine } from './lines.ts';
import { oneLine, type Span, span, visible, wrapWords } from './text.ts';

/** Every attempt, newest first; the newest is open, its request closed. */
export function attemptLines(attempts: readonly ShownAttempt[], look: Omit<Look, 'isOpen'>): TabLines {
  const { folds, width } = look;
  const newest = attempts.at(-1) && attemptFold(attempts.at(-1)!);
  const openAtFirst = (id: string): boolean =>
    id.startsWith('att:') ? id === newest : !id.startsWith('req:');
  const isOpen = (id: string): boolean => openAtFirst(id) !== folds.has(id);
  if (attempts.length === 0) {
    const none = `No attempt yet: this delivery was not sent to an app. Press ${keyFor(look, 'replay')} to send it now.`;
    return {
      lines: lines(wrapWords(none, width).map((row) => textLine(span(row, 'dim')))),
      folds: false,
      isOpen,
    };
  }
  const parts = attempts.toReversed().map((attempt) => oneAttempt(attempt, { ...look, isOpen }));
  return { lines: stack(parts), folds: true, isOpen };
}

interface Look extends Pick<ViewState, 'host'> {
  folds: ReadonlySet<string>;
  isOpen(id: string): boolean;
  width: number;
}

function oneAttempt(attempt: ShownAttempt, look: Look): Lines {
  const id = attemptFold(attempt);
  const head: Line = { fold: id, spans: [arrow(look.isOpen(id)), ...headline(attempt)] };
  if (!look.isOpen(id)) return lines([head]);
  const inner = { ...look, width: look.width - 2 };
  const { outcome, request } = attempt;
  const parts = [
    lines([textLine(span(`${fullTime(attempt.startedAt)}  to ${oneLine(attempt.endpoint)}`, 'dim'))]),
    purposeLines(attempt, inner),
    message(
      `req:${attempt.id}`,
      `Request  ${oneLine(`${request.method} ${request.url}`)}`,
      request.headers,
      request.body,
      inner,
    ),
  ];
  if (outcome.kind === 'response')
    parts.push(
      message(`res:${attempt.id}`, `Response ${outcome.status}`, outcome.headers, outcome.body, inner),
    );
  if (outcome.kind === 'error')
    parts.push(
      lines(
        wrapWords(visible(outcome.message), inner.width - 2).map((row) => textLine(span(`  ${row}`, 'bad'))),
      ),
    );
  return stack([lines([head]), indented(stack([...parts, lines([textLine()])]), 2, id)]);
}

/** What was done to it: what is wrong on purpose, and how else it is not simply the delivery. */
function purposeLines({ faults, notes, since }: ShownAttempt, look: Look): Lines {
  const rows = (text: string, tone: Tone): Line[] =>
    wrapWords(visible(text), look.width).map((row) => textLine(span(row, tone)));
  const edited = `~ edited: ${keyFor(look, 'compare')} shows how it differs from the delivery`;
  return lines([
    ...faults.flatMap((fault) => rows(`! on purpose: ${fault}`, 'warn')),
    ...notes.flatMap((note) => rows(note === 'edited' ? edited : `~ ${note}`, 'accent')),
    ...(since ? rows(`~ ${since.text}`, sinceTone(since)) : []),
  ]);
}

const arrow = (open: boolean): Span => span(open ? '▾ ' : '▸ ', 'accent');

function headline({ number, reason, outcome, durationMs, faults, notes, since }: ShownAttempt): Span[] {
  const [text, tone] = outcomeText(outcome);
  return [
    span(`#${number} ${oneLine(reason)}`.padEnd(14), undefined, true),
    span(oneLine(text).padEnd(10), tone, true),
    span((durationMs === null ? '' : formatDuration(durationMs)).padEnd(8), 'dim'),
    ...(since ? [span(` ${since.change}`, sinceTone(since))] : []),
    ...(notes.includes('edited') ? [span(' edited', 'accent')] : []),
    ...(faults.length > 0 ? [span(` ! ${oneLine(faults.join(' '))}`, 'warn')] : []),
  ];
}

/** An outcome in a word or two. */
function outcomeText(outcome: ShownAttempt['outcome']): [text: string, tone: Tone] {
  if (outcome.kind === 'pending') return ['… pending', 'warn'];
  if (outcome.kind === 'error') return [`✗ ${outcome.code}`, 'bad'];
  return isSuccess(outcome.status) ? [`✓ ${outcome.status}`, 'good'] : [`✗ ${outcome.status}`, 'bad'];
}

/** A request or response: its line, headers, and body. */
function message(
  id: string,
  title: string,
  headers: readonly HeaderPair[],
  body: BodyRecord | null,
  look: Look,
): Lines {
  const head: Line = { fold: id, spans: [arrow(look.isOpen(id)), span(title)] };
  if (!look.isOpen(id)) return lines([head]);
  const width = look.width - 2;
  const content = stack([
    headerLines(headers, width),
    lines([textLine()]),
    bodyLines(id, body, { ...look, width }),
  ]);
  return stack([lines([head]), indented(content, 2, id)]);
}

function bodyLines(id: string, body: BodyRecord | null, { width, folds }: Look): Lines {
  if (body === null) return lines([textLine(span('Body: the delivery’s own, byte for byte', 'dim'))]);
  const shown = readable(body);
  const tree = shown.encoding === 'utf8' ? jsonLines(shown.data, { width, id: `body-${id}`, folds }) : null;
  const kept = new TextEncoder().encode(body.data).length;
  const cut = body.encoding === 'utf8' && !body.masked && kept < body.size;
  const coding = codingNote(body);
  const about = coding === null ? [] : wrapWords(visible(coding), width);
  return stack([
    lines(about.map((row) => textLine(span(row, 'warn')))),
    tree ?? rawLines(shown, width),
    lines(cut ? [textLine(span(`… the first ${formatSize(kept)} of ${formatSize(body.size)}`, 'warn'))] : []),
  ]);
}

import type { WorkStatus } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import { checkProgress } from '../view/check.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { ViewState } from '../view/state.ts';
import { clip, oneLine, type Span, span, spansWidth } from './text.ts';

/** The part of the state that these lines tell of. */
type Shown = Pick<ViewState, 'status' | 'now' | 'host'>;

/** Pieces of work that have a line of their own on the screen; the others are counted. */
const shownAtMost = 3;

/**
 * What is out of the ordinary, a line each: faults at work, deliveries that are held, work under way. Nobody is to
 * mistake a fault for a real failure, or wonder why nothing arrives.
 * @param most at most so many lines
 */
export function workLines(state: Shown, width: number, most = Number.POSITIVE_INFINITY): Span[][] {
  const { faults, seed, holding, held } = state.status;
  const lines: Span[][] = [];
  if (faults !== '')
    lines.push(
      squeezed(
        [span(' faults  ', 'dim'), span('! on purpose: ', 'warn', true)],
        span(oneLine(faults), 'warn', true),
        [[span(` · seed ${seed}`, 'dim')], key(keyFor(state, 'clear-faults'), 'clears')],
        width,
      ),
    );
  if (holding || held.length > 0)
    lines.push(
      squeezed(
        [
          span(' hold    ', 'dim'),
          span(holding ? '‖ holding what comes in' : '‖ no longer holding', 'warn', true),
        ],
        span(
          held.length > 0
            ? ` · ${held.length} held: ${held.map((seq) => `#${seq}`).join(' ')}`
            : ' · none held yet',
          'warn',
        ),
        [
          held.length > 0 ? key(keyFor(state, 'hold'), 'lets one go') : [],
          key(keyFor(state, 'let-all-go'), 'all'),
        ],
        width,
      ),
    );
  return [...lines, ...underWay(state, width)].slice(0, most);
}

const key = (name: string, does: string): Span[] => [
  span(' · ', 'dim'),
  span(name, 'accent'),
  span(` ${does}`, 'dim'),
];

/** A line whose middle gives way when it is narrow; what stands at its end goes first, from the left on. */
function squeezed(
  lead: readonly Span[],
  middle: Span,
  ends: readonly (readonly Span[])[],
  width: number,
): Span[] {
  const least = Math.min(24, middle.text.length);
  const kept = [...ends];
  while (kept.length > 0 && spansWidth(lead) + least + spansWidth(kept.flat()) > width) kept.shift();
  const end = kept.flat();
  const room = Math.max(1, width - spansWidth(lead) - spansWidth(end));
  return [...lead, { ...middle, text: clip(middle.text, room) }, ...end];
}

function underWay(state: Shown, width: number): Span[][] {
  const { work } = state.status;
  // The newest is the one that keys act on.
  const shown = work.slice(-shownAtMost);
  const lines = shown.map((one, i) => workLine(one, state, i === 0 ? ' work    ' : '         ', width));
  const check = checkLine(state, width);
  if (check !== null) lines.push(check);
  const more = work.length - shown.length;
  return more > 0 ? [...lines, [span(`         and ${more} more`, 'dim')]] : lines;
}

/** What the run of the checks is doing, below its line. */
function checkLine({ status: { check }, now, host }: Shown, width: number): Span[] | null {
  if (check === null) return null;
  const keys = key(keyFor({ host }, 'view-check'), 'shows it');
  const text = `${checkProgress(check, now)} · ${check.doing}`;
  const lead = [span(' check   ', 'dim'), span('◌ ', 'accent')];
  return squeezed(lead, span(oneLine(text)), [keys], width);
}

function workLine(
  { label, total, done, failed, nextAt }: WorkStatus,
  state: Shown,
  lead: string,
  width: number,
): Span[] {
  const progress = total === null ? `${done} sent` : `${bar(done, total)} ${done}/${total}`;
  const wait =
    nextAt === null
      ? []
      : [span(' · ', 'dim'), span(`next in ${countdown(nextAt - state.now)}`, 'warn', true)];
  const stats = [
    span(`  ${progress}`, 'accent', true),
    ...(failed > 0 ? [span(`, ${failed} failed`, 'bad')] : []),
    ...wait,
  ];
  const keys = [
    ...(nextAt === null ? [] : key(keyFor(state, 'next-attempt'), 'now')),
    ...key(keyFor(state, 'cancel'), 'cancels'),
  ];
  const head = [span(lead, 'dim'), span('↻ ', 'accent')];
  const name = oneLine(label);
  const all = spansWidth(head) + name.length + spansWidth(stats) + spansWidth(keys) <= width;
  const room = Math.max(8, width - spansWidth(head) - spansWidth(stats));
  return [...head, span(clip(name, room)), ...stats, ...(all ? keys : [])];
}

const barWidth = 10;

function bar(done: number, total: number): string {
  const full = Math.min(barWidth, Math.floor((done / Math.max(1, total)) * barWidth));
  return '■'.repeat(full) + '□'.repeat(barWidth - full);
}

/** Time that is left, in whole seconds: `12 s`, `4m 12s`. */
function countdown(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

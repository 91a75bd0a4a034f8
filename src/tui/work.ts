import type { Status, WorkStatus } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import { clip, oneLine, type Span, span, spansWidth } from './text.ts';

/** Pieces of work that have a line of their own on the screen; the others are counted. */
const shownAtMost = 3;

/**
 * What is out of the ordinary, a line each: faults at work, deliveries that are held, work under way. Nobody is to
 * mistake a fault for a real failure, or wonder why nothing arrives.
 * @param most at most so many lines
 */
export function workLines(
  { faults, seed, holding, held, work }: Status,
  now: number,
  width: number,
  most = Number.POSITIVE_INFINITY,
): Span[][] {
  const lines: Span[][] = [];
  if (faults !== '')
    lines.push(
      squeezed(
        [span(' faults  ', 'dim'), span('! on purpose: ', 'warn', true)],
        span(oneLine(faults), 'warn', true),
        [[span(` · seed ${seed}`, 'dim')], key('F', 'clears')],
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
        [held.length > 0 ? key('h', 'lets one go') : [], key('H', 'all')],
        width,
      ),
    );
  return [...lines, ...underWay(work, now, width)].slice(0, most);
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

function underWay(work: readonly WorkStatus[], now: number, width: number): Span[][] {
  // The newest is the one that keys act on.
  const shown = work.slice(-shownAtMost);
  const lines = shown.map((one, i) => workLine(one, now, i === 0 ? ' work    ' : '         ', width));
  const more = work.length - shown.length;
  return more > 0 ? [...lines, [span(`         and ${more} more`, 'dim')]] : lines;
}

function workLine(
  { label, total, done, failed, nextAt }: WorkStatus,
  now: number,
  lead: string,
  width: number,
): Span[] {
  const progress = total === null ? `${done} sent` : `${bar(done, total)} ${done}/${total}`;
  const wait =
    nextAt === null ? [] : [span(' · ', 'dim'), span(`next in ${countdown(nextAt - now)}`, 'warn', true)];
  const stats = [
    span(`  ${progress}`, 'accent', true),
    ...(failed > 0 ? [span(`, ${failed} failed`, 'bad')] : []),
    ...wait,
  ];
  const keys = [...(nextAt === null ? [] : key('N', 'now')), ...key('C', 'cancels')];
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

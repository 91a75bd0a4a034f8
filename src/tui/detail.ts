import type { DeliveryDetail } from '../core/record.ts';
import { clockTime } from '../core/time.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { type DetailState, hasCursor, placeOf, type Tab, tabs } from '../view/detail.ts';
import { detailLines } from '../view/detail-lines.ts';
import { marksText } from '../view/marks.ts';
import { statusCell } from '../view/row.ts';
import type { ViewState } from '../view/state.ts';
import { fitSpans, oneLine, type Span, span, spansWidth } from '../view/text.ts';
import type { ScreenLine } from './screen.ts';

const titles: Record<Tab, string> = {
  payload: 'Payload',
  headers: 'Headers',
  attempts: 'Attempts',
  raw: 'Raw',
  timeline: 'Timeline',
};

/** The lines above the tab's content. */
export function detailHead(state: Work, detail: DetailState, width: number): ScreenLine[] {
  const { data } = detail;
  const about =
    data === null
      ? [[span(` #${detail.seq}`, undefined, true)]]
      : [titleLine(data, state), factsLine(data), ...verdictLines(data), ...purposeLines(data, state)];
  return [...about.map((spans) => ({ spans: fitSpans(spans, width) })), ...tabLines(detail, width)];
}

/** The opened delivery in `width` × `height`. */
export function detailScreen(state: Work, detail: DetailState, width: number, height: number): ScreenLine[] {
  const marked = new Set(state.marks.attempts.map(({ id }) => `att:${id}`));
  const { lines } = detailLines(detail);
  const { top, cursor } = placeOf(detail);
  const rows: ScreenLine[] = [];
  for (let at = top; at < Math.min(lines.count, top + detail.rows); at++) {
    const here = at === cursor && hasCursor(detail);
    const { fold, spans } = lines.at(at);
    const gutter = `${here ? '❯' : ' '}${fold !== undefined && marked.has(fold) ? '●' : ' '}`;
    rows.push({ spans: fitSpans([span(gutter, 'accent'), ...spans], width) });
  }
  return [...detailHead(state, detail, width), ...rows].slice(0, height);
}

/** What the detail needs of the state besides itself. */
type Work = Pick<ViewState, 'marks' | 'status'>;

function titleLine({ delivery }: DeliveryDetail, { marks }: Work): Span[] {
  const { text, tone } = statusCell(delivery);
  const marked = marks.deliveries.includes(delivery.seq) ? '●' : ' ';
  const all = marksText(marks);
  return [
    span(`${marked}#${delivery.seq}  `, undefined, true),
    { text, bold: true, ...(tone && { tone }) },
    span(`  ${oneLine(delivery.jobId ?? '')}`, undefined, true),
    span(all === null ? '' : `  ● ${all}`, 'accent'),
  ];
}

function factsLine({ delivery }: DeliveryDetail): Span[] {
  const { acknowledgement: ack } = delivery;
  const answered = ack
    ? `answered ${ack.status ?? 'not at all'} in ${formatDuration(ack.durationMs)}`
    : 'not answered yet';
  const facts = [
    clockTime(delivery.receivedAt),
    answered,
    formatSize(delivery.size),
    delivery.source,
    `${oneLine(delivery.method)} ${oneLine(delivery.target)}`,
  ];
  return [span(` ${facts.join(' · ')}`, 'dim')];
}

/** What is so on purpose: that it is held, and what its sender suffered. */
function purposeLines({ delivery }: DeliveryDetail, { status }: Work): Span[][] {
  const faults = delivery.acknowledgement?.faults ?? [];
  return [
    ...(status.held.includes(delivery.seq)
      ? [[span(' ‖ held back from the app', 'warn', true), span(': h lets it go', 'dim')]]
      : []),
    ...(faults.length > 0
      ? [[span(` ! on purpose, to the sender: ${oneLine(faults.join(' '))}`, 'warn', true)]]
      : []),
  ];
}

function verdictLines({ delivery }: DeliveryDetail): Span[][] {
  const { secret, svix } = delivery.verification;
  return [['secret', secret] as const, ['svix', svix] as const].flatMap(([name, verdict]) =>
    verdict === null
      ? []
      : [
          [
            span(
              verdict.verdict === 'ok' ? ` ✓ ${name} ` : ` ✗ ${name} ${verdict.verdict}: `,
              verdict.verdict === 'ok' ? 'good' : 'bad',
            ),
            span(oneLine(verdict.reason), 'dim'),
          ],
        ],
  );
}

function tabLines(detail: DetailState, width: number): ScreenLine[] {
  const long = tabs.map((tab, i) => `${i + 1} ${titles[tab]}`);
  const short = tabs.map((tab, i) => (tab === detail.tab ? long[i]! : String(i + 1)));
  const names = long.join('   ').length + 2 <= width ? long : short;
  const tabSpans = tabs.flatMap((tab, i): Span[] =>
    tab === detail.tab
      ? [span(`[${names[i]}]`, 'accent', true), span(' ')]
      : [span(` ${names[i]} `, 'dim'), span(' ')],
  );
  const place = placeText(detail);
  const right = spansWidth(tabSpans) + place.length + 2 < width ? [span(`${place} `, 'dim')] : [];
  return [
    { spans: [] },
    { spans: fitSpans(tabSpans, width, right) },
    { spans: [span('─'.repeat(width), 'dim')] },
  ];
}

function placeText(detail: DetailState): string {
  const { count } = detailLines(detail).lines;
  if (count <= detail.rows) return '';
  const { top } = placeOf(detail);
  return `${top + 1}–${Math.min(count, top + detail.rows)} of ${count}`;
}

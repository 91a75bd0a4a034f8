import type { DeliveryDetail } from '../core/record.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { type DetailState, hasCursor, placeOf, type Tab, tabs } from '../view/detail.ts';
import { detailLines } from '../view/detail-lines.ts';
import { clockTime } from '../view/format.ts';
import { statusCell } from '../view/row.ts';
import { fitSpans, type Span, span, spansWidth, visible } from '../view/text.ts';
import type { ScreenLine } from './screen.ts';

const titles: Record<Tab, string> = {
  payload: 'Payload',
  headers: 'Headers',
  attempts: 'Attempts',
  raw: 'Raw',
  timeline: 'Timeline',
};

/** The lines above the tab's content. */
export function detailHead(detail: DetailState, width: number): ScreenLine[] {
  const { data } = detail;
  const about =
    data === null
      ? [[span(` #${detail.seq}`, undefined, true)]]
      : [titleLine(data), factsLine(data), ...verdictLines(data)];
  return [...about.map((spans) => ({ spans: fitSpans(spans, width) })), ...tabLines(detail, width)];
}

/** The opened delivery in `width` × `height`. */
export function detailScreen(detail: DetailState, width: number, height: number): ScreenLine[] {
  const { lines } = detailLines(detail);
  const { top, cursor } = placeOf(detail);
  const rows: ScreenLine[] = [];
  for (let at = top; at < Math.min(lines.count, top + detail.rows); at++) {
    const here = at === cursor && hasCursor(detail);
    rows.push({ spans: fitSpans([span(here ? '❯ ' : '  ', 'accent'), ...lines.at(at).spans], width) });
  }
  return [...detailHead(detail, width), ...rows].slice(0, height);
}

function titleLine({ delivery }: DeliveryDetail): Span[] {
  const { text, tone } = statusCell(delivery);
  return [
    span(` #${delivery.seq}  `, undefined, true),
    { text, bold: true, ...(tone && { tone }) },
    span(`  ${visible(delivery.jobId ?? '')}`, undefined, true),
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
    `${visible(delivery.method)} ${visible(delivery.target)}`,
  ];
  return [span(` ${facts.join(' · ')}`, 'dim')];
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
            span(visible(verdict.reason), 'dim'),
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

import type { DeliveryDetail } from '../core/record.ts';
import { fullTime } from '../core/time.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { attemptFold, type DetailState, placeOf, type Tab, tabs } from '../view/detail.ts';
import { keyFor } from '../view/keys/labels.ts';
import { marksText } from '../view/marks.ts';
import { statusCell } from '../view/row.ts';
import type { ViewState } from '../view/state.ts';
import type { Rows } from '../view/surface.ts';
import type { Lines } from './lines.ts';
import type { ScreenLine } from './screen.ts';
import { tabLines } from './tab-lines.ts';
import { fitSpans, oneLine, type Span, span, spansWidth } from './text.ts';

const titles: Record<Tab, string> = {
  payload: 'Payload',
  headers: 'Headers',
  attempts: 'Attempts',
  raw: 'Raw',
  timeline: 'Timeline',
};

/** An opened delivery laid out. */
export interface DetailLayout {
  /** What is told of it, above its tabs. */
  about: Span[][];
  lines: Lines;
  rows: Rows;
}

/** Lines between what is told of a delivery and its tab: a gap, the tabs, a rule. */
const tabBar = 3;

/** Lays the opened delivery out in `width` × `height`. */
export function detailLayout(state: Work, detail: DetailState, width: number, height: number): DetailLayout {
  const { data, tab, folds } = detail;
  const about =
    data === null
      ? [[span(` #${detail.seq}`, undefined, true)]]
      : [
          titleLine(data, state),
          ...factsLines(data, width),
          ...verdictLines(data),
          ...purposeLines(data, state),
        ];
  const shown = tabLines({ data, tab, folds, host: state.host, columns: width });
  const { lines } = shown;
  return {
    about,
    lines,
    rows: {
      count: lines.count,
      inSight: Math.max(1, height - about.length - tabBar),
      folds: shown.folds,
      foldAt: (row) => lines.foldsAt(row).fold,
      insideAt: (row) => lines.foldsAt(row).inside,
      isOpen: shown.isOpen,
    },
  };
}

/** The opened delivery as lines of `width` columns. */
export function detailScreen(
  { marks }: Work,
  detail: DetailState,
  { about, lines, rows }: DetailLayout,
  width: number,
): ScreenLine[] {
  const marked = new Set(marks.attempts.map(attemptFold));
  const { top, cursor } = placeOf(detail, rows);
  const end = Math.min(rows.count, top + rows.inSight);
  const shown = Array.from({ length: end - top }, (_, i): Span[] => {
    const { fold, spans } = lines.at(top + i);
    const gutter = `${rows.folds && top + i === cursor ? '❯' : ' '}${fold !== undefined && marked.has(fold) ? '●' : ' '}`;
    return [span(gutter, 'accent'), ...spans];
  });
  const place = rows.count > rows.inSight ? `${top + 1}–${end} of ${rows.count}` : '';
  return [...about, ...tabBarLines(detail.tab, place, width), ...shown].map((spans) => ({
    spans: fitSpans(spans, width),
  }));
}

/** What the detail needs of the state besides itself. */
type Work = Pick<ViewState, 'marks' | 'status' | 'host'>;

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

/** When it came and what became of it; in two lines where there is no room for one. */
function factsLines({ delivery }: DeliveryDetail, width: number): Span[][] {
  const { acknowledgement: ack } = delivery;
  const answered = ack
    ? `answered ${ack.status ?? 'not at all'} in ${formatDuration(ack.durationMs)}`
    : 'not answered yet';
  const came = [fullTime(delivery.receivedAt), answered].join(' · ');
  const what = [
    formatSize(delivery.size),
    delivery.source,
    `${oneLine(delivery.method)} ${oneLine(delivery.target)}`,
  ].join(' · ');
  const rows = came.length + what.length + 4 <= width ? [`${came} · ${what}`] : [came, what];
  return rows.map((row) => [span(` ${row}`, 'dim')]);
}

/** What is so on purpose: that it is held, and what its sender suffered. */
function purposeLines({ delivery }: DeliveryDetail, state: Work): Span[][] {
  const { status } = state;
  const faults = delivery.acknowledgement?.faults ?? [];
  return [
    ...(status.held.includes(delivery.seq)
      ? [
          [
            span(' ‖ held back from the app', 'warn', true),
            span(`: ${keyFor(state, 'hold')} lets it go`, 'dim'),
          ],
        ]
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

function tabBarLines(current: Tab, place: string, width: number): Span[][] {
  const long = tabs.map((tab, i) => `${i + 1} ${titles[tab]}`);
  const short = tabs.map((tab, i) => (tab === current ? long[i]! : String(i + 1)));
  const names = long.join('   ').length + 2 <= width ? long : short;
  const tabSpans = tabs.flatMap((tab, i): Span[] =>
    tab === current
      ? [span(`[${names[i]}]`, 'accent', true), span(' ')]
      : [span(` ${names[i]} `, 'dim'), span(' ')],
  );
  const right = spansWidth(tabSpans) + place.length + 2 < width ? [span(`${place} `, 'dim')] : [];
  return [[], fitSpans(tabSpans, width, right), [span('─'.repeat(width), 'dim')]];
}

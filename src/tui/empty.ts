import { keyFor } from '../view/keys/labels.ts';
import type { ViewState } from '../view/state.ts';
import type { ScreenLine } from './screen.ts';
import { fitSpans, oneLine, type Span, span, wrapWords } from './text.ts';

/** What stands in a list without deliveries: what to do next. */
export function emptyLines(state: ViewState, width: number): ScreenLine[] {
  const { list, filter } = state;
  const lines = (rows: Span[][]): ScreenLine[] => rows.map((row) => ({ spans: fitSpans(row, width) }));
  if (!list.loaded) return lines([[], [span('   Loading …', 'dim')]]);
  if (filter.applied !== '')
    return lines([
      [],
      [
        span('   Nothing matches '),
        span(oneLine(filter.applied), 'accent'),
        span(`. ${keyFor(state, 'remove-filter')} shows everything.`),
      ],
    ]);
  return lines([[], ...whereTo(state, width), [], ...sample(state)]);
}

function whereTo(state: ViewState, width: number): Span[][] {
  const { url, state: tunnel } = state.status.tunnel;
  const head: Span[][] = [[span('   Waiting for the first delivery.', undefined, true)], []];
  if (url !== null)
    return [
      ...head,
      [span(`   Give Reducto this webhook URL (${keyFor(state, 'copy-url')} copies it):`)],
      [span(`   ${oneLine(url)}`, 'accent', true)],
    ];
  const why =
    tunnel === 'off'
      ? 'There is no tunnel, so only this machine can send here.'
      : 'There is no public URL yet; this machine can send here already.';
  return [...head, ...wrapWords(why, width - 3).map((row) => [span(`   ${row}`)])];
}

/** What to try: the emulator where one runs, else a payload as Reducto sends it. */
const sample = (state: ViewState): Span[][] =>
  state.status.emulator === null ? curl(state) : submit(state.status.emulator.url, state);

/** Short lines, so that it can be copied off a narrow screen. */
const submit = (url: string, { status }: ViewState): Span[][] => [
  [span('   Submit a job to the emulated API from another terminal:')],
  [],
  [span(`   REDUCTO_BASE_URL=${oneLine(url)} \\`)],
  [span('     REDUCTO_API_KEY=any node your-script.js')],
  [],
  [span('   with this webhook URL for the job:')],
  [span(`   ${oneLine(status.tunnel.url ?? status.receiverUrl)}/webhook`, 'accent')],
];

const curl = ({ status }: ViewState): Span[][] => [
  [span('   Or try it from another terminal:')],
  [],
  [span(`   curl ${oneLine(status.receiverUrl)} \\`)],
  [span("     -H 'content-type: application/json' \\")],
  [span('     -d \'{"status":"Completed","job_id":"sample-1",')],
  [span('          "metadata":{"user_id":123}}\'')],
];

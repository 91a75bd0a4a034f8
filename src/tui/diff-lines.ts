import type { Change, Difference } from '../core/text-diff.ts';
import { headersThatDiffer, ownHeadersNote } from '../view/difference.ts';
import { type Span, span, visible } from './text.ts';

/** A difference as lines with coloured + and -; what only this tool's forwarding differs in is named at the end. */
export function differenceLines({ start, headers, body }: Difference): Span[][] {
  const { telling, own } = headersThatDiffer(headers);
  const parts: Span[][] = [
    ...(start ? [...title('Request line'), ...changeLines('', start), []] : []),
    ...(telling.length > 0
      ? [...title('Headers'), ...telling.flatMap((change) => changeLines(`${change.name}: `, change)), []]
      : []),
    ...bodyLines(body),
  ];
  const note: Span[][] = own.length === 0 ? [] : [[span(ownHeadersNote(own.map(visible)), 'dim')], []];
  return [...parts, ...note];
}

const title = (text: string): Span[][] => [[span(text, undefined, true)]];

const changeLines = (prefix: string, { before, after }: Change): Span[][] => [
  ...(before === null ? [] : [[span(`- ${visible(prefix + before)}`, 'bad')]]),
  ...(after === null ? [] : [[span(`+ ${visible(prefix + after)}`, 'good')]]),
];

const looks = {
  same: (text: string): Span => span(`  ${text}`),
  removed: (text: string): Span => span(`- ${text}`, 'bad'),
  added: (text: string): Span => span(`+ ${text}`, 'good'),
  note: (text: string): Span => span(`  ${text.trim()}`, 'dim'),
};

function bodyLines(body: Difference['body']): Span[][] {
  if (body.kind === 'same')
    return [[span('Body', undefined, true), span('  the same, byte for byte', 'dim')], []];
  if (body.kind === 'differs')
    return [[span('Body', undefined, true), span(`  ${visible(body.note)}`, 'warn')], []];
  return [
    [span('Body', undefined, true), span(body.json ? '  laid out; values as they were sent' : '', 'dim')],
    ...body.hunks.flatMap((hunk) => [
      [span(`@@ line ${hunk.beforeStart} → line ${hunk.afterStart} @@`, 'accent')],
      ...hunk.lines.map(({ kind, text }) => [looks[kind](visible(text))]),
    ]),
    [],
  ];
}

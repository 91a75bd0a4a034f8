import type { DeliveryDetail } from '../core/record.ts';
import { shortTime } from '../core/time.ts';
import { formatDuration } from '../core/units.ts';
import { timeline } from '../view/timeline.ts';
import { type Line, type Lines, lines, textLine } from './lines.ts';
import { span, visible, wrapWords } from './text.ts';

/** The timeline as lines: time (with the day where that is another one than the delivery's), time since the delivery came, what. */
export function timelineLines(detail: DeliveryDetail, width: number): Lines {
  const events = timeline(detail);
  const start = detail.delivery.receivedAt;
  const times = Math.max(...events.map(({ at }) => shortTime(at, start).length));
  const titles = Math.max(...events.map(({ title }) => title.length));
  const lead = times + 2 + 9 + 2 + titles + 2;
  return lines(
    events.flatMap(({ at, title, tone, text }): Line[] => {
      const since = at === start ? '' : `+${formatDuration(at - start)}`;
      const head = [
        span(`${shortTime(at, start).padEnd(times)}  `, 'dim'),
        span(`${since.padStart(9)}  `),
        span(title.padEnd(titles + 2), tone),
      ];
      // On a narrow screen the text goes below.
      if (width - lead < 24)
        return [
          textLine(...head),
          ...wrapWords(visible(text), width - 4).map((row) => textLine(span(`    ${row}`))),
        ];
      const [first, ...more] = wrapWords(visible(text), width - lead);
      return [textLine(...head, span(first!)), ...more.map((row) => textLine(span(' '.repeat(lead) + row)))];
    }),
  );
}
